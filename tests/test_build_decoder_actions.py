"""What options ask for."""

from build_decoder.actions import design
from build_decoder.hdl.planning.input_order import order_of
from build_decoder.options import HardwareOptions
from tests.test_hdl_columns import like_mini, quantised


def test_samples_are_those_of_the_axis_that_is_time():
    """Whichever way round samples are given, layers take them column by column."""
    model, _ = quantised(like_mini())
    items = {item.name: item for item in model.inputs}
    given, columns = model.inputs[0].shape[0], items[order_of(model).source].shape[0]
    assert given != columns
    cycles = 270
    plan = design(model, HardwareOptions(keep_up=1e6 / cycles), clock_mhz=1)
    asked = design(model, HardwareOptions(interval=cycles * columns))
    assert plan.frame_cycles == asked.frame_cycles <= cycles * columns
    assert design(model, HardwareOptions(interval=cycles * given)).frame_cycles != plan.frame_cycles
