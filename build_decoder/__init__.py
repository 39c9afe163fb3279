"""From a trained neural decoder to hardware.

The packages ``models``, ``quant``, ``hdl``, ``sim``, ``boards`` and ``bench`` lie below this one:
``build_decoder.models`` and so on. The command line and the flow are in this folder itself.

`build` and `load` are the Python API (``docs/python_api.md``).
"""

from pathlib import Path

_CHECKOUT = Path(__file__).parents[1]

if not (Path(__file__).parent / "models").is_dir() and (_CHECKOUT / "models").is_dir():
    # Where it runs from a checkout, they lie beside this folder.
    __path__.append(str(_CHECKOUT))

_API = ("BuildStopped", "build", "load")


def __getattr__(name: str):
    """The API, imported once it is asked for: a host with the driver alone need not have all."""
    if name not in _API:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from build_decoder import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_API})
