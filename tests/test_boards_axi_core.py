"""Registers without a bus in front: counters, loading of weights, and the bound of an answer."""

from types import SimpleNamespace

import numpy as np
import pytest
from amaranth import Module, Signal
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from build_decoder.boards.axi.core import Core
from build_decoder.boards.axi.register_bank import RegisterBank
from build_decoder.boards.axi.register_file import RegisterFile
from tests.boards_rig import SumsDecoder, sums_model
from tests.rtl import simulate

WORD_CYCLES = 32
STATUS = 0x15A6  # STAGED, BANK; error 10; 21 words


class Command(enum.Enum, shape=3):
    BEGIN = 1
    COMMIT = 2
    ROLLBACK = 3
    VERIFY = 4


class LoadedSums(wiring.Component):
    """A decoder with the members of one that is reloadable; a COMMIT ends when told so."""

    def __init__(self):
        self.sums = SumsDecoder(sums_model())
        self.model = self.sums.model
        self.latency_cycles, self.frame_cycles = self.sums.latency_cycles, self.sums.frame_cycles
        self.images = SimpleNamespace(words=20, layout_id=0xFEDCBA98)
        status = data.StructLayout(
            {"busy": 1, "staged": 1, "bank": 1, "can_roll_back": 1, "error": 4, "words": 5}
        )
        super().__init__({
            **{name: self.sums.signature.members[name] for name in ("i", "o")},
            "words": In(stream.Signature(32)),
            "command": In(stream.Signature(Command, payload_init=Command.BEGIN)),
            "status": Out(status),
            "fingerprint": Out(32),
            "layout_id": Out(32),
            "ends": In(1),
        })  # fmt: skip

    def elaborate(self, platform):
        m = Module()
        m.submodules.sums = self.sums
        wiring.connect(m, wiring.flipped(self.i), self.sums.i)
        wiring.connect(m, self.sums.o, wiring.flipped(self.o))
        clock = Signal(range(WORD_CYCLES))
        m.d.sync += clock.eq(clock + 1)
        m.d.comb += [
            self.words.ready.eq(clock == 0),
            self.command.ready.eq(self.ends),
            self.status.eq(STATUS),
            self.fingerprint.eq(0x89ABCDEF),
            self.layout_id.eq(0xFEDCBA98),
        ]
        return m


