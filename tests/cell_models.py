"""Behaviour of FPGA cells in Amaranth, in place of instances, which its simulator can not run.

Written from the vendors' documentation (UG474, UG479, FPGA-TN-02204, FPGA-TN-02205) for the modes
that are used; a parameter or a mode that is not modelled is an error, so that no fault of an
instance goes unseen.
"""

from amaranth import Cat, ClockSignal, Const, Elaboratable, Module, Mux, Signal, Value, signed
from amaranth.hdl import Fragment, Instance
from amaranth.lib.memory import Memory

from build_decoder.hdl.family import Family, FamilyPlatform

__all__ = ["Dsp48e1", "ForFamily", "Mult18x18d", "with_models"]


class ForFamily(Elaboratable):
    """``component`` as it is elaborated for ``family``, models in the place of its cells.

    ``cells`` has the number of cells of each kind once it is elaborated.
    """

    def __init__(self, component, family: Family | None):
        self.component = component
        self.family = family
        self.cells = {}

    def elaborate(self, platform):
        family = None if self.family is None else FamilyPlatform(self.family)
        return with_models(Fragment.get(self.component, family), self.cells)


def with_models(fragment: Fragment, cells: dict[str, int] | None = None) -> Fragment:
    """``fragment``, changed: a model in the place of each instance, counted in ``cells``."""
    for n, (part, *rest) in enumerate(fragment.subfragments):
        if isinstance(part, Instance):
            if cells is not None:
                cells[part.type] = cells.get(part.type, 0) + 1
            part = Fragment.get(_MODELS[part.type](part), None)
        else:
            part = with_models(part, cells)
        fragment.subfragments[n] = (part, *rest)
    return fragment


class _Model(Elaboratable):
    """A cell's parameters and pins; those that an instance leaves out have their defaults."""

    parameters: dict = {}
    """Parameters that there are, and their defaults."""

    only: dict = {}
    """What a parameter must be, where nothing else is modelled."""

    inputs: dict = {}
    """Pins in and their widths."""

    outputs: dict = {}
    """Pins out and their widths."""

    def __init__(self, instance: Instance):
        self.name = instance.type
        unknown = (
            instance.parameters.keys() - self.parameters.keys(),
            instance.ports.keys() - self.inputs.keys() - self.outputs.keys(),
        )
        assert unknown == (set(), set()), f"{self.name} has no {unknown}"
        self.p = self.parameters | {
            name: value.value if isinstance(value, Const) else value
            for name, value in instance.parameters.items()
        }
        for name, value in self.only.items():
            assert self.p[name] == value, f"{self.name} is not modelled with {name} {self.p[name]}"
        self.pins = dict(instance.ports)

    def read(self, name: str) -> Value:
        """Pin in ``name``, as a bit pattern; 0 if it is not connected."""
        width = self.inputs[name]
        value, direction = self.pins.get(name, (Const(0, width), "i"))
        assert (direction, len(value)) == ("i", width), f"{self.name} {name}: {value!r}"
        return value.as_unsigned()

    def drive(self, m: Module, name: str, value: Value):
        """Connect pin out ``name``, of which low bits alone may be in use."""
        width = self.outputs[name]
        if name in self.pins:
            pin, direction = self.pins[name]
            assert direction == "o", f"{self.name} {name}: {pin!r}"
            assert len(pin) <= width, f"{self.name} {name}: {pin!r}"
            m.d.comb += pin.eq(value)

    def clocked(self, name: str):
        """Check that a pin is the clock of ``sync``."""
        pin, _ = self.pins[name]
        assert isinstance(pin, ClockSignal), f"{self.name} {name}: {pin!r}"
        assert pin.domain == "sync", f"{self.name} {name}: {pin!r}"

    def register(self, m: Module, name: str, value: Value, *, enable, reset) -> Signal:
        """Register of a block, which the domain's reset does not reach."""
        held = Signal(value.shape(), name=name, reset_less=True)
        with m.If(reset):
            m.d.sync += held.eq(0)
        with m.Elif(enable):
            m.d.sync += held.eq(value)
        return held


