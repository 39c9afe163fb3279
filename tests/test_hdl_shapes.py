import pytest
from amaranth import signed, unsigned

from build_decoder.hdl.shapes import shape_of
from build_decoder.quant.qformat import QFormat


@pytest.mark.parametrize(
    ("format", "shape"),
    [
        (QFormat(3, 4), signed(7)),
        (QFormat(3, 4, signed=False), unsigned(7)),
        (QFormat(-2, 5), signed(3)),
        (QFormat(6, -2), signed(4)),
    ],
    ids=str,
)
def test_the_shape_has_the_formats_codes(format, shape):
    found = shape_of(format)
    assert found == shape
    assert 1 << found.width == format.max_raw - format.min_raw + 1
