"""The core for other designs: its ports by the names that other tools expect. What it does is shown
of the shell inside (test_boards_axi_shell), its description in test_build_decoder_shells."""

import pytest
from amaranth.sim import Simulator
from boards_rig import SumsDecoder, sums_model

from build_decoder.boards.axi.packing import from_words, to_words
from build_decoder.boards.ip_core.top import AxiLiteTop

MODEL = sums_model()


async def access(ctx, dut, offset, data=None):
    """Write a word, or read one."""
    channel = "ar" if data is None else "aw"
    ctx.set(getattr(dut, f"s_axi_{channel}addr"), offset)
    ctx.set(getattr(dut, f"s_axi_{channel}valid"), 1)
    if data is not None:
        ctx.set(dut.s_axi_wdata, data)
        ctx.set(dut.s_axi_wstrb, 0xF)
        ctx.set(dut.s_axi_wvalid, 1)
    answer = "r" if data is None else "b"
    ctx.set(getattr(dut, f"s_axi_{answer}ready"), 1)
    # After a reset, registers are cleared one after the other.
    for _ in range(300):
        taken = ctx.get(getattr(dut, f"s_axi_{channel}ready"))
        written = ctx.get(dut.s_axi_wready)
        answered = ctx.get(getattr(dut, f"s_axi_{answer}valid"))
        told = ctx.get(getattr(dut, f"s_axi_{answer}resp")), ctx.get(dut.s_axi_rdata)
        await ctx.tick()
        if taken:
            ctx.set(getattr(dut, f"s_axi_{channel}valid"), 0)
        if written:
            ctx.set(dut.s_axi_wvalid, 0)
        if answered:
            return told if data is None else told[0]
    raise AssertionError(f"no answer at {offset:#x}")


@pytest.mark.parametrize("held", [0, 1])
def test_a_frame_and_a_reset(held):
    dut = AxiLiteTop(SumsDecoder(MODEL), 100)
    registers = dut.registers
    frame = MODEL.input_format.quantise([0.25, -1, 2, 0.5, -0.75, 1])
    place = {each.name: each.offset for each in (*registers.registers, *registers.windows)}

    async def testbench(ctx):
        ctx.set(dut.aresetn, 0)
        await ctx.tick()
        await ctx.tick()
        ctx.set(dut.aresetn, 1)
        assert await access(ctx, dut, place["SCRATCH"], 0x1234_5678) == 0
        if held:
            ctx.set(dut.aresetn, 0)
            await ctx.tick()
            ctx.set(dut.aresetn, 1)
        scratch = 0 if held else 0x1234_5678
        assert await access(ctx, dut, place["SCRATCH"]) == (0, scratch)
        assert await access(ctx, dut, place["ID"]) == (0, 0x4E44_4543)
        assert (await access(ctx, dut, 0x0FC))[0] == 2
        for number, word in enumerate(to_words(frame, MODEL.input_format).tolist()):
            assert await access(ctx, dut, place["INPUT"] + 4 * number, word) == 0
        assert await access(ctx, dut, place["CONTROL"], 1) == 0
        for _ in range(20):
            if (await access(ctx, dut, place["STATUS"]))[1] == 0b10:
                break
        found = [(await access(ctx, dut, place["OUTPUT"]))[1]]
        y_raw = from_words(found, MODEL.output_format, 2)
        assert y_raw.tolist() == MODEL.compute(frame[None])[0].tolist()

    simulator = Simulator(dut)
    simulator.add_clock(1e-8, domain="sync")
    simulator.add_testbench(testbench)
    simulator.run()
