"""Plans of a model's layers among which a decoder's are chosen, and what these cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from build_decoder.hdl.family import Family
from build_decoder.hdl.layers import plan_type
from build_decoder.hdl.planning.area import Area
from build_decoder.hdl.planning.area.plans import plan_area
from build_decoder.hdl.planning.choose_multipliers import choose_multipliers
from build_decoder.hdl.planning.datapath import forced_multipliers
from build_decoder.hdl.planning.design_front import price
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.models.errors import InputError
from build_decoder.quant.integer_model import IntegerModel, ModelNode

__all__ = ["LayerOptions", "Option"]


@dataclass(frozen=True)
class Option:
    """A plan of a layer, its pace in cycles a frame, and its price."""

    plan: LayerPlan
    pace: int
    cost: float


class LayerOptions:
    """All plans of each layer that may be chosen, with the multipliers that cost least.

    Parameters
    ----------
    model, family, foldings, spare_blocks, datapath, reloadable, options
        As those of a :class:`hdl.planning.choose_plans.PlanChooser`.

    Attributes
    ----------
    of : mapping of str to list of Option
        Those of each layer, by the name of its node, the cheapest first.
    """

    def __init__(
        self,
        model: IntegerModel,
        *,
        family: Family,
        foldings: Mapping[str, Folding],
        spare_blocks: bool,
        datapath: Sequence[str | None] | None,
        reloadable: bool,
        options: Mapping[str, Sequence[LayerPlan]],
    ):
        self.model, self.family = model, family
        self.spare_blocks, self.reloadable = spare_blocks, reloadable
        options = {
            node.name: options.get(node.name) or self._plans_of(node, foldings)
            for node in model.nodes
        }
        multiplying = [name for name, plans in options.items() if plans[0].multiplying is not None]
        folded = [name for name in multiplying if options[name][0].folds]
        names = datapath or [None] * len(folded)
        forced = {name: kind for name, kind in zip(folded, names, strict=True) if kind is not None}
        self._free = [name for name in multiplying if name not in forced]
        self.of = {
            name: sorted(
                self._offered(name, plans, forced), key=lambda option: (option.cost, option.pace)
            )
            for name, plans in options.items()
        }

    def price(self, area: Area) -> float:
        """Cost of an area, without blocks that cost nothing."""
        return price(area, self.family, spare_blocks=self.spare_blocks)

    def area(self, plans: Mapping[str, LayerPlan]) -> Area:
        """Estimated area of the plans of all layers."""
        return sum((plan_area(plan, self.family) for plan in plans.values()), Area())

    def within_blocks(
        self, plans: dict[str, LayerPlan], most: int | None
    ) -> dict[str, LayerPlan]:
        """The same foldings within a number of DSP blocks, None for any: products that would take
        more are made in LUTs."""
        blocks = self.area(plans).dsp
        if most is None or blocks <= most:
            return plans
        free = [name for name in self._free if plans[name].multiplying is not None]
        layers = [plans[name].multiplying for name in free]
        taken = blocks - sum(layer.multipliers.blocks for layer in layers)
        units = choose_multipliers(
            layers, family=self.family, max_blocks=max(most - taken, 0),
            spare_blocks=self.spare_blocks,
        )
        return plans | {
            name: replace(plans[name], multipliers=chosen)
            for name, chosen in zip(free, units, strict=True)
        }

    def _plans_of(self, node: ModelNode, foldings: Mapping[str, Folding]) -> list[LayerPlan]:
        shapes = {item.name: item.shape for item in self.model.inputs}
        shapes |= {node.name: node.layer.output_shape for node in self.model.nodes}
        taken = [shapes[name] for name in node.inputs]
        kind = plan_type(node.layer)
        if node.name in foldings:
            return [kind.chosen(node.layer, taken, folding=foldings[node.name])]
        return list(kind.options(node.layer, taken))

    def _offered(
        self, name: str, plans: Sequence[LayerPlan], forced: Mapping[str, str]
    ) -> list[Option]:
        """Those of the plans that can be made as is asked for.

        Raises
        ------
        InputError
            If none can; that of the first one.
        """
        found, errors = [], []
        for plan in plans:
            try:
                found.append(self._option(name, plan, forced))
            except InputError as error:
                errors.append(error)
        if not found:
            raise errors[0]
        return found

    def _option(self, name: str, plan: LayerPlan, forced: Mapping[str, str]) -> Option:
        if self.reloadable:
            try:
                plan = plan.reloadable_too()
            except ValueError as error:
                raise InputError(f"{self.model.name}: {name}: {error}") from None
        layer = plan.multiplying
        if layer is not None:
            if name in forced:
                units = forced_multipliers(
                    layer, forced[name], family=self.family, place=name, network=self.model.name
                )
            else:
                (units,) = choose_multipliers(
                    [layer], family=self.family, spare_blocks=self.spare_blocks
                )
            plan = replace(plan, multipliers=units)
        area = plan_area(plan, self.family)
        # The layer behind it takes as many values at once as it must to go as fast itself.
        together = plan.output.shape[-1] if layer is None else layer.folding.outputs_per_cycle
        widest = plan.giving(min(together, plan.output.shape[-1]))
        return Option(plan, min(plan.pace, widest.pace), self.price(area))
