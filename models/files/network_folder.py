"""The metadata folder of a network: ``network.json`` and the arrays that it names.

Format 2, a graph of layers of any type (`models.files.graph_format`), is written and read; format
1, a chain of dense layers (`models.files.chain_format`), is still read.
"""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from build_decoder.models.errors import shown
from build_decoder.models.files.atomic_file import write_atomically
from build_decoder.models.files.chain_format import read_chain
from build_decoder.models.files.fields import Fields
from build_decoder.models.files.graph_format import describe, read_graph, save_weights
from build_decoder.models.files.json_file import read_json
from build_decoder.models.network import Network
from build_decoder.models.task import Kind
from build_decoder.models.task_inference import stated_task

__all__ = ["NETWORK_FILE", "is_valid_name", "read_metadata", "save_network"]

NETWORK_FILE = "network.json"
_READERS = {1: read_chain, 2: read_graph}
_FORMAT = 2  # that is written
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


def is_valid_name(name: str) -> bool:
    """Whether `name` can name a network, and so folders and files as well."""
    return _NAME.fullmatch(name) is not None


def read_metadata(folder: Path) -> Network:
    """The network in a metadata folder; `InputError` where anything in it is not as it must be."""
    source = folder / NETWORK_FILE
    fields = Fields(read_json(source), source)
    fields.only("format", "name", "inputs", "layers", optional=("continuous", "task", "threshold"))
    version = fields.values["format"]
    # True equals 1 to Python, but is no version.
    if type(version) is not int or version not in _READERS:
        raise fields.error("format", " or ".join(map(str, _READERS)), shown(version))
    name = fields.text("name")
    if not is_valid_name(name):
        raise fields.error("name", "1 to 64 letters, digits, '_', '-' and '.'", shown(name))
    if version == 1 and "continuous" in fields.values:
        raise fields.error("continuous", "format 2 beside it", "format 1")
    return _read_task(fields, _READERS[version](fields, name, folder))


def _read_task(fields: Fields, network: Network) -> Network:
    """``network`` with the task that its description says."""
    if "task" not in fields.values:
        if "threshold" in fields.values:
            raise fields.error("threshold", "a task beside it", "none")
        return network
    kind = fields.choice("task", tuple(Kind))
    given = fields.values.get("threshold", [])
    thresholds = given if isinstance(given, list) else [given]
    for value in thresholds:
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e30:
            raise fields.error("threshold", "finite numbers", shown(value))
    task = stated_task(kind, thresholds, network, source=fields.source)
    return replace(network, task=replace(task, source=NETWORK_FILE))


def save_network(network: Network, folder: Path | str) -> None:
    """Write a metadata folder. The folder is made where it is not there; files are replaced."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(network, folder)
    description = {"format": _FORMAT, "name": network.name, **describe(network)}
    if network.continuous:
        description["continuous"] = True
    if network.task is not None:
        description["task"] = network.task.kind
        if network.task.thresholds:
            description["threshold"] = list(network.task.thresholds)
    with write_atomically(folder / NETWORK_FILE) as stream:
        stream.write(_text(description).encode())


def _text(description: dict[str, Any]) -> str:
    """JSON that a person can read: an input or a layer a line."""
    values = {
        key: "[\n" + ",\n".join(f"    {json.dumps(entry)}" for entry in value) + "\n  ]"
        if key in ("inputs", "layers")
        else json.dumps(value)
        for key, value in description.items()
    }
    return "{\n" + ",\n".join(f'  "{key}": {value}' for key, value in values.items()) + "\n}\n"
