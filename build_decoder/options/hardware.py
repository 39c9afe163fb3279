"""Options of the rtl stage: how a decoder is folded, and what its products are made with."""

import argparse
from dataclasses import dataclass

from build_decoder.hdl.heap.stages import DATAPATH as HEAP
from build_decoder.hdl.planning.datapath import DATAPATHS as FORCED
from build_decoder.models.errors import InputError
from build_decoder.options.types import at_least, positive
from build_decoder.quant.answer import ANSWERS, SCORES

__all__ = ["AUTO", "DATAPATHS", "KEEP_UP_HZ", "HardwareOptions", "add_hardware_options"]

KEEP_UP_HZ = 30_000
"""Samples a second that networks with convolutions keep up with, if nothing else is asked for: the
rate at which nerve cuffs are recorded."""

AUTO = "auto"
"""Leaves the datapath of a layer to the generator."""

DATAPATHS = (AUTO, *FORCED, HEAP)
"""How the products of a layer are made; the last one is for all layers together."""


@dataclass(frozen=True, kw_only=True)
class HardwareOptions:
    """The hardware of a decoder; attributes are called as the options are.

    ``inputs_per_cycle`` and ``outputs_per_cycle`` are those of the first dense layer or
    convolution, the second, and so on; ``datapath`` has one of :data:`DATAPATHS` for all dense
    layers and convolutions or one for each, or is empty; bit heaps are for all layers.
    ``interval`` is in cycles, ``keep_up`` in samples a second. ``reloadable`` makes weights and
    biases writable at run time. ``answer`` is one of :data:`quant.answer.ANSWERS`.

    Raises
    ------
    InputError
        If two of them contradict each other.
    """

    latency: int | None = None
    inputs_per_cycle: tuple[int, ...] = ()
    outputs_per_cycle: tuple[int, ...] = ()
    interval: int | None = None
    keep_up: float | None = None
    max_dsp: int | None = None
    max_lut: int | None = None
    datapath: tuple[str, ...] = ()
    reloadable: bool = False
    answer: str = SCORES

    def __post_init__(self):
        if self.reloadable and self.answer != SCORES:
            raise InputError(
                f"--answer {self.answer}: expected it without --reloadable, which gives {SCORES} "
                "so far, got both"
            )
        if self.interval is not None and self.keep_up is not None:
            raise InputError(
                "--keep-up: expected it without --interval, which says the same, got both"
            )
        if self.heaped:
            self._check_heaped()
        both = [name for name, numbers in self._folded.items() if numbers]
        if self.target is not None and both:
            raise InputError(
                f"{self.target}: expected it alone, since it chooses the foldings, got it with "
                f"{' and '.join(both)}"
            )

    @property
    def heaped(self) -> bool:
        """Whether the layers are bit heaps."""
        return HEAP in self.datapath

    def _check_heaped(self) -> None:
        """Check that nothing is asked for that bit heaps leave no choice of."""
        others = {"--reloadable": self.reloadable, "--max-dsp": self.max_dsp}
        targets = {"--latency": self.latency, "--max-lut": self.max_lut}
        asked = [name for name, given in (others | self._folded | targets).items() if given]
        if kinds := sorted({*self.datapath} - {HEAP}):
            raise InputError(
                f"--datapath {HEAP}: expected it for all layers together, got it with "
                f"{' and '.join(kinds)}"
            )
        if asked:
            raise InputError(
                f"--datapath {HEAP}: expected it with --interval, --keep-up or alone, since all "
                f"products are those of constant weights, got it with {' and '.join(asked)}"
            )

    @property
    def takes_a_pace(self) -> bool:
        """Whether time steps come at :data:`KEEP_UP_HZ`: neither another pace is asked for nor
        foldings, and not only an area."""
        if self.interval is not None or self.keep_up is not None or any(self._folded.values()):
            return False
        return self.max_lut is None or self.latency is not None

    def check_foldings(self, network: str, layers: int) -> None:
        """Check that there are foldings for no more layers than those that are folded.

        Raises
        ------
        InputError
            If there are; ``network`` is its name for the message.
        """
        for option, numbers in self._folded.items():
            if len(numbers) > layers:
                raise InputError.at(
                    network, option,
                    expected=f"at most {layers} numbers, one a layer that is folded",
                    got=str(len(numbers)),
                )

    def interval_cycles(self, clock_mhz: float, steps: int) -> int | None:
        """Most cycles between frames of so many samples each; None where it is not asked for.

        Raises
        ------
        InputError
            If frames come more often than the clock.
        """
        if self.keep_up is None:
            return self.interval
        most = clock_mhz * 1e6 * steps
        if self.keep_up > most:
            raise InputError(
                f"--keep-up: expected at most {most:g} samples a second, a frame a cycle at "
                f"{clock_mhz:g} MHz, got {self.keep_up:g}"
            )
        return int(most / self.keep_up)

    def check_datapaths(self, network: str, layers: int) -> None:
        """Check that there are datapaths for as many layers as are folded.

        Raises
        ------
        InputError
            If there are not; ``network`` is its name for the message.
        """
        if len(self.datapath) not in (0, 1, layers):
            raise InputError.at(
                network, "--datapath",
                expected=f"one for all layers that are folded, or {layers}, one for each",
                got=str(len(self.datapath)),
            )

    @property
    def _folded(self) -> dict[str, tuple[int, ...]]:
        """Numbers of each option that folds layers."""
        return {
            "--inputs-per-cycle": self.inputs_per_cycle,
            "--outputs-per-cycle": self.outputs_per_cycle,
        }

    @property
    def target(self) -> str | None:
        """The option that foldings are chosen by, if there is one."""
        targets = (
            ("--latency", self.latency), ("--interval", self.interval), ("--keep-up", self.keep_up),
            ("--max-lut", self.max_lut),
        )
        return next((name for name, value in targets if value is not None), None)

    @classmethod
    def of(cls, given: argparse.Namespace) -> "HardwareOptions":
        """The options of a parsed command line.

        Raises
        ------
        InputError
            If two of them contradict each other.
        """
        return cls(
            latency=given.latency,
            interval=given.interval,
            keep_up=given.keep_up,
            inputs_per_cycle=tuple(given.inputs_per_cycle),
            outputs_per_cycle=tuple(given.outputs_per_cycle),
            max_dsp=given.max_dsp,
            max_lut=given.max_lut,
            datapath=tuple(given.datapath),
            reloadable=given.reloadable,
            answer=given.answer,
        )


