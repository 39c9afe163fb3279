"""``design.json``: the hardware of a decoder, of which it is made again exactly."""

from dataclasses import asdict, dataclass
from pathlib import Path

from build_decoder.hdl.families import FAMILIES
from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.fields import Fields
from build_decoder.models.files.json_file import read_json
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
        One a layer; see :class:`hdl.planning.decoder_plan.DecoderPlan`.
    interface
        What there is of it from outside; its fingerprint tells the integer model.
    """

    family: Family | None
    foldings: tuple[Folding, ...]
    multipliers: tuple[Multipliers, ...]
    interface: Interface

    @classmethod
    def of(cls, plan: DecoderPlan, family: Family | None) -> "Design":
        """The design of a decoder for ``family``."""
        return cls(
            family=family,
            foldings=plan.foldings,
            multipliers=tuple(layer.multipliers for layer in plan.layers),
            interface=plan.interface,
        )

    @property
    def folded(self) -> str:
        """Inputs by outputs a cycle of each layer, as in ``1x20, 1x2``."""
        return ", ".join(f"{f.inputs_per_cycle}x{f.outputs_per_cycle}" for f in self.foldings)

    def plan(self, model: IntegerModel, *, source: Path | str = DESIGN_FILE) -> DecoderPlan:
        """The decoder's plan.

        Parameters
        ----------
        source
            File that the design is in, for error messages.

        Raises
        ------
        InputError
            If the design is not one of ``model``, or its interface is not that of its layers.
        """
        given = self.interface.as_json()

        def misfit(name: str, expected: str) -> InputError:
            where, got = f"interface: {name}", str(given.get(name))
            return InputError.at(source, where, expected=expected, got=got)

        if given["fingerprint"] != model.fingerprint():
            raise misfit("fingerprint", f"{model.fingerprint()}, that of the integer model")
        try:
            plan = DecoderPlan.of(model, self.foldings, self.multipliers)
            for layer in plan.layers:
                # Whether these units make these products shows when they are given out.
                list(layer.multipliers.units(layer.folding.inputs_per_cycle, layer.neurons))
        except ValueError as error:
            raise InputError.at(
                source, "layers", expected=f"hardware of {model.name}", got=str(error)
            ) from None
        for name, made in plan.interface.as_json().items():
            if given.get(name) != made:
                raise misfit(name, f"{made}, as model and layers make it")
        return plan

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
                "family": None if self.family is None else self.family.name,
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
        entries.integer("format", _FORMAT, _FORMAT)
        foldings, multipliers = [], []
        for number, layer in enumerate(entries.items("layers"), start=1):
            fields = Fields(layer, path, f"layer {number}")
            fields.only(*_FOLDING, "multipliers")
            foldings.append(Folding(*(fields.integer(key, 1, _MOST) for key in _FOLDING)))
            units = Fields(fields.values["multipliers"], path, fields.place("multipliers"))
            units.only(*_UNITS)
            multipliers.append(Multipliers(**{key: units.integer(key, 0, _MOST) for key in _UNITS}))
        return cls(
            family=_family(entries, path),
            foldings=tuple(foldings),
            multipliers=tuple(multipliers),
            interface=Interface.read(Fields(entries.values["interface"], path, "interface")),
        )


def _family(entries: Fields, path: Path) -> Family | None:
    if entries.values["family"] is None:
        return None
    name = entries.text("family")
    if name not in FAMILIES:
        raise InputError.at(
            path, "family", expected=f"one of {', '.join(sorted(FAMILIES))}", got=shown(name)
        )
    return FAMILIES[name]
