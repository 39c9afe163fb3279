"""The modules that a board needs, as files of its folder.

The driver's source is in one place: here, as modules of this project. A board has neither the
project nor Amaranth, and so the folder gets copies of just those modules that the driver imports,
below another name, ``decoder_lib``: below their own they would hide a project that is installed.
"""

import ast
import importlib.util
from pathlib import Path, PurePosixPath

__all__ = ["LIBRARY", "PROGRAMS", "board_modules"]

LIBRARY = "decoder_lib"
"""Name of the package of copies."""

PROGRAMS = ("decoder_pynq", "selftest")
"""Modules of this package that lie in the folder itself."""

_OURS = "build_decoder"
_HERE = __name__.rpartition(".")[0]
_EMPTY = '"""Parts of build_decoder that a driver needs."""\n'


def board_modules() -> dict[str, str]:
    """Text of each file, by its path in the folder."""
    files, waiting = {}, [f"{_HERE}.{name}" for name in PROGRAMS]
    while waiting:
        module = waiting.pop()
        path = _file_of(module)
        if path in files:
            continue
        text = Path(importlib.util.find_spec(module).origin).read_text(encoding="utf-8")
        files[path] = _renamed(text)
        waiting += _imported(module, text)
    folders = {str(parent) for path in files for parent in PurePosixPath(path).parents} - {"."}
    return files | {f"{folder}/__init__.py": _EMPTY for folder in sorted(folders)}


def _file_of(module: str) -> str:
    package, _, name = module.rpartition(".")
    if package == _HERE and name in PROGRAMS:
        return f"{name}.py"
    return f"{module.replace('.', '/')}.py".replace(_OURS, LIBRARY, 1)


def _imported(module: str, text: str) -> list[str]:
    """Modules of ours that a module imports, wherever in it."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == _OURS:
            if importlib.util.find_spec(node.module).submodule_search_locations is not None:
                raise ValueError(
                    f"{module}: expected imports from modules, got one from the package "
                    f"{node.module}, which is empty on a board"
                )
            found.append(node.module)
    return found


def _renamed(text: str) -> str:
    for name in PROGRAMS:
        text = text.replace(f"from {_HERE}.{name} import", f"from {name} import")
    return text.replace(f"from {_OURS}.", f"from {LIBRARY}.")
