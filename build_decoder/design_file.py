"""``design.json``: the hardware of a decoder, of which it is made again exactly."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from build_decoder.hdl import layers
from build_decoder.hdl.engine.stages import Engine
from build_decoder.hdl.families import FAMILIES
from build_decoder.hdl.family import Family
from build_decoder.hdl.heap.plan import HeapPlan
from build_decoder.hdl.heap.stages import on_heap
from build_decoder.hdl.layers import plan_type
from build_decoder.hdl.planning.deciding import deciding, scores_of
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.stack.layer import stacked
from build_decoder.hdl.stack.stages import KINDS, chosen_on_stacks
from build_decoder.models.errors import InputError, shown
from build_decoder.models.files.fields import Fields
from build_decoder.models.files.json_file import read_json
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.readable_json import write_json

__all__ = ["DESIGN_FILE", "Design", "LayerDesign"]

DESIGN_FILE = "design.json"

_FORMAT = 2
_MOST = 1 << 12
_PLACE = ("name", "type")


@dataclass(frozen=True)
class LayerDesign:
    """A layer's hardware: its name, the name of its type, and what was chosen of it."""

    name: str
    type: str
    choices: Mapping[str, object]

    @classmethod
    def each_of(cls, plan: DecoderPlan) -> "tuple[LayerDesign, ...]":
        """Those of a decoder, in order; none of layers that share an engine."""
        return tuple(cls(name, layer.name, layer.choices) for name, layer in plan.layers.items())

    def as_json(self) -> dict[str, object]:
        """Its entries in the file."""
        return {"name": self.name, "type": self.type} | {
            name: choice if isinstance(choice, str | int) else asdict(choice)
            for name, choice in self.choices.items()
        }


@dataclass(frozen=True, kw_only=True)
class Design:
    """The hardware of a decoder, but for the integer model that it computes.

    Parameters
    ----------
    family
        FPGA family that it is designed for; None for any.
    layers
        Those that are hardware, in order. Layers that share multipliers are one, called as the last
        of them.
    interface
        What there is of it from outside; its fingerprint tells the integer model.
    reloadable
        Whether weights are written at run time.
    engine
        What was chosen of the engine that all layers share but those in ``layers``.
    """

    family: Family | None
    layers: tuple[LayerDesign, ...]
    interface: Interface
    reloadable: bool = False
    engine: Engine | None = None

    @classmethod
    def of(cls, plan: DecoderPlan, family: Family | None) -> "Design":
        """The design of a decoder for ``family``."""
        return cls(
            family=family,
            layers=LayerDesign.each_of(plan),
            interface=plan.interface,
            reloadable=plan.reloadable,
            engine=Engine.of(plan),
        )

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
            plan = self._stages(model)
        except ValueError as error:
            raise InputError.at(
                source, "layers" if self.engine is None else "engine",
                expected=f"hardware of {model.name}", got=str(error),
            ) from None
        for name, made in plan.interface.as_json().items():
            if given.get(name) != made:
                raise misfit(name, f"{made}, as model and layers make it")
        return plan

    def _stages(self, model: IntegerModel) -> DecoderPlan:
        if self.engine is not None:
            return deciding(self.engine.plan(scores_of(model)), model)
        if [each.type for each in self.layers[:1]] == [HeapPlan.name]:
            return self._on_heap(model)
        stacks = {each.name: KINDS[each.type] for each in self.layers if each.type in KINDS}
        nodes = stacked(model, stacks).nodes
        kinds = [(node.name, plan_type(node.layer)) for node in nodes]
        wanted = [f"{kind.name} {name!r}" for name, kind in kinds if not kind.wires]
        listed = [f"{each.type} {each.name!r}" for each in self.layers]
        if listed != wanted:
            raise ValueError(f"{', '.join(listed)} for {', '.join(wanted)}")
        choices = {each.name: each.choices for each in self.layers}
        if stacks:
            return chosen_on_stacks(model, stacks, choices)
        return DecoderPlan.chosen(model, choices, reloadable=self.reloadable)

    def _on_heap(self, model: IntegerModel) -> DecoderPlan:
        plan = on_heap(model, **self.layers[0].choices)
        if self.layers != LayerDesign.each_of(plan):
            wanted = ", ".join(f"{name!r}" for name in plan.layers)
            listed = ", ".join(f"{each.name!r}" for each in self.layers)
            raise ValueError(f"{listed} for {wanted}")
        return plan

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        entries = {
            "format": _FORMAT,
            "family": None if self.family is None else self.family.name,
            "layers": [each.as_json() for each in self.layers],
            "interface": self.interface.as_json(),
            "reloadable": self.reloadable,
        }
        if self.engine is not None:
            entries["engine"] = asdict(self.engine)
        write_json(path, entries)

    @classmethod
    def load(cls, path: Path) -> "Design":
        """Read what :meth:`save` wrote.

        Raises
        ------
        InputError
            If the file is missing, or is another.
        """
        entries = Fields(read_json(path), path)
        # Those of before there were reloadable ones do not say so.
        entries.only("format", "family", "layers", "interface", optional=("reloadable", "engine"))
        entries.integer("format", _FORMAT, _FORMAT)
        return cls(
            family=_family(entries, path),
            layers=tuple(
                _read_layer(Fields(layer, path, f"layer {number}"))
                for number, layer in enumerate(entries.items("layers"), start=1)
            ),
            interface=Interface.read(Fields(entries.values["interface"], path, "interface")),
            reloadable="reloadable" in entries.values and entries.flag("reloadable"),
            engine=_read_engine(entries, path) if "engine" in entries.values else None,
        )


def _read_layer(entries: Fields) -> LayerDesign:
    entries.require(*_PLACE)
    kind = entries.choice("type", layers.made_names())
    rest = {key: value for key, value in entries.values.items() if key not in _PLACE}
    choices = layers.get(kind).read_choices(Fields(rest, entries.source, entries.where))
    return LayerDesign(entries.text("name"), kind, choices)


def _read_engine(entries: Fields, path: Path) -> Engine:
    chosen = Fields(entries.values["engine"], path, "engine")
    # Those of before there were several lanes, chains or sums that are kept do not say so.
    chosen.only(
        "filters", "taps", "packed", "columns", optional=("lanes", "blocks", "chained", "early")
    )
    counts = {name: chosen.integer(name, 1, _MOST) for name in ("filters", "taps", "columns")}
    if "lanes" in chosen.values:
        counts["lanes"] = chosen.integer("lanes", 1, _MOST)
    if chosen.values.get("blocks") is not None:
        counts["blocks"] = chosen.integer("blocks", 0, _MOST)
    if "early" in chosen.values:
        counts["early"] = chosen.integer("early", 0, _MOST)
    chained = "chained" in chosen.values and chosen.flag("chained")
    return Engine(**counts, packed=chosen.flag("packed"), chained=chained)


def _family(entries: Fields, path: Path) -> Family | None:
    if entries.values["family"] is None:
        return None
    name = entries.text("family")
    if name not in FAMILIES:
        raise InputError.at(
            path, "family", expected=f"one of {', '.join(sorted(FAMILIES))}", got=shown(name)
        )
    return FAMILIES[name]
