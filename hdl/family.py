"""An FPGA family: all that it decides, as data, in one frozen object a family.

The families are in :mod:`hdl.families`, one file each. Nothing here imports Amaranth.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from build_decoder.hdl.cells import CellCost, Resources, count_cells
from build_decoder.hdl.planning.areas import Area
from build_decoder.hdl.planning.dsp_block import DspBlock
from build_decoder.hdl.planning.memories import MemoryRules
from build_decoder.hdl.yosys import HIDE_NAMES

__all__ = ["Family", "FamilyPlatform", "NetlistCells", "NextpnrNames"]


def _selected(values: int) -> int:
    return values - 1


@dataclass(frozen=True, kw_only=True)
class NetlistCells:
    """Where the behaviour of a netlist's cells is.

    Parameters
    ----------
    library
        File of cell models in Yosys' folder of shared files.
    models
        Files of :mod:`sim.primitives` for each cell that is an empty box in the library, or that a
        simulator takes long to compile.
    """

    library: str
    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NextpnrNames:
    """How nextpnr's flow for a family is called, and what it reports.

    Parameters
    ----------
    tools
        Programs, in the order in which they run.
    bitstream
        Ending of the bitstream's name.
    lut, ff, dsp, bram
        Sites in nextpnr's report; a flip-flop without a site of its own has none.
    untimed
        Paths that it does not know, in a design that has DSP blocks; None if it knows all.
    for_spread
        Its options for a decoder with wires from everywhere to everywhere
        (:attr:`hdl.planning.plan.Plan.spread`).
    """

    tools: tuple[str, ...]
    bitstream: str
    lut: str
    ff: str | None
    dsp: str
    bram: str
    untimed: str | None = None
    for_spread: str = ""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Family:
    """What an FPGA family decides.

    Parameters
    ----------
    name
        On the command line and in files.
    title
        As people call it.
    amaranth
        What Amaranth's platforms call it.
    dsp
        Its DSP block.
    dsp_luts
        LUTs that a DSP block is worth.
    memory
        Its memories.
    table_inputs
        Most bits of both operands of a product that truth tables make with fewer LUTs than rows of
        adders do.
    pipelined_mhz
        Clock in MHz from which on products take two cycles; None if one is enough for any.
    multiplexer_luts
        LUTs, or a number in proportion, that select a bit of one of so many values.
    cells
        What each cell of a mapped netlist takes. A cell that is not here is an error.
    parts
        Components of ``hdl.parts`` that are made of the family's own cells, as ``module.name``, by
        what they do: ``mac``, a unit's product and sum in one block, beside which synthesis is left
        no product to find a block for; ``product``, in one block; ``block_rom`` and ``block_ram``,
        in block RAMs with their output registers; ``rom``, in LUTs, ``sum`` and ``multiplexer``;
        ``lut``, ``chain`` and, where there is such, ``pair``, a LUT of two outputs, what bit heaps
        consist of. All else is left to synthesis.
    synthesis, synthesis_options
        Yosys' command, and options of it.
    bare_options
        Further ones for a design that is no whole FPGA, without pads and clock buffers.
    after_synthesis
        Commands behind it.
    netlist
        Behaviour of the cells; None if there is none, and netlists cannot be simulated.
    own_blocks
        Whether the Verilog of a build has the family's blocks in it, and its netlist is compared
        with the integer model; otherwise it is behaviour alone. Takes ``netlist``.
    pll
        Name of what makes clocks: :mod:`boards.plls`.
    oscillator_as_clock
        Whether the platform's own domain, which has the oscillator for its clock, can be built.
    toolchain
        Name of what makes bitstreams: :mod:`boards.toolchain`.
    nextpnr
        For the toolchain ``nextpnr``.
    """

    name: str
    title: str
    amaranth: str
    dsp: DspBlock
    dsp_luts: int
    memory: MemoryRules
    table_inputs: int
    pipelined_mhz: float | None = None
    multiplexer_luts: Callable[[int], int] = _selected
    cells: Mapping[str, CellCost]
    synthesis: str
    synthesis_options: str = ""
    bare_options: str = ""
    after_synthesis: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    netlist: NetlistCells | None = None
    own_blocks: bool = False
    pll: str
    oscillator_as_clock: bool = True
    toolchain: str
    nextpnr: NextpnrNames | None = None

    def __repr__(self):
        return f"<Family {self.name}>"

    def __str__(self):
        return self.name

    def cost(self, area: Area) -> float:
        """An area in LUTs: blocks for what they are worth, flip-flops for nothing.

        What a block is worth is about a quarter of the LUTs that there are for each in the FPGAs of
        the boards: a decoder that takes a tenth of an FPGA's blocks is then as dear as one that
        takes a fortieth of its LUTs. They are cheaper than in equal parts, since what a decoder
        leaves of them nothing else takes; and they are not free, since they run out first.
        """
        return area.lut + self.dsp_luts * area.dsp + self.memory.bram_luts * area.bram

    @property
    def cost_formula(self) -> str:
        """What the cost is a sum of, in words."""
        dsp, bram = self.dsp_luts, self.memory.bram_luts
        return f"LUT + {dsp} {self.dsp.name} + {bram} {self.memory.block}"

    def resources_of(self, cells: Mapping[str, int]) -> Resources:
        """Resources of a mapped netlist with a number of ``cells`` of each type.

        Raises
        ------
        ToolError
            If it is not known what a cell takes.
        """
        return count_cells(cells, self.cells, self.name)

    def synthesis_commands(self, top: str, *, bare: bool = False) -> list[str]:
        """Yosys' commands that make a netlist of the design that was read.

        Parameters
        ----------
        top
            Its top module.
        bare
            Whether it is no whole FPGA, and gets neither pads nor clock buffers.
        """
        options = [self.synthesis_options, self.bare_options if bare else "", f"-top {top}"]
        command = " ".join([self.synthesis, *filter(None, options)])
        return [HIDE_NAMES, command, *self.after_synthesis]


@dataclass(frozen=True)
class FamilyPlatform:
    """A platform that is a family alone: for the netlist of a decoder without a board."""

    family: Family
