// What the block RAMs have in common: two ports of one clock into one memory of bytes of nine bits.
//
// A port's words have 9 bits times a power of two, or 1, 2 or 4 bits, which are the low bits of
// bytes in turn; 0 is no port. Addresses count bits as if bytes had 8. Where the vendors leave a
// read undefined, that of a place that the other port writes, the data is wrong on purpose; two
// writes of the same bit end the simulation.
module block_ram_core #(
    parameter BYTES = 2048,
    parameter [9*BYTES-1:0] INIT = 0,
    parameter READ_A = 0,
    parameter READ_B = 0,
    parameter WRITE_A = 0,
    parameter WRITE_B = 0,
    // What a port reads as it writes: READ_FIRST, WRITE_FIRST or, its output stays, NO_CHANGE.
    parameter MODE_A = "READ_FIRST",
    parameter MODE_B = "READ_FIRST",
    // Does the other port read what was there before, where this one writes?
    parameter DEFINED_A = 0,
    parameter DEFINED_B = 0,
    parameter REGISTER_A = 0,
    parameter REGISTER_B = 0,
    parameter [71:0] START_A = 0,
    parameter [71:0] START_B = 0,
    parameter [71:0] RESET_A = 0,
    parameter [71:0] RESET_B = 0
) (
    input clk_a,
    input clk_b,
    input en_a,
    input en_b,
    input write_a,
    input write_b,
    input [7:0] bytes_a,  // that are written; bit 0 where the port is narrower than a byte
    input [7:0] bytes_b,
    input [14:0] address_a,
    input [14:0] address_b,
    input [71:0] in_a,
    input [71:0] in_b,
    input reset_latch_a,
    input reset_latch_b,
    input en_register_a,
    input en_register_b,
    input reset_register_a,
    input reset_register_b,
    output [71:0] out_a,
    output [71:0] out_b
);
  // Part selects of no bits are not allowed.
  localparam RA = READ_A ? READ_A : 1;
  localparam RB = READ_B ? READ_B : 1;
  localparam WA = WRITE_A ? WRITE_A : 1;
  localparam WB = WRITE_B ? WRITE_B : 1;

  function integer place(input [14:0] address, input integer width);
    integer first;
    begin
      first = (address / 8) % BYTES;
      if (width >= 9) place = first / (width / 9) * width;
      else place = first * 9 + address % 8 / width * width;
    end
  endfunction

  function [71:0] bits(input [7:0] bytes);
    bits = {{9{bytes[7]}}, {9{bytes[6]}}, {9{bytes[5]}}, {9{bytes[4]}},
            {9{bytes[3]}}, {9{bytes[2]}}, {9{bytes[1]}}, {9{bytes[0]}}};
  endfunction

  reg [9*BYTES-1:0] memory;
  reg [71:0] latch_a, latch_b, register_a, register_b;
  // Not as initialisers: Verilator makes all bits random there, if any bit of the value is x.
  initial begin
    memory = INIT;
    latch_a = START_A;
    latch_b = START_B;
    register_a = START_A;
    register_b = START_B;
  end
  assign out_a = REGISTER_A ? register_a : latch_a;
  assign out_b = REGISTER_B ? register_b : latch_b;

  integer read_at_a, read_at_b, at_a, at_b;
  reg [RA-1:0] seen_a;
  reg [RB-1:0] seen_b;
  reg [WA-1:0] was_a, mask_a;
  reg [WB-1:0] was_b, mask_b;
  wire clk = clk_a | clk_b;

  always @(posedge clk) begin
    read_at_a = place(address_a, RA);
    read_at_b = place(address_b, RB);
    at_a = place(address_a, WA);
    at_b = place(address_b, WB);
    mask_a = WRITE_A != 0 && clk_a && en_a && write_a ? bits(bytes_a) : 0;
    mask_b = WRITE_B != 0 && clk_b && en_b && write_b ? bits(bytes_b) : 0;
    if (mask_a == 0 && mask_b == 0) begin
      seen_a = memory[read_at_a+:RA];
      seen_b = memory[read_at_b+:RB];
    end else begin
      was_a = memory[at_a+:WA];
      was_b = memory[at_b+:WB];

      memory[at_a+:WA] = was_a ^ mask_a;
      if (((memory[at_b+:WB] ^ was_b) & mask_b) != 0)
        $fatal(1, "%m: both ports write to address %0d", address_a);
      memory[at_a+:WA] = was_a;

      if (!DEFINED_B) memory[at_b+:WB] = was_b ^ mask_b;
      if (MODE_A == "WRITE_FIRST")
        memory[at_a+:WA] = memory[at_a+:WA] & ~mask_a | in_a & mask_a;
      seen_a = memory[read_at_a+:RA];
      memory[at_a+:WA] = was_a;
      memory[at_b+:WB] = was_b;

      if (!DEFINED_A) memory[at_a+:WA] = was_a ^ mask_a;
      if (MODE_B == "WRITE_FIRST")
        memory[at_b+:WB] = memory[at_b+:WB] & ~mask_b | in_b & mask_b;
      seen_b = memory[read_at_b+:RB];
      memory[at_a+:WA] = was_a;
      memory[at_b+:WB] = was_b;

      memory[at_a+:WA] = memory[at_a+:WA] & ~mask_a | in_a & mask_a;
      memory[at_b+:WB] = memory[at_b+:WB] & ~mask_b | in_b & mask_b;
    end

    if (clk_a) begin
      if (reset_latch_a) latch_a <= RESET_A;
      else if (en_a && !(write_a && MODE_A == "NO_CHANGE")) latch_a <= READ_A ? seen_a : 0;
      if (reset_register_a) register_a <= RESET_A;
      else if (en_register_a) register_a <= latch_a;
    end
    if (clk_b) begin
      if (reset_latch_b) latch_b <= RESET_B;
      else if (en_b && !(write_b && MODE_B == "NO_CHANGE")) latch_b <= READ_B ? seen_b : 0;
      if (reset_register_b) register_b <= RESET_B;
      else if (en_register_b) register_b <= latch_b;
    end
  end
endmodule
