"""Plan of a table."""

from build_decoder.hdl.activations.plan import ActivationPlan, plans
from build_decoder.quant.activations.table import Table

__all__ = ["TablePlan"]


@plans(Table)
class TablePlan(ActivationPlan):
    """Plan of :class:`hdl.activations.table.component.TableComponent`."""

    latency = 2
