"""Models of cells against statements of their documentation."""

from pathlib import Path

import numpy as np
import pytest
from primitive_models import EcpBlockRam, EcpMultiplier, XilinxBlockRam
from verilator_bench import run_bench

from build_decoder.hdl.families import FAMILIES
from build_decoder.sim import primitives

CYCLES = 1000
FILES = [
    Path(primitives.__file__).with_name(name)
    for name in dict.fromkeys(
        name for family in FAMILIES.values() if family.netlist
        for names in family.netlist.models.values() for name in names
    )
]
_RANDOM = np.random.default_rng(1)


def _bits(count):
    return int.from_bytes(_RANDOM.bytes(-(-count // 8)), "little") % (1 << count)


def _ramb(kilobits, **parameters):
    """Parameters of a block RAM with random contents, from read_a=9, mode_b=... and the like."""
    names = {"read": "READ_WIDTH", "write": "WRITE_WIDTH", "mode": "WRITE_MODE"}
    for short in [name for name in parameters if name[:-2] in names]:
        long = f"{names[short[:-2]]}_{short[-1].upper()}"
        parameters[long] = parameters.pop(short)
    blocks = kilobits * 32 // 9
    parameters |= {f"INIT_{n:02X}": _bits(256) for n in range(blocks)}
    parameters |= {f"INITP_{n:02X}": _bits(256) for n in range(blocks // 8)}
    halves = parameters.get("READ_WIDTH_A", 0) > kilobits
    for name in ("INIT_A", "INIT_B", "SRVAL_A", "SRVAL_B"):
        width = kilobits if halves else parameters.get(f"READ_WIDTH_{name[-1]}", 0)
        parameters[name] = _bits(width)
    return parameters


def _dp16kd(**parameters):
    return parameters | {f"INITVAL_{n:02X}": _bits(320) for n in range(64)}


def _registers(*stages):
    return {f"REG_{stage}_CLK": "CLK0" for stage in stages}


# Cell and parameters of each instance in the bench.
CASES = {
    "rom_18": ("RAMB18E1", _ramb(18, read_a=18)),
    "bytes": ("RAMB18E1", _ramb(18, read_a=9, write_a=9, read_b=18, write_b=18,
                                mode_b="READ_FIRST")),
    "mixed": ("RAMB18E1", _ramb(18, read_a=18, write_a=9, mode_a="NO_CHANGE", read_b=4, write_b=2,
                                DOB_REG=1)),
    "single_bits": ("RAMB18E1", _ramb(18, read_a=1, write_a=1, mode_a="READ_FIRST", read_b=1,
                                      write_b=4, mode_b="READ_FIRST")),
    "widths": ("RAMB18E1", _ramb(18, read_a=9, write_a=18, read_b=2, write_b=1,
                                 mode_b="NO_CHANGE", DOA_REG=1)),
    "sdp_36": ("RAMB18E1", _ramb(18, RAM_MODE="SDP", read_a=36, write_b=36, mode_a="READ_FIRST",
                                 mode_b="READ_FIRST", DOA_REG=1)),
    "sdp_36_9": ("RAMB18E1", _ramb(18, RAM_MODE="SDP", read_a=9, write_b=36)),
    "sdp_9_36": ("RAMB18E1", _ramb(18, RAM_MODE="SDP", read_a=36, write_b=9)),
    "rom_36": ("RAMB36E1", _ramb(36, read_a=36, read_b=9, DOA_REG=1)),
    "both_36": ("RAMB36E1", _ramb(36, read_a=36, write_a=36, read_b=36, write_b=36,
                                  mode_b="NO_CHANGE", DOA_REG=1, DOB_REG=1,
                                  RSTREG_PRIORITY_A="REGCE")),
    "mixed_36": ("RAMB36E1", _ramb(36, read_a=2, write_a=18, mode_a="READ_FIRST", read_b=18,
                                   write_b=1, mode_b="READ_FIRST")),
    "sdp_72": ("RAMB36E1", _ramb(36, RAM_MODE="SDP", read_a=72, write_b=72, mode_a="READ_FIRST",
                                 mode_b="READ_FIRST")),
    "sdp_36_72": ("RAMB36E1", _ramb(36, RAM_MODE="SDP", read_a=72, write_b=36, DOA_REG=1)),
    "plain": ("DP16KD", _dp16kd()),
    "rom": ("DP16KD", _dp16kd(DATA_WIDTH_A=9, REGMODE_A="OUTREG")),
    "through": ("DP16KD", _dp16kd(WRITEMODE_A="WRITETHROUGH", DATA_WIDTH_B=9,
                                  WRITEMODE_B="READBEFOREWRITE")),
    "narrow": ("DP16KD", _dp16kd(DATA_WIDTH_A=1, DATA_WIDTH_B=4, WRITEMODE_A="READBEFOREWRITE")),
    "registered": ("DP16KD", _dp16kd(DATA_WIDTH_A=2, WRITEMODE_A="WRITETHROUGH",
                                     REGMODE_A="OUTREG", REGMODE_B="OUTREG")),
    "wide": ("DP16KD", _dp16kd(DATA_WIDTH_A=36, DATA_WIDTH_B=36, REGMODE_B="OUTREG")),
    "wide_9": ("DP16KD", _dp16kd(DATA_WIDTH_A=36, DATA_WIDTH_B=9)),
    "words_wide": ("DP16KD", _dp16kd(DATA_WIDTH_B=36)),
    "product": ("MULT18X18D", {}),
    "operands": ("MULT18X18D", _registers("INPUTA", "INPUTB") | {"REG_INPUTB_CE": "CE1"}),
    "weight": ("MULT18X18D", _registers("INPUTA", "OUTPUT")),
    "pipeline": ("MULT18X18D", _registers("PIPELINE") | {"REG_PIPELINE_CE": "CE3",
                                                         "REG_PIPELINE_RST": "RST2"}),
    "result": ("MULT18X18D", _registers("OUTPUT")),
    "all": ("MULT18X18D", _registers("INPUTA", "INPUTB", "PIPELINE", "OUTPUT")
            | {"REG_OUTPUT_CE": "CE2", "REG_OUTPUT_RST": "RST1"}),
}  # fmt: skip

# Fields of a word of stimulus, with their bits.
FIELDS = {
    **{f"{name}{port}": bits for port in "AB" for name, bits in {
        "EN": 1, "RST": 1, "RSTREG": 1, "CE": 1, "ADDR": 16, "DI": 32, "DIP": 4, "WE": 8}.items()},
    "A": 18, "B": 18, "SIGNEDA": 1, "SIGNEDB": 1, "CE": 4, "RST": 4,
}  # fmt: skip

# Pins and what of the stimulus they take; {p} is the port, A or B.
_RAMB_PINS = {
    "CLKARDCLK": "clk", "CLKBWRCLK": "clk", "ENARDEN": "ENA", "ENBWREN": "ENB",
    "REGCEAREGCE": "CEA", "REGCEB": "CEB", "RSTRAMARSTRAM": "RSTA", "RSTRAMB": "RSTB",
    "RSTREGARSTREG": "RSTREGA", "RSTREGB": "RSTREGB", "ADDRARDADDR": "ADDRA",
    "ADDRBWRADDR": "ADDRB", "DIADI": "DIA", "DIBDI": "DIB", "DIPADIP": "DIPA", "DIPBDIP": "DIPB",
    "WEA": "WEA",
}  # fmt: skip


def _stimulus(random):
    fields = {name: int(random.integers(1 << bits)) for name, bits in FIELDS.items()}
    for port in "AB":
        fields[f"EN{port}"] = int(random.random() < 0.8)
        fields[f"RST{port}"] = int(random.random() < 0.1)
        fields[f"RSTREG{port}"] = int(random.random() < 0.1)
        # Few places, so that what is written is read, and the ports meet.
        fields[f"ADDR{port}"] &= 0xC0FF
        if random.random() < 0.5:
            fields[f"WE{port}"] = 0xFF
    # Two writes may not meet.
    for port in ["A", "B"] if random.random() < 0.3 else [random.choice(["A", "B"])]:
        fields[f"WE{port}"] = 0
    fields["RST"] &= int(random.integers(16)) & int(random.integers(16))
    return fields


def _reads_only_at_b(cell, parameters):
    widths = (parameters.get("DATA_WIDTH_A"), parameters.get("DATA_WIDTH_B"))
    return cell == "DP16KD" and 36 in widths


def _instance(name, cell, parameters):
    """Verilog of an instance, and its outputs with their bits."""
    def spread(pin, vector, count):
        return {f"{pin}{n}": f"{vector}[{n}]" for n in range(count)}

    if cell.startswith("RAMB"):
        lanes = int(cell[4:6]) // 9
        half = f"{{{lanes}'b0, WEB[{lanes - 1}:0]}}"
        pins = _RAMB_PINS | {"WEBWE": "WEB" if parameters.get("RAM_MODE") == "SDP" else half}
        outputs = {"DOADO": 8 * lanes, "DOBDO": 8 * lanes, "DOPADOP": lanes, "DOPBDOP": lanes}
        pins |= {pin: f"{name}_{pin}" for pin in outputs}
    elif cell == "DP16KD":
        pins, outputs = {}, {"DOA": 18, "DOB": 18}
        for p in "AB":
            pins |= spread(f"DI{p}", f"DI{p}", 18) | spread(f"AD{p}", f"ADDR{p}", 14)
            pins |= spread(f"DO{p}", f"{name}_DO{p}", 18) | spread(f"CS{p}", "3'b0", 0)
            pins |= {f"CE{p}": f"EN{p}", f"OCE{p}": f"CE{p} & EN{p}", f"CLK{p}": "clk",
                     f"WE{p}": f"WE{p} != 0", f"RST{p}": f"RST{p}"}
            pins |= {f"CS{p}{n}": "1'b0" for n in range(3)}
        if _reads_only_at_b(cell, parameters):
            pins["WEB"] = "1'b0"
    else:
        pins, outputs = {f"C{n}": "1'b0" for n in range(18)}, {"P": 36}
        pins |= spread("A", "A", 18) | spread("B", "B", 18) | spread("P", f"{name}_P", 36)
        pins |= spread("CE", "CE", 4) | spread("RST", "RST", 4)
        pins |= {"SIGNEDA": "SIGNEDA", "SIGNEDB": "SIGNEDB", "SOURCEA": "1'b0", "SOURCEB": "1'b0"}
        pins |= {"CLK0": "clk", "CLK1": "1'b0", "CLK2": "1'b0", "CLK3": "1'b0"}
    values = {
        parameter: f'"{value}"' if isinstance(value, str) else value if value < 100
        else f"320'h{value:x}"
        for parameter, value in parameters.items()
    }  # fmt: skip
    wires = "".join(f"  wire [{bits - 1}:0] {name}_{pin};\n" for pin, bits in outputs.items())
    overrides, connections = (
        ", ".join(f".{key}({value})" for key, value in pairs.items()) for pairs in (values, pins)
    )
    return (
        f"{wires}  {cell} #({overrides}) {name} ({connections});\n",
        {f"{name}_{pin}": bits for pin, bits in outputs.items()},
    )


def _bench(stimulus):
    """Verilog that writes the outputs of all instances after each edge, and their places."""
    width = sum(FIELDS.values())
    wires, places, base = "", {}, 0
    for name, bits in FIELDS.items():
        wires += f"  wire [{bits - 1}:0] {name} = word[{base}+:{bits}];\n"
        base += bits
    instances, base = "", 0
    for name, (cell, parameters) in CASES.items():
        text, outputs = _instance(name, cell, parameters)
        instances += text
        for output, bits in outputs.items():
            places[output] = (base, bits)
            base += bits
    outputs = ", ".join(reversed(places))
    return f"""
module bench (input clk);
  reg [{width - 1}:0] words[0:{len(stimulus) - 1}];
  reg [{width - 1}:0] word;
{wires}{instances}
  integer n = 0, file;
  initial begin
    $readmemh("stimulus.hex", words);
    word = words[0];
    file = $fopen("outputs.hex", "w");
  end
  always @(negedge clk) begin
    $fwrite(file, "%h\\n", {{{outputs}}});
    n = n + 1;
    word = words[n];
    if (n == {len(stimulus)}) begin
      $fclose(file);
      $finish;
    end
  end
endmodule
""", places


def _model(cell, parameters):
    if cell.startswith("RAMB"):
        return XilinxBlockRam(int(cell[4:6]), parameters)
    return (EcpBlockRam if cell == "DP16KD" else EcpMultiplier)(parameters)


def _difference(name, stimulus, outputs, places):
    """The first cycle in which an instance differs from the statement in Python."""
    cell, parameters = CASES[name]
    model = _model(cell, parameters)
    compared = 0
    for cycle, (fields, word) in enumerate(zip(stimulus, outputs, strict=True)):
        pins = dict(fields)
        if _reads_only_at_b(cell, parameters):
            pins["WEB"] = 0
        if cell == "RAMB18E1":
            pins["WEA"] &= 3
        for pin, expected in model.step(pins).items():
            base, _ = places[f"{name}_{pin}"]
            got = [word >> base + n & 1 for n in range(len(expected))]
            wanted = [
                bit if want is None else want for bit, want in zip(got, expected, strict=True)
            ]
            compared += sum(want is not None for want in expected)
            if got != wanted:
                return f"cycle {cycle}, {pin}: expected {expected}, got {got}"
    return None if compared > len(stimulus) else "next to nothing was compared"


def test_models_do_what_the_documentation_says(tmp_path):
    random = np.random.default_rng(2)
    stimulus = [_stimulus(random) for _ in range(CYCLES)]
    lines = []
    for fields in stimulus:
        word, base = 0, 0
        for name, bits in FIELDS.items():
            word |= fields[name] << base
            base += bits
        lines.append(f"{word:x}")
    (tmp_path / "stimulus.hex").write_text("\n".join(lines))
    text, places = _bench(stimulus)
    bench = tmp_path / "bench.v"
    bench.write_text(text)
    run = run_bench([*FILES, bench], tmp_path)
    assert run.returncode == 0, run.stdout
    outputs = [int(line, 16) for line in (tmp_path / "outputs.hex").read_text().split()]
    assert len(outputs) == CYCLES
    found = {name: _difference(name, stimulus, outputs, places) for name in CASES}
    assert {name: what for name, what in found.items() if what} == {}


# Cell, parameters that ask for a mode that is not modelled, and what the error says of them.
UNSUPPORTED = [
    ("RAMB18E1", {"READ_WIDTH_A": 36}, "READ_WIDTH_A: not supported with RAM_MODE TDP: 36"),
    ("RAMB18E1", {"READ_WIDTH_B": 8}, "READ_WIDTH_B: not supported"),
    ("RAMB18E1", {"RAM_MODE": "SDP", "WRITE_WIDTH_A": 9}, "WRITE_WIDTH_A: not supported"),
    ("RAMB18E1", {"WRITE_MODE_A": "READ_LAST"}, "WRITE_MODE_A: not supported"),
    ("RAMB18E1", {"RAM_MODE": "SDP", "WRITE_MODE_B": "NO_CHANGE"}, "WRITE_MODE_B"),
    ("RAMB18E1", {"DOA_REG": 2}, "DOA_REG: expected 0 or 1, got 2"),
    ("RAMB18E1", {"INIT_FILE": "rom.mem"}, "INIT_FILE: expected NONE, got rom.mem"),
    ("RAMB18E1", {"IS_CLKARDCLK_INVERTED": 1}, "IS_..._INVERTED: expected 0"),
    ("RAMB36E1", {"RAM_EXTENSION_A": "LOWER"}, "RAM_EXTENSION_A, RAM_EXTENSION_B: expected"),
    ("RAMB36E1", {"EN_ECC_READ": "TRUE"}, "EN_ECC_READ, EN_ECC_WRITE: expected FALSE"),
    ("RAMB36E1", {"RAM_MODE": "SDP", "WRITE_WIDTH_B": 144}, "WRITE_WIDTH_B: not supported"),
    ("RAMB36E1", {"RSTREG_PRIORITY_B": "RST"}, "RSTREG_PRIORITY_B: expected RSTREG or REGCE"),
    ("DP16KD", {"DATA_WIDTH_A": 8}, "DATA_WIDTH_A: expected 1, 2, 4, 9, 18 or 36, got 8"),
    ("DP16KD", {"REGMODE_B": "REG"}, "REGMODE_B: expected NOREG or OUTREG, got REG"),
    ("DP16KD", {"WRITEMODE_A": "READ_FIRST"}, "WRITEMODE_A: not supported: READ_FIRST"),
    ("DP16KD", {"CSDECODE_A": "0b001"}, "CSDECODE_A: expected 0b000"),
    ("DP16KD", {"CLKBMUX": "INV"}, "CLKBMUX: expected CLKB, got INV"),
    ("DP16KD", {"RESETMODE": "NONE"}, "RESETMODE: expected SYNC or ASYNC, got NONE"),
    ("MULT18X18D", {"REG_INPUTA_CLK": "CLK1"}, "REG_INPUTA_CLK: expected NONE or CLK0"),
    ("MULT18X18D", {"REG_OUTPUT_CE": "CE4"}, "REG_OUTPUT_CE: expected CE0 to CE3, got CE4"),
    ("MULT18X18D", {"REG_PIPELINE_RST": "R"}, "REG_PIPELINE_RST: expected RST0 to RST3"),
    ("MULT18X18D", {"REG_INPUTC_CLK": "CLK0"}, "REG_INPUTC_CLK: expected NONE, got CLK0"),
    ("MULT18X18D", {"SOURCEB_MODE": "C_SHIFT"}, "SOURCEB_MODE: expected B_SHIFT"),
    ("MULT18X18D", {"MULT_BYPASS": "ENABLED"}, "MULT_BYPASS: expected DISABLED"),
    ("MULT18X18D", {"RESETMODE": "ASYNC"}, "RESETMODE: expected SYNC, got ASYNC"),
]


@pytest.mark.slow
def test_a_mode_that_is_not_modelled_is_an_error(tmp_path):
    instances = ""
    for n, (cell, parameters, _) in enumerate(UNSUPPORTED):
        overrides = ", ".join(
            f'.{name}("{value}")' if isinstance(value, str) else f".{name}({value})"
            for name, value in parameters.items()
        )
        instances += f"  {cell} #({overrides}) case_{n} ();\n"
    bench = tmp_path / "bench.v"
    bench.write_text(f"""
module bench (input clk);
{instances}
  RAMB18E1 default_ramb18e1 ();
  RAMB36E1 default_ramb36e1 ();
  DP16KD default_dp16kd ();
  MULT18X18D default_mult18x18d ();
  always @(negedge clk) $finish;
endmodule
""")
    # An error ends the simulation, so that one could be seen in a run; here all of them go on.
    models = [tmp_path / model.name for model in FILES]
    for model, copy in zip(FILES, models, strict=True):
        copy.write_text(model.read_text().replace("$fatal(1, ", "$display("))
    errors = run_bench([*models, bench], tmp_path).stdout.splitlines()
    for n, (_, _, message) in enumerate(UNSUPPORTED):
        assert [line for line in errors if f"bench.case_{n}: {message}" in line], (message, errors)
    assert not [line for line in errors if "default" in line]


def test_a_mode_that_is_not_modelled_ends_the_simulation(tmp_path):
    bench = tmp_path / "bench.v"
    bench.write_text("""
module bench (input clk);
  RAMB18E1 #(.DOA_REG(2)) dut ();
  always @(negedge clk) $finish;
endmodule
""")
    run = run_bench([*FILES, bench], tmp_path)
    assert run.returncode != 0
    assert "DOA_REG: expected 0 or 1, got 2" in run.stdout + run.stderr
