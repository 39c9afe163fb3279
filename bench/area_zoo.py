"""Decoders of the zoo as users build them: what the area model is tested on, and never fitted to.

Formats are those that a search found; foldings, latency, DSP blocks and datapaths are options of
``build_decoder``.
"""

from dataclasses import dataclass
from functools import lru_cache, partial

from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.choose_foldings import choose_design
from build_decoder.hdl.planning.cost import AreaCost
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.folding import Folding
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.quantise import quantise

__all__ = ["ZOO_DESIGNS", "ZooDesign"]


@dataclass(frozen=True)
class ZooDesign:
    """A network of the zoo, the search for its formats, and options of the decoder.

    Parameters
    ----------
    network, search
        Names.
    foldings
        Of each layer, as ``2x20``, inputs by outputs a cycle. None: chosen for the latency.
    latency_cycles, max_dsp, datapath
        See :func:`hdl.planning.design.design_decoder`; of several datapaths, ``-`` is a free one.
    """

    network: str
    search: str
    foldings: str | None = None
    latency_cycles: int | None = None
    max_dsp: int | None = None
    datapath: str | None = None

    def __str__(self):
        latency = self.latency_cycles and f"<={self.latency_cycles}cycles"
        blocks = None if self.max_dsp is None else f"<={self.max_dsp}dsp"
        options = (self.foldings, latency, blocks, self.datapath)
        return " ".join([self.network, self.search, *filter(None, options)])

    def suits(self, family: Family) -> bool:
        """Whether the family's DSP blocks can make what the datapaths ask of them."""
        forced = (self.datapath or "").split()
        if "packed" in forced and not family.dsp.packs:
            return False
        return "dsp" not in forced or not family.dsp.least

    def plan(self, family: Family) -> DecoderPlan:
        """The decoder's plan, for a family."""
        foldings, datapath = self.foldings, self.datapath
        if foldings is not None:
            foldings = [Folding(*map(int, pair.split("x"))) for pair in foldings.split()]
        if datapath is not None and " " in datapath:
            datapath = [None if name == "-" else name for name in datapath.split()]
        model = _model(self.network, self.search, family)
        if self.latency_cycles is not None:
            # Of bit heaps, nothing would be estimated.
            return choose_design(model, family=family, latency_cycles=self.latency_cycles).plan
        return design_decoder(
            model, foldings=foldings, family=family, max_dsp=self.max_dsp, datapath=datapath
        )


@lru_cache
def _model(name: str, search: str, family: Family) -> IntegerModel:
    network = load_network(name)
    cost = partial(AreaCost, family=family)
    return quantise(network, load_golden(name, network), search=search, cost=cost).model


ZOO_DESIGNS = (
    # By default: one input a cycle into all neurons of each layer.
    ZooDesign("tiny", "default"),
    ZooDesign("tiny", "ahead"),
    ZooDesign("ahead_case1", "default"),
    ZooDesign("ahead_case1", "widths"),
    ZooDesign("ahead_case1", "ahead"),
    ZooDesign("ahead_case2", "default"),
    ZooDesign("ahead_case2", "widths"),
    ZooDesign("ahead_case2", "ahead"),
    ZooDesign("ahead_fig4", "default"),
    ZooDesign("ahead_fig4", "ahead"),
    # Several inputs a cycle.
    ZooDesign("tiny", "default", foldings="4x8 2x2"),
    ZooDesign("ahead_case1", "default", foldings="2x20 1x2"),
    ZooDesign("ahead_case1", "widths", foldings="4x20 2x2"),
    ZooDesign("ahead_case1", "ahead", foldings="8x20 4x2"),
    ZooDesign("ahead_case2", "widths", foldings="1x48 2x20 2x2"),
    ZooDesign("ahead_fig4", "ahead", foldings="2x48 4x20 1x7"),
    # Fewer outputs a cycle than there are neurons.
    ZooDesign("tiny", "widths", foldings="1x4 1x1"),
    ZooDesign("ahead_case1", "widths", foldings="1x5 1x2"),
    ZooDesign("ahead_case1", "ahead", foldings="1x10 1x1"),
    ZooDesign("ahead_case2", "default", foldings="1x10 1x5 1x1"),
    ZooDesign("ahead_case2", "ahead", foldings="1x12 1x10 1x2"),
    ZooDesign("ahead_fig4", "default", foldings="1x16 1x5 1x7"),
    # For a latency.
    ZooDesign("ahead_case1", "default", latency_cycles=400),
    ZooDesign("ahead_case1", "ahead", latency_cycles=100),
    ZooDesign("ahead_case2", "default", latency_cycles=400),
    ZooDesign("ahead_fig4", "default", latency_cycles=400),
    # With DSP blocks given away, or none.
    ZooDesign("ahead_case1", "widths", max_dsp=4),
    ZooDesign("ahead_case2", "default", max_dsp=30),
    ZooDesign("ahead_fig4", "ahead", max_dsp=0),
    # With the datapath forced.
    ZooDesign("tiny", "default", datapath="lut"),
    ZooDesign("ahead_case1", "default", datapath="lut lut"),
    ZooDesign("ahead_case1", "ahead", datapath="dsp lut"),
    ZooDesign("ahead_case2", "ahead", datapath="packed select -"),
    ZooDesign("ahead_case2", "widths", datapath="packed lut select"),
    ZooDesign("ahead_fig4", "widths", datapath="packed dsp lut"),
)
"""The designs."""
