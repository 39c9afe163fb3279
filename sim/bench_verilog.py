"""The generated part of a test bench: the module that joins its components and the design."""

from pathlib import Path

from build_decoder.hdl.planning.interface import SETTLING_CYCLES, Interface

__all__ = ["COMPONENTS", "bench_verilog"]

COMPONENTS = Path(__file__).with_name("bench_components.v")
"""The components that :func:`bench_verilog` instantiates."""

# cocotb reaches the ports of the bench through these; all else is left to Verilator's optimiser.
_READ = "/* verilator public_flat_rd */"
_WRITE = "/* verilator public_flat_rw */"


def bench_verilog(interface: Interface, top: str, *, frames: int) -> str:
    """Verilog of the module ``bench``, for a design ``top`` and runs of up to ``frames`` frames.

    The run is set by plusargs: ``+frames``, ``+idle_limit`` (cycles) and, 0 for no stalls,
    ``+input_stalls`` and ``+output_stalls`` (seeds).
    """
    input_width = interface.input_lanes * interface.input_width
    inputs = frames * interface.input_beats
    outputs = frames * interface.output_count
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
  reg [31:0] idle_limit = 0;
  reg [31:0] input_stalls = 0;
  reg [31:0] output_stalls = 0;
  reg given;
  initial begin
    given = $value$plusargs("frames=%d", frames);
    given = $value$plusargs("idle_limit=%d", idle_limit);
    given = $value$plusargs("input_stalls=%d", input_stalls);
    given = $value$plusargs("output_stalls=%d", output_stalls);
  end

  wire [{input_width - 1}:0] i_payload;
  wire i_valid, i_ready, i_go, i_remaining;
  wire [{interface.output_width - 1}:0] o_payload;
  wire o_valid, o_ready, o_complete;
  wire finish;
  // Documented times are those of a decoder that has settled; with stalls, none are measured.
  wire settled = input_stalls != 0 || cycle >= {SETTLING_CYCLES};
  wire i_transfer = i_valid && i_ready;
  wire o_transfer = o_valid && o_ready;

  {top} dut (
      .clk(clk), .rst(rst),
      .i__payload(i_payload), .i__valid(i_valid), .i__ready(i_ready),
      .o__payload(o_payload), .o__valid(o_valid), .o__ready(o_ready)
  );

  bench_sequencer #(
      .TAIL({64 + 2 * (interface.input_beats + interface.output_count)})
  ) sequencer (
      .clk(clk), .rst(rst), .idle_limit(idle_limit),
      .transferred(i_transfer || o_transfer),
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
      .clk(clk), .rst(rst), .total(frames * {interface.input_beats}), .go(i_go && settled),
      .payload(i_payload), .valid(i_valid), .ready(i_ready),
      .taken(taken), .remaining(i_remaining)
  );

  bench_stall_generator output_stall_generator (
      .clk(clk), .rst(rst), .seed(output_stalls), .offered(o_valid), .go(o_ready)
  );

  bench_scoreboard #(
      .WIDTH({interface.output_width}), .CAPACITY({outputs})
  ) scoreboard (
      .clk(clk), .rst(rst), .total(frames * {interface.output_count}), .finish(finish),
      .payload(o_payload), .valid(o_valid), .ready(o_ready),
      .received(received), .wrong(wrong), .extra(extra),
      .unheld(unheld), .first_unheld(first_unheld), .complete(o_complete)
  );

  bench_latency_meter #(
      .INPUT_BEATS({interface.input_beats}), .OUTPUT_COUNT({interface.output_count}),
      .FRAMES({frames})
  ) latency_meter (
      .clk(clk), .rst(rst), .cycle(cycle), .finish(finish),
      .input_transfer(i_transfer), .output_transfer(o_transfer)
  );
endmodule
"""
