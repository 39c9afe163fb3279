"""A reloadable decoder in Amaranth's simulator: frames flow while a host loads images."""

from collections.abc import Callable, Sequence

import numpy as np
from amaranth.hdl import Value
from amaranth.sim import Simulator

from build_decoder.hdl.parts.weight_loader import Command, Error
from build_decoder.hdl.planning.interface import Interface
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.sim.streams import StreamError, no_stalls, random_stalls
from build_decoder.sim.vectors import input_words, word_integers
from tests.cell_models import ForFamily

__all__ = ["Host", "changes", "run_reloads", "telling_frames"]

_MORE_FRAMES = 4


class Host:
    """What a script uses: words and commands, which wait until they are taken."""

    def __init__(self, ctx, decoder, gaps: np.random.Generator | None):
        self.ctx, self.decoder, self.gaps = ctx, decoder, gaps
        # Of a VERIFY, which reads all words, behind some frames.
        self.deadline = 60 * decoder.images.words + 40 * (
            decoder.latency_cycles + decoder.frame_cycles + 100
        )

    async def load(self, image: Sequence[int]) -> None:
        for word in image:
            await self._offered(self.decoder.words, int(word))

    async def command(self, command: Command) -> Error:
        await self._offered(self.decoder.command, command)
        return Error(self.ctx.get(self.decoder.status.error))

    async def loaded(self, image: Sequence[int]) -> None:
        """Load and commit an image that is right."""
        await self.load(image)
        status = self.status()
        assert (status.staged, status.words) == (1, len(image))
        assert await self.command(Command.COMMIT) is Error.NONE
        assert self.status().staged == 0
        assert self.fingerprint == image[2]

    def status(self):
        return self.ctx.get(self.decoder.status)

    @property
    def fingerprint(self) -> int:
        return self.ctx.get(self.decoder.fingerprint)

    async def wait(self, cycles: int) -> None:
        await self.ctx.tick().repeat(cycles)

    async def _offered(self, stream, payload) -> None:
        if self.gaps is not None and self.gaps.random() < 0.3:
            await self.wait(int(self.gaps.integers(1, 60)))
        self.ctx.set(stream.payload, payload)
        self.ctx.set(stream.valid, 1)
        for _ in range(self.deadline):
            _, _, ready = await self.ctx.tick().sample(stream.ready)
            if ready:
                break
        else:
            raise StreamError(f"{payload} was not taken")
        self.ctx.set(stream.valid, 0)


def run_reloads(
    decoder, x_raw: np.ndarray, script: Callable, *, seed: int | None = None, family=None
) -> np.ndarray:
    """Raw outputs (frames, outputs) of frames of ``x_raw``, again and again, while ``script(host)``
    runs and for some frames more; with random stalls if there is a ``seed``."""
    interface = Interface.of(decoder)
    words = word_integers(input_words(interface, x_raw, seed=0), interface.input_width)
    stalls = [no_stalls, no_stalls]
    if seed is not None:
        stalls = [random_stalls(2 * seed), random_stalls(2 * seed + 1)]
    finished, sent, received = [], [0], []

    async def stimulus(ctx):
        beat, offering = 0, False
        while True:
            if not offering and not (finished and sent[0] >= finished[0]):
                offering = stalls[0](True)
                ctx.set(Value.cast(decoder.i.payload), words[beat % len(words)])
                ctx.set(decoder.i.valid, offering)
            _, _, ready = await ctx.tick().sample(decoder.i.ready)
            if offering and ready:
                beat += 1
                sent[0] = beat // decoder.input_beats
                offering = False
                ctx.set(decoder.i.valid, 0)
            if finished and beat == finished[0] * decoder.input_beats:
                return

    async def scoreboard(ctx):
        ready, held, idle = True, None, 0
        ctx.set(decoder.o.ready, ready)
        async for _, _, valid, bits in ctx.tick().sample(
            decoder.o.valid, Value.cast(decoder.o.payload)
        ):
            if held is not None and not (valid and bits == held):
                raise StreamError("an output was offered, and not held until taken")
            held = bits if valid and not ready else None
            if valid and ready:
                received.append(bits)
                idle = 0
            idle += 1
            if finished and len(received) == finished[0] * decoder.output_beats:
                break
            if finished and idle > 10_000 + 100 * decoder.latency_cycles:
                raise StreamError("outputs do not come")
            ready = stalls[1](bool(valid))
            ctx.set(decoder.o.ready, ready)
        for _ in range(32):
            _, _, valid = await ctx.tick().sample(decoder.o.valid)
            assert not valid, "an output too many"

    async def host(ctx):
        gaps = None if seed is None else np.random.default_rng(seed)
        await script(Host(ctx, decoder, gaps))
        finished.append(sent[0] + _MORE_FRAMES)

    simulator = Simulator(ForFamily(decoder, family))
    simulator.add_clock(1e-6)
    for testbench in (stimulus, scoreboard, host):
        simulator.add_testbench(testbench)
    simulator.run()

    y_raw = np.array(received, dtype=np.int64).reshape(-1, decoder.output_beats)
    if interface.output_signed:
        y_raw -= (y_raw >> (interface.output_width - 1)) << interface.output_width
    return y_raw


def changes(
    y_raw: np.ndarray, x_raw: np.ndarray, models: Sequence[IntegerModel]
) -> list[int]:
    """Number of the first frame of each model after the first one, where each frame is one of a
    single model's and models follow one another; an assertion where that is not so."""
    given = np.arange(len(y_raw)) % len(x_raw)
    expected = [model.compute(x_raw)[given] for model in models]
    now, starts = 0, []
    for frame, y in enumerate(y_raw):
        if np.array_equal(y, expected[now][frame]):
            continue
        now += 1
        assert now < len(models), f"frame {frame}: {y} is of no model"
        np.testing.assert_array_equal(y, expected[now][frame], f"frame {frame}")
        starts.append(frame)
    assert now == len(models) - 1, f"{now + 1} models of {len(models)}"
    return starts


def telling_frames(
    random: np.random.Generator, models: Sequence[IntegerModel], count: int
) -> np.ndarray:
    """Raw inputs (count or fewer, inputs), each of which tells each two of the models apart."""
    format = models[0].input_format
    x = random.integers(
        format.min_raw, format.max_raw, (400, models[0].input_count), endpoint=True
    )
    y = np.stack([model.compute(x) for model in models])
    tells = np.ones(len(x), dtype=bool)
    for one in range(len(models)):
        for other in range(one):
            tells &= (y[one] != y[other]).any(axis=1)
    assert tells.any(), "these models do not differ"
    return x[tells][:count]
