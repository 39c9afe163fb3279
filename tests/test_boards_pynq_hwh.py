"""The hardware handoff and FCLK0. What pynq's parsers make of it: test_boards_pynq_versions."""

from xml.etree import ElementTree

import pytest
from bus_model import BusModel

from build_decoder.boards.pynq.hwh import VLNV, hardware_handoff
from build_decoder.boards.zynq.fclk import FclkDividers, fclk_dividers
from build_decoder.models.errors import InputError

PART = "xc7z020clg400-1"


@pytest.mark.parametrize(
    ("mhz", "made"), [(100, (5, 2)), (125, (4, 2)), (143, (7, 1)), (1, (40, 25)), (250, (2, 2))]
)
def test_fclk(mhz, made):
    dividers = fclk_dividers(mhz)
    assert {dividers.divisor0, dividers.divisor1} == {*made}
    assert dividers.mhz == pytest.approx(mhz, rel=0.01)


@pytest.mark.parametrize(
    ("mhz", "near"), [(155, ", such as 166.667"), (300, ""), (0.1, ""), (float("nan"), "")]
)
def test_clocks_that_fclk0_does_not_make(mhz, near):
    with pytest.raises(InputError, match=rf"within 1 %{near}.*, got {mhz:g} MHz"):
        fclk_dividers(mhz)


@pytest.fixture
def root():
    return ElementTree.fromstring(
        hardware_handoff(BusModel(reloadable=True).map, FclkDividers(5, 2), part=PART)
    )


def test_what_the_parsers_look_for(root):
    assert root.find("EXTERNALPORTS") is not None
    assert root.find("SYSTEMINFO").get("NAME") == "decoder"
    processor, core = root.iter("MODULE")
    assert (processor.get("MODTYPE"), processor.get("IS_PL")) == ("processing_system7", "FALSE")
    parameters = {each.get("NAME"): each.get("VALUE") for each in processor.iter("PARAMETER")}
    for n in range(4):
        for name in (f"PCW_FCLK{n}_PERIPHERAL_DIVISOR0", f"PCW_FCLK{n}_PERIPHERAL_DIVISOR1",
                     f"PCW_FCLK{n}_PERIPHERAL_CLKSRC", f"PCW_FPGA_FCLK{n}_ENABLE"):  # fmt: skip
            assert name in parameters
    assert float(parameters["PSU__CRL_APB__PL0_REF_CTRL__ACT_FREQMHZ"]) == 100
    (range_,) = processor.iter("MEMRANGE")
    assert int(range_.get("BASEVALUE"), 16) == 0x4000_0000
    assert range_.get("INSTANCE") == core.get("INSTANCE")
    (interface,) = core.iter("BUSINTERFACE")
    assert range_.get("SLAVEBUSINTERFACE") == interface.get("NAME")
    assert core.get("VLNV") == VLNV
    assert len(list(core.iter("REGISTER"))) == len(BusModel(reloadable=True).map.registers)
