"""Plan of a table."""

import numpy as np

from build_decoder.hdl.activations.plan import ActivationPlan, plans
from build_decoder.hdl.planning.area.shapes import ActivationShape
from build_decoder.quant.activations.table import Table
from build_decoder.quant.pwl.size import table_size

__all__ = ["TablePlan"]


@plans(Table)
class TablePlan(ActivationPlan):
    """Plan of :class:`hdl.activations.table.component.TableComponent`."""

    latency = 2

    @property
    def shape(self) -> ActivationShape:
        p = self.parameters
        size = table_size(np.array(p.entries), p.output.width)
        return ActivationShape(table=size, registers=p.input.width + p.output.width)