class _Lut6(_Model):
    parameters = {"INIT": 0}
    inputs = {f"I{n}": 1 for n in range(6)}
    outputs = {"O": 1}

    def elaborate(self, platform):
        m = Module()
        address = Cat(self.read(f"I{n}") for n in range(6))
        self.drive(m, "O", Const(self.p["INIT"], 64).bit_select(address, 1))
        return m


class _SliceMultiplexer(_Model):
    """MUXF7, MUXF8."""

    inputs = {"I0": 1, "I1": 1, "S": 1}
    outputs = {"O": 1}

    def elaborate(self, platform):
        m = Module()
        self.drive(m, "O", Mux(self.read("S"), self.read("I1"), self.read("I0")))
        return m


class _Carry4(_Model):
    """A bit is ``S ^ carry``; where S is 0 the carry behind it is DI, and else that before it."""

    inputs = {"CI": 1, "CYINIT": 1, "DI": 4, "S": 4}
    outputs = {"O": 4, "CO": 4}

    def elaborate(self, platform):
        m = Module()
        carry = self.read("CI") | self.read("CYINIT")
        sums, carries = [], []
        for select, direct in zip(self.read("S"), self.read("DI"), strict=True):
            sums.append(select ^ carry)
            carry = Mux(select, carry, direct)
            carries.append(carry)
        self.drive(m, "O", Cat(sums))
        self.drive(m, "CO", Cat(carries))
        return m


class Dsp48e1(_Model):
    """Multiplier of 25 by 18 bits with a pre-adder and an adder of 48 bits behind it."""

    parameters = {
        **dict.fromkeys(
            ("AREG", "ACASCREG", "ADREG", "ALUMODEREG", "BREG", "BCASCREG", "CARRYINREG",
             "CARRYINSELREG", "CREG", "DREG", "INMODEREG", "MREG", "OPMODEREG", "PREG"), 1
        ),
        "A_INPUT": "DIRECT", "B_INPUT": "DIRECT", "USE_DPORT": "FALSE", "USE_MULT": "MULTIPLY",
        "USE_SIMD": "ONE48", "USE_PATTERN_DETECT": "NO_PATDET",
    }  # fmt: skip
    only = {
        "A_INPUT": "DIRECT", "B_INPUT": "DIRECT", "USE_MULT": "MULTIPLY", "USE_SIMD": "ONE48",
        "USE_PATTERN_DETECT": "NO_PATDET", "INMODEREG": 0, "OPMODEREG": 0, "ALUMODEREG": 0,
        "CARRYINREG": 0, "CARRYINSELREG": 0,
    }  # fmt: skip
    inputs = {
        "CLK": 1, "A": 30, "B": 18, "C": 48, "D": 25, "ACIN": 30, "BCIN": 18, "PCIN": 48,
        "INMODE": 5, "OPMODE": 7, "ALUMODE": 4, "CARRYIN": 1, "CARRYINSEL": 3, "CARRYCASCIN": 1,
        "MULTSIGNIN": 1,
        **{f"CE{name}": 1 for name in (
            "A1", "A2", "AD", "ALUMODE", "B1", "B2", "C", "CARRYIN", "CTRL", "D", "INMODE", "M",
            "P")},
        **{f"RST{name}": 1 for name in (
            "A", "ALLCARRYIN", "ALUMODE", "B", "C", "CTRL", "D", "INMODE", "M", "P")},
    }  # fmt: skip
    outputs = {"P": 48}

    def elaborate(self, platform):
        m = Module()
        self.clocked("CLK")
        inmode = self.read("INMODE")
        a2 = self._stage(m, "A", self.read("A"), enable="A2")
        a1 = self._stage(m, "A", self.read("A"), enable="A1")
        b2 = self._stage(m, "B", self.read("B"), enable="B2")
        b1 = self._stage(m, "B", self.read("B"), enable="B1")
        c = self._stage(m, "C", self.read("C"))
        d = self._stage(m, "D", self.read("D"))

        # Pre-adder: INMODE[0] takes A1, [1] takes no A, [2] takes D, [3] subtracts, [4] takes B1.
        a = Mux(inmode[1], 0, Mux(inmode[0], a1, a2)[:25])
        summed = Mux(inmode[2], d, 0) + Mux(inmode[3], -a, a)
        summed = self._stage(m, "AD", summed[:25], reset="D")
        x = (summed if self.p["USE_DPORT"] == "TRUE" else a)[:25].as_signed()
        y = Mux(inmode[4], b1, b2)[:18].as_signed()
        product = self._stage(m, "M", (x * y)[:43].as_signed())

        # ALU. What the documentation does not allow gives what no test expects.
        wrong = Const(0x5A5A_5A5A_5A5A, 48)
        opmode, alumode = self.read("OPMODE"), self.read("ALUMODE")
        p = Signal(48, reset_less=True)
        fed_back = p if self.p["PREG"] else wrong
        multiplied, z, total = Signal(signed(48)), Signal(48), Signal(48)
        with m.Switch(opmode[:4]):
            with m.Case(0b0101):
                m.d.comb += multiplied.eq(product)
            with m.Case(0b0000):
                m.d.comb += multiplied.eq(0)
            with m.Case(0b0010):
                m.d.comb += multiplied.eq(fed_back)
            with m.Case(0b1100):
                m.d.comb += multiplied.eq(c)
            with m.Default():
                m.d.comb += multiplied.eq(wrong)
        with m.Switch(opmode[4:]):
            with m.Case(0b000):
                m.d.comb += z.eq(0)
            with m.Case(0b001):
                m.d.comb += z.eq(self.read("PCIN"))
            with m.Case(0b010):
                m.d.comb += z.eq(fed_back)
            with m.Case(0b011):
                m.d.comb += z.eq(c)
            with m.Default():
                m.d.comb += z.eq(wrong)
        carry = Mux(self.read("CARRYINSEL") == 0, self.read("CARRYIN"), wrong)
        others = multiplied + carry
        with m.Switch(alumode):
            with m.Case(0b0000):
                m.d.comb += total.eq(z + others)
            with m.Case(0b0001):
                m.d.comb += total.eq(~z + others)
            with m.Case(0b0010):
                m.d.comb += total.eq(~(z + others))
            with m.Case(0b0011):
                m.d.comb += total.eq(z - others)
            with m.Default():
                m.d.comb += total.eq(wrong)
        if self.p["PREG"]:
            with m.If(self.read("RSTP")):
                m.d.sync += p.eq(0)
            with m.Elif(self.read("CEP")):
                m.d.sync += p.eq(total)
        else:
            m.d.comb += p.eq(total)
        self.drive(m, "P", p)
        return m

    def _stage(self, m, name: str, value: Value, *, enable=None, reset=None) -> Value:
        """``value`` behind the registers ``<name>REG``, if there are."""
        count = self.p[f"{name}REG"]
        assert count in (0, 1), f"DSP48E1 is not modelled with {name}REG {count}"
        if not count:
            return value
        return self.register(
            m, f"{enable or name}_register", value,
            enable=self.read(f"CE{enable or name}"), reset=self.read(f"RST{reset or name}"),
        )  # fmt: skip


