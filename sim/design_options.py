"""Options that say which decoder is meant: one set, with one meaning, for every command."""

import argparse
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass

from threadpoolctl import threadpool_limits

from build_decoder.hdl.planning.choose_foldings import default_foldings
from build_decoder.hdl.planning.cost import AreaCost
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.folding import Folding
from build_decoder.models.arguments import LineParser, filled
from build_decoder.models.errors import InputError
from build_decoder.models.golden import GoldenData, load_golden
from build_decoder.models.load import load_network
from build_decoder.models.metadata import NETWORK_FILE
from build_decoder.models.network import Network
from build_decoder.models.progress import Progress, silent
from build_decoder.models.task import Kind
from build_decoder.quant.criterion import MAX_ERROR
from build_decoder.quant.evaluator import MAX_TABLE_WIDTH
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.quantise import SEARCHES, Quantised, quantise

__all__ = [
    "DATAPATHS",
    "MAX_SEGMENTS",
    "DesignOptions",
    "add_design_options",
    "at_least",
    "foldings_of",
    "number",
]

DATAPATHS = ("auto", "select", "packed", "dsp", "lut")
"""How the products of a layer are made; ``auto`` leaves it to the generator."""

MAX_SEGMENTS = 1 << MAX_TABLE_WIDTH
"""One for each code of the widest input of an activation that a search looks up."""

_MAX_SEED = 2**31 - 1
"""What all tools that take a seed can take."""

_KERAS = ".keras"


@dataclass(frozen=True, kw_only=True)
class DesignOptions:
    """Which decoder of which network; attributes are called as the options are.

    ``inputs_per_cycle`` and ``outputs_per_cycle`` are those of the first layer, the second, and so
    on; ``datapath`` has one of :data:`DATAPATHS` for all layers or one for each, or is empty.
    """

    network: str
    golden: str
    task: str | None = None
    threshold: tuple[float, ...] = ()
    max_loss: float = 0.0
    max_error: float | None = None
    search: str = SEARCHES[0]
    seed: int = 0
    segments: int | None = None
    latency: int | None = None
    inputs_per_cycle: tuple[int, ...] = ()
    outputs_per_cycle: tuple[int, ...] = ()
    max_dsp: int | None = None
    max_lut: int | None = None
    datapath: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: argparse.Namespace) -> "DesignOptions":
        """Those of a command line that was parsed with :func:`add_design_options`.

        Raises
        ------
        InputError
            If two of them contradict each other.
        """
        folded = {
            "--inputs-per-cycle": given.inputs_per_cycle,
            "--outputs-per-cycle": given.outputs_per_cycle,
        }
        both = [name for name, numbers in folded.items() if numbers]
        for target, value in (("--latency", given.latency), ("--max-lut", given.max_lut)):
            if value is not None and both:
                raise InputError(
                    f"{target}: expected it alone, since it chooses the foldings, got it with "
                    f"{' and '.join(both)}"
                )
        return cls(
            network=given.network,
            golden=given.golden or _golden_of(given.network),
            task=given.task,
            threshold=tuple(given.threshold),
            max_loss=given.max_loss,
            max_error=given.max_error,
            search=given.search,
            seed=given.seed,
            segments=given.segments,
            latency=given.latency,
            inputs_per_cycle=tuple(given.inputs_per_cycle),
            outputs_per_cycle=tuple(given.outputs_per_cycle),
            max_dsp=given.max_dsp,
            max_lut=given.max_lut,
            datapath=tuple(given.datapath),
        )

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> "DesignOptions":
        """Those of ``[network, option, ...]``.

        Raises
        ------
        InputError
            If an option is not as it should be.
        """
        parser = LineParser()
        parser.add_argument("network", type=filled)
        add_design_options(parser)
        return cls.of(parser.parse_args(arguments))

    def load(self) -> tuple[Network, GoldenData]:
        """The network and its golden data.

        Raises
        ------
        InputError
            If one of them is at fault.
        """
        network = load_network(self.network)
        return network, self.load_golden(network)

    def load_golden(self, network: Network) -> GoldenData:
        """The golden data of ``network``, which is checked against it.

        Raises
        ------
        InputError
            If it is at fault.
        """
        return load_golden(
            self.golden, network, seed=self.seed, task=self.task, thresholds=self.threshold
        )

    def quantise(
        self,
        network: Network,
        golden: GoldenData,
        *,
        progress: Progress = silent,
    ) -> Quantised:
        """The integer model and how it was found; see :func:`quant.quantise.quantise`.

        Raises
        ------
        InputError
            If there are no formats that keep to what is asked for.
        """
        kind = golden.task.kind
        if self.max_error is not None and not golden.task.keeps_values:
            raise InputError(
                f"--max-error: expected a regression, whose outputs are values, got the task {kind}"
            )
        if self.max_loss and kind is Kind.REGRESSION:
            raise InputError(
                "--max-loss: expected a task that decides, got a regression, which has --max-error"
            )
        # Threads of small products wait for each other longer than they compute.
        with threadpool_limits(limits=1, user_api="blas"):
            return quantise(
                network,
                golden,
                max_loss=self.max_loss,
                max_error=MAX_ERROR if self.max_error is None else self.max_error,
                search=self.search,
                cost=AreaCost,
                seed=self.seed,
                uniform_segments=self.segments,
                progress=progress,
            )

    def plan(
        self, model: IntegerModel, *, family: str | None = None, max_blocks: int | None = None
    ) -> DecoderPlan:
        """Plan of a decoder for ``model``; see :func:`hdl.planning.design.design_decoder`.

        Raises
        ------
        InputError
            If the model's layers cannot be made as asked.
        """
        foldings = None
        if self.inputs_per_cycle or self.outputs_per_cycle:
            foldings = foldings_of(model, self.inputs_per_cycle, self.outputs_per_cycle)
        limits = {
            "latency_cycles": self.latency,
            "max_dsp": self.max_dsp,
            "max_lut": self.max_lut,
            "datapath": self.datapaths(model),
        }
        given = {name: value for name, value in limits.items() if value is not None}
        return design_decoder(
            model, foldings=foldings, family=family, max_blocks=max_blocks, **given
        )

    def datapaths(self, model: IntegerModel) -> tuple[str, ...] | None:
        """One for each layer; None if all are left to the generator."""
        layers, kinds = len(model.layers), self.datapath
        if len(kinds) not in (0, 1, layers):
            raise InputError(
                f"{model.name}: expected one datapath for all layers or one for each of {layers}, "
                f"got {len(kinds)}"
            )
        if set(kinds) <= {"auto"}:
            return None
        return kinds * layers if len(kinds) == 1 else kinds


