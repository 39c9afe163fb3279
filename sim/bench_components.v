// Components of a generated test bench (AHEAD, Section 4.2): sequencer, stimulus generator, stall
// generator, scoreboard, latency meter and loader of weights. sim/bench_verilog.py writes the module that joins them
// and the design under test.
`default_nettype none

// Counts what is left to do, and ends the run: `TAIL` cycles after the last expected output, or once
// nothing has moved for `idle_limit` cycles in which the bench itself held nothing up.
module bench_sequencer #(
    parameter TAIL = 64
) (
    input wire clk,
    input wire rst,
    input wire [31:0] idle_limit,
    input wire transferred,
    input wire stalling,
    input wire complete,
    output reg [31:0] cycle,
    output reg timed_out,
    output reg finish,
    output reg done
);
  reg [31:0] idle;
  reg [31:0] tail;
  initial done = 0;
  initial finish = 0;

  always @(posedge clk)
    if (rst) begin
      cycle <= 0;
      idle <= 0;
      tail <= 0;
      timed_out <= 0;
      finish <= 0;
      done <= 0;
    end else begin
      cycle <= cycle + 1;
      idle <= transferred ? 0 : idle + !stalling;
      tail <= complete ? tail + 1 : 0;
      timed_out <= !finish ? (!complete && idle >= idle_limit) : timed_out;
      finish <= finish || tail >= TAIL || idle >= idle_limit;
      done <= finish;
    end
endmodule

// Says cycle by cycle whether its side of a stream goes on. Epochs of random length and kind: full
// speed, several probabilities of a stall, long bursts, and going only once the peer has offered.
module bench_stall_generator (
    input wire clk,
    input wire rst,
    input wire [31:0] seed,  // 0: never stalls
    input wire offered,
    output reg go
);
  reg [31:0] noise;
  reg [2:0] kind;
  reg [7:0] left;
  wire [31:0] step_1 = noise ^ (noise << 13);
  wire [31:0] step_2 = step_1 ^ (step_1 >> 17);
  wire [31:0] step_3 = step_2 ^ (step_2 << 5);

  always @(posedge clk)
    if (rst || seed == 0) begin
      noise <= seed;
      kind <= 0;
      left <= 0;
      go <= seed == 0;
    end else begin
      noise <= step_3;
      if (left != 0) left <= left - 1;
      else begin
        kind <= step_3[2:0];
        case (step_3[4:3])
          0: left <= step_3[10:8];
          1: left <= step_3[12:8];
          2: left <= step_3[14:8];
          3: left <= step_3[15:8];
        endcase
      end
      case (kind)
        0: go <= 1;
        1: go <= step_3[31:30] != 0;
        2: go <= step_3[31];
        3: go <= step_3[31:29] == 0;
        4: go <= 0;
        5: go <= offered && !go;
        6: go <= step_3[31:27] != 0;
        7: go <= step_3[31:28] == 0;
      endcase
    end
endmodule

// Sends the words of inputs.hex, the first `vectors` of them again and again. Between transfers, and
// once all are sent, the payload is wrong on purpose; what has been offered is held until it is
// taken.
module bench_stimulus #(
    parameter WIDTH = 1,
    parameter CAPACITY = 1
) (
    input wire clk,
    input wire rst,
    input wire [31:0] total,
    input wire [31:0] vectors,
    input wire go,
    output reg [WIDTH-1:0] payload,
    output reg valid,
    input wire ready,
    output reg [31:0] taken,
    output wire remaining,
    output wire offers
);
  reg [WIDTH-1:0] words[0:CAPACITY-1];
  reg [31:0] offered;
  reg [31:0] vector;
  assign remaining = offered < total;
  assign offers = (!valid || ready) && go && remaining;
  initial $readmemh("inputs.hex", words);

  always @(posedge clk)
    if (rst) begin
      payload <= {WIDTH{1'b1}};
      valid <= 0;
      offered <= 0;
      vector <= 0;
      taken <= 0;
    end else begin
      if (valid && ready) taken <= taken + 1;
      if (!valid || ready) begin
        valid <= go && remaining;
        offered <= offered + (go && remaining);
        if (go && remaining) vector <= vector + 1 == vectors ? 0 : vector + 1;
        payload <= go && remaining ? words[vector] : ~payload;
      end
    end
endmodule

// Asks a continuous decoder to clear its states after each ``every`` transfers that are offered, 0
// for never, and keeps the next one back until that is done.
module bench_clearer (
    input wire clk,
    input wire rst,
    input wire [31:0] every,
    input wire offers,
    input wire remaining,
    input wire cleared,
    output wire clear
);
  reg [31:0] passed;
  assign clear = every != 0 && passed == every && remaining;

  always @(posedge clk)
    if (rst) passed <= 0;
    else if (clear) passed <= cleared ? 0 : passed;
    else passed <= passed + offers;
endmodule

// Compares outputs with the words of expected.hex, counts outputs too many, and checks that what is
// offered stays while it is not taken. At the end all outputs go to outputs.hex. Of outputs beyond
// the words in that file, nothing is known in advance, and none is wrong.
module bench_scoreboard #(
    parameter WIDTH = 1,
    parameter CAPACITY = 1
) (
    input wire clk,
    input wire rst,
    input wire [31:0] total,
    input wire [31:0] known,
    input wire finish,
    input wire [WIDTH-1:0] payload,
    input wire valid,
    input wire ready,
    output reg [31:0] received,
    output reg [31:0] wrong,
    output reg [31:0] extra,
    output reg [31:0] unheld,
    output reg [31:0] first_unheld,
    output wire complete
);
  reg [WIDTH-1:0] expected[0:CAPACITY-1];
  reg [WIDTH-1:0] outputs[0:CAPACITY-1];
  reg [WIDTH-1:0] held;
  reg stalled;
  reg recorded;
  integer file, n;
  initial recorded = 1;  // nothing is there to record before the first reset
  assign complete = received == total;
  initial $readmemh("expected.hex", expected);

  always @(posedge clk)
    if (rst) begin
      received <= 0;
      wrong <= 0;
      extra <= 0;
      unheld <= 0;
      first_unheld <= 0;
      stalled <= 0;
      recorded <= 0;
    end else if (!finish) begin
      stalled <= valid && !ready;
      held <= payload;
      if (stalled && !(valid === 1'b1 && payload === held)) begin
        unheld <= unheld + 1;
        if (unheld == 0) first_unheld <= received;
      end
      if (valid && ready) begin
        if (complete) extra <= extra + 1;
        else begin
          outputs[received] <= payload;
          received <= received + 1;
          if (received < known && payload !== expected[received]) wrong <= wrong + 1;
        end
      end
    end else if (!recorded) begin
      recorded <= 1;
      file = $fopen("outputs.hex", "w");
      for (n = 0; n < received; n = n + 1) $fwrite(file, "%h\n", outputs[n]);
      $fclose(file);
    end
endmodule

// Stamps the cycles of a frame's first input transfer and last output transfer. At the end they go to
// stamps.txt, a line for each frame that came out whole.
module bench_latency_meter #(
    parameter INPUT_BEATS = 1,
    parameter OUTPUT_COUNT = 1,
    parameter FRAMES = 1
) (
    input wire clk,
    input wire rst,
    input wire [31:0] cycle,
    input wire finish,
    input wire input_transfer,
    input wire output_transfer
);
  reg [31:0] first_input[0:FRAMES-1];
  reg [31:0] last_output[0:FRAMES-1];
  reg [31:0] input_beat, input_frame, output_value, output_frame;
  reg recorded;
  integer file, n;
  initial recorded = 1;  // nothing is there to record before the first reset

  always @(posedge clk)
    if (rst) begin
      input_beat <= 0;
      input_frame <= 0;
      output_value <= 0;
      output_frame <= 0;
      recorded <= 0;
    end else if (!finish) begin
      if (input_transfer) begin
        if (input_beat == 0) first_input[input_frame] <= cycle;
        input_beat <= input_beat == INPUT_BEATS - 1 ? 0 : input_beat + 1;
        input_frame <= input_frame + (input_beat == INPUT_BEATS - 1);
      end
      if (output_transfer && output_frame < FRAMES) begin
        if (output_value == OUTPUT_COUNT - 1) last_output[output_frame] <= cycle;
        output_value <= output_value == OUTPUT_COUNT - 1 ? 0 : output_value + 1;
        output_frame <= output_frame + (output_value == OUTPUT_COUNT - 1);
      end
    end else if (!recorded) begin
      recorded <= 1;
      file = $fopen("stamps.txt", "w");
      for (n = 0; n < output_frame && n < FRAMES; n = n + 1)
        $fwrite(file, "%0d %0d\n", first_input[n], last_output[n]);
      $fclose(file);
    end
endmodule

// Loads weights by script.hex: in each of the first `total` lines a kind, 0 a word and else a command,
// and a word. At the end a line for each command goes to commands.txt: the command, its error, bank
// and fingerprint in use behind it, the frames that had come out, and the layout's id.
module bench_loader #(
    parameter OUTPUT_COUNT = 1,
    parameter CAPACITY = 1,
    parameter COMMANDS = 1
) (
    input wire clk,
    input wire rst,
    input wire finish,
    input wire [31:0] total,
    input wire [31:0] received,
    output wire [31:0] word,
    output wire word_valid,
    input wire word_ready,
    output wire [2:0] command,
    output wire command_valid,
    input wire command_ready,
    input wire [3:0] error,
    input wire bank,
    input wire [31:0] fingerprint,
    input wire [31:0] layout_id,
    output wire done
);
  reg [35:0] script[0:CAPACITY-1];
  reg [31:0] step, count;
  reg resting;
  reg [2:0] commands[0:COMMANDS-1];
  reg [3:0] errors[0:COMMANDS-1];
  reg banks[0:COMMANDS-1];
  reg [31:0] fingerprints[0:COMMANDS-1];
  reg [31:0] frames[0:COMMANDS-1];
  reg recorded;
  integer file, n;
  initial recorded = 1;  // nothing is there to record before the first reset
  initial $readmemh("script.hex", script);

  wire [35:0] entry = script[step];
  wire offered = !resting && !done;
  assign done = step == total;
  assign word = entry[31:0];
  assign word_valid = offered && entry[35:32] == 0;
  assign command = entry[34:32];
  assign command_valid = offered && entry[35:32] != 0;

  always @(posedge clk)
    if (rst) begin
      step <= 0;
      count <= 0;
      resting <= 1;
      recorded <= 0;
    end else if (!finish) begin
      resting <= (word_valid && word_ready) || (command_valid && command_ready);
      if ((word_valid && word_ready) || (command_valid && command_ready)) step <= step + 1;
      if (command_valid && command_ready) begin
        commands[count] <= command;
        errors[count] <= error;
        banks[count] <= bank;
        fingerprints[count] <= fingerprint;
        frames[count] <= received / OUTPUT_COUNT;
        count <= count + 1;
      end
    end else if (!recorded) begin
      recorded <= 1;
      file = $fopen("commands.txt", "w");
      for (n = 0; n < count; n = n + 1)
        $fwrite(file, "%0d %0d %0d %0d %0d %0d\n", commands[n], errors[n], banks[n],
                fingerprints[n], frames[n], layout_id);
      $fclose(file);
    end
endmodule

// Counts the cycles of a stream by what it does, from a reset to the end of the run.
module bench_stream_meter (
    input wire clk,
    input wire rst,
    input wire finish,
    input wire valid,
    input wire ready
);
  reg [63:0] moved, held, starved, idle;

  always @(posedge clk)
    if (rst) begin
      moved <= 0;
      held <= 0;
      starved <= 0;
      idle <= 0;
    end else if (!finish) begin
      moved <= moved + (valid && ready);
      held <= held + (valid && !ready);
      starved <= starved + (!valid && ready);
      idle <= idle + (!valid && !ready);
    end
endmodule

// Counts the cycles in each state of a state machine.
module bench_state_meter #(
    parameter STATES = 1
) (
    input wire clk,
    input wire rst,
    input wire finish,
    input wire [31:0] state
);
  reg [63:0] cycles[0:STATES-1];
  integer n;

  always @(posedge clk)
    if (rst) for (n = 0; n < STATES; n = n + 1) cycles[n] <= 0;
    else if (!finish && state < STATES) cycles[state] <= cycles[state] + 1;
endmodule
