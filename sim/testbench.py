"""Automatic test bench generation (AHEAD, Section 4.2): a Verilog design against golden vectors."""

import json
import shutil
import tempfile
import time
import weakref
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.progress import Progress, silent
from build_decoder.sim.bench_files import RECEIVED
from build_decoder.sim.bench_verilog import COMPONENTS, bench_verilog
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.load_script import (
    LoadStep,
    check_commands,
    cycles_of,
    image_step,
    most_lines,
    write_script,
)
from build_decoder.sim.meters import Meter
from build_decoder.sim.result import SimulationResult
from build_decoder.sim.simulators import Simulator, find_simulator
from build_decoder.sim.vectors import expected_words, input_words, read_words, write_words

__all__ = ["TestBench"]

_UNDOCUMENTED_IDLE_CYCLES = 200_000


class TestBench:
    """A compiled bench around a Verilog design; it can run many times, with other vectors.

    The bench itself is Verilog: a sequencer, a stimulus generator and a stall generator for each
    stream, a scoreboard, and a latency meter (see bench_components.v). What the scoreboard counts
    is checked against the recorded outputs in numpy.

    Parameters
    ----------
    sources
        Verilog files of the design.
    top
        Its top module, with ports ``clk``, ``rst`` and the streams ``i`` and ``o`` as Amaranth
        exports them (``i__payload``, ``i__valid``, ``i__ready``, ...).
    interface
        Its streams.
    work_dir
        Folder for the bench (bench.v, bench_components.v) and the compiler's log (build.log).
    frames
        The most frames that a run will have.
    simulator
        ``verilator`` or ``icarus``; None picks what is there, Verilator first.
    include_dirs
        Passed to the compiler.
    progress
        Called with what is being done.
    waves
        Whether runs may record all signals, which makes them several times as slow.
    meters
        What is counted in each run; :func:`sim.meters.read_meters` reads it from the run's folder.

    Raises
    ------
    ToolError
        If there is no simulator, or the Verilog does not compile.
    """

    __test__ = False  # not a test of pytest's

    def __init__(
        self,
        sources: Sequence[Path],
        top: str,
        interface: Interface,
        work_dir: Path,
        *,
        frames: int,
        simulator: str | None = None,
        include_dirs: Sequence[Path] = (),
        progress: Progress = silent,
        waves: bool = False,
        meters: Sequence[Meter] = (),
    ):
        self.interface = interface
        self.frames = frames
        self._progress = progress
        self._simulator: Simulator = find_simulator(simulator)
        work_dir = Path(work_dir)
        work_dir.mkdir(parents=True, exist_ok=True)
        bench = work_dir / "bench.v"
        bench.write_text(
            bench_verilog(
                interface, top, frames=frames, script=most_lines(interface), waves=waves,
                meters=meters,
            )
        )
        components = work_dir / COMPONENTS.name
        components.write_text(COMPONENTS.read_text())
        interface.save(work_dir / "interface.json")
        # Not in `work_dir`, whose name may have what make does not take. What runs there is copied.
        self._folder = Path(tempfile.mkdtemp(prefix="test_bench_"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        progress(f"compiling with {self._simulator.name}")
        self._simulator.compile(
            [*map(Path, sources), components, bench],
            self._folder / "build",
            log=work_dir / "build.log",
            include_dirs=include_dirs,
            waves=waves,
        )

    def run(
        self,
        x_raw: np.ndarray,
        y_raw: np.ndarray,
        run_dir: Path,
        *,
        stall_seed: int | None = None,
        image: np.ndarray | None = None,
        clear_every: int | None = None,
        waves_from: int = 0,
    ) -> SimulationResult:
        """Simulate frames, and leave vectors, recorded outputs and results.json in ``run_dir``.

        Parameters
        ----------
        x_raw, y_raw
            Raw int64 inputs (frames, input_count) and expected outputs (frames, output_count).
        stall_seed
            None: back-to-back frames, outputs taken at once. A seed: random stalls of both streams,
            and a reset in the middle before the run starts over.
        image
            Weights, uint32 words, that a reloadable decoder loads before the first frame.
        clear_every
            Frames after each of which the states of a continuous decoder are cleared; None for
            never. Nothing is told of times then.
        waves_from
            First frame that is recorded, in ``waves.vcd``, by a bench with ``waves``.

        Raises
        ------
        ValueError
            If a shape or a value does not fit the interface, or there are too many frames.
        ToolError
            If the simulator broke off.
        CheckFailed
            If the simulation hangs, scoreboard and numpy do not agree, or the image is refused.
        """
        frames = len(x_raw)
        if len(y_raw) != frames or frames > self.frames:
            raise ValueError(f"expected as many x_raw as y_raw, {self.frames} frames at most, "
                             f"got {frames} and {len(y_raw)}")
        start = time.perf_counter()
        script = () if image is None else (image_step(image),)
        self.simulate(
            x_raw, y_raw, run_dir, frames=frames, stall_seed=stall_seed, script=script, first=True,
            clear_every=clear_every, waves_from=waves_from,
        )
        timed = stall_seed is None and clear_every is None
        result = _judge(self.interface, y_raw, run_dir, timed=timed, start=start)
        check_commands(self.interface, script, run_dir)
        (run_dir / "results.json").write_text(json.dumps(asdict(result), indent=2) + "\n")
        return result

    def simulate(
        self,
        x_raw: np.ndarray,
        y_raw: np.ndarray,
        run_dir: Path,
        *,
        frames: int,
        stall_seed: int | None,
        script: Sequence[LoadStep] = (),
        first: bool = False,
        clear_every: int | None = None,
        waves_from: int = 0,
    ) -> None:
        """Simulate ``frames`` frames, of ``x_raw`` again and again, and leave all files in
        ``run_dir``; ``script`` is loaded meanwhile or, with ``first``, ahead of them."""
        run_dir, running = Path(run_dir), self._folder / "run"
        run_dir.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(running, ignore_errors=True)
        running.mkdir()
        seed = 0 if stall_seed is None else stall_seed
        inputs = input_words(self.interface, x_raw, seed=seed)
        expected = expected_words(self.interface, y_raw)
        write_words(running / "inputs.hex", inputs, self.interface.input_width)
        write_words(running / "expected.hex", expected, self.interface.output_width)
        plusargs = self._plusargs(frames, stall_seed)
        plusargs |= {"vectors": len(x_raw), "known": len(y_raw), "clear_every": clear_every or 0}
        plusargs["waves_from"] = waves_from
        if self.interface.reloadable:
            plusargs |= write_script(script, running, first=first)
            reading = cycles_of(script, self.interface)
            plusargs["idle_limit"] += reading
            plusargs["deadline"] += 4 * reading
            # What a script does before a reset is not known.
            plusargs["reset_after"] *= first or not script
        self._progress(lambda: self._frames_done(running, frames))
        self._simulator.run(
            self._folder / "build",
            running,
            log=run_dir / "simulation.log",
            plusargs=plusargs,
            seed=seed,
        )
        shutil.copytree(running, run_dir, dirs_exist_ok=True)

    def _frames_done(self, running: Path, frames: int) -> str:
        received = (running / RECEIVED).read_text() or 0
        return f"simulating, {int(received) // self.interface.output_beats} of {frames} frames"

    def _plusargs(self, frames: int, stall_seed: int | None) -> dict[str, int]:
        interface = self.interface
        if interface.latency_cycles is None or interface.frame_cycles is None:
            idle = _UNDOCUMENTED_IDLE_CYCLES
        else:
            idle = 1024 + 4 * (interface.latency_cycles + interface.frame_cycles)
        input_stalls = output_stalls = reset_after = 0
        if stall_seed is not None:
            random = np.random.default_rng(stall_seed)
            input_stalls, output_stalls = map(int, random.integers(1, 2**32, size=2))
            busy = 2 * (interface.input_beats + interface.output_beats)
            reset_after = int(random.integers(1, busy + (interface.latency_cycles or 0)))
        return {
            "frames": frames,
            "idle_limit": idle,
            "input_stalls": input_stalls,
            "output_stalls": output_stalls,
            "reset_after": reset_after,
            # The bench ends by itself; this is for a bench that does not.
            "deadline": (frames + 2) * (interface.input_beats + interface.output_beats + idle) * 32,
        }


def _judge(
    interface: Interface, y_raw: np.ndarray, run_dir: Path, *, timed: bool, start: float
) -> SimulationResult:
    """Compare what a run recorded with ``y_raw``, without relying on the bench's scoreboard."""
    counters = json.loads((run_dir / "counters.json").read_text())
    if not counters["done"]:
        log = run_dir / "simulation.log"
        raise CheckFailed(f"the simulation did not end within its deadline ({log})")
    lanes = interface.output_lanes
    outputs = read_words(
        run_dir / "outputs.hex", interface.output_width, interface.output_signed, lanes
    )
    expected = y_raw.ravel().tolist()
    wrong = [n for n, got in enumerate(outputs) if got != expected[n]]
    # The scoreboard counts transfers.
    received, amiss = len(outputs) // lanes, len({n // lanes for n in wrong})
    if (received, amiss) != (counters["received"], counters["wrong"]):
        raise CheckFailed(
            f"the scoreboard counted {counters['wrong']} wrong of {counters['received']} outputs, "
            f"numpy {amiss} of {received} ({run_dir})"
        )
    missing = len(expected) - len(outputs)
    untaken = interface.input_beats * len(y_raw) - counters["taken"]
    mismatches = len(wrong) + missing + counters["extra"] + counters["unheld"]
    # Outputs that come before all inputs are in cannot be right by more than chance.
    mismatches += untaken > 0 and not missing

    def place(n: int) -> str:
        return f"frame {n // interface.output_count}, output {n % interface.output_count}"

    findings = []
    if wrong:
        n = wrong[0]
        findings.append((n, f"{place(n)}: expected {expected[n]}, got {outputs[n]}"))
    if counters["unheld"]:
        n = counters["first_unheld"] * lanes
        findings.append((n, f"{place(n)}: offered, and not held until it was taken"))
    if missing:
        n = len(outputs)
        findings.append((n, f"{place(n)}: missing; nothing moved up to cycle {counters['cycle']}"))
    if counters["extra"]:
        findings.append((len(expected), f"{counters['extra']} outputs after the last frame"))
    if untaken and not missing:
        findings.append((len(expected), f"{untaken} input transfers were never taken"))
    latency = interval = None
    if not mismatches and timed:
        stamps = np.loadtxt(run_dir / "stamps.txt", dtype=np.int64, ndmin=2)
        latency = int(stamps[0, 1] - stamps[0, 0])
        interval = int(np.diff(stamps[:, 1]).max()) if len(stamps) > 1 else None
    return SimulationResult(
        vectors_checked=len(outputs) // interface.output_count,
        mismatches=mismatches,
        latency_cycles=latency,
        frame_cycles=interval,
        first_mismatch=min(findings)[1] if findings else None,
        seconds=time.perf_counter() - start,
    )
