"""What a processor may do to a shell, well or badly; runs inside the simulator."""

import numpy as np
from cocotbext.axi import AxiBurstType

from build_decoder.bench.axi.machine import BusError, Machine
from build_decoder.bench.axi.scenarios import by_memory
from build_decoder.boards.axi.packing import from_words, to_bytes, to_words


async def fails(access) -> bool:
    """Whether an access is answered with an error."""
    try:
        await access
    except BusError:
        return True
    return False


async def description(machine: Machine) -> dict:
    """What every register reads after reset."""
    return {
        each.name: await machine.read(each.name)
        for each in machine.registers.registers
        if "r" in each.access
    }


async def memory_accesses(machine: Machine) -> None:
    """Random reads and writes of the window INPUT and of SCRATCH, against bytes kept here."""
    window = machine.registers.window("INPUT")
    scratch = machine.registers.register("SCRATCH").offset
    regions = {window.offset: bytearray(4 * window.words), scratch: bytearray(4)}
    for offset, kept in regions.items():
        await machine.write_bytes(offset, bytes(kept))
    lite = machine.base == 0
    for _ in range(machine.settings["accesses"]):
        offset = list(regions)[int(machine.random.integers(2))]
        kept = regions[offset]
        start = int(machine.random.integers(len(kept)))
        length = int(machine.random.integers(1, len(kept) - start + 1))
        how = {} if lite else {"size": int(machine.random.integers(3))}
        if machine.random.integers(2):
            data = machine.random.bytes(length)
            await machine.write_bytes(offset + start, data, **how)
            kept[start : start + length] = data
        else:
            found = await machine.read_bytes(offset + start, length, **how)
            assert found == kept[start : start + length], (offset, start, length, how)
    for offset, kept in regions.items():
        assert await machine.read_bytes(offset, len(kept)) == kept


async def fixed_bursts(machine: Machine) -> None:
    """A burst at one address leaves its last word, and reads the same word again and again."""
    scratch = machine.registers.register("SCRATCH").offset
    for length in (1, 2, 16):
        words = machine.random.integers(1 << 32, size=length, dtype=np.uint32)
        await machine.write_bytes(scratch, words.tobytes(), burst=AxiBurstType.FIXED)
        found = await machine.read_bytes(scratch, 4 * length, burst=AxiBurstType.FIXED)
        assert found == words[-1:].tobytes() * length


async def wrong_addresses(machine: Machine) -> dict:
    """Accesses of all that is not there, or not that way: errors, all counted, and no effect."""
    registers, lite = machine.registers, machine.base == 0
    known = {each.offset: each.access for each in registers.registers}
    errors = await machine.read("ERRORS")
    for offset in range(0, 0x100, 4):
        access = known.get(offset, "")
        assert await fails(machine.read_word(offset)) == ("r" not in access), hex(offset)
        errors += "r" not in access
        if "w" not in access:
            assert await fails(machine.write_word(offset, 0xFFFFFFFF)), hex(offset)
            errors += 1
    places = [0x100, 0x13C, 0x800, 0xFFC]
    for window in registers.windows:
        end = window.offset + 4 * window.words
        places += [end, end + 4, window.offset + window.size_bytes - 4]
    places += [] if lite else [1 << registers.address_bits, 0x3FFF_FFFC]
    for place in places:
        assert await fails(machine.read_word(place)), hex(place)
        assert await fails(machine.write_word(place, 1)), hex(place)
        errors += 2
    outputs = registers.window("OUTPUT")
    assert await fails(machine.write_word(outputs.offset, 1))
    errors += 1
    if not lite:
        # Of a burst over the end of a window, the words behind it.
        end = registers.window("INPUT").offset + 4 * registers.window("INPUT").words
        assert await fails(machine.read_bytes(end - 8, 20))
        assert await fails(machine.write_bytes(end - 8, bytes(20)))
        errors += 3 + 1
    assert await machine.read("ERRORS") == errors
    assert await machine.read("SCRATCH") == 0
    return {"errors": errors}


