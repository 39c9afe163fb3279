"""Replay buffers: a frame is written once and read again and again, with gaps of any length."""

import numpy as np
import pytest
from amaranth import signed
from amaranth.lib import data

from build_decoder.hdl.parts.replay_buffer import ReplayBuffer
from tests.rtl import simulate


@pytest.mark.parametrize("probability", [1, 0.5])
@pytest.mark.parametrize("beats", [1, 2, 3, 8, 33])
def test_replays_a_frame_until_the_next_is_written(beats, probability):
    dut = ReplayBuffer(data.ArrayLayout(signed(5), 2), beats=beats)
    random = np.random.default_rng(beats)
    frames = random.integers(-16, 16, (4, beats, 2)).tolist()
    replays = 0

    async def testbench(ctx):
        nonlocal replays
        for frame in frames:
            # One pass that writes, and two that read.
            for number in range(3):
                beat = 0
                while beat < beats:
                    take = bool(random.random() < probability)
                    following = (beat + 1) % beats if take else beat
                    ctx.set(dut.beat, beat)
                    ctx.set(dut.next_beat, following)
                    ctx.set(dut.write, number == 0 and take)
                    # What is not written is something else.
                    other = random.integers(-16, 16, 2).tolist()
                    ctx.set(dut.data, frame[beat] if number == 0 and take else other)
                    if number:
                        # In every cycle of a beat, from its first on.
                        assert [ctx.get(v) for v in dut.replayed] == frame[beat]
                        replays += 1
                    await ctx.tick()
                    beat += take

    simulate(dut, testbench)
    assert replays >= 4 * 2 * beats


def test_a_word_may_be_read_in_the_cycle_after_it_was_written():
    dut = ReplayBuffer(data.ArrayLayout(signed(5), 1), beats=4)
    random = np.random.default_rng(0)
    words = [None] * 4

    async def testbench(ctx):
        for _ in range(300):
            written, following = random.integers(4, size=2).tolist()
            write, value = int(random.integers(2)), int(random.integers(-16, 16))
            ctx.set(dut.write, write)
            ctx.set(dut.beat, written)
            ctx.set(dut.next_beat, following)
            ctx.set(dut.data, [value])
            await ctx.tick()
            if write:
                words[written] = value
            if words[following] is not None:
                assert ctx.get(dut.replayed[0]) == words[following]

    simulate(dut, testbench)
    assert None not in words
