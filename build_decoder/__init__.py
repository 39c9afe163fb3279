"""From a trained neural decoder to hardware.

The packages ``models``, ``quant``, ``hdl``, ``sim``, ``boards`` and ``bench`` lie below this one:
``build_decoder.models`` and so on. The command line and the flow are in this folder itself.
"""

from pathlib import Path

_CHECKOUT = Path(__file__).parents[1]

if not (Path(__file__).parent / "models").is_dir() and (_CHECKOUT / "models").is_dir():
    # Where it runs from a checkout, they lie beside this folder.
    __path__.append(str(_CHECKOUT))
