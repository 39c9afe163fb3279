// RAMB36E1, the 36 Kb block RAM of the 7 series (UG473), in the modes of block_ram_core: no error
// correction, no cascade, no initialisation file. A parameter that asks for another mode ends the
// simulation at its start.
module RAMB36E1 #(
    parameter [255:0] INIT_00 = 0, INIT_01 = 0, INIT_02 = 0, INIT_03 = 0,
    parameter [255:0] INIT_04 = 0, INIT_05 = 0, INIT_06 = 0, INIT_07 = 0,
    parameter [255:0] INIT_08 = 0, INIT_09 = 0, INIT_0A = 0, INIT_0B = 0,
    parameter [255:0] INIT_0C = 0, INIT_0D = 0, INIT_0E = 0, INIT_0F = 0,
    parameter [255:0] INIT_10 = 0, INIT_11 = 0, INIT_12 = 0, INIT_13 = 0,
    parameter [255:0] INIT_14 = 0, INIT_15 = 0, INIT_16 = 0, INIT_17 = 0,
    parameter [255:0] INIT_18 = 0, INIT_19 = 0, INIT_1A = 0, INIT_1B = 0,
    parameter [255:0] INIT_1C = 0, INIT_1D = 0, INIT_1E = 0, INIT_1F = 0,
    parameter [255:0] INIT_20 = 0, INIT_21 = 0, INIT_22 = 0, INIT_23 = 0,
    parameter [255:0] INIT_24 = 0, INIT_25 = 0, INIT_26 = 0, INIT_27 = 0,
    parameter [255:0] INIT_28 = 0, INIT_29 = 0, INIT_2A = 0, INIT_2B = 0,
    parameter [255:0] INIT_2C = 0, INIT_2D = 0, INIT_2E = 0, INIT_2F = 0,
    parameter [255:0] INIT_30 = 0, INIT_31 = 0, INIT_32 = 0, INIT_33 = 0,
    parameter [255:0] INIT_34 = 0, INIT_35 = 0, INIT_36 = 0, INIT_37 = 0,
    parameter [255:0] INIT_38 = 0, INIT_39 = 0, INIT_3A = 0, INIT_3B = 0,
    parameter [255:0] INIT_3C = 0, INIT_3D = 0, INIT_3E = 0, INIT_3F = 0,
    parameter [255:0] INIT_40 = 0, INIT_41 = 0, INIT_42 = 0, INIT_43 = 0,
    parameter [255:0] INIT_44 = 0, INIT_45 = 0, INIT_46 = 0, INIT_47 = 0,
    parameter [255:0] INIT_48 = 0, INIT_49 = 0, INIT_4A = 0, INIT_4B = 0,
    parameter [255:0] INIT_4C = 0, INIT_4D = 0, INIT_4E = 0, INIT_4F = 0,
    parameter [255:0] INIT_50 = 0, INIT_51 = 0, INIT_52 = 0, INIT_53 = 0,
    parameter [255:0] INIT_54 = 0, INIT_55 = 0, INIT_56 = 0, INIT_57 = 0,
    parameter [255:0] INIT_58 = 0, INIT_59 = 0, INIT_5A = 0, INIT_5B = 0,
    parameter [255:0] INIT_5C = 0, INIT_5D = 0, INIT_5E = 0, INIT_5F = 0,
    parameter [255:0] INIT_60 = 0, INIT_61 = 0, INIT_62 = 0, INIT_63 = 0,
    parameter [255:0] INIT_64 = 0, INIT_65 = 0, INIT_66 = 0, INIT_67 = 0,
    parameter [255:0] INIT_68 = 0, INIT_69 = 0, INIT_6A = 0, INIT_6B = 0,
    parameter [255:0] INIT_6C = 0, INIT_6D = 0, INIT_6E = 0, INIT_6F = 0,
    parameter [255:0] INIT_70 = 0, INIT_71 = 0, INIT_72 = 0, INIT_73 = 0,
    parameter [255:0] INIT_74 = 0, INIT_75 = 0, INIT_76 = 0, INIT_77 = 0,
    parameter [255:0] INIT_78 = 0, INIT_79 = 0, INIT_7A = 0, INIT_7B = 0,
    parameter [255:0] INIT_7C = 0, INIT_7D = 0, INIT_7E = 0, INIT_7F = 0,
    parameter [255:0] INITP_00 = 0, INITP_01 = 0, INITP_02 = 0, INITP_03 = 0,
    parameter [255:0] INITP_04 = 0, INITP_05 = 0, INITP_06 = 0, INITP_07 = 0,
    parameter [255:0] INITP_08 = 0, INITP_09 = 0, INITP_0A = 0, INITP_0B = 0,
    parameter [255:0] INITP_0C = 0, INITP_0D = 0, INITP_0E = 0, INITP_0F = 0,
    parameter [35:0] INIT_A = 0, INIT_B = 0, SRVAL_A = 0, SRVAL_B = 0,
    parameter INIT_FILE = "NONE",
    parameter RAM_MODE = "TDP",
    parameter integer READ_WIDTH_A = 0, READ_WIDTH_B = 0, WRITE_WIDTH_A = 0, WRITE_WIDTH_B = 0,
    parameter WRITE_MODE_A = "WRITE_FIRST",
    parameter WRITE_MODE_B = "WRITE_FIRST",
    parameter integer DOA_REG = 0, DOB_REG = 0,
    parameter RSTREG_PRIORITY_A = "RSTREG",
    parameter RSTREG_PRIORITY_B = "RSTREG",
    parameter RAM_EXTENSION_A = "NONE",
    parameter RAM_EXTENSION_B = "NONE",
    parameter EN_ECC_READ = "FALSE",
    parameter EN_ECC_WRITE = "FALSE",
    parameter RDADDR_COLLISION_HWCONFIG = "DELAYED_WRITE",
    parameter SIM_COLLISION_CHECK = "ALL",
    parameter SIM_DEVICE = "7SERIES",
    parameter IS_CLKARDCLK_INVERTED = 0,
    parameter IS_CLKBWRCLK_INVERTED = 0,
    parameter IS_ENARDEN_INVERTED = 0,
    parameter IS_ENBWREN_INVERTED = 0,
    parameter IS_RSTRAMARSTRAM_INVERTED = 0,
    parameter IS_RSTRAMB_INVERTED = 0,
    parameter IS_RSTREGARSTREG_INVERTED = 0,
    parameter IS_RSTREGB_INVERTED = 0
) (
    input CLKARDCLK, CLKBWRCLK, ENARDEN, ENBWREN, REGCEAREGCE, REGCEB,
    input RSTRAMARSTRAM, RSTRAMB, RSTREGARSTREG, RSTREGB,
    input [15:0] ADDRARDADDR, ADDRBWRADDR,
    input [31:0] DIADI, DIBDI,
    input [3:0] DIPADIP, DIPBDIP,
    input [3:0] WEA,
    input [7:0] WEBWE,
    output [31:0] DOADO, DOBDO,
    output [3:0] DOPADOP, DOPBDOP
);
  // In simple dual-port mode port A reads and port B writes; at full width both take the pins of A
  // as the low half and those of B as the high half.
  localparam SDP = RAM_MODE == "SDP";
  localparam FULL = 72;

  function supported(input integer width, input full_width, input used);
    case (width)
      0: supported = 1;
      1, 2, 4, 9, 18, 36: supported = used;
      FULL: supported = full_width;
      default: supported = 0;
    endcase
  endfunction

  initial begin
    if (RAM_MODE != "TDP" && RAM_MODE != "SDP")
      $fatal(1, "%m: RAM_MODE: expected TDP or SDP, got %s", RAM_MODE);
    if (!supported(READ_WIDTH_A, SDP, 1))
      $fatal(1, "%m: READ_WIDTH_A: not supported with RAM_MODE %s: %0d", RAM_MODE, READ_WIDTH_A);
    if (!supported(READ_WIDTH_B, 0, !SDP))
      $fatal(1, "%m: READ_WIDTH_B: not supported with RAM_MODE %s: %0d", RAM_MODE, READ_WIDTH_B);
    if (!supported(WRITE_WIDTH_A, 0, !SDP))
      $fatal(1, "%m: WRITE_WIDTH_A: not supported with RAM_MODE %s: %0d", RAM_MODE, WRITE_WIDTH_A);
    if (!supported(WRITE_WIDTH_B, SDP, 1))
      $fatal(1, "%m: WRITE_WIDTH_B: not supported with RAM_MODE %s: %0d", RAM_MODE, WRITE_WIDTH_B);
    if (!(WRITE_MODE_A == "READ_FIRST" || WRITE_MODE_A == "WRITE_FIRST"
          || (WRITE_MODE_A == "NO_CHANGE" && !SDP)))
      $fatal(1, "%m: WRITE_MODE_A: not supported with RAM_MODE %s: %s", RAM_MODE, WRITE_MODE_A);
    if (!(WRITE_MODE_B == "READ_FIRST" || WRITE_MODE_B == "WRITE_FIRST"
          || (WRITE_MODE_B == "NO_CHANGE" && !SDP)))
      $fatal(1, "%m: WRITE_MODE_B: not supported with RAM_MODE %s: %s", RAM_MODE, WRITE_MODE_B);
    if (DOA_REG != 0 && DOA_REG != 1)
      $fatal(1, "%m: DOA_REG: expected 0 or 1, got %0d", DOA_REG);
    if (DOB_REG != 0 && DOB_REG != 1)
      $fatal(1, "%m: DOB_REG: expected 0 or 1, got %0d", DOB_REG);
    if (RSTREG_PRIORITY_A != "RSTREG" && RSTREG_PRIORITY_A != "REGCE")
      $fatal(1, "%m: RSTREG_PRIORITY_A: expected RSTREG or REGCE, got %s", RSTREG_PRIORITY_A);
    if (RSTREG_PRIORITY_B != "RSTREG" && RSTREG_PRIORITY_B != "REGCE")
      $fatal(1, "%m: RSTREG_PRIORITY_B: expected RSTREG or REGCE, got %s", RSTREG_PRIORITY_B);
    if (INIT_FILE != "NONE") $fatal(1, "%m: INIT_FILE: expected NONE, got %s", INIT_FILE);
    if (RAM_EXTENSION_A != "NONE" || RAM_EXTENSION_B != "NONE")
      $fatal(1, "%m: RAM_EXTENSION_A, RAM_EXTENSION_B: expected NONE");
    if (EN_ECC_READ != "FALSE" || EN_ECC_WRITE != "FALSE")
      $fatal(1, "%m: EN_ECC_READ, EN_ECC_WRITE: expected FALSE");
    if (IS_CLKARDCLK_INVERTED != 0 || IS_CLKBWRCLK_INVERTED != 0 ||
        IS_ENARDEN_INVERTED != 0 || IS_ENBWREN_INVERTED != 0 ||
        IS_RSTRAMARSTRAM_INVERTED != 0 || IS_RSTRAMB_INVERTED != 0 ||
        IS_RSTREGARSTREG_INVERTED != 0 || IS_RSTREGB_INVERTED != 0)
      $fatal(1, "%m: IS_..._INVERTED: expected 0");
  end

  // Data and parity as bytes of nine bits: of the contents, and of INIT_A and the like, where all
  // parity stands above all data.
  function [36863:0] contents(input [32767:0] data, input [4095:0] parity);
    integer n;
    for (n = 0; n < 4096; n = n + 1) contents[9*n+:9] = {parity[n], data[8*n+:8]};
  endfunction

  function [35:0] bytes(input [35:0] value, input integer width);
    integer n;
    begin
      bytes = value;
      if (width >= 9)
        for (n = 0; n < 4; n = n + 1)
          bytes[9*n+:9] = {1'b0, value[8*n+:8]} | ((value >> (width / 9 * 8 + n)) & 1) << 8;
    end
  endfunction

  function [71:0] output_value(
      input [35:0] low, input [35:0] high, input integer width
  );
    if (width == FULL) output_value = {bytes(high, 36), bytes(low, 36)};
    else output_value = bytes(low, width);
  endfunction

  wire [35:0] in_a = {
    DIPADIP[3], DIADI[24+:8], DIPADIP[2], DIADI[16+:8],
    DIPADIP[1], DIADI[8+:8], DIPADIP[0], DIADI[0+:8]
  };
  wire [35:0] in_b = {
    DIPBDIP[3], DIBDI[24+:8], DIPBDIP[2], DIBDI[16+:8],
    DIPBDIP[1], DIBDI[8+:8], DIPBDIP[0], DIBDI[0+:8]
  };
  // Of a port narrower than its write enables only the low ones count.
  wire [7:0] bytes_a = WEA & ((1 << (WRITE_WIDTH_A + 8) / 9) - 1);
  wire [7:0] bytes_b = WEBWE & ((1 << (WRITE_WIDTH_B + 8) / 9) - 1);
  wire [71:0] out_a, out_b;
  wire [35:0] do_b = READ_WIDTH_A == FULL ? out_a[71:36] : out_b[35:0];
  assign {
    DOPADOP[3], DOADO[24+:8], DOPADOP[2], DOADO[16+:8],
    DOPADOP[1], DOADO[8+:8], DOPADOP[0], DOADO[0+:8]
  } = out_a[35:0];
  assign {
    DOPBDOP[3], DOBDO[24+:8], DOPBDOP[2], DOBDO[16+:8],
    DOPBDOP[1], DOBDO[8+:8], DOPBDOP[0], DOBDO[0+:8]
  } = do_b;

  localparam [32767:0] DATA = {
      INIT_7F, INIT_7E, INIT_7D, INIT_7C, INIT_7B, INIT_7A, INIT_79, INIT_78,
      INIT_77, INIT_76, INIT_75, INIT_74, INIT_73, INIT_72, INIT_71, INIT_70,
      INIT_6F, INIT_6E, INIT_6D, INIT_6C, INIT_6B, INIT_6A, INIT_69, INIT_68,
      INIT_67, INIT_66, INIT_65, INIT_64, INIT_63, INIT_62, INIT_61, INIT_60,
      INIT_5F, INIT_5E, INIT_5D, INIT_5C, INIT_5B, INIT_5A, INIT_59, INIT_58,
      INIT_57, INIT_56, INIT_55, INIT_54, INIT_53, INIT_52, INIT_51, INIT_50,
      INIT_4F, INIT_4E, INIT_4D, INIT_4C, INIT_4B, INIT_4A, INIT_49, INIT_48,
      INIT_47, INIT_46, INIT_45, INIT_44, INIT_43, INIT_42, INIT_41, INIT_40,
      INIT_3F, INIT_3E, INIT_3D, INIT_3C, INIT_3B, INIT_3A, INIT_39, INIT_38,
      INIT_37, INIT_36, INIT_35, INIT_34, INIT_33, INIT_32, INIT_31, INIT_30,
      INIT_2F, INIT_2E, INIT_2D, INIT_2C, INIT_2B, INIT_2A, INIT_29, INIT_28,
      INIT_27, INIT_26, INIT_25, INIT_24, INIT_23, INIT_22, INIT_21, INIT_20,
      INIT_1F, INIT_1E, INIT_1D, INIT_1C, INIT_1B, INIT_1A, INIT_19, INIT_18,
      INIT_17, INIT_16, INIT_15, INIT_14, INIT_13, INIT_12, INIT_11, INIT_10,
      INIT_0F, INIT_0E, INIT_0D, INIT_0C, INIT_0B, INIT_0A, INIT_09, INIT_08,
      INIT_07, INIT_06, INIT_05, INIT_04, INIT_03, INIT_02, INIT_01, INIT_00
  };
  localparam [4095:0] PARITY = {
      INITP_0F, INITP_0E, INITP_0D, INITP_0C, INITP_0B, INITP_0A, INITP_09, INITP_08,
      INITP_07, INITP_06, INITP_05, INITP_04, INITP_03, INITP_02, INITP_01, INITP_00
  };

  block_ram_core #(
      .BYTES(4096),
      .INIT(contents(DATA, PARITY)),
      .READ_A(READ_WIDTH_A),
      .READ_B(READ_WIDTH_B),
      .WRITE_A(WRITE_WIDTH_A),
      .WRITE_B(WRITE_WIDTH_B),
      .MODE_A(WRITE_MODE_A),
      .MODE_B(WRITE_MODE_B),
      .DEFINED_A(WRITE_MODE_A == "READ_FIRST"),
      .DEFINED_B(WRITE_MODE_B == "READ_FIRST"),
      .REGISTER_A(DOA_REG),
      .REGISTER_B(DOB_REG),
      .START_A(output_value(INIT_A, INIT_B, READ_WIDTH_A)),
      .START_B(output_value(INIT_B, INIT_B, READ_WIDTH_B)),
      .RESET_A(output_value(SRVAL_A, SRVAL_B, READ_WIDTH_A)),
      .RESET_B(output_value(SRVAL_B, SRVAL_B, READ_WIDTH_B))
  ) core (
      .clk_a(CLKARDCLK),
      .clk_b(CLKBWRCLK),
      .en_a(ENARDEN),
      .en_b(ENBWREN),
      .write_a(bytes_a != 0),
      .write_b(bytes_b != 0),
      .bytes_a(bytes_a),
      .bytes_b(bytes_b),
      .address_a(ADDRARDADDR),
      .address_b(ADDRBWRADDR),
      .in_a(in_a),
      .in_b(WRITE_WIDTH_B == FULL ? {in_b, in_a} : in_b),
      .reset_latch_a(RSTRAMARSTRAM && ENARDEN),
      .reset_latch_b(RSTRAMB && ENBWREN),
      .en_register_a(REGCEAREGCE),
      .en_register_b(REGCEB),
      .reset_register_a(RSTREGARSTREG && (REGCEAREGCE || RSTREG_PRIORITY_A == "RSTREG")),
      .reset_register_b(RSTREGB && (REGCEB || RSTREG_PRIORITY_B == "RSTREG")),
      .out_a(out_a),
      .out_b(out_b)
  );
endmodule