def add_hardware_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of :class:`HardwareOptions`."""
    parser.add_argument(
        "--latency", type=at_least(1), metavar="CYCLES",
        help="most cycles from the first input to the last output, which the cheapest decoder that "
        "takes no longer is folded for; where a frame's time steps come at the pace of --interval "
        "or --keep-up, from the first value of the last one on (default: one input a cycle into "
        "all neurons of a layer)",
    )
    parser.add_argument(
        "--interval", type=at_least(1), metavar="CYCLES",
        help="most cycles between back-to-back frames, which the cheapest decoder that is as fast "
        "is folded for",
    )
    parser.add_argument(
        "--keep-up", type=positive, metavar="HZ",
        help="the same by samples a second, at the board's clock, of frames of many samples each: "
        f"the first axis of an input is time (default of networks with convolutions: {KEEP_UP_HZ})",
    )
    for name in ("inputs", "outputs"):
        parser.add_argument(
            f"--{name}-per-cycle", type=at_least(1), nargs="+", default=(), metavar="N",
            help=f"{name} a cycle of the first layer that is folded, the second, ...; for "
            "those left, the default of --latency, or 1 of a convolution; not with --latency, "
            "--interval, --keep-up or --max-lut",
        )
    parser.add_argument(
        "--max-dsp", type=at_least(1), metavar="N",
        help="DSP blocks to use wherever they save LUTs; --datapath lut uses none (default: where "
        "they are worth it)",
    )
    parser.add_argument(
        "--max-lut", type=at_least(1), metavar="N",
        help="most LUTs of the decoder, by an estimate for the FPGA's family: folds for the least "
        "latency within it, or within both with --latency (default: no limit)",
    )
    parser.add_argument(
        "--datapath", choices=DATAPATHS, nargs="+", default=(), metavar="KIND",
        help=f"how products are made, for all dense layers or one for each: "
        f"{', '.join((AUTO, *FORCED))}; or {HEAP}: a chain of dense layers as LUTs and carry "
        f"chains alone, a frame a cycle, or of fewest LUTs with --interval (default: {AUTO})",
    )
    parser.add_argument(
        "--reloadable", action="store_true",
        help="weights and biases can be written while the decoder runs, those of another network "
        "of the same layers: see `python -m build_decoder.reload` (default: they are constants)",
    )
    parser.add_argument(
        "--answer", choices=ANSWERS, default=SCORES,
        help="what the decoder gives: all outputs; or, for the task classes, the index of the "
        "largest one, of equals of the first, or the softmax that the network ends in "
        "(default: %(default)s)",
    )
