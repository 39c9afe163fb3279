"""Inputs of the block PS7, by name and width.

They are those that Yosys has in ``xilinx/cells_xtra.v``, which a test compares. Ports with a number
in their names are listed once. Test inputs (TEST..., DEBUGSELECT...) are not among them, nor are
the pads MIO and DDR, which are inouts.
"""

__all__ = ["PS7_INPUTS"]

# Prefix, how many there are of it (0: one without a number), and bits of each port behind it.
_GROUPS = (
    ("DMA", 4, "ACLK 1 DAREADY 1 DRLAST 1 DRVALID 1 DRTYPE 2"),
    ("EMIOCAN", 2, "PHYRX 1"),
    (
        "EMIOENET", 2,
        "EXTINTIN 1 GMIICOL 1 GMIICRS 1 GMIIRXCLK 1 GMIIRXD 8 GMIIRXDV 1 GMIIRXER 1 GMIITXCLK 1 "
        "MDIOI 1",
    ),
    ("EMIOI2C", 2, "SCLI 1 SDAI 1"),
    ("EMIOSDIO", 2, "CDN 1 CLKFB 1 CMDI 1 DATAI 4 WP 1"),
    ("EMIOSPI", 2, "MI 1 SCLKI 1 SI 1 SSIN 1"),
    ("EMIOTTC", 2, "CLKI 3"),
    ("EMIOUART", 2, "CTSN 1 DCDN 1 DSRN 1 RIN 1 RX 1"),
    ("EMIOUSB", 2, "VBUSPWRFAULT 1"),
    (
        "", 0,
        "DDRARB 4 EMIOGPIOI 64 EMIOPJTAGTCK 1 EMIOPJTAGTDI 1 EMIOPJTAGTMS 1 EMIOSRAMINTIN 1 "
        "EMIOTRACECLK 1 EMIOWDTCLKI 1 EVENTEVENTI 1 FCLKCLKTRIGN 4 FPGAIDLEN 1 FTMDTRACEINATID 4 "
        "FTMDTRACEINCLOCK 1 FTMDTRACEINDATA 32 FTMDTRACEINVALID 1 FTMTF2PDEBUG 32 FTMTF2PTRIG 4 "
        "FTMTP2FTRIGACK 4 IRQF2P 20",
    ),
    (
        "MAXIGP", 2,
        "ACLK 1 ARREADY 1 AWREADY 1 BID 12 BRESP 2 BVALID 1 RDATA 32 RID 12 RLAST 1 RRESP 2 "
        "RVALID 1 WREADY 1",
    ),
    ("SAXIACP", 0, "ARID 3 ARUSER 5 AWID 3 AWUSER 5 WDATA 64 WID 3 WSTRB 8"),
    ("SAXIGP", 2, "ARID 6 AWID 6 WDATA 32 WID 6 WSTRB 4"),
    ("SAXIHP", 4, "ARID 6 AWID 6 RDISSUECAP1EN 1 WDATA 64 WID 6 WRISSUECAP1EN 1 WSTRB 8"),
)  # fmt: skip

# Of all ports where the logic is the manager.
_MANAGED = (
    "ACLK 1 ARADDR 32 ARBURST 2 ARCACHE 4 ARLEN 4 ARLOCK 2 ARPROT 3 ARQOS 4 ARSIZE 2 ARVALID 1 "
    "AWADDR 32 AWBURST 2 AWCACHE 4 AWLEN 4 AWLOCK 2 AWPROT 3 AWQOS 4 AWSIZE 2 AWVALID 1 BREADY 1 "
    "RREADY 1 WLAST 1 WVALID 1"
)


def _inputs() -> dict[str, int]:
    found = {}
    for prefix, count, ports in _GROUPS:
        words = f"{ports} {_MANAGED}" if prefix.startswith("SAXI") else ports
        names, widths = words.split()[::2], words.split()[1::2]
        for number in range(count) if count else ("",):
            for name, width in zip(names, widths, strict=True):
                found[f"{prefix}{number}{name}"] = int(width)
    return found


PS7_INPUTS = _inputs()
"""Bits of each input, by its name."""
