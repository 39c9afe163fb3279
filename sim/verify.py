"""A network's exported Verilog against its integer model: ``python -m sim.verify NETWORK``.

Imports and quantises the network, folds it as asked, exports the decoder and simulates golden
samples: back to back, where latency and frame interval must be those that are documented, and with
``--stalls`` once more under random stalls.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from amaranth._toolchain.yosys import YosysError

from hdl.choose_foldings import choose_foldings
from hdl.design import design_decoder
from hdl.export import to_verilog
from hdl.folding import Folding
from models.errors import InputError
from models.golden import load_golden
from models.load import load_network
from quant.integer_model import IntegerModel
from quant.quantise import quantise
from sim.errors import ToolError
from sim.interface import StreamInterface
from sim.result import SimulationResult
from sim.testbench import TestBench

__all__ = ["foldings_of", "main"]


def foldings_of(
    model: IntegerModel, inputs: Sequence[int] = (), outputs: Sequence[int] = ()
) -> tuple[Folding, ...]:
    """Foldings with ``inputs`` and ``outputs`` a cycle, layer by layer; the default where they end.

    Raises
    ------
    InputError
        If there are more numbers than layers, or one is not from 1 to what the layer has.
    """
    foldings = []
    for name, numbers in (("inputs", inputs), ("outputs", outputs)):
        if len(numbers) > len(model.layers):
            raise InputError(
                f"{model.name}: expected {name} a cycle for at most {len(model.layers)} layers, "
                f"got {len(numbers)}"
            )
    for n, (layer, default) in enumerate(zip(model.layers, choose_foldings(model), strict=True)):
        chosen = []
        for name, numbers, count, otherwise in (
            ("inputs", inputs, layer.input_count, default.inputs_per_cycle),
            ("outputs", outputs, layer.units, default.outputs_per_cycle),
        ):
            number = numbers[n] if n < len(numbers) else otherwise
            if not 1 <= number <= count:
                raise InputError(
                    f"{model.name}: layer {n + 1}: expected 1 to {count} {name} a cycle, "
                    f"got {number}"
                )
            chosen.append(number)
        foldings.append(Folding(*chosen))
    return tuple(foldings)


def _arguments(argv) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sim.verify", description=__doc__.split("\n")[0]
    )
    parser.add_argument("network", help="zoo name, metadata folder or .keras file")
    parser.add_argument("--golden", help="golden data (the network's own)")
    parser.add_argument("--samples", default="all", metavar="N|all", help="golden samples (all)")
    parser.add_argument("--stalls", type=int, metavar="SEED", help="once more, with random stalls")
    for name in ("inputs", "outputs"):
        parser.add_argument(
            f"--{name}-per-cycle", type=int, nargs="+", default=(), metavar="N",
            help=f"{name} a cycle of the first layer, the second, ...",
        )
    parser.add_argument("--simulator", choices=("verilator", "icarus"), help="(what is there)")
    parser.add_argument("--work-dir", type=Path, help="folder to keep bench and results in")
    arguments = parser.parse_args(argv)
    if arguments.samples == "all":
        arguments.samples = None
    elif arguments.samples.isdecimal() and int(arguments.samples):
        arguments.samples = int(arguments.samples)
    else:
        parser.error(f"--samples: expected all or at least 1, got {arguments.samples!r}")
    if arguments.stalls is not None and arguments.stalls < 0:
        parser.error(f"--stalls: expected a seed of at least 0, got {arguments.stalls}")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 1 a mismatch, 2 bad input, 3 no tools."""
    arguments = _arguments(argv)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _verify(arguments, arguments.work_dir or Path(folder))
    except InputError as error:
        print(f"sim.verify: {error}", file=sys.stderr)
        return 2
    except (ToolError, YosysError) as error:
        print(f"sim.verify: {error}", file=sys.stderr)
        return 3


def _verify(arguments, folder: Path) -> int:
    network = load_network(arguments.network)
    golden = load_golden(arguments.golden or arguments.network, network)
    model = quantise(network, golden).model
    x_raw = model.quantise_input(golden.x[: arguments.samples])
    y_raw = model.compute(x_raw)
    foldings = foldings_of(model, arguments.inputs_per_cycle, arguments.outputs_per_cycle)
    decoder = design_decoder(model, foldings=foldings)
    folds = ", ".join(f"{f.inputs_per_cycle}x{f.outputs_per_cycle}" for f in decoder.foldings)
    print(f"{model.name}: {model.topology}, folded {folds}", flush=True)

    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "decoder.v"
    source.write_text(to_verilog(decoder))
    interface = StreamInterface.of(decoder)
    bench = TestBench(
        [source], "decoder", interface, folder,
        frames=len(x_raw), simulator=arguments.simulator,
    )
    result = bench.run(x_raw, y_raw, folder / "back_to_back")
    _print("back to back", result)
    results = [result]
    times_differ = False
    if not result.mismatches:
        times_differ = _print_times(interface, result)
    if arguments.stalls is not None:
        results.append(
            bench.run(x_raw, y_raw, folder / "stalled", stall_seed=arguments.stalls)
        )
        _print(f"stalls, seed {arguments.stalls}", results[-1])
    vectors = sum(result.vectors_checked for result in results)
    mismatches = sum(result.mismatches for result in results)
    print(f"{vectors} vectors checked, {mismatches} mismatches")
    return 1 if mismatches or times_differ else 0


def _print(run: str, result: SimulationResult) -> None:
    print(
        f"  {run}: {result.vectors_checked} vectors checked, {result.mismatches} mismatches "
        f"({result.seconds:.1f} s)",
        flush=True,
    )
    if result.first_mismatch:
        print(f"    first: {result.first_mismatch}", flush=True)


def _print_times(interface: StreamInterface, result: SimulationResult) -> bool:
    """Print measured times beside documented ones; returns whether any differ."""
    times = [("latency", interface.latency_cycles, result.latency_cycles)]
    if result.frame_cycles is not None:
        times.append(("frame interval", interface.frame_cycles, result.frame_cycles))
    for name, documented, measured in times:
        print(f"  {name}: {measured} cycles measured, {documented} documented", flush=True)
    return any(documented != measured for _, documented, measured in times)


if __name__ == "__main__":
    sys.exit(main())
