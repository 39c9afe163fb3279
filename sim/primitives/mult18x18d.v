// MULT18X18D, the multiplier of ECP5 (FPGA-TN-02205): P = A * B, 18 by 18 to 36 bits, each operand
// signed or not. Registers at the operands, behind the multiplier's first half, and at the product
// are each there or not, clocked by CLK0, with a clock enable and a synchronous reset of CE0 to CE3
// and RST0 to RST3. There are no shift chains, no register for C, and no pins for the ALU; a
// parameter that asks for another mode ends the simulation at its start.
module MULT18X18D #(
    parameter REG_INPUTA_CLK = "NONE",
    parameter REG_INPUTA_CE = "CE0",
    parameter REG_INPUTA_RST = "RST0",
    parameter REG_INPUTB_CLK = "NONE",
    parameter REG_INPUTB_CE = "CE0",
    parameter REG_INPUTB_RST = "RST0",
    parameter REG_INPUTC_CLK = "NONE",
    parameter REG_INPUTC_CE = "CE0",
    parameter REG_INPUTC_RST = "RST0",
    parameter REG_PIPELINE_CLK = "NONE",
    parameter REG_PIPELINE_CE = "CE0",
    parameter REG_PIPELINE_RST = "RST0",
    parameter REG_OUTPUT_CLK = "NONE",
    parameter REG_OUTPUT_CE = "CE0",
    parameter REG_OUTPUT_RST = "RST0",
    parameter CLK0_DIV = "ENABLED",
    parameter CLK1_DIV = "ENABLED",
    parameter CLK2_DIV = "ENABLED",
    parameter CLK3_DIV = "ENABLED",
    parameter HIGHSPEED_CLK = "NONE",
    parameter GSR = "ENABLED",
    parameter CAS_MATCH_REG = "FALSE",
    parameter SOURCEB_MODE = "B_SHIFT",
    parameter MULT_BYPASS = "DISABLED",
    parameter RESETMODE = "SYNC"
) (
    input A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6,
    input A5, A4, A3, A2, A1, A0,
    input B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6,
    input B5, B4, B3, B2, B1, B0,
    input C17, C16, C15, C14, C13, C12, C11, C10, C9, C8, C7, C6,
    input C5, C4, C3, C2, C1, C0,
    input SIGNEDA, SIGNEDB, SOURCEA, SOURCEB,
    input CLK3, CLK2, CLK1, CLK0, CE3, CE2, CE1, CE0, RST3, RST2, RST1, RST0,
    output P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24,
    output P23, P22, P21, P20, P19, P18, P17, P16, P15, P14, P13, P12,
    output P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
);
  wire [17:0] a = {A17, A16, A15, A14, A13, A12, A11, A10, A9,
      A8, A7, A6, A5, A4, A3, A2, A1, A0};
  wire [17:0] b = {B17, B16, B15, B14, B13, B12, B11, B10, B9,
      B8, B7, B6, B5, B4, B3, B2, B1, B0};
  wire [3:0] ce = {CE3, CE2, CE1, CE0};
  wire [3:0] rst = {RST3, RST2, RST1, RST0};

  `define MULT18X18D_CHECK(STAGE) \
    if (REG_``STAGE``_CLK != "NONE" && REG_``STAGE``_CLK != "CLK0") \
      $fatal(1, `"%m: REG_``STAGE``_CLK: expected NONE or CLK0, got %s`", REG_``STAGE``_CLK); \
    if (ce_number(REG_``STAGE``_CE) < 0) \
      $fatal(1, `"%m: REG_``STAGE``_CE: expected CE0 to CE3, got %s`", REG_``STAGE``_CE); \
    if (rst_number(REG_``STAGE``_RST) < 0) \
      $fatal(1, `"%m: REG_``STAGE``_RST: expected RST0 to RST3, got %s`", REG_``STAGE``_RST);

  initial begin
    `MULT18X18D_CHECK(INPUTA)
    `MULT18X18D_CHECK(INPUTB)
    `MULT18X18D_CHECK(PIPELINE)
    `MULT18X18D_CHECK(OUTPUT)
    if (REG_INPUTC_CLK != "NONE")
      $fatal(1, "%m: REG_INPUTC_CLK: expected NONE, got %s", REG_INPUTC_CLK);
    if (HIGHSPEED_CLK != "NONE")
      $fatal(1, "%m: HIGHSPEED_CLK: expected NONE, got %s", HIGHSPEED_CLK);
    if (CAS_MATCH_REG != "FALSE")
      $fatal(1, "%m: CAS_MATCH_REG: expected FALSE, got %s", CAS_MATCH_REG);
    if (SOURCEB_MODE != "B_SHIFT")
      $fatal(1, "%m: SOURCEB_MODE: expected B_SHIFT, got %s", SOURCEB_MODE);
    if (MULT_BYPASS != "DISABLED")
      $fatal(1, "%m: MULT_BYPASS: expected DISABLED, got %s", MULT_BYPASS);
    if (RESETMODE != "SYNC") $fatal(1, "%m: RESETMODE: expected SYNC, got %s", RESETMODE);
  end

  function integer ce_number(input [23:0] name);
    ce_number = name[23:8] == "CE" && name[7:0] >= "0" && name[7:0] <= "3" ? name[7:0] - "0" : -1;
  endfunction

  function integer rst_number(input [31:0] name);
    rst_number =
        name[31:8] == "RST" && name[7:0] >= "0" && name[7:0] <= "3" ? name[7:0] - "0" : -1;
  endfunction

  // An operand and its sign go through the same registers.
  wire signed [18:0] extended_a = {SIGNEDA & a[17], a};
  wire signed [18:0] extended_b = {SIGNEDB & b[17], b};
  reg signed [18:0] registered_a = 0, registered_b = 0;
  wire signed [18:0] operand_a = REG_INPUTA_CLK == "NONE" ? extended_a : registered_a;
  wire signed [18:0] operand_b = REG_INPUTB_CLK == "NONE" ? extended_b : registered_b;
  wire signed [37:0] product = operand_a * operand_b;
  reg [35:0] pipelined = 0, registered = 0;
  wire [35:0] pipeline = REG_PIPELINE_CLK == "NONE" ? product[35:0] : pipelined;
  wire [35:0] p = REG_OUTPUT_CLK == "NONE" ? pipeline : registered;
  assign {P35, P34, P33, P32, P31, P30, P29, P28, P27,
      P26, P25, P24, P23, P22, P21, P20, P19, P18,
      P17, P16, P15, P14, P13, P12, P11, P10, P9,
      P8, P7, P6, P5, P4, P3, P2, P1, P0} = p;

  always @(posedge CLK0) begin
    if (rst[rst_number(REG_INPUTA_RST)]) registered_a <= 0;
    else if (ce[ce_number(REG_INPUTA_CE)]) registered_a <= extended_a;
    if (rst[rst_number(REG_INPUTB_RST)]) registered_b <= 0;
    else if (ce[ce_number(REG_INPUTB_CE)]) registered_b <= extended_b;
    if (rst[rst_number(REG_PIPELINE_RST)]) pipelined <= 0;
    else if (ce[ce_number(REG_PIPELINE_CE)]) pipelined <= product[35:0];
    if (rst[rst_number(REG_OUTPUT_RST)]) registered <= 0;
    else if (ce[ce_number(REG_OUTPUT_CE)]) registered <= pipeline;
  end

  always @*
    if (SOURCEA || SOURCEB) $fatal(1, "%m: SOURCEA, SOURCEB: expected 0");
endmodule
