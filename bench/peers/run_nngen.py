"""Run by the Python of an environment with NNgen, where Icarus Verilog is on the path, as NNgen
wants it: the float network, quantised to 8 bits by NNgen, as an accelerator with a memory.

Weights and activations are int8, biases and sums int32, one product a cycle (its default). NNgen's
quantiser takes the samples of the search. The test bench is built as in NNgen's examples, of its
own model of a memory, which answers with delays.
"""

import json
import math
import os
import re
import sys
import time
from importlib.metadata import version
from pathlib import Path

import nngen as ng
import numpy as np
import veriloggen.thread as vthread
from veriloggen import Delay, Module, Not, Seq, Systask, simulation
from veriloggen.types import axi

_TOP = "peer"
_WORD, _CHUNK = 32, 64
"""Bits of a word of the memory, and bytes that addresses are multiples of."""
_FRAMES = 2


def _network(given):
    activations = given["activations"]
    values = ng.placeholder(ng.int8, shape=(1, given["x"].shape[1]), name="x")
    source = values
    for number, name in enumerate(activations):
        real = given[f"float_weights{number}"].T
        weights = ng.variable(ng.int8, shape=real.shape, name=f"w{number}")
        weights.set_value(real)
        biases = ng.variable(ng.int32, shape=real.shape[:1], name=f"b{number}")
        biases.set_value(given[f"float_biases{number}"])
        values = ng.matmul(
            values, weights, bias=biases, transposed_b=True, dtype=ng.int8, sum_dtype=ng.int32
        )
        # As an operator of its own: inside of a layer, the quantiser looks for a shift at which
        # outputs are less than a third of their range, and a sigmoid's never are.
        values = getattr(ng, str(name))(values, dtype=ng.int8)
    return source, values


def _up(address):
    return math.ceil(address / _CHUNK) * _CHUNK


def _simulate(made, source, result, parameters, inputs, expected):
    """Whether a frame's outputs are those expected, and the cycles from start to end."""
    aligned = _WORD // 8
    weights_at = _up(source.addr + source.memory_size)
    expected_at = _up(weights_at + len(parameters))
    temporary_at = _up(expected_at + result.memory_size)
    memory = np.zeros(2**18, np.int64)
    for values, width, address, align in (
        (inputs, 8, source.addr, aligned),
        (parameters, 8, weights_at, None),
        (expected, 8, expected_at, aligned),
    ):
        axi.set_memory(memory, values, _WORD, width, address, align)
    m = Module("test")
    m.copy_params(made)
    ports = m.copy_sim_ports(made)
    clk, resetn = ports["CLK"], ports["RESETN"]
    rst = m.Wire("RST")
    rst.assign(Not(resetn))
    model = axi.AxiMemoryModel(
        m, "memory", clk, rst, datawidth=_WORD, memimg=memory, memimg_name="memory.img",
        memimg_datawidth=_WORD,
    )  # fmt: skip
    model.connect(ports, "maxi")
    control = vthread.AXIMLite(m, "_saxi", clk, rst, noio=True)
    control.connect(ports, "saxi")
    counter = m.Reg("time_counter", 32, initval=0)
    Seq(m, "seq", clk, rst)(counter.inc())

    def run():
        for _ in range(100):
            pass
        ng.sim.set_global_addrs(control, temporary_at)
        start = counter.value
        ng.sim.start(control)
        ng.sim.wait(control)
        end = counter.value
        print("cycles %d" % (end - start))  # noqa: UP031 - Veriloggen makes $display of it
        for place in range(expected.shape[1]):
            got = model.read_word(place, result.addr, 8)
            wanted = model.read_word(place, expected_at, 8)
            print("output %d %d" % (got, wanted))  # noqa: UP031
        vthread.finish()

    vthread.Thread(m, "run", clk, rst, run).start()
    m.Instance(made, "dut", params=m.connect_params(made), ports=m.connect_ports(made))
    simulation.setup_clock(m, clk, hperiod=5)
    init = simulation.setup_reset(m, resetn, m.make_reset(), period=100, polarity="low")
    init.add(Delay(100_000_000), Systask("finish"))
    said = simulation.Simulator(m, sim="iverilog").run(outputfile="bench.out")
    (cycles,) = re.findall(r"cycles +(\d+)", said)
    outputs = re.findall(r"output +(\d+) +(\d+)", said)
    equal = len(outputs) == expected.shape[1] and all(got == want for got, want in outputs)
    return equal, int(cycles)


def main(folder):
    """Write Verilog, what it should give, and figures into ``folder``."""
    os.chdir(folder)
    given = dict(np.load("given.npz"))
    start = time.process_time()
    scale = 127 / np.abs(given["x_search"]).max()

    def quantised(x):
        return np.clip(np.round(x * scale), -127, 127).astype(np.int64)

    source, result = _network(given)
    searched = quantised(given["x_search"])
    ng.quantize(
        [result], {"x": scale}, input_generators={"x": lambda node, count: searched}
    )
    made = ng.to_veriloggen([result], _TOP, silent=True, config={"maxi_datawidth": _WORD})
    Path("made.v").write_text(made.to_verilog())
    seconds = time.process_time() - start
    inputs = quantised(given["x"])
    (outputs,) = ng.eval([result], x=inputs)
    parameters = ng.export_ndarray([result], _CHUNK)
    found = [
        _simulate(made, source, result, parameters, inputs[n : n + 1], outputs[n : n + 1])
        for n in range(_FRAMES)
    ]
    cycles = max(cycles for _, cycles in found)
    np.savez("made.npz", outputs=outputs / result.scale_factor)
    Path("made.json").write_text(json.dumps({
        "version": version("nngen"),
        "seconds": seconds,
        "top": _TOP,
        "verilog": [str(Path("made.v").resolve())],
        "data": [],
        "simulated": {
            "frames": _FRAMES,
            "equal": sum(equal for equal, _ in found),
            "latency_cycles": cycles,
            # It takes no frame before it is done with one.
            "frame_cycles": cycles,
        },
    }))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
