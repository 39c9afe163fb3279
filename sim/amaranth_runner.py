"""Decoders in Amaranth's own simulator."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from amaranth.hdl import Value
from amaranth.sim import Simulator

from build_decoder.hdl.planning.interface import SETTLING_CYCLES, Interface
from build_decoder.sim.streams import (
    expect_silence,
    no_stalls,
    random_stalls,
    receive,
    send,
    stalls_until,
)
from build_decoder.sim.vectors import input_words, word_integers

__all__ = ["simulate_amaranth"]

_SILENT_CYCLES = 32


def simulate_amaranth(
    decoder,
    x_raw: np.ndarray,
    *,
    stall_seed: int | None = None,
    watched: Mapping[str, list[int]] | None = None,
    beside: Sequence[Callable] = (),
) -> tuple[np.ndarray, int, int | None]:
    """Send frames through a decoder.

    Parameters
    ----------
    decoder
        A component with streams ``i`` and ``o``, and what :meth:`Interface.of` asks for, or
        an ``interface`` of its own.
    x_raw
        Raw int64 inputs (frames, input_count).
    stall_seed
        None: back-to-back frames once the decoder has settled, outputs taken at once. A seed:
        random stalls of both streams, from the reset on.
    watched
        For some stages of the decoder, by name, lists to which the transfers of their first outputs
        are added, each as raw bits.
    beside
        Testbenches that look at something else.

    Returns
    -------
    y_raw
        Raw int64 outputs (frames, output_count).
    latency_cycles
        Cycles from the first frame's first input transfer to its last output transfer.
    frame_cycles
        Longest interval between the last output transfers of two frames; None of a single frame.

    Raises
    ------
    StreamError
        If the decoder breaks a rule of streams, offers too much, or stands still.
    ValueError
        If ``x_raw`` does not fit the decoder.
    """
    interface = getattr(decoder, "interface", None) or Interface.of(decoder)
    words = word_integers(
        input_words(interface, x_raw, seed=stall_seed or 0), interface.input_width
    )
    deadline = 256 + 4 * ((interface.latency_cycles or 10_000) + (interface.frame_cycles or 10_000))
    stalls = [stalls_until(SETTLING_CYCLES), no_stalls]
    if stall_seed is not None:
        stalls = [random_stalls(2 * stall_seed), random_stalls(2 * stall_seed + 1)]
    sent, received = [], []

    async def stimulus(ctx):
        sent.extend(await send(ctx, decoder.i, words, stalls=stalls[0], deadline=deadline))

    async def scoreboard(ctx):
        values, cycles = await receive(
            ctx,
            decoder.o,
            len(x_raw) * interface.output_count,
            stalls=stalls[1],
            deadline=deadline,
            sample=Value.cast(decoder.o.payload),
        )
        await expect_silence(ctx, decoder.o, _SILENT_CYCLES)
        received.extend([values, cycles])

    simulator = Simulator(decoder)
    simulator.add_clock(1e-6)
    simulator.add_testbench(stimulus)
    simulator.add_testbench(scoreboard)
    for name, transfers in (watched or {}).items():
        stream = decoder.components[name].outputs[0]
        simulator.add_testbench(_watch(stream, transfers), background=True)
    for testbench in beside:
        simulator.add_testbench(testbench, background=True)
    simulator.run()

    values, cycles = received
    y_raw = np.array(values, dtype=np.int64).reshape(len(x_raw), interface.output_count)
    if interface.output_signed:
        y_raw -= (y_raw >> (interface.output_width - 1)) << interface.output_width
    last = np.array(cycles[interface.output_count - 1 :: interface.output_count])
    frame_cycles = int(np.diff(last).max()) if len(last) > 1 else None
    return y_raw, int(last[0] - sent[0]), frame_cycles


def _watch(stream, transfers: list[int]):
    async def testbench(ctx):
        sampled = ctx.tick().sample(stream.valid, stream.ready, Value.cast(stream.payload))
        async for _, _, valid, ready, bits in sampled:
            if valid and ready:
                transfers.append(bits)

    return testbench