async def exclusive(machine: Machine) -> None:
    """What cannot be done now is refused or answered with an error, and harms nothing."""
    registers, interface = machine.registers, machine.interface
    inputs, outputs = registers.window("INPUT"), registers.window("OUTPUT")
    (frame,), (expected,) = machine.arrays["x_raw"], machine.arrays["y_raw"]
    assert await machine.status() == dict.fromkeys(await machine.status(), 0)
    await machine.write_bytes(inputs.offset, to_words(frame, interface.input_format).tobytes())

    async def result_is_right():
        while (await machine.status())["BUSY"]:
            pass
        status = await machine.status()
        words = np.frombuffer(await machine.read_bytes(outputs.offset, 4 * outputs.words), "<u4")
        found = from_words(words, interface.output_format, interface.output_count)
        np.testing.assert_array_equal(found, expected)
        return status

    await machine.write("CONTROL", 1)
    await machine.write("CONTROL", 1)
    assert await fails(machine.write_word(inputs.offset, 0xFFFFFFFF))
    assert await fails(machine.read_word(inputs.offset))
    assert await fails(machine.read_word(outputs.offset))
    status = await machine.status()
    assert (status["BUSY"], status["DONE"], status["REFUSED"]) == (1, 0, 1)
    assert (await result_is_right())["REFUSED"]
    await machine.write("CONTROL", 0)
    assert (await machine.status())["REFUSED"]
    # A strobe beside the lowest byte starts nothing.
    await machine.write_bytes(registers.register("CONTROL").offset + 1, b"\1\1\1")
    assert await machine.read("FRAMES_IN") == 1
    await machine.write("CONTROL", 1)
    assert not (await result_is_right())["REFUSED"]
    assert await machine.read("FRAMES_OUT") == 2
    if not registers.dma:
        return

    for source, target in ((4, 0), (0, 1)):
        await machine.write("SRC", source)
        await machine.write("DST", target)
        await machine.write("COUNT", 1)
        await machine.write("CONTROL", 2)
        while (status := await machine.status())["DMA_BUSY"]:
            pass
        assert status["REFUSED"]
    await machine.write("SRC", 0)
    await machine.write("DST", 0x1000)
    await machine.write("COUNT", 0)
    await machine.write("CONTROL", 2)
    while (status := await machine.status())["DMA_BUSY"]:
        pass
    assert status == {"BUSY": 0, "DONE": 1, "DMA_BUSY": 0, "DMA_ERROR": 0, "REFUSED": 0}
    assert await machine.read("FRAMES_IN") == 2

    await machine.write("COUNT", 20)
    machine.memory.write(0, to_bytes(np.tile(frame, (20, 1)), interface.input_format).tobytes())
    await machine.write("CONTROL", 2)
    await machine.write("CONTROL", 1)
    status = await machine.status()
    assert (status["BUSY"], status["DMA_BUSY"], status["REFUSED"]) == (0, 1, 1)
    await machine.write("CONTROL", 2)
    while (status := await machine.status())["DMA_BUSY"]:
        pass
    assert status["REFUSED"]
    assert await machine.read("FRAMES_IN") == 22
    step = len(to_bytes(expected, interface.output_format))
    found = machine.memory.read(0x1000, 20 * step)
    assert found == 20 * to_bytes(expected, interface.output_format).tobytes()
    # Both at once: the windows win, and the rest is refused.
    await machine.write("CONTROL", 3)
    assert (await result_is_right())["REFUSED"]
    assert await machine.read("FRAMES_OUT") == 23
    assert [await machine.read(name) for name in ("SRC", "DST", "COUNT")] == [0, 0x1000, 20]


async def memory_errors(machine: Machine) -> dict:
    """Memory answers with an error: that is told and ended, and the next run is right."""
    port = getattr(machine.memory, f"{machine.settings['way']}_if")
    name = f"_{machine.settings['way']}"
    answer, left = getattr(port, name), machine.settings["before"]

    async def failing(address, what):
        nonlocal left
        left -= 1
        if left == 0:
            raise ValueError("a word that cannot be had")
        return await answer(address, what)

    setattr(port, name, failing)
    broken = await by_memory(machine)
    setattr(port, name, answer)
    whole = await by_memory(machine)
    return {"broken": broken, "whole": whole}
