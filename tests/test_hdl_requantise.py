import numpy as np
import pytest

from build_decoder.hdl.parts.requantise import Requantiser
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.requantise import Requantise
from build_decoder.quant.rounding import Rounding
from tests.rtl import simulate

FORMATS = [
    QFormat(4, 3), QFormat(2, 2), QFormat(1, 5), QFormat(6, 0), QFormat(3, -1), QFormat(1, 0),
    QFormat(3, 3, signed=False), QFormat(0, 4, signed=False), QFormat(7, 0, signed=False),
    QFormat(1, 0, signed=False),
]


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("source", FORMATS, ids=str)
def test_equals_parameters_over_every_code_and_target(source, rounding):
    codes = np.arange(source.min_raw, source.max_raw + 1)
    for target in FORMATS:
        parameters = Requantise(source, target, rounding)
        dut = Requantiser(parameters)
        results = []

        async def testbench(ctx, dut=dut, results=results):
            for code in codes.tolist():
                ctx.set(dut.i, code)
                results.append(ctx.get(dut.o))

        simulate(dut, testbench)
        np.testing.assert_array_equal(results, parameters.compute(codes), err_msg=str(target))
