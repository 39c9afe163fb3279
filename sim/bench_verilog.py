"""The generated part of a test bench: the module that joins its components and the design."""

from collections.abc import Sequence
from pathlib import Path

from build_decoder.hdl.planning.interface import SETTLING_CYCLES, Interface
from build_decoder.sim.bench_files import WAVES
from build_decoder.sim.meters import Meter, meters_verilog

__all__ = ["COMPONENTS", "bench_verilog"]

COMPONENTS = Path(__file__).with_name("bench_components.v")
"""The components that :func:`bench_verilog` instantiates."""

# cocotb reaches the ports of the bench through these; all else is left to Verilator's optimiser.
_READ = "/* verilator public_flat_rd */"
_WRITE = "/* verilator public_flat_rw */"


def bench_verilog(
    interface: Interface, top: str, *, frames: int, script: int = 0, waves: bool = False,
    meters: Sequence[Meter] = (),
) -> str:
    """Verilog of the module ``bench``, for a design ``top`` and runs of up to ``frames`` frames.

    The run is set by plusargs: ``+frames``, ``+vectors`` (frames that there are inputs of, which
    repeat), ``+known`` (frames that there are outputs of), ``+idle_limit`` (cycles) and, 0 for no
    stalls, ``+input_stalls`` and ``+output_stalls`` (seeds). Weights of a reloadable decoder are
    loaded by a script of up to ``script`` lines: ``+script`` (lines), and ``+script_first``: 1, no
    frame starts before its end. States of a continuous decoder are cleared after each
    ``+clear_every`` frames, 0 for never. With ``waves``, all signals are recorded in
    ``waves.vcd`` from the first transfer of frame ``+waves_from`` on. What ``meters`` count is
    written at the end.
    """
    input_width = interface.input_lanes * interface.input_width
    inputs = frames * interface.input_beats
    output_width = interface.output_lanes * interface.output_width
    outputs = frames * interface.output_beats
    ports, loader = "", "  assign script_done = 1;\n  assign loading = 0;\n"
    if interface.reloadable:
        ports, loader = _LOADER_PORTS, _loader(interface, script)
    clearer = "  assign clearing = 0;\n"
    if interface.continuous:
        ports, clearer = ports + _CLEAR_PORTS, _clearer(interface)
    return f"""\
`default_nettype none

module bench (
    input wire clk {_WRITE},
    input wire rst {_WRITE},
    output wire done {_READ},
    output wire timed_out {_READ},
    output wire [31:0] cycle {_READ},
    output wire [31:0] taken {_READ},
    output wire [31:0] received {_READ},
    output wire [31:0] wrong {_READ},
    output wire [31:0] extra {_READ},
    output wire [31:0] unheld {_READ},
    output wire [31:0] first_unheld {_READ}
);
  reg [31:0] frames = {frames};
  reg [31:0] vectors = {frames};
  reg [31:0] known = {frames};
  reg [31:0] script = 0;
  reg [31:0] script_first = 0;
  reg [31:0] idle_limit = 0;
  reg [31:0] input_stalls = 0;
  reg [31:0] output_stalls = 0;
  reg [31:0] clear_every = 0;
  reg given;
  initial begin
    given = $value$plusargs("frames=%d", frames);
    given = $value$plusargs("vectors=%d", vectors);
    given = $value$plusargs("known=%d", known);
    given = $value$plusargs("script=%d", script);
    given = $value$plusargs("script_first=%d", script_first);
    given = $value$plusargs("idle_limit=%d", idle_limit);
    given = $value$plusargs("input_stalls=%d", input_stalls);
    given = $value$plusargs("output_stalls=%d", output_stalls);
    given = $value$plusargs("clear_every=%d", clear_every);
  end

  wire [{input_width - 1}:0] i_payload;
  wire i_valid, i_ready, i_go, i_remaining, i_offers, clearing;
  wire [{output_width - 1}:0] o_payload;
  wire o_valid, o_ready, o_complete;
  wire finish, loading, script_done;
  // Documented times are those of a decoder that has settled; with stalls, none are measured.
  wire settled = input_stalls != 0 || cycle >= {SETTLING_CYCLES};
  wire i_transfer = i_valid && i_ready;
  wire o_transfer = o_valid && o_ready;

{loader}
{clearer}
{_recorder(interface) if waves else ""}{meters_verilog(meters) if meters else ""}
  {top} dut (
      .clk(clk), .rst(rst),{ports}
      .i__payload(i_payload), .i__valid(i_valid), .i__ready(i_ready),
      .o__payload(o_payload), .o__valid(o_valid), .o__ready(o_ready)
  );

  bench_sequencer #(
      .TAIL({64 + 2 * (interface.input_beats + interface.output_beats)})
  ) sequencer (
      .clk(clk), .rst(rst), .idle_limit(idle_limit),
      .transferred(i_transfer || o_transfer || loading),
      .stalling((i_remaining && !i_valid) || (o_valid && !o_ready)),
      .complete(o_complete),
      .cycle(cycle), .timed_out(timed_out), .finish(finish), .done(done)
  );

  bench_stall_generator input_stall_generator (
      .clk(clk), .rst(rst), .seed(input_stalls), .offered(1'b1), .go(i_go)
  );

  bench_stimulus #(
      .WIDTH({input_width}), .CAPACITY({inputs})
  ) stimulus (
      .clk(clk), .rst(rst), .total(frames * {interface.input_beats}),
      .vectors(vectors * {interface.input_beats}),
      .go(i_go && settled && !clearing && (script_done || script_first == 0)),
      .payload(i_payload), .valid(i_valid), .ready(i_ready),
      .taken(taken), .remaining(i_remaining), .offers(i_offers)
  );

  bench_stall_generator output_stall_generator (
      .clk(clk), .rst(rst), .seed(output_stalls), .offered(o_valid), .go(o_ready)
  );

  bench_scoreboard #(
      .WIDTH({output_width}), .CAPACITY({outputs})
  ) scoreboard (
      .clk(clk), .rst(rst), .total(frames * {interface.output_beats}),
      .known(known * {interface.output_beats}), .finish(finish),
      .payload(o_payload), .valid(o_valid), .ready(o_ready),
      .received(received), .wrong(wrong), .extra(extra),
      .unheld(unheld), .first_unheld(first_unheld), .complete(o_complete)
  );

  bench_latency_meter #(
      .INPUT_BEATS({interface.input_beats}), .OUTPUT_COUNT({interface.output_beats}),
      .FRAMES({frames})
  ) latency_meter (
      .clk(clk), .rst(rst), .cycle(cycle), .finish(finish),
      .input_transfer(i_transfer), .output_transfer(o_transfer)
  );
endmodule
"""


