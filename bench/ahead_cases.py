"""AHEAD's two cases: what its Tables 2 to 5 say, and which decoders are put beside them.

To compare other decoders, or hold them to other limits, edit the columns of :data:`CASES`.
"""

from dataclasses import asdict, dataclass

__all__ = ["CASES", "Case", "Column", "Limits", "PaperColumn"]


@dataclass(frozen=True, kw_only=True)
class PaperColumn:
    """A column of AHEAD's Table 3 or 5, all of which lose no accuracy. ``bram`` is in RAMB36."""

    name: str
    fmax_mhz: float
    frames_per_second: int
    latency_us: float
    power_mw: int
    lut: int
    ff: int
    dsp: int
    bram: float


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Most that a decoder may take."""

    frame_cycles: int | None = None
    latency_cycles: int
    lut: int
    ff: int
    dsp: int
    bram: float

    def broken(self, figures: dict[str, float]) -> list[str]:
        """Those that ``figures`` of the same names do not keep, in words."""
        return [
            f"expected {name} of at most {most:g}, got {figures[name]:g}"
            for name, most in asdict(self).items()
            if most is not None and figures[name] > most
        ]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A decoder of this project: its options, as ``bench.resources`` takes them, its limits, and
    the name of AHEAD's decoder that it stands beside."""

    title: str
    options: tuple[str, ...]
    limits: Limits
    beside: str = "Fixed-Point"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A case of AHEAD's Section 5; ``times`` are its BWS-IBW, BWS-FBW, BWO-FBW and generation."""

    number: int
    network: str
    topology: str
    board: str
    times_table: int
    times: tuple[str, str, str, str]
    figures_table: int
    paper: tuple[PaperColumn, ...]
    average_bit_width: float
    columns: tuple[Column, ...]


CASES = (
    Case(
        number=1,
        network="ahead_case1",
        topology="800-20-2",
        board="pynq_z1",
        times_table=2,
        times=("00:15", "11:45", "10:10", "1:20"),
        figures_table=3,
        paper=(
            PaperColumn(
                name="FP32", fmax_mhz=103.7, frames_per_second=30_000, latency_us=32.86,
                power_mw=408, lut=13_702, ff=15_543, dsp=103, bram=42,
            ),
            PaperColumn(
                name="FP16", fmax_mhz=105.6, frames_per_second=31_000, latency_us=32.28,
                power_mw=246, lut=6_955, ff=9_059, dsp=82, bram=21.5,
            ),
            PaperColumn(
                name="Fixed-Point", fmax_mhz=106.2, frames_per_second=125_000, latency_us=8.01,
                power_mw=88, lut=2_759, ff=1_610, dsp=21, bram=8.5,
            ),
        ),
        average_bit_width=7.47,
        columns=(
            Column(
                title="FP32",
                options=("--arithmetic", "fp32"),
                limits=Limits(latency_cycles=850, lut=13_500, ff=7_500, dsp=48, bram=18),
                beside="FP32",
            ),
            Column(
                title="FP16",
                options=("--arithmetic", "fp16"),
                limits=Limits(latency_cycles=840, lut=6_000, ff=4_000, dsp=24, bram=9),
                beside="FP16",
            ),
            Column(
                title="(a) small",
                options=(),
                limits=Limits(
                    frame_cycles=801, latency_cycles=830, lut=460, ff=400, dsp=11, bram=4
                ),
            ),
            Column(
                title="(a) all neurons",
                options=("--search", "widths", "--max-dsp", "11"),
                limits=Limits(
                    frame_cycles=801, latency_cycles=830, lut=460, ff=400, dsp=11, bram=4
                ),
            ),
            Column(
                title="(b) fast",
                options=("--inputs-per-cycle", "4", "2", "--max-dsp", "21"),
                limits=Limits(latency_cycles=225, lut=2_759, ff=1_610, dsp=21, bram=8.5),
            ),
        ),
    ),
    Case(
        number=2,
        network="ahead_case2",
        topology="768-48-20-2",
        board="picozed_7030",
        times_table=4,
        times=("00:17", "09:57", "20:40", "1:23"),
        figures_table=5,
        paper=(
            PaperColumn(
                name="FP32", fmax_mhz=104.5, frames_per_second=29_000, latency_us=34.69,
                power_mw=1_319, lut=37_375, ff=41_118, dsp=243, bram=119,
            ),
            PaperColumn(
                name="FP16", fmax_mhz=108.8, frames_per_second=30_000, latency_us=33.36,
                power_mw=604, lut=19_801, ff=22_134, dsp=194, bram=60,
            ),
            PaperColumn(
                name="Fixed-Point", fmax_mhz=114.6, frames_per_second=124_000, latency_us=8.05,
                power_mw=221, lut=12_050, ff=5_347, dsp=1, bram=21,
            ),
        ),
        average_bit_width=6.95,
        columns=(
            Column(
                title="FP32",
                options=("--arithmetic", "fp32"),
                limits=Limits(latency_cycles=3_624, lut=37_374, ff=41_117, dsp=242, bram=118.5),
                beside="FP32",
            ),
            Column(
                title="FP16",
                options=("--arithmetic", "fp16"),
                limits=Limits(latency_cycles=3_629, lut=19_800, ff=22_133, dsp=193, bram=59.5),
                beside="FP16",
            ),
            Column(
                title="(a) small",
                options=(),
                limits=Limits(
                    frame_cycles=805, latency_cycles=870, lut=4_000, ff=1_800, dsp=25, bram=12
                ),
            ),
            Column(
                title="(a) all neurons",
                options=("--search", "widths"),
                limits=Limits(
                    frame_cycles=805, latency_cycles=870, lut=4_000, ff=1_800, dsp=25, bram=12
                ),
            ),
            Column(
                title="(b) fast",
                options=("--inputs-per-cycle", "4", "4", "4", "--max-dsp", "25"),
                limits=Limits(latency_cycles=240, lut=12_050, ff=5_347, dsp=25, bram=21),
            ),
        ),
    ),
)
