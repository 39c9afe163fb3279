"""Decoders in Amaranth's own simulator."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from amaranth.hdl import Value
from amaranth.sim import Simulator

from build_decoder.hdl.planning.interface import SETTLING_CYCLES, Interface
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.sim.streams import (
    expect_silence,
    no_stalls,
    random_stalls,
    receive,
    send,
    stalls_until,
)
from build_decoder.sim.vectors import input_words, stream_values, word_integers

__all__ = ["AmaranthBench", "simulate_amaranth"]

_SILENT_CYCLES = 32


class AmaranthBench:
    """A decoder in Amaranth's simulator, which is made once and may run again and again.

    Parameters
    ----------
    decoder
        A component with streams ``i`` and ``o``, and what :meth:`Interface.of` asks for, or
        an ``interface`` of its own.
    watched
        Names of stages of the decoder, whose first outputs are collected.
    beside
        Testbenches that look at something else; they begin anew with each run.

    Attributes
    ----------
    transfers : dict of str to list of int
        Of each stage that is watched, the transfers of the last run, as raw bits.
    """

    def __init__(
        self, decoder, *, watched: Iterable[str] = (), beside: Sequence[Callable] = ()
    ):
        self._decoder = decoder
        self._interface = getattr(decoder, "interface", None) or Interface.of(decoder)
        self._beside = beside
        self.transfers: dict[str, list[int]] = {name: [] for name in watched}
        self._simulator = None

    def run(
        self, x_raw: np.ndarray, *, stall_seed: int | None = None
    ) -> tuple[np.ndarray, int, int | None]:
        """Send frames through the decoder, from a reset on.

        Parameters
        ----------
        x_raw
            Raw int64 inputs (frames, input_count).
        stall_seed
            None: back-to-back frames once the decoder has settled, outputs taken at once. A seed:
            random stalls of both streams, from the reset on.

        Returns
        -------
        y_raw
            Raw int64 outputs (frames, output_count).
        latency_cycles
            Cycles from the first frame's first input transfer to its last output transfer.
        frame_cycles
            Longest interval between the last output transfers of two frames; None of a single
            frame.

        Raises
        ------
        StreamError
            If the decoder breaks a rule of streams, offers too much, or stands still.
        ValueError
            If ``x_raw`` does not fit the decoder.
        """
        interface = self._interface
        words = input_words(interface, x_raw, seed=stall_seed or 0)
        self._words = word_integers(words, interface.input_width)
        self._stalls = [stalls_until(SETTLING_CYCLES), no_stalls]
        if stall_seed is not None:
            self._stalls = [random_stalls(2 * stall_seed), random_stalls(2 * stall_seed + 1)]
        self._wanted = len(x_raw) * interface.output_beats

        if self._simulator is None:
            simulator = self._made()
        else:
            simulator = self._simulator
            simulator.reset()
        # A run that ends in an error leaves triggers that no reset takes back.
        self._simulator = None
        simulator.run()
        self._simulator = simulator

        values, cycles = self._received
        shape = (interface.output_count,)
        y_raw = stream_values(
            values, Tensor(shape, interface.output_format, interface.output_lanes)
        )
        last = np.array(cycles[interface.output_beats - 1 :: interface.output_beats])
        frame_cycles = int(np.diff(last).max()) if len(last) > 1 else None
        return y_raw, int(last[0] - self._sent[0]), frame_cycles

    def _made(self) -> Simulator:
        simulator = Simulator(self._decoder)
        simulator.add_clock(1e-6)
        simulator.add_testbench(self._stimulus)
        simulator.add_testbench(self._scoreboard)
        for name, transfers in self.transfers.items():
            stream = self._decoder.components[name].outputs[0]
            simulator.add_testbench(_watch(stream, transfers), background=True)
        for testbench in self._beside:
            simulator.add_testbench(testbench, background=True)
        return simulator

    @property
    def _deadline(self) -> int:
        """Cycles without a transfer after which a decoder stands still."""
        cycles = (self._interface.latency_cycles, self._interface.frame_cycles)
        return 256 + 4 * sum(each or 10_000 for each in cycles)

    async def _stimulus(self, ctx):
        self._sent = await send(
            ctx, self._decoder.i, self._words, stalls=self._stalls[0], deadline=self._deadline
        )

    async def _scoreboard(self, ctx):
        self._received = await receive(
            ctx,
            self._decoder.o,
            self._wanted,
            stalls=self._stalls[1],
            deadline=self._deadline,
            sample=Value.cast(self._decoder.o.payload),
        )
        await expect_silence(ctx, self._decoder.o, _SILENT_CYCLES)


def simulate_amaranth(
    decoder, x_raw: np.ndarray, *, stall_seed: int | None = None
) -> tuple[np.ndarray, int, int | None]:
    """What :meth:`AmaranthBench.run` gives, of a single run."""
    return AmaranthBench(decoder).run(x_raw, stall_seed=stall_seed)


def _watch(stream, transfers: list[int]):
    async def testbench(ctx):
        transfers.clear()
        sampled = ctx.tick().sample(stream.valid, stream.ready, Value.cast(stream.payload))
        async for _, _, valid, ready, bits in sampled:
            if valid and ready:
                transfers.append(bits)

    return testbench