class Mult18x18d(_Model):
    """Multiplier of 18 by 18 bits."""

    _STAGES = ("INPUTA", "INPUTB", "INPUTC", "PIPELINE", "OUTPUT")
    parameters = {
        **{f"REG_{stage}_CLK": "NONE" for stage in _STAGES},
        **{f"REG_{stage}_CE": "CE0" for stage in _STAGES},
        **{f"REG_{stage}_RST": "RST0" for stage in _STAGES},
    }
    inputs = {
        **{f"{operand}{n}": 1 for operand in "ABC" for n in range(18)},
        **{f"{pin}{n}": 1 for pin in ("CLK", "CE", "RST") for n in range(4)},
        **{f"{pin}{operand}": 1 for pin in ("SIGNED", "SOURCE") for operand in "AB"},
    }
    outputs = {f"P{n}": 1 for n in range(36)}

    def elaborate(self, platform):
        m = Module()
        operands = []
        for operand in "AB":
            bits = Cat(self.read(f"{operand}{n}") for n in range(18))
            sign = bits[-1] & self.read(f"SIGNED{operand}")
            operands.append(self._stage(m, f"INPUT{operand}", Cat(bits, sign).as_signed()))
        # SOURCE takes an operand from the block beside, which is not there.
        alone = ~self.read("SOURCEA") & ~self.read("SOURCEB")
        product = self._stage(m, "PIPELINE", operands[0] * operands[1])
        product = self._stage(m, "OUTPUT", Mux(alone, product, 0x5_5555_5555)[:36])
        for n in range(36):
            self.drive(m, f"P{n}", product[n])
        return m

    def _stage(self, m, stage: str, value: Value) -> Value:
        clock = self.p[f"REG_{stage}_CLK"]
        if clock == "NONE":
            return value
        self.clocked(clock)
        enable, reset = (self.read(self.p[f"REG_{stage}_{pin}"]) for pin in ("CE", "RST"))
        return self.register(m, f"{stage}_register", value, enable=enable, reset=reset)


