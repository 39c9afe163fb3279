// For `techmap`: what the open place and route tools do not take as synthesis leaves it.

// nextpnr-himbaechel writes no ZINV_T1 for an OBUFT whose T is 0, so that its pin never drives.
(* techmap_celltype = "OBUFT" *)
module output_that_always_drives (output O, input I, input T);
  parameter CAPACITANCE = "DONT_CARE";
  parameter integer DRIVE = 12;
  parameter IOSTANDARD = "DEFAULT";
  parameter SLEW = "SLOW";
  parameter _TECHMAP_CONSTMSK_T_ = 0;
  parameter _TECHMAP_CONSTVAL_T_ = 0;
  wire _TECHMAP_FAIL_ = _TECHMAP_CONSTMSK_T_ !== 1'b1 || _TECHMAP_CONSTVAL_T_ !== 1'b0;
  generate
    // Parameters that are given stand before those of the constraint file.
    if (DRIVE == 12 && IOSTANDARD == "DEFAULT" && SLEW == "SLOW")
      OBUF _TECHMAP_REPLACE_ (.I(I), .O(O));
    else
      OBUF #(.DRIVE(DRIVE), .IOSTANDARD(IOSTANDARD), .SLEW(SLEW))
        _TECHMAP_REPLACE_ (.I(I), .O(O));
  endgenerate
endmodule
