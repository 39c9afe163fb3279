"""Judges formats of one network by a standard, near the decision boundaries first."""

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from build_decoder.models.golden import GoldenData
from build_decoder.models.network import Network
from build_decoder.quant.criterion import Criterion
from build_decoder.quant.evaluator import Evaluator, Outputs
from build_decoder.quant.formats import NetworkFormats, free_nodes
from build_decoder.quant.near_parts import nearest_first
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.quality import Quality
from build_decoder.quant.standard import Standard
from build_decoder.quant.weight_rounding import WeightRounding

__all__ = ["Judge"]


class Judge:
    """Tells whether formats keep ``criterion`` on ``golden``.

    Parameters
    ----------
    network, golden
        The network, and the samples that it is run on. The outputs in ``golden`` may be those of a
        larger network that this one stands in for.
    standard
        Of the same samples. Default: the standard of ``network``, ``golden`` and ``criterion``.
    uniform_segments
        Of generated activations; see :func:`quant.quantise.quantise`.
    """

    def __init__(
        self,
        network: Network,
        golden: GoldenData,
        criterion: Criterion,
        *,
        rounding: WeightRounding | None = None,
        standard: Standard | None = None,
        uniform_segments: int | None = None,
    ):
        self.criterion = criterion
        self.standard = standard or Standard(network, golden, criterion)
        how = {"rounding": rounding, "uniform_segments": uniform_segments}
        # What lies near the boundary may be golden data itself, which is run in any case.
        self._rows = self.standard.near_rows
        near = None if self._rows is not None else self.standard.near_samples
        self._parts = nearest_first(network, self.standard)
        golden_parts = None if self._rows is None else self._parts
        self._full = Evaluator(
            network, golden, parts=golden_parts, inputs=self.standard.inputs, **how
        )
        self._near = None
        if near is not None:
            inputs = self.standard.near_inputs
            self._near = Evaluator(network, near, parts=self._parts, inputs=inputs, **how)
        self._nodes = free_nodes(network)
        # After each stage that was run.
        self._harms: dict[tuple[QFormat, ...], list[float]] = {}
        self._harms_near: dict[tuple[int, ...], float] = {}

    @property
    def each(self) -> tuple["Judge"]:
        """The judge of each network: itself."""
        return (self,)

    @property
    def evaluations(self) -> int:
        """Evaluations near the boundary or on golden data."""
        return self._full.evaluations + (self._near.evaluations if self._near else 0)

    def quality(self, formats: NetworkFormats) -> Quality:
        """Quality on golden data."""
        return self._full.quality(formats)

    def flips(self, formats: NetworkFormats) -> float:
        """Fraction of all decisions that are expected to change."""
        return self.standard.flips(self._outputs_near(formats))

    def harm(self, formats: NetworkFormats) -> float:
        """Part of what is allowed that is used up, 1 being all."""
        return self.harm_if(formats, lambda harm: True)

    @property
    def stages(self) -> int:
        """Parts of the samples near the boundary that are run one after the other: several of
        large networks, those first that lie nearest."""
        return 1 if self._parts is None else len(self._parts)

    @property
    def first_stages(self) -> int:
        """All stages but the last one, which has most of the samples."""
        return max(self.stages - 1, 1)

    def harm_if(
        self,
        formats: NetworkFormats,
        accepted: Callable[[float], bool],
        *,
        stages: int | None = None,
    ) -> float | None:
        """:meth:`harm`, or None where ``accepted`` refuses it.

        The first parts of the samples show the least that the harm can be. What is refused for that
        is run on no others.

        Parameters
        ----------
        accepted
            Tells whether a harm is accepted. What it refuses, it refuses of any greater harm.
        stages
            Parts that are run. The result is the harm that they show, and the least that all of
            them can. Default: all.
        """
        known = self._harms.setdefault(self._key(formats), [])
        stages = stages or self.stages
        outputs = None
        for stage in range(stages):
            if stage == len(known):
                outputs = outputs or itertools.islice(
                    self._growing_outputs_near(formats), stage, None
                )
                whole = stage + 1 == self.stages and self.criterion.max_error is not None
                known.append(
                    self._harm(next(outputs), self.quality(formats) if whole else None)
                )
            if not accepted(known[stage]):
                return None
        return known[stages - 1]

    def holds(self, formats: NetworkFormats) -> bool:
        """Whether ``formats`` keep the criterion."""
        if (harm := self.harm_if(formats, lambda harm: harm <= 1)) is None:
            return False
        quality = self.quality(formats)
        if self.standard.excuses:
            quality = self.standard.quality(self._full.outputs(formats))
        return self.standard.holds(harm, quality)

    def lost(self, formats: NetworkFormats) -> int:
        """How many golden samples ``formats`` decide otherwise than the float model."""
        return self.standard.lost(self._full.outputs(formats))

    def excuse(self, perfect: NetworkFormats) -> None:
        """Let other formats change what perfect formats change: see `Standard.excuse`."""
        self.standard.excuse(self._outputs_near(perfect), self._full.outputs(perfect))
        self._harms.clear()
        self._harms_near.clear()

    def forget(self) -> None:
        """Keep what formats do, but not how it came about: see `Evaluator.forget`."""
        self._full.forget()
        if self._near is not None:
            self._near.forget()

    def _key(self, formats: NetworkFormats) -> tuple[QFormat, ...]:
        return tuple(formats[node] for node in self._nodes)

    def _harm(self, near: Outputs, quality: Quality | None) -> float:
        """Harm of outputs near the boundary, which many formats make alike, and of a quality."""
        if quality is not None:
            return self.standard.harm(near.y, quality)
        if near.numbers not in self._harms_near:
            self._harms_near[near.numbers] = self.standard.harm(near.y, None)
        return self._harms_near[near.numbers]

    def _outputs_near(self, formats: NetworkFormats) -> np.ndarray | None:
        *_, near = self._growing_outputs_near(formats)
        return near.y

    def _growing_outputs_near(self, formats: NetworkFormats) -> Iterator[Outputs]:
        """Outputs near the boundary after each part of the samples; None if there are none."""
        if self._rows is not None:
            for numbers, y in self._full.growing_outputs(formats):
                yield Outputs(numbers, y[self._rows])
        elif self._near is not None:
            yield from self._near.growing_outputs(formats)
        else:
            yield Outputs((), None)
