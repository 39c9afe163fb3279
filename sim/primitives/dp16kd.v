// DP16KD, the 18 Kb block RAM of ECP5 (FPGA-TN-02204): 1024 words of two bytes, in the modes of
// block_ram_core, with synchronous resets. Ports of 36 bits are those of a pseudo dual-port memory:
// A writes, B reads, the low half is on the pins of A and the high half on those of B. A parameter
// that asks for another mode ends the simulation at its start. What the documentation leaves open
// ends it, too: an output register that is enabled when its port is not.
module DP16KD #(
    parameter DATA_WIDTH_A = 18, DATA_WIDTH_B = 18,
    parameter REGMODE_A = "NOREG",
    parameter REGMODE_B = "NOREG",
    parameter WRITEMODE_A = "NORMAL",
    parameter WRITEMODE_B = "NORMAL",
    parameter RESETMODE = "SYNC",
    parameter ASYNC_RESET_RELEASE = "SYNC",
    parameter CSDECODE_A = "0b000",
    parameter CSDECODE_B = "0b000",
    parameter CLKAMUX = "CLKA",
    parameter CLKBMUX = "CLKB",
    parameter GSR = "ENABLED",
    parameter INIT_DATA = "STATIC",
    parameter WID = 0,
    parameter [319:0] INITVAL_00 = 0, INITVAL_01 = 0, INITVAL_02 = 0, INITVAL_03 = 0,
    parameter [319:0] INITVAL_04 = 0, INITVAL_05 = 0, INITVAL_06 = 0, INITVAL_07 = 0,
    parameter [319:0] INITVAL_08 = 0, INITVAL_09 = 0, INITVAL_0A = 0, INITVAL_0B = 0,
    parameter [319:0] INITVAL_0C = 0, INITVAL_0D = 0, INITVAL_0E = 0, INITVAL_0F = 0,
    parameter [319:0] INITVAL_10 = 0, INITVAL_11 = 0, INITVAL_12 = 0, INITVAL_13 = 0,
    parameter [319:0] INITVAL_14 = 0, INITVAL_15 = 0, INITVAL_16 = 0, INITVAL_17 = 0,
    parameter [319:0] INITVAL_18 = 0, INITVAL_19 = 0, INITVAL_1A = 0, INITVAL_1B = 0,
    parameter [319:0] INITVAL_1C = 0, INITVAL_1D = 0, INITVAL_1E = 0, INITVAL_1F = 0,
    parameter [319:0] INITVAL_20 = 0, INITVAL_21 = 0, INITVAL_22 = 0, INITVAL_23 = 0,
    parameter [319:0] INITVAL_24 = 0, INITVAL_25 = 0, INITVAL_26 = 0, INITVAL_27 = 0,
    parameter [319:0] INITVAL_28 = 0, INITVAL_29 = 0, INITVAL_2A = 0, INITVAL_2B = 0,
    parameter [319:0] INITVAL_2C = 0, INITVAL_2D = 0, INITVAL_2E = 0, INITVAL_2F = 0,
    parameter [319:0] INITVAL_30 = 0, INITVAL_31 = 0, INITVAL_32 = 0, INITVAL_33 = 0,
    parameter [319:0] INITVAL_34 = 0, INITVAL_35 = 0, INITVAL_36 = 0, INITVAL_37 = 0,
    parameter [319:0] INITVAL_38 = 0, INITVAL_39 = 0, INITVAL_3A = 0, INITVAL_3B = 0,
    parameter [319:0] INITVAL_3C = 0, INITVAL_3D = 0, INITVAL_3E = 0, INITVAL_3F = 0
) (
    input DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6,
    input DIA5, DIA4, DIA3, DIA2, DIA1, DIA0,
    input DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6,
    input DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
    input ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2,
    input ADA1, ADA0,
    input ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2,
    input ADB1, ADB0,
    input CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
    input CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
    output DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6,
    output DOA5, DOA4, DOA3, DOA2, DOA1, DOA0,
    output DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6,
    output DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
);
  initial begin
    if (!(DATA_WIDTH_A inside {1, 2, 4, 9, 18, 36}))
      $fatal(1, "%m: DATA_WIDTH_A: expected 1, 2, 4, 9, 18 or 36, got %0d", DATA_WIDTH_A);
    if (!(DATA_WIDTH_B inside {1, 2, 4, 9, 18, 36}))
      $fatal(1, "%m: DATA_WIDTH_B: expected 1, 2, 4, 9, 18 or 36, got %0d", DATA_WIDTH_B);
    if (REGMODE_A != "NOREG" && REGMODE_A != "OUTREG")
      $fatal(1, "%m: REGMODE_A: expected NOREG or OUTREG, got %s", REGMODE_A);
    if (REGMODE_B != "NOREG" && REGMODE_B != "OUTREG")
      $fatal(1, "%m: REGMODE_B: expected NOREG or OUTREG, got %s", REGMODE_B);
    if (!(WRITEMODE_A inside {"NORMAL", "WRITETHROUGH", "READBEFOREWRITE"}))
      $fatal(1, "%m: WRITEMODE_A: not supported: %s", WRITEMODE_A);
    if (!(WRITEMODE_B inside {"NORMAL", "WRITETHROUGH", "READBEFOREWRITE"}))
      $fatal(1, "%m: WRITEMODE_B: not supported: %s", WRITEMODE_B);
    if (RESETMODE != "SYNC" && RESETMODE != "ASYNC")
      $fatal(1, "%m: RESETMODE: expected SYNC or ASYNC, got %s", RESETMODE);
    if (CSDECODE_A != "0b000") $fatal(1, "%m: CSDECODE_A: expected 0b000, got %s", CSDECODE_A);
    if (CSDECODE_B != "0b000") $fatal(1, "%m: CSDECODE_B: expected 0b000, got %s", CSDECODE_B);
    if (CLKAMUX != "CLKA") $fatal(1, "%m: CLKAMUX: expected CLKA, got %s", CLKAMUX);
    if (CLKBMUX != "CLKB") $fatal(1, "%m: CLKBMUX: expected CLKB, got %s", CLKBMUX);
    if (INIT_DATA != "STATIC") $fatal(1, "%m: INIT_DATA: expected STATIC, got %s", INIT_DATA);
  end

  wire [13:0] ada = {
    ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0
  };
  wire [13:0] adb = {
    ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0
  };
  wire [17:0] dia = {
    DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9,
    DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0
  };
  wire [17:0] dib = {
    DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9,
    DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0
  };
  wire [71:0] out_a, out_b;
  wire [17:0] doa = DATA_WIDTH_B == 36 ? out_b[17:0] : out_a[17:0];
  wire [17:0] dob = DATA_WIDTH_B == 36 ? out_b[35:18] : out_b[17:0];
  assign {
    DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9,
    DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0
  } = doa;
  assign {
    DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9,
    DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
  } = dob;

  // A reset blocks writes. Byte enables are the address bits that a wide port does not need.
  wire write_a = WEA && !RSTA;
  wire write_b = WEB && !RSTB;
  wire [7:0] bytes_a = DATA_WIDTH_A == 36 ? ada[3:0] : DATA_WIDTH_A == 18 ? ada[1:0] : 1;
  wire [7:0] bytes_b = DATA_WIDTH_B == 18 ? adb[1:0] : 1;

  always @(posedge CLKA) begin
    if (CSA2 || CSA1 || CSA0) $fatal(1, "%m: CSA: expected 0");
    if (RSTA && RESETMODE == "ASYNC") $fatal(1, "%m: RSTA: expected 0 with RESETMODE ASYNC");
    if (REGMODE_A == "OUTREG" && OCEA && !CEA) $fatal(1, "%m: OCEA without CEA");
  end
  always @(posedge CLKB) begin
    if (CSB2 || CSB1 || CSB0) $fatal(1, "%m: CSB: expected 0");
    if (RSTB && RESETMODE == "ASYNC") $fatal(1, "%m: RSTB: expected 0 with RESETMODE ASYNC");
    if (REGMODE_B == "OUTREG" && OCEB && !CEB) $fatal(1, "%m: OCEB without CEB");
    if (CEB && WEB && (DATA_WIDTH_A == 36 || DATA_WIDTH_B == 36))
      $fatal(1, "%m: WEB: expected 0 with a port of 36 bits");
  end

  // Sixteen words, which lie 20 bits apart.
  function [287:0] words(input [319:0] initval);
    integer n;
    for (n = 0; n < 16; n = n + 1) words[18*n+:18] = initval[20*n+:18];
  endfunction

  localparam [18431:0] INIT = {
    words(INITVAL_3F), words(INITVAL_3E), words(INITVAL_3D), words(INITVAL_3C),
    words(INITVAL_3B), words(INITVAL_3A), words(INITVAL_39), words(INITVAL_38),
    words(INITVAL_37), words(INITVAL_36), words(INITVAL_35), words(INITVAL_34),
    words(INITVAL_33), words(INITVAL_32), words(INITVAL_31), words(INITVAL_30),
    words(INITVAL_2F), words(INITVAL_2E), words(INITVAL_2D), words(INITVAL_2C),
    words(INITVAL_2B), words(INITVAL_2A), words(INITVAL_29), words(INITVAL_28),
    words(INITVAL_27), words(INITVAL_26), words(INITVAL_25), words(INITVAL_24),
    words(INITVAL_23), words(INITVAL_22), words(INITVAL_21), words(INITVAL_20),
    words(INITVAL_1F), words(INITVAL_1E), words(INITVAL_1D), words(INITVAL_1C),
    words(INITVAL_1B), words(INITVAL_1A), words(INITVAL_19), words(INITVAL_18),
    words(INITVAL_17), words(INITVAL_16), words(INITVAL_15), words(INITVAL_14),
    words(INITVAL_13), words(INITVAL_12), words(INITVAL_11), words(INITVAL_10),
    words(INITVAL_0F), words(INITVAL_0E), words(INITVAL_0D), words(INITVAL_0C),
    words(INITVAL_0B), words(INITVAL_0A), words(INITVAL_09), words(INITVAL_08),
    words(INITVAL_07), words(INITVAL_06), words(INITVAL_05), words(INITVAL_04),
    words(INITVAL_03), words(INITVAL_02), words(INITVAL_01), words(INITVAL_00)
  };

  function [87:0] mode(input [119:0] writemode);
    mode = writemode == "NORMAL" ? "NO_CHANGE"
        : writemode == "WRITETHROUGH" ? "WRITE_FIRST" : "READ_FIRST";
  endfunction

  block_ram_core #(
      .INIT(INIT),
      .READ_A(DATA_WIDTH_A == 36 ? 0 : DATA_WIDTH_A),
      .READ_B(DATA_WIDTH_B),
      .WRITE_A(DATA_WIDTH_A),
      .WRITE_B(DATA_WIDTH_B),
      .MODE_A(mode(WRITEMODE_A)),
      .MODE_B(mode(WRITEMODE_B)),
      .REGISTER_A(REGMODE_A == "OUTREG"),
      .REGISTER_B(REGMODE_B == "OUTREG")
  ) core (
      .clk_a(CLKA),
      .clk_b(CLKB),
      .en_a(CEA),
      .en_b(CEB),
      .write_a(write_a),
      .write_b(write_b),
      .bytes_a(bytes_a),
      .bytes_b(bytes_b),
      .address_a(ada),
      .address_b(adb),
      .in_a(DATA_WIDTH_A == 36 ? {dib, dia} : dia),
      .in_b(dib),
      .reset_latch_a(RSTA),
      .reset_latch_b(RSTB),
      .en_register_a(OCEA),
      .en_register_b(OCEB),
      .reset_register_a(RSTA),
      .reset_register_b(RSTB),
      .out_a(out_a),
      .out_b(out_b)
  );
endmodule
