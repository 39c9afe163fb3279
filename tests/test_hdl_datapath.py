"""Forced datapaths: what is asked for is what is made, or one line says why not."""

import pytest

from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.families.ice40 import FAMILY as ICE40
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.models.errors import InputError
from build_decoder.quant.integer_model import IntegerModel
from tests.test_hdl_choose_multipliers import two_bit_plans
from tests.test_hdl_decoder import model

NET = model((40, 5, 2), ("linear", "linear"))
SMALL = IntegerModel.chain(
    "small", tuple(plan.parameters for plan in two_bit_plans((40, 5, 2), [(1, 5), (1, 2)]))
)


def multipliers(net, datapath, family=XC7, **limits) -> tuple[Multipliers, ...]:
    plan = design_decoder(net, family=family, datapath=datapath, **limits)
    return tuple(layer.multipliers for layer in plan.dense)


def test_one_for_all_layers():
    assert multipliers(NET, "lut") == (Multipliers(lut=5), Multipliers(lut=2))
    assert multipliers(NET, "dsp") == (Multipliers(dsp=5), Multipliers(dsp=2))
    assert multipliers(NET, "packed") == (Multipliers(packed=2, dsp=1), Multipliers(packed=1))
    assert multipliers(SMALL, "select") == (Multipliers(select=5), Multipliers(select=2))


def test_one_a_layer():
    found = multipliers(SMALL, ["select", "packed"])
    assert found == (Multipliers(select=5), Multipliers(packed=1))


def test_blocks_that_are_forced_are_not_there_for_layers_that_are_not():
    assert multipliers(NET, ["packed", None], max_blocks=3)[1] == Multipliers(lut=2)
    assert multipliers(NET, ["packed", None], max_blocks=4)[1] == Multipliers(packed=1)


@pytest.mark.parametrize(
    ("datapath", "options", "message"),
    [
        ("select", {}, "dense layer 1: expected weights of at most 2 bits for datapath select, "
                       "got 6"),
        ([None, "select"], {}, "dense layer 2: expected weights of at most 2 bits for datapath "
                               "select, got 6"),
        ("packed", {"family": ECP5}, "dense layer 1: expected family xc7 for datapath packed, "
                                       "got ecp5"),
        ("packed", {"foldings": [Folding(1, 5), Folding(1, 1)]},
         "dense layer 2: expected at least 2 outputs a cycle for datapath packed, got 1"),
        ("dsp", {"foldings": [Folding(1, 5), Folding(5, 2)]},
         "dense layer 2: expected changing weights and operands that fit a DSP48E1 for datapath "
         "dsp, got sQ1.5 by sQ2.5 in sums of 13 bits"),
        ("dsp", {"family": ICE40},
         "dense layer 1: expected operands of 11 bits together or more that fit a SB_MAC16 for "
         "datapath dsp, got sQ1.5 by uQ4.0 in sums of 14 bits"),
        ("dsp", {"max_blocks": 6}, "dense layer 2: expected at most 6 DSP blocks with datapath "
                                   "dsp, got 7"),
        (["lut"], {}, "test: expected 2 datapaths, one a layer that is folded, got 1"),
        ("fpu", {}, "dense layer 1: expected a datapath of ('dsp', 'packed', 'select', 'lut'), "
                    "got 'fpu'"),
    ],
    ids=str,
)  # fmt: skip
def test_a_datapath_that_does_not_fit(datapath, options, message):
    with pytest.raises(InputError) as error:
        multipliers(NET, datapath, **options)
    network = "" if message.startswith("test: ") else "test: "
    assert str(error.value) == network + message
