"""Frames through a shell, as a processor sends them."""

import numpy as np

from build_decoder.bench.axi.machine import Machine
from build_decoder.boards.axi.packing import (
    frame_bytes,
    frame_words,
    from_bytes,
    from_words,
    to_bytes,
    to_words,
)

__all__ = ["by_memory", "by_windows"]

_START, _DMA_START = 1, 2


async def by_windows(machine: Machine) -> dict:
    """Each of ``arrays["x_raw"]`` through the windows.

    With the setting ``bursts``, windows are written and read in bursts of 16 words, else word by
    word. Returns cycles from the first access to the last one, mismatches with
    ``arrays["y_raw"]``, values of CYCLES, and what the counters tell at the end.
    """
    interface, registers = machine.interface, machine.registers
    inputs, outputs = registers.window("INPUT"), registers.window("OUTPUT")
    whole = machine.settings["bursts"]
    words = to_words(machine.arrays["x_raw"], interface.input_format)
    mismatches, cycles = 0, set()
    start = machine.cycle
    for frame, expected in zip(words, machine.arrays["y_raw"], strict=True):
        if whole:
            await machine.write_bytes(inputs.offset, frame.tobytes())
        else:
            for number, word in enumerate(frame.tolist()):
                await machine.write_word(inputs.offset + 4 * number, word)
        await machine.write("CONTROL", _START)
        while not (await machine.status())["DONE"]:
            pass
        if whole:
            read = await machine.read_bytes(outputs.offset, 4 * outputs.words)
        else:
            parts = [
                await machine.read_bytes(outputs.offset + 4 * number, 4)
                for number in range(outputs.words)
            ]
            read = b"".join(parts)
        found = np.frombuffer(read, "<u4")
        raw = from_words(found, interface.output_format, interface.output_count)
        # All of it, zeros behind the last value too.
        right = np.array_equal(found, to_words(expected, interface.output_format))
        mismatches += not (right and np.array_equal(raw, expected))
        if machine.settings.get("ask_cycles"):
            cycles.add(await machine.read("CYCLES"))
    return {
        "cycles": machine.cycle - start,
        "mismatches": mismatches,
        "CYCLES": sorted(cycles),
        "words": frame_words(interface.input_format, interface.input_count),
        **{name: await machine.read(name) for name in ("FRAMES_IN", "FRAMES_OUT", "ERRORS")},
    }


async def by_memory(machine: Machine) -> dict:
    """All of ``arrays["x_raw"]`` from memory, in parts of ``settings["counts"]`` frames.

    Frames lie at ``settings["source"]``, outputs go to ``settings["target"]``. Returns cycles of
    all parts from DMA_START on, mismatches, and what the counters tell at the end.
    """
    interface = machine.interface
    x_raw, y_raw = machine.arrays["x_raw"], machine.arrays["y_raw"]
    source, target = machine.settings["source"], machine.settings["target"]
    step_in = frame_bytes(interface.input_format, interface.input_count)
    step_out = frame_bytes(interface.output_format, interface.output_count)
    machine.memory.write(source, to_bytes(x_raw, interface.input_format).tobytes())
    around = 64
    size = step_out * len(y_raw)
    machine.memory.write(target - around, bytes([0xA5]) * (size + 2 * around))
    done, cycles, status = 0, 0, {}
    for count in machine.settings["counts"]:
        await machine.write("SRC", source + done * step_in)
        await machine.write("DST", target + done * step_out)
        await machine.write("COUNT", count)
        start = machine.cycle
        await machine.write("CONTROL", _DMA_START)
        while (status := await machine.status())["DMA_BUSY"]:
            await machine.wait(20)
        cycles += machine.cycle - start
        done += count
    whole = machine.memory.read(target - around, size + 2 * around)
    data = np.frombuffer(whole[around:-around], np.uint8).reshape(len(y_raw), step_out)
    expected = to_bytes(y_raw, interface.output_format)
    raw = from_bytes(data, interface.output_format, interface.output_count)
    right = (data == expected).all(axis=1) & (raw == y_raw).all(axis=1)
    return {
        "cycles": cycles,
        "mismatches": int((~right).sum()),
        "spilt": int(set(whole[:around] + whole[-around:]) != {0xA5}),
        "status": status,
        **{name: await machine.read(name) for name in ("FRAMES_IN", "FRAMES_OUT", "ERRORS")},
    }