def add_design_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of :class:`DesignOptions`, but for the network itself."""
    parser.add_argument(
        "--golden", type=filled, metavar="PATH",
        help="golden data: .npz with x, y and optionally labels or targets, held_out, task and "
        "threshold, or X.csv,Y.csv "
        "(default: golden.npz, or else x.csv and y.csv, in the network's folder)",
    )
    parser.add_argument(
        "--task", choices=[kind.value for kind in Kind],
        help="what the outputs are for: classes (the largest wins), binary (one output at a "
        "threshold), labels (each output at its threshold) or regression (each output is a value) "
        "(default: as golden data or the network says, else inferred and told)",
    )
    parser.add_argument(
        "--threshold", type=_finite, nargs="+", default=(), metavar="T",
        help="output from which on binary and labels say yes, one for all or one an output "
        "(default: 0.5 of a sigmoid, 0 of a linear or tanh output)",
    )
    parser.add_argument(
        "--max-loss", type=_fraction, default=0.0, metavar="FRACTION",
        help="accuracy that may be lost on the golden data searched on (default: 0)",
    )
    parser.add_argument(
        "--max-error", type=_positive_fraction, metavar="FRACTION",
        help="root mean square error that an output of a regression may have, in its own standard "
        f"deviation (default: {MAX_ERROR}); AHEAD's search takes it for enough, and may exceed it",
    )
    parser.add_argument(
        "--search", choices=SEARCHES, default=SEARCHES[0],
        help="search for formats: by hardware cost, holding what carries over to unseen samples, "
        "or as AHEAD does, which knows no --max-loss (default: %(default)s)",
    )
    parser.add_argument(
        "--seed", type=_seed, default=0, metavar="N",
        help="of everything random: hold-out, AHEAD's search, and what this command draws itself "
        "(default: 0)",
    )
    parser.add_argument(
        "--segments", type=_segments, metavar="N",
        help="make generated activations of N uniform segments, as AHEAD does with 16, a power of "
        "two, or of one for each input code if these are fewer (default: what suits the hardware, "
        "within one step)",
    )
    parser.add_argument(
        "--latency", type=at_least(1), metavar="CYCLES",
        help="most cycles from the first input to the last output, which the cheapest decoder that "
        "takes no longer is folded for (default: one input a cycle into all neurons of a layer)",
    )
    for name in ("inputs", "outputs"):
        parser.add_argument(
            f"--{name}-per-cycle", type=at_least(1), nargs="+", default=(), metavar="N",
            help=f"{name} a cycle of the first layer, the second, ...; not with --latency or "
            "--max-lut",
        )
    parser.add_argument(
        "--max-dsp", type=at_least(1), metavar="N",
        help="DSP blocks to use wherever they save LUTs (default: where they are worth it)",
    )
    parser.add_argument(
        "--max-lut", type=at_least(1), metavar="N",
        help="most LUTs of the decoder, by an estimate for the 7 series: folds for the least "
        "latency within it, or within both with --latency (default: no limit)",
    )
    parser.add_argument(
        "--datapath", choices=DATAPATHS, nargs="+", default=(), metavar="KIND",
        help=f"how products are made, for all layers or one for each: {', '.join(DATAPATHS)} "
        "(default: auto)",
    )


def foldings_of(
    model: IntegerModel, inputs: Sequence[int] = (), outputs: Sequence[int] = ()
) -> tuple[Folding, ...]:
    """Foldings with ``inputs`` and ``outputs`` a cycle, layer by layer; the default where they end.

    Raises
    ------
    InputError
        If there are more numbers than layers, or one is not from 1 to what the layer has.
    """
    foldings = []
    for name, numbers in (("inputs", inputs), ("outputs", outputs)):
        if len(numbers) > len(model.layers):
            raise InputError(
                f"{model.name}: expected {name} a cycle for at most {len(model.layers)} layers, "
                f"got {len(numbers)}"
            )
    for n, (layer, default) in enumerate(zip(model.layers, default_foldings(model), strict=True)):
        chosen = []
        for name, numbers, count, otherwise in (
            ("inputs", inputs, layer.input_count, default.inputs_per_cycle),
            ("outputs", outputs, layer.units, default.outputs_per_cycle),
        ):
            number = numbers[n] if n < len(numbers) else otherwise
            if not 1 <= number <= count:
                raise InputError(
                    f"{model.name}: layer {n + 1}: expected 1 to {count} {name} a cycle, "
                    f"got {number}"
                )
            chosen.append(number)
        foldings.append(Folding(*chosen))
    return tuple(foldings)


def at_least(least: int):
    """The type of an option that takes an integer of ``least`` or more."""

    def parse(text: str) -> int:
        value = number(text, int)
        if value < least:
            raise argparse.ArgumentTypeError(f"expected {least} or more, got {text}")
        return value

    return parse


def number(text: str, kind: type):
    """``text`` as a number of ``kind``, for the type of an option.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    try:
        return kind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, got {text!r}") from None


def _golden_of(network: str) -> str:
    """Where the golden data of ``network`` is unless the user says: with a file, in its folder."""
    folder, name = os.path.split(network)
    if (name == NETWORK_FILE or name.endswith(_KERAS)) and not os.path.isdir(network):
        # Never a bare name, which could be one of the zoo's.
        return os.path.join(folder or os.curdir, "")
    return network


def _segments(text: str) -> int:
    value = number(text, int)
    if not 1 <= value <= MAX_SEGMENTS or value & (value - 1):
        raise argparse.ArgumentTypeError(
            f"expected a power of two from 1 to {MAX_SEGMENTS}, got {text}"
        )
    return value


def _seed(text: str) -> int:
    value = number(text, int)
    if not 0 <= value <= _MAX_SEED:
        raise argparse.ArgumentTypeError(f"expected 0 to {_MAX_SEED}, got {text}")
    return value


def _finite(text: str) -> float:
    value = number(text, float)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a finite number, got {text}")
    return value


def _positive_fraction(text: str) -> float:
    value = number(text, float)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"expected a fraction above 0, up to 1, got {text}")
    return value


def _fraction(text: str) -> float:
    value = number(text, float)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a fraction from 0 to 1, got {text}")
    return value
