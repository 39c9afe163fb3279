"""Neural decoders in floats: networks, their files, golden data, training and the model zoo."""

import importlib

__all__ = [
    "Architecture",
    "GoldenData",
    "Input",
    "InputError",
    "Kind",
    "Network",
    "Node",
    "Task",
    "from_sklearn",
    "from_torch",
    "load_golden",
    "load_network",
    "save_network",
    "zoo_names",
    "zoo_path",
]

_MODULES = {
    "build_decoder.models.architecture": ("Architecture", "Input", "Node"),
    "build_decoder.models.errors": ("InputError",),
    "build_decoder.models.golden": ("GoldenData", "load_golden"),
    "build_decoder.models.files.from_sklearn": ("from_sklearn",),
    "build_decoder.models.files.from_torch": ("from_torch",),
    "build_decoder.models.files.load": ("load_network", "save_network"),
    "build_decoder.models.network": ("Network",),
    "build_decoder.models.task": ("Kind", "Task"),
    "build_decoder.models.zoo": ("zoo_names", "zoo_path"),
}


def __getattr__(name: str):
    # Only when asked for: a command takes care of signals before it imports what takes a second.
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