class _Dp16kd(_Model):
    """Block RAM with registered outputs: two ports of words of one width, neither of which writes
    what the other one reads in the same cycle."""

    _STEPS = {18: 4, 9: 3, 4: 2, 2: 1, 1: 0}
    parameters = {
        **{f"INITVAL_{n:02X}": 0 for n in range(64)},
        **{f"{name}_{port}": None for name in ("DATA_WIDTH", "REGMODE", "WRITEMODE", "CSDECODE")
           for port in "AB"},
        "CLKAMUX": "CLKA", "CLKBMUX": "CLKB", "RESETMODE": "SYNC", "ASYNC_RESET_RELEASE": "SYNC",
        "GSR": "AUTO",
    }  # fmt: skip
    only = {
        **{f"REGMODE_{port}": "OUTREG" for port in "AB"},
        **{f"WRITEMODE_{port}": "NORMAL" for port in "AB"},
        **{f"CSDECODE_{port}": "0b000" for port in "AB"},
        "CLKAMUX": "CLKA", "CLKBMUX": "CLKB", "RESETMODE": "SYNC",
    }  # fmt: skip
    inputs = {
        f"{name}{port}{n}": 1
        for name, count in (("AD", 14), ("DI", 18), ("CS", 3)) for port in "AB"
        for n in range(count)
    } | {f"{name}{port}": 1 for name in ("CE", "OCE", "WE", "RST", "CLK") for port in "AB"}
    outputs = {f"DO{port}{n}": 1 for port in "AB" for n in range(18)}

    def elaborate(self, platform):
        m = Module()
        width = self.p["DATA_WIDTH_A"]
        assert width == self.p["DATA_WIDTH_B"]
        step = self._STEPS[width]
        depth = 1 << 14 - step
        m.submodules.memory = memory = Memory(
            shape=width, depth=depth, init=self._words(width, depth)
        )
        for port in "AB":
            self.clocked(f"CLK{port}")
            for name in (f"RST{port}", *(f"CS{port}{n}" for n in range(3))):
                assert self.pins[name][0].value == 0
            enable, write = self.read(f"CE{port}"), self.read(f"WE{port}")
            address = Cat(self.read(f"AD{port}{n}") for n in range(step, 14))
            reading, writing = memory.read_port(), memory.write_port()
            m.d.comb += [
                reading.addr.eq(address), writing.addr.eq(address),
                reading.en.eq(enable & ~write), writing.en.eq(enable & write),
                writing.data.eq(Cat(self.read(f"DI{port}{n}") for n in range(width))),
            ]
            out = self.register(
                m, f"out_{port}", reading.data, enable=self.read(f"OCE{port}"), reset=Const(0)
            )
            for n in range(width):
                self.drive(m, f"DO{port}{n}", out[n])
        return m

    def _words(self, width: int, depth: int) -> list[int]:
        """Words at the start: parameters have sixteen of 18 bits, 20 bits apart, and words of less
        than nine bits lie in the low eight bits of nine."""
        halves = [
            self.p[f"INITVAL_{n:02X}"] >> 20 * word & 0x3FFFF
            for n in range(64) for word in range(16)
        ]
        if width == 18:
            return halves
        octets = [half >> shift & 0x1FF for half in halves for shift in (0, 9)]
        if width == 9:
            return octets
        return [
            octets[n * width // 8] >> n * width % 8 & (1 << width) - 1 for n in range(depth)
        ]


_MODELS = {
    "CARRY4": _Carry4,
    "DP16KD": _Dp16kd,
    "DSP48E1": Dsp48e1,
    "LUT6": _Lut6,
    "MULT18X18D": Mult18x18d,
    "MUXF7": _SliceMultiplexer,
    "MUXF8": _SliceMultiplexer,
}
