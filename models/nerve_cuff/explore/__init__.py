"""Exploration of the nerve-cuff networks: grids, the paper's rule of choice, and the front.

``python -m build_decoder.models.nerve_cuff.explore --grid paper`` trains the paper's exploration
(Sections 2.4 and 3.1 to 3.3), ``--grid own`` that of this project's family.
"""

from build_decoder.models.nerve_cuff.explore.grids import GRIDS
from build_decoder.models.nerve_cuff.explore.picks import THRESHOLD, Pick, pick, picks

__all__ = ["GRIDS", "THRESHOLD", "Pick", "pick", "picks"]
