"""Reloadable decoders: frames flow while images are loaded, and none is of mixed weights."""

import numpy as np
import pytest

from build_decoder.hdl.parts.weight_loader import Command, Error
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.reloadable_decoder import ReloadableDecoder
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.amaranth_runner import simulate_amaranth
from tests.reload_rig import changes, run_reloads, telling_frames
from tests.reloads import built_model, other_model
from tests.sweeps import swept_cases

WIDTHS = (6, 5, 2)
FOLDINGS = [
    ((1, 5), (1, 2)),
    ((1, 2), (2, 1)),
    ((4, 5), (5, 2)),
    ((6, 5), (5, 2)),
    ((6, 1), (3, 1)),
    ((1, 1), (3, 2)),
]


def plan_of(built, foldings, multipliers=None) -> DecoderPlan:
    foldings = [Folding(*folding) for folding in foldings]
    return DecoderPlan.of(built, foldings, multipliers, reloadable=True)


def reloadable(built, foldings, multipliers=None) -> ReloadableDecoder:
    return ReloadableDecoder(plan_of(built, foldings, multipliers))


@pytest.mark.parametrize("foldings", FOLDINGS)
def test_times_are_those_without_reload(foldings):
    built = built_model(WIDTHS)
    decoder = reloadable(built, foldings)
    plain = DecoderPlan.of(built, [Folding(*folding) for folding in foldings])
    times = plain.latency_cycles, plain.frame_cycles
    x = np.random.default_rng(0).integers(0, 16, (5, 6))
    y, *measured = simulate_amaranth(decoder, x)
    np.testing.assert_array_equal(y, built.compute(x))
    assert tuple(measured) == times == (decoder.latency_cycles, decoder.frame_cycles)


@pytest.mark.parametrize(
    ("foldings", "seed"),
    swept_cases(
        (
            (foldings, seed)
            for number, foldings in enumerate(FOLDINGS)
            for seed in ((None, 1), (1, None))[number % 2]
        ),
        3,
    ),
)
def test_images_are_loaded_while_frames_run(foldings, seed):
    # Biases with bits that are rounded away, and with constant ones, for the foldings in turn.
    bias = [QFormat(2, 5), QFormat(2, 2), QFormat(1, 4)][FOLDINGS.index(foldings) % 3]
    built = built_model(WIDTHS, bias=bias)
    models = [built, other_model(built, 1), other_model(built, 2)]
    x = telling_frames(np.random.default_rng(0), models, 7)
    decoder = reloadable(built, foldings)
    images = [decoder.images.image(model) for model in models]

    async def script(host):
        assert host.fingerprint == built.fingerprint()
        await host.loaded(images[1])
        assert host.status().bank == 1
        await host.wait(2 * decoder.latency_cycles)
        assert await host.command(Command.VERIFY) is Error.NONE
        await host.loaded(images[2])
        await host.wait(2 * decoder.latency_cycles)
        assert await host.command(Command.ROLLBACK) is Error.NONE
        assert host.fingerprint == models[1].fingerprint()
        assert await host.command(Command.ROLLBACK) is Error.NO_ROLLBACK
        assert await host.command(Command.VERIFY) is Error.NONE

    y = run_reloads(decoder, x, script, seed=seed)
    assert len(changes(y, x, [*models, models[1]])) == 3


def test_what_is_no_good_image_is_refused_and_the_old_decoder_goes_on():
    built = built_model(WIDTHS)
    new = other_model(built, 1)
    x = telling_frames(np.random.default_rng(0), [built, new], 5)
    decoder = reloadable(built, FOLDINGS[0])
    image = decoder.images.image(new)
    foreign = plan_of(built_model(WIDTHS, weight=QFormat(2, 4)), FOLDINGS[0]).image_layout
    assert foreign.words == len(image)
    other = foreign.image(foreign.built)

    async def script(host):
        async def refused(words, error):
            await host.command(Command.BEGIN)
            await host.load(words)
            assert not host.status().staged
            assert await host.command(Command.COMMIT) is error
            assert (host.status().bank, host.status().can_roll_back) == (0, 0)
            assert host.fingerprint == built.fingerprint()

        assert await host.command(Command.COMMIT) is Error.COUNT
        assert await host.command(Command.ROLLBACK) is Error.NO_ROLLBACK
        for word in (0, 3, len(image) - 1):
            damaged = image.copy()
            damaged[word] ^= 1 << 9
            await refused(damaged, Error.CRC)
        await refused(image[:-1], Error.COUNT)
        await refused([*image, 0], Error.COUNT)
        assert host.status().words == len(image) + 1
        await refused([*image, 0, 0, *image], Error.COUNT)
        await refused(other, Error.LAYOUT)
        # Too short, and then the rest: nothing is lost.
        await host.command(Command.BEGIN)
        await host.load(image[:5])
        assert await host.command(Command.COMMIT) is Error.COUNT
        await host.load(image[5:])
        assert host.status().staged
        # A VERIFY reads the bank in use, and forgets what is staged.
        assert await host.command(Command.VERIFY) is Error.NONE
        assert (host.status().staged, host.status().words) == (0, 0)
        assert await host.command(Command.COMMIT) is Error.COUNT
        await host.loaded(image)
        # Repeated, it does nothing.
        assert await host.command(Command.COMMIT) is Error.COUNT
        assert host.fingerprint == new.fingerprint()
        # A new image is written where the old weights are: there is no way back.
        assert host.status().can_roll_back
        await host.load(image[:1])
        assert not host.status().can_roll_back
        assert await host.command(Command.ROLLBACK) is Error.NO_ROLLBACK

    y = run_reloads(decoder, x, script)
    assert len(changes(y, x, [built, new])) == 1
