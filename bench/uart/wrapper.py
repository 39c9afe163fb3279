"""The Verilog around a shell: a serial line of whole bytes, and what the shell tells counted."""

__all__ = ["SHELL", "wrapper"]

SHELL = "shell"
"""Name of the shell's module."""

_WRAPPER = """\
// A byte goes to the board when `to_board` differs from `sent`, and has gone when it does no more.
// One has come from the board when `received` changes. A line is looked at once a bit, in its
// middle; `broken` counts bytes without a stop bit.
module bench(
  input clk /* verilator public_flat_rw */,
  input rst /* verilator public_flat_rw */,
  input to_board /* verilator public_flat_rw */,
  input [7:0] byte_to_board /* verilator public_flat_rw */,
  output reg sent /* verilator public_flat_rd */,
  output reg received /* verilator public_flat_rd */,
  output reg [7:0] byte_from_board /* verilator public_flat_rd */,
  output reg [31:0] broken /* verilator public_flat_rd */,
  output reg [31:0] answered /* verilator public_flat_rd */,
  output reg [31:0] rejected /* verilator public_flat_rd */,
  output reg [63:0] cycle /* verilator public_flat_rd */
);
  localparam DIVISOR = @divisor@;
  wire tx, frame_answered, request_rejected;
  reg [9:0] leaving;
  reg [3:0] bits_to_leave, bits_to_come;
  reg [31:0] leave_timer, come_timer;
  @shell@ dut(
    .clk(clk), .rst(rst), .rx(bits_to_leave == 0 | leaving[0]), .tx(tx),
    .answered(frame_answered), .rejected(request_rejected)
  );
  initial begin
    sent = 0; received = 0; broken = 0; answered = 0; rejected = 0; cycle = 0;
    bits_to_leave = 0; bits_to_come = 0;
  end
  always @(posedge clk) begin
    cycle <= cycle + 1;
    if (!rst) begin
      answered <= answered + frame_answered;
      rejected <= rejected + request_rejected;
      if (bits_to_leave == 0) begin
        if (to_board != sent) begin
          leaving <= {1'b1, byte_to_board, 1'b0};
          bits_to_leave <= 10;
          leave_timer <= DIVISOR - 1;
        end
      end else if (leave_timer != 0) leave_timer <= leave_timer - 1;
      else begin
        leaving <= leaving >> 1;
        bits_to_leave <= bits_to_leave - 1;
        leave_timer <= DIVISOR - 1;
        if (bits_to_leave == 1) sent <= to_board;
      end
      if (bits_to_come == 0) begin
        if (!tx) begin
          bits_to_come <= 9;
          come_timer <= DIVISOR + DIVISOR / 2 - 1;
        end
      end else if (come_timer != 0) come_timer <= come_timer - 1;
      else begin
        bits_to_come <= bits_to_come - 1;
        come_timer <= DIVISOR - 1;
        if (bits_to_come != 1) byte_from_board <= {tx, byte_from_board[7:1]};
        else if (tx) received <= !received;
        else broken <= broken + 1;
      end
    end
  end
endmodule
"""


def wrapper(divisor: int) -> str:
    """Module ``bench`` around the module `SHELL`, a `boards.shell.Shell` of ``divisor``."""
    return _WRAPPER.replace("@divisor@", str(divisor)).replace("@shell@", SHELL)
