"""The metadata folder: ``network.json`` and the arrays that it names."""

import json
import re
from dataclasses import replace
from pathlib import Path

from build_decoder.models import layers
from build_decoder.models.errors import shown
from build_decoder.models.fields import Fields
from build_decoder.models.json_file import read_json
from build_decoder.models.limits import MAX_LAYERS, MAX_WIDTH
from build_decoder.models.network import Network
from build_decoder.models.task import Kind
from build_decoder.models.task_inference import stated_task

__all__ = ["NETWORK_FILE", "is_valid_name", "read_header", "read_metadata", "save_network"]

NETWORK_FILE = "network.json"
_FORMAT = 1
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


def is_valid_name(name: str) -> bool:
    """Whether `name` can name a network, and so folders and files as well."""
    return _NAME.fullmatch(name) is not None


def read_header(
    source: Path, version: int, *, optional: tuple[str, ...] = ()
) -> tuple[Fields, str]:
    """Fields of the JSON description `source` of format `version`, and the network's name.

    `InputError` where it is no description of that format, or has other fields than ``format``,
    ``name``, ``inputs`` and ``layers`` and those in `optional`.
    """
    fields = Fields(read_json(source), source)
    fields.only("format", "name", "inputs", "layers", optional=optional)
    # bool is an int to Python, but true is no version.
    if fields.values["format"] != version or isinstance(fields.values["format"], bool):
        raise fields.error("format", str(version), shown(fields.values["format"]))
    name = fields.text("name")
    if not is_valid_name(name):
        raise fields.error("name", "1 to 64 letters, digits, '_', '-' and '.'", shown(name))
    return fields, name


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


def read_metadata(folder: Path) -> Network:
    """The network in a metadata folder; `InputError` where anything in it is not as it must be."""
    source = folder / NETWORK_FILE
    fields, name = read_header(source, _FORMAT, optional=("task", "threshold"))
    sizes = fields.items("inputs")
    if len(sizes) != 1:
        raise fields.error("inputs", "a list of one size", shown(sizes))
    input_count = fields.check_size("inputs", sizes[0], MAX_WIDTH)
    entries = fields.items("layers")
    if not 1 <= len(entries) <= MAX_LAYERS:
        raise fields.error("layers", f"1 to {MAX_LAYERS} layers", str(len(entries)))

    built = []
    count = input_count
    for number, entry in enumerate(entries, 1):
        layer_fields = Fields(entry, source, f"layer {number}")
        layer_type = layers.get(layer_fields.choice("type", layers.names()))
        built.append(layer_type.read(layer_fields, count, folder))
        count = built[-1].output_count
    return _read_task(fields, Network(name, input_count, tuple(built)))


def save_network(network: Network, folder: Path | str) -> None:
    """Write a metadata folder. The folder is made where it is not there; files are replaced."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    entries = [
        layers.type_of(layer).write(layer, f"layer{number}", folder)
        for number, layer in enumerate(network.layers, 1)
    ]
    description = {
        "format": _FORMAT,
        "name": network.name,
        "inputs": [network.input_count],
        "layers": entries,
    }
    if network.task is not None:
        description["task"] = network.task.kind
        if network.task.thresholds:
            description["threshold"] = list(network.task.thresholds)
    (folder / NETWORK_FILE).write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
