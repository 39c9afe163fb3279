"""``design.json``: the hardware of a decoder, of which it is made again exactly."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from build_decoder.hdl.decoder import Decoder, decoder_latency, plan_decoder
from build_decoder.hdl.folding import Folding
from build_decoder.hdl.interface import Interface
from build_decoder.hdl.multipliers import Multipliers
from build_decoder.hdl.plan import DensePlan, PackerPlan
from build_decoder.hdl.schedule import frame_interval
from build_decoder.models.errors import InputError
from build_decoder.models.fields import Fields
from build_decoder.models.json_file import read_json
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.readable_json import write_json

__all__ = ["DESIGN_FILE", "Design"]

DESIGN_FILE = "design.json"

_FORMAT = 1
_FOLDING = ("inputs_per_cycle", "outputs_per_cycle")
_UNITS = ("packed", "dsp", "lut", "select")
_MOST = 1 << 24


@dataclass(frozen=True, kw_only=True)
class Design:
    """The hardware of a decoder, but for the integer model that it computes.

    Parameters
    ----------
    family
        FPGA family that it is designed for; None for any.
    foldings, multipliers
        One a layer; see :class:`hdl.decoder.Decoder`.
    interface
        What there is of it from outside; its fingerprint tells the integer model.
    """

    family: str | None
    foldings: tuple[Folding, ...]
    multipliers: tuple[Multipliers, ...]
    interface: Interface

    @classmethod
    def of(cls, decoder: Decoder, family: str | None) -> "Design":
        """The design of a decoder for ``family``."""
        return cls(
            family=family,
            foldings=decoder.foldings,
            multipliers=tuple(
                plan.multipliers for plan in decoder.plans if isinstance(plan, DensePlan)
            ),
            interface=Interface.of(decoder),
        )

    def decoder(self, model: IntegerModel) -> Decoder:
        """The decoder, a new component.

        Raises
        ------
        InputError
            If the design is not one of ``model``.
        """
        self.plans(model)
        return Decoder(model, self.foldings, self.multipliers)

    def plans(self, model: IntegerModel) -> Sequence[DensePlan | PackerPlan]:
        """Plans of the decoder, which are known to make what the interface says.

        Raises
        ------
        InputError
            If the design is not one of ``model``.
        """
        interface = self.interface
        if interface.fingerprint != model.fingerprint():
            raise InputError.at(
                DESIGN_FILE, "fingerprint",
                expected=f"{model.fingerprint()}, which is that of the integer model",
                got=str(interface.fingerprint),
            )
        try:
            plans = plan_decoder(model, self.foldings, self.multipliers)
            for plan in plans:
                if isinstance(plan, DensePlan):
                    # Whether these units make these products shows when they are given out.
                    list(plan.multipliers.units(plan.folding.inputs_per_cycle, plan.neurons))
        except ValueError as error:
            raise InputError.at(
                DESIGN_FILE, "layers", expected=f"hardware of {model.name}", got=str(error)
            ) from None
        made = {
            "input_lanes": self.foldings[0].inputs_per_cycle,
            "latency_cycles": decoder_latency(plans),
            "frame_cycles": frame_interval(plans),
        }
        for name, value in made.items():
            if getattr(interface, name) != value:
                raise InputError.at(
                    DESIGN_FILE, name, expected=f"{value}, as its layers make it",
                    got=str(getattr(interface, name)),
                )
        return plans

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        layers = [
            asdict(folding) | {"multipliers": asdict(units)}
            for folding, units in zip(self.foldings, self.multipliers, strict=True)
        ]
        write_json(
            path,
            {
                "format": _FORMAT,
                "family": self.family,
                "layers": layers,
                "interface": self.interface.as_json(),
            },
        )

    @classmethod
    def load(cls, path: Path) -> "Design":
        """Read what :meth:`save` wrote.

        Raises
        ------
        InputError
            If the file is missing, or is another.
        """
        entries = Fields(read_json(path), path)
        entries.only("format", "family", "layers", "interface")
        entries.whole("format", _FORMAT, _FORMAT)
        foldings, multipliers = [], []
        for number, layer in enumerate(entries.items("layers"), start=1):
            fields = Fields(layer, path, f"layer {number}")
            fields.only(*_FOLDING, "multipliers")
            foldings.append(Folding(*(fields.whole(key, 1, _MOST) for key in _FOLDING)))
            units = Fields(fields.values["multipliers"], path, fields.place("multipliers"))
            units.only(*_UNITS)
            multipliers.append(Multipliers(**{key: units.whole(key, 0, _MOST) for key in _UNITS}))
        return cls(
            family=entries.text("family") if entries.values["family"] is not None else None,
            foldings=tuple(foldings),
            multipliers=tuple(multipliers),
            interface=Interface.read(Fields(entries.values["interface"], path, "interface")),
        )
