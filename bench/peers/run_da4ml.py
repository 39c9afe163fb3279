"""Run by the Python of an environment with da4ml: integer layers as Verilog of constants.

Each layer is its matrix of integer weights (a CMVM, which da4ml makes of shared additions), and of
each unit the constant that is added, the bits that are dropped, and a table of its output for all
numbers that may then be left: bit for bit what this project's integer model computes. The
constraint on delays and the pipeline are the defaults of da4ml's own command ``da4ml convert``.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from da4ml.codegen import VerilogModel
from da4ml.trace import FixedVariableArray, HWConfig, comb_trace
from da4ml.trace.pipeline import to_pipeline
from da4ml.types import minimal_kif

_ADDERS_BETWEEN_REGISTERS = 5
_DELAY_CONSTRAINT = 2


def _layer(values, given, number):
    """The outputs of layer ``number`` for its inputs."""
    sums = values @ given[f"weights{number}"].astype(np.float64)
    least, most = given["outputs"][number]
    output = int(least < 0), int(np.ceil(np.log2(max(-least, most + 1)))), 0
    units = []
    for unit, total in enumerate(sums):
        dropped = int(given[f"dropped{number}"][unit])
        first = int(given[f"first{number}"][unit])
        codes = given[f"codes{number}_{unit}"].astype(np.float64)
        total = total + float(given[f"offset{number}"][unit])
        low, high = (int(end) >> dropped for end in (total.low, total.high))
        bits = int(np.ceil(np.log2(max(-low, high + 1, 1))))
        # All upper bits are kept, so that nothing wraps.
        upper = FixedVariableArray(np.array([total])).quantize(
            int(low < 0), bits + dropped, -dropped, "WRAP", "TRN"
        )

        def coded(values, first=first, codes=codes, step=2.0**dropped):
            place = np.round(values / step).astype(np.int64) - first
            return codes[place.clip(0, len(codes) - 1)]

        units.append(upper.apply(coded).quantize(*output)._vars[0])
    return FixedVariableArray(np.array(units))


def _network(given):
    low, high = given["inputs"]
    count = len(given["weights0"])
    inputs = FixedVariableArray.from_lhs(
        np.full(count, float(low)), np.full(count, float(high)), np.ones(count),
        HWConfig(1, -1, -1), solver_options={"hard_dc": _DELAY_CONSTRAINT},
    )
    values = inputs
    for number in range(len(given["outputs"])):
        values = _layer(values, given, number)
    return comb_trace(inputs, values)


def _bits(raw, intervals):
    """Bits, uint8 (frames, bits), least first, of raw values (frames, values) in a port."""
    parts = [
        raw[:, place, None].astype(np.int64) >> np.arange(sum(minimal_kif(interval))) & 1
        for place, interval in enumerate(intervals)
        if sum(minimal_kif(interval))
    ]
    return np.concatenate(parts, axis=1).astype(np.uint8)


def main(folder):
    """Write Verilog, what it should give, and figures into ``folder``."""
    given = dict(np.load(folder / "given.npz"))
    start = time.process_time()
    made = _network(given)
    pipeline = to_pipeline(made, _ADDERS_BETWEEN_REGISTERS, verbose=False)
    VerilogModel(pipeline, "peer", folder / "made", print_latency=False).write()
    seconds = time.process_time() - start
    x_raw = given["x_raw"]
    y_raw = np.round(made.predict(x_raw.astype(np.float64))).astype(np.int64)
    np.savez(
        folder / "made.npz",
        outputs=y_raw * float(given["output_step"]),
        port_in=_bits(x_raw, pipeline.inp_qint),
        port_out=_bits(y_raw, pipeline.out_qint),
    )
    sources = folder / "made" / "src"
    verilog = sorted([*sources.glob("peer*.v"), *(sources / "static").glob("*.v")])
    (folder / "made.json").write_text(json.dumps({
        "version": version("da4ml"),
        "seconds": seconds,
        "top": "peer",
        "verilog": [str(p) for p in verilog if p.name != "peer_wrapper.v"],
        "data": [str(path) for path in sorted((sources / "memfiles").glob("*"))],
        # A register behind each stage and one before the first: an output is there so many
        # rising edges after its input.
        "pipeline_cycles": len(pipeline.solutions) + 1,
    }))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
