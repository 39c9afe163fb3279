"""Images loaded by the driver of PYNQ boards while frames go through memory."""

import cocotb
import numpy as np
from cocotb.task import bridge, resume

from build_decoder.bench.axi.driven import Mmio, driver_of
from build_decoder.bench.axi.machine import Machine
from build_decoder.bench.loaded_frames import judged, switches_within

__all__ = ["by_loading_meanwhile"]

_COMMIT = 2


class _Watched(Mmio):
    """Notes how many frames had come out before each COMMIT."""

    def __init__(self, machine: Machine):
        super().__init__(machine)
        self._command = machine.registers.register("LOAD_COMMAND").offset
        self.frames_before: list[int] = []

    def write(self, offset: int, data: int | bytes) -> None:
        """Write a word, or one after the other."""
        if (offset, data) == (self._command, _COMMIT):
            self.frames_before.append(resume(self.machine.read)("FRAMES_OUT"))
        super().write(offset, data)


async def by_loading_meanwhile(machine: Machine) -> dict:
    """Images ``arrays["words"]`` (images, words) loaded one after the other, each while frames
    ``arrays["x_raw"]`` go through memory.

    ``arrays["expected"]`` (1 + images, frames, outputs) is what each model makes of ``x_raw``, the
    build's first. A frame that came out before COMMIT was written has to be the old model's, one
    that came out after it had ended the new one's, and of those in between the first ones the old
    one's. Returns counts of `LoadedFrames`, and cycles that each image took from the first word to
    the end of COMMIT. Fails if frames end before the image is in use.
    """
    arrays, expected = machine.arrays, machine.arrays["expected"]
    watched = _Watched(machine)
    decoder = driver_of(machine, watched)
    found, running, meanwhile, cycles, switches = [], [], [], [], []
    given = np.arange(len(arrays["x_raw"]))
    for number, words in enumerate(arrays["words"]):
        task = cocotb.start_soon(bridge(decoder.through_memory)(arrays["x_raw"]))
        while not (await machine.status())["DMA_BUSY"]:
            await machine.wait(10)
        first, start = number * len(given), machine.cycle
        await bridge(decoder.load_weights)(words)
        cycles.append(machine.cycle - start)
        after = await machine.read("FRAMES_OUT") - first
        assert (await machine.status())["DMA_BUSY"], "frames ended before the image was loaded"
        y_raw = await task
        before = watched.frames_before[-1] - first
        switch = switches_within(y_raw, expected[number], expected[number + 1], before, after)
        found.append(y_raw)
        running.append(number + (given >= switch))
        meanwhile.append(given < switch)
        switches.append([before, switch, after])
    await bridge(decoder.verify_weights)()
    result = judged(
        np.concatenate(found), np.tile(expected, (1, len(found), 1)),
        np.concatenate(running), np.concatenate(meanwhile),
    )  # fmt: skip
    return result.as_json() | {
        "cycles_a_load": cycles,
        "switches": switches,
        **{name: await machine.read(name) for name in ("FRAMES_OUT", "ERRORS")},
    }