_LOADER_PORTS = """
      .words__payload(word), .words__valid(word_valid), .words__ready(word_ready),
      .command__payload(command), .command__valid(command_valid), .command__ready(command_ready),
      .status(status), .fingerprint(fingerprint), .layout_id(layout_id),"""


_STATUS_BITS, _MOST_COMMANDS = 8, 64


def _loader(interface: Interface, script: int) -> str:
    status = _STATUS_BITS + (interface.image_words + 1).bit_length()
    return f"""\
  wire [31:0] word, fingerprint, layout_id;
  wire [2:0] command;
  wire word_valid, word_ready, command_valid, command_ready;
  wire [{status - 1}:0] status;
  assign loading = (word_valid && word_ready) || (command_valid && command_ready);

  bench_loader #(
      .OUTPUT_COUNT({interface.output_count}), .CAPACITY({script}), .COMMANDS({_MOST_COMMANDS})
  ) loader (
      .clk(clk), .rst(rst), .finish(finish), .total(script), .received(received),
      .word(word), .word_valid(word_valid), .word_ready(word_ready),
      .command(command), .command_valid(command_valid), .command_ready(command_ready),
      .error(status[7:4]), .bank(status[2]), .fingerprint(fingerprint), .layout_id(layout_id),
      .done(script_done)
  );
"""


_CLEAR_PORTS = """
      .clear(clearing), .cleared(cleared),"""


def _clearer(interface: Interface) -> str:
    return f"""\
  wire cleared;
  bench_clearer clearer (
      .clk(clk), .rst(rst), .every(clear_every * {interface.input_beats}),
      .offers(i_offers), .remaining(i_remaining), .cleared(cleared), .clear(clearing)
  );
"""


def _recorder(interface: Interface) -> str:
    return f"""\
  reg [31:0] waves_from = 0;
  reg waving = 0;
  initial given = $value$plusargs("waves_from=%d", waves_from);
  // A cycle early, so that the first transfer is in it.
  always @(posedge clk)
    if (!rst && !waving && taken + 1 >= waves_from * {interface.input_beats}) begin
      waving <= 1;
      $dumpfile("{WAVES}");
      $dumpvars(0, bench);
    end
"""
