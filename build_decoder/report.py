"""``report.json``: all figures of a build. A figure that was not measured is null."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from build_decoder.models.plain import plain
from build_decoder.stages.result import StageResult

__all__ = ["REPORT_FILE", "Report"]

REPORT_FILE = "report.json"


@dataclass(frozen=True)
class Report:
    """Figures of a build, stage by stage.

    Attributes
    ----------
    network, topology, board, shell
        What was built for what, the topology after ``rewrites``; no board, and no shell around the
        decoder, if it ends with Verilog for any FPGA of a family.
    answer
        What the decoder gives: ``scores``, the ``decision`` that they lead to, or
        ``probabilities``.
    arithmetic
        ``fixed``, or the format of a decoder in floating point, such as ``E5M10``.
    input_ranges
        In floating point, for each layer, the range that its inputs are taken from and how many of
        golden data's are not in it, as of `quant.floating.quantised.input_ranges`.
    samples_limited
        In fixed point, how many golden samples have inputs beyond the input's format, which limits
        them, of those ``searched_on`` and of those ``held_out``.
    built_topology
        Topology of what was built: the default search leaves out neurons that others stand in for.
    task, task_source
        What the outputs are for, and who said so or from what it was inferred; ``tasks_kept`` are
        all tasks that the decoder keeps, more than one where nobody said which it is;
        ``thresholds`` of the outputs, null if the task has none.
    golden_notes
        What was understood of golden data.
    rewrites
        Exact rewrites of the network that did something, in the order in which they are tried:
        ``name``, and a ``note`` for the user.
    loss
        On all golden data, the greatest loss of a decision's accuracy, as a fraction, or of an
        output's R2 in a regression; null where that is not defined.
    quality
        For the samples that the search saw (``searched_on``) and those held out from it
        (``held_out``): accuracy of float and integer model, decisions that agree, errors of the
        outputs and R2; lists have a figure for each decision, or for each output. Whether the
        float network was trained on the samples is not known here.
    max_error
        Error that each output of a regression was to keep to, in its standard deviation.
    limits
        What the search kept to, as of `quant.criterion.Criterion`; null for AHEAD's search.
    also
        The same figures for each network of ``--also``, in their order, on all its golden data, its
        name as ``network``, and ``quality`` and ``samples_limited`` of it.
    near_ties
        Samples searched on with a decision that not even perfect formats keep.
    average_bit_width
        Plain mean over all signal nodes, as in AHEAD; ``average_bit_width_by_words`` weights each
        by the words that it holds, ``average_bit_width_with_input_layer`` counts the input layer's
        six nodes as well, as AHEAD does.
    search
        Name of the search for formats; ``search_steps``: after each of its steps the average bit
        width and the loss on the samples searched on, and the step's evaluations and seconds.
    nodes
        Layer, node, integer and fraction bits, signedness.
    uniform_segments
        Uniform segments that were asked for by ``--segments``; null: as many as the error bound
        takes.
    activations
        Of each layer: the form in hardware, ``exact``, ``table``, ``segments`` or
        ``uniform_segments``, and the number of stored segments, null if it has none.
    foldings
        Inputs and outputs a cycle of each layer, and its multipliers: DSP blocks that make two
        products (packed) or one (dsp), and products in LUTs.
    bit_heaps
        ``lut`` and ``ff`` of dense layers or convolutions that are bit heaps, as planned, in the
        family ``cells``; of several convolutions the most ``levels`` of LUTs from input to output,
        rows of ``registers``, and ``planes`` that inputs come in. Null without any.
    latency_at_pace
        Of frames of time steps that come evenly, a frame each ``interval_cycles``:
        ``latency_cycles`` from the first value of the last step to the last output, as planned.
        Null where no pace is asked for.
    latency_cycles, frame_cycles
        Measured in simulation: first input to last output, and interval of back-to-back frames.
    clock_mhz, fmax_mhz
        Clock that the board makes, the nearest to the one asked for, and the fastest after place
        and route.
    resources
        ``lut``, ``ff``, ``dsp``, ``bram`` of the board's design, shell included.
    placed_resources
        Sites of the same kinds that place and route took, each null where its tool does not tell.
        Of the open tools on the 7 series, ``lut`` counts halves of LUTs, and of iCE40 logic cells.
    fmax_untimed
        Paths that the timing analysis behind ``fmax_mhz`` leaves out; null if it knows all.
    toolchain, toolchain_version
        Tool that placed and routed, and its version if it tells one.
    decoder_lut
        With ``--max-lut``: ``limit``, and LUTs of the decoder without the shell, ``estimated`` and
        ``synthesised``; the latter has the shell on iCE40.
    vectors_checked, mismatches
        Frames whose outputs were compared with the integer model, and outputs that differed.
    frames_while_reloading
        Those of them that ran while other weights were loaded, committed and taken back, of a
        reloadable decoder.
    image_words, layout_id
        Words of a weight image of a reloadable decoder, and what it must have in common with it.
    bitstream
        File name, relative to the report.
    energy
        Of a frame, estimated; null but where ``bench.energy --keep`` has counted toggles. The
        ``family``; ``frames`` that were counted on, and ``frame_cycles``; ``toggles`` of routed
        nets a frame by the cells that drive them; ``estimated_nanojoules``, low, middle and high,
        by what is estimated.
    warnings
        What a user should know before the build is used, one line each; also on the terminal.
    stage_seconds
        Wall time of each stage that was run.
    """

    board: str | None
    seed: int
    shell: str | None = None
    network: str | None = None
    topology: str | None = None
    task: str | None = None
    task_source: str | None = None
    tasks_kept: list[str] | None = None
    thresholds: list[float] | None = None
    golden_notes: list[str] | None = None
    rewrites: list[dict[str, str]] | None = None
    answer: str | None = None
    arithmetic: str = "fixed"
    input_ranges: list[dict] | None = None
    samples_limited: dict[str, int] | None = None
    built_topology: str | None = None
    loss: float | None = None
    quality: dict[str, dict | None] | None = None
    max_error: float | None = None
    limits: dict[str, float | None] | None = None
    also: list[dict] | None = None
    near_ties: int | None = None
    average_bit_width: float | None = None
    average_bit_width_by_words: float | None = None
    average_bit_width_with_input_layer: float | None = None
    search: str | None = None
    search_steps: list[dict] | None = None
    nodes: list[dict] | None = None
    uniform_segments: int | None = None
    activations: list[dict] | None = None
    foldings: list[dict] | None = None
    bit_heaps: dict[str, str | int] | None = None
    latency_at_pace: dict[str, int] | None = None
    latency_cycles: int | None = None
    frame_cycles: int | None = None
    clock_mhz: float | None = None
    fmax_mhz: float | None = None
    resources: dict[str, float] | None = None
    placed_resources: dict[str, float | None] | None = None
    fmax_untimed: str | None = None
    toolchain: str | None = None
    toolchain_version: str | None = None
    decoder_lut: dict[str, int] | None = None
    vectors_checked: int | None = None
    mismatches: int | None = None
    frames_while_reloading: int | None = None
    image_words: int | None = None
    layout_id: int | None = None
    bitstream: str | None = None
    energy: dict | None = None
    warnings: list[str] = field(default_factory=list)
    stage_seconds: dict[str, float] = field(default_factory=dict)

    def after(self, stage: str, result: StageResult, seconds: float) -> "Report":
        """The report with what a stage told."""
        return replace(
            self,
            **result.figures,
            warnings=[*self.warnings, *result.warnings],
            stage_seconds={**self.stage_seconds, stage: round(seconds, 3)},
        )

    def save(self, folder: Path) -> None:
        """Write the report into ``folder``."""
        (folder / REPORT_FILE).write_text(json.dumps(plain(asdict(self)), indent=2) + "\n")