async def access(ctx, bus, offset: int, *, write=None, strobes=0b1111):
    """Word that is read, whether it is an error, and cycles."""
    ctx.set(bus.valid, 1)
    ctx.set(bus.write, write is not None)
    ctx.set(bus.address, offset // 4)
    ctx.set(bus.data, write or 0)
    ctx.set(bus.strobes, strobes)
    for cycle in range(RegisterFile.BOUND):
        _, _, done, read, error = await ctx.tick().sample(bus.done, bus.read, bus.error)
        if done:
            ctx.set(bus.valid, 0)
            await ctx.tick()
            return read, error, cycle
    raise AssertionError(f"no answer within {RegisterFile.BOUND} cycles")


@pytest.fixture
def loading():
    """A core around `LoadedSums`, and what was handed over to it."""
    decoder = LoadedSums()
    core = Core(decoder, memory_id_bits=None)
    taken = {"words": [], "command": []}

    async def watch(ctx):
        signals = [
            (name, getattr(decoder, name).valid & getattr(decoder, name).ready,
             getattr(decoder, name).payload) for name in taken
        ]  # fmt: skip
        while True:
            _, _, *values = await ctx.tick().sample(*(part for _, *two in signals for part in two))
            for number, (name, *_) in enumerate(signals):
                if values[2 * number]:
                    taken[name].append(values[2 * number + 1])

    def run(testbench):
        simulator = Simulator(core)
        simulator.add_clock(1e-6)
        simulator.add_testbench(testbench)
        simulator.add_testbench(watch, background=True)
        simulator.run()

    return SimpleNamespace(core=core, decoder=decoder, taken=taken, run=run)


def offset(core: Core, name: str) -> int:
    return core.registers.register(name).offset


def test_words_and_commands_reach_the_loader(loading):
    core, bus = loading.core, loading.core.bus
    words = np.random.default_rng(1).integers(1 << 32, size=5).tolist()
    to_data, to_command = offset(core, "LOAD_DATA"), offset(core, "LOAD_COMMAND")

    async def host(ctx):
        for word in words:
            _, error, _ = await access(ctx, bus, to_data, write=word)
            assert not error
        await ctx.tick().repeat(WORD_CYCLES)
        assert loading.taken["words"] == words

        _, error, _ = await access(ctx, bus, to_command, write=2)
        assert not error
        status, _, _ = await access(ctx, bus, offset(core, "LOAD_STATUS"))
        assert status & 1, "busy while a command is under way"
        assert loading.taken["command"] == []
        # Another one waits for it, though not for ever, and is not taken then.
        _, error, cycles = await access(ctx, bus, to_command, write=3)
        assert error
        assert cycles >= RegisterFile.PATIENCE
        ctx.set(loading.decoder.ends, 1)
        await ctx.tick().repeat(3)
        assert loading.taken["command"] == [Command.COMMIT]
        _, error, cycles = await access(ctx, bus, to_command, write=4)
        assert not error
        await ctx.tick().repeat(3)
        assert loading.taken["command"] == [Command.COMMIT, Command.VERIFY]

    loading.run(host)


def test_what_is_no_word_and_no_command_is_not_handed_over(loading):
    core, bus = loading.core, loading.core.bus
    to_data, to_command = offset(core, "LOAD_DATA"), offset(core, "LOAD_COMMAND")

    async def host(ctx):
        ctx.set(loading.decoder.ends, 1)
        for strobes in range(0b1111):
            _, error, _ = await access(ctx, bus, to_data, write=5, strobes=strobes)
            assert error
        for command in (0, 5, 7, 8, 0x100, 0xFF):
            _, error, _ = await access(ctx, bus, to_command, write=command)
            assert error
        _, error, _ = await access(ctx, bus, to_command, write=0x0101, strobes=0b0010)
        assert not error
        for place in (to_data, to_command):
            _, error, _ = await access(ctx, bus, place)
            assert error, "it is not read"
        await ctx.tick().repeat(2 * WORD_CYCLES)
        assert loading.taken == {"words": [], "command": []}

    loading.run(host)


def test_registers_tell_what_the_loader_does(loading):
    core, bus = loading.core, loading.core.bus

    async def host(ctx):
        expected = {
            "FINGERPRINT": 0x89ABCDEF,
            "LAYOUT": 0xFEDCBA98,
            "LOAD_STATUS": STATUS & 0xF | (STATUS >> 4 & 0xF) << 8,
            "LOAD_WORDS": STATUS >> 8,
            "FEATURES": 2,
        }
        for name, value in expected.items():
            read, error, _ = await access(ctx, bus, offset(core, name))
            assert (name, read, error) == (name, value, 0)

    loading.run(host)


def test_answers_come_within_the_documented_cycles(loading):
    core, bus = loading.core, loading.core.bus
    window = core.registers.window("INPUT").offset

    async def host(ctx):
        _, _, cycles = await access(ctx, bus, offset(core, "SCRATCH"), write=7)
        assert cycles <= RegisterBank.BOUND, "registers are being cleared"
        for pause in range(8):
            await ctx.tick().repeat(pause + 1)
            for place, most in ((0, 5), (0x400, 5), (window, 2)):
                _, _, cycles = await access(ctx, bus, place)
                assert cycles < most

    loading.run(host)


def test_counters_miss_no_event():
    bank = RegisterBank(constants=[11, 12], counters=[4, 5, 6], fetched=8)
    random = np.random.default_rng(1)
    counts = np.zeros(3, int)
    lag = (4, 3, 6)  # cycles before an access is done until which all events are in
    history = []

    async def events(ctx):
        await ctx.tick().repeat(RegisterBank.BOUND)
        for _ in range(3000):
            now = random.random(3) < random.choice((0, 0.3, 1), 3)
            ctx.set(bank.events, int(now @ (1, 2, 4)))
            counts[:] += now
            history.append(counts.copy())
            await ctx.tick()
        ctx.set(bank.events, 0)
        history.extend([counts.copy()] * 100)

    async def host(ctx):
        await ctx.tick().repeat(RegisterBank.BOUND)
        cycle = 0
        while cycle < 3050:
            number = int(random.integers(3))
            ctx.set(bank.address, 4 + number)
            ctx.set(bank.valid, 1)
            done = False
            while not done:
                _, _, done, read = await ctx.tick().sample(bank.done, bank.read)
                cycle += 1
            before = max(0, cycle - 1 - lag[number])
            if before:
                assert history[before - 1][number] <= read <= history[cycle - 1][number]
            ctx.set(bank.valid, 0)
            await ctx.tick()
            cycle += 1
        for number in range(3):
            ctx.set(bank.address, 4 + number)
            ctx.set(bank.valid, 1)
            (read,) = await ctx.tick().sample(bank.read).until(bank.done)
            assert read == counts[number]
            ctx.set(bank.valid, 0)
            await ctx.tick()

    simulate(bank, events, host)
