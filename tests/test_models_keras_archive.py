"""What a ``.keras`` file may hold and how large it may be. None of it needs TensorFlow."""

import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError, load_network
from build_decoder.models.files.keras_file.archive import unpack
from build_decoder.models.files.keras_file.weights import count_weights
from build_decoder.models.limits import MAX_KERAS_BYTES, MAX_KERAS_MEMBERS
from tests.keras_files import dense_config, sequential, weights_file, write_keras

PATH = Path("model.keras")


def test_saved_by_keras_2(tmp_path: Path):
    path = write_keras(tmp_path / "old.keras", metadata=b'{"keras_version": "2.15.0"}')
    expected = "old.keras: expected a model saved by Keras 3, got one saved by Keras 2.15.0: read"
    with pytest.raises(InputError, match=expected):
        load_network(path)


def test_not_a_keras_file(tmp_path: Path):
    good = write_keras(tmp_path / "good.keras").read_bytes()
    for content in (b"", b"not a zip", good[:-30], good[60:]):
        (tmp_path / "bad.keras").write_bytes(content)
        with pytest.raises(InputError, match="bad.keras: expected a Keras model, .* a damaged"):
            load_network(tmp_path / "bad.keras")
    with zipfile.ZipFile(tmp_path / "bad.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(InputError, match="a zip with model.weights.h5, got one without it"):
        load_network(tmp_path / "bad.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_keras(tmp_path / "bad.keras", others=[("config.json", b"{}")])
    with pytest.raises(InputError, match="each file once, got 'config.json' twice"):
        load_network(tmp_path / "bad.keras")


# Bombs: small files that unpack to gigabytes. They are refused by what they declare, so the tests
# unpack nothing; the last test measures the memory of a process that is given one.


@pytest.mark.parametrize("name", ["metadata.json", "config.json", "model.weights.h5", "assets/a"])
def test_members_that_unpack_to_much_more(tmp_path: Path, name: str):
    parts = {"metadata": b"{}", "config": None, "weights": b"", "others": []}
    zeros = bytes(2**26)
    parts |= {
        "metadata.json": {"metadata": zeros},
        "config.json": {"config": zeros},
        "model.weights.h5": {"weights": zeros},
        "assets/a": {"others": [("assets/a", zeros)]},
    }[name]
    path = write_keras(tmp_path / "bomb.keras", **parts, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 2**17
    with pytest.raises(InputError, match=f"'{name}': expected at most 64 bytes for each byte p"):
        unpack(path)


def declare(path: Path, name: str, size: int) -> None:
    """Make the zip's directory say that the file `name` unpacks to `size` bytes."""
    data = bytearray(path.read_bytes())
    entry = -1
    while (entry := data.find(b"PK\x01\x02", entry + 1)) >= 0:
        if data[entry + 46 : entry + 46 + len(name)] == name.encode():
            data[entry + 24 : entry + 28] = size.to_bytes(4, "little")
            path.write_bytes(data)
            return
    raise AssertionError(f"expected an entry for {name}")


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_members_that_lie_about_their_size(tmp_path: Path, name: str):
    key = {"config.json": "config", "model.weights.h5": "weights"}[name]
    path = write_keras(
        tmp_path / "bomb.keras", **{key: bytes(2**26)}, compression=zipfile.ZIP_DEFLATED
    )
    declare(path, name, 1000)
    with pytest.raises(InputError, match="bomb.keras: .*expected"):
        unpack(path)
    path = write_keras(tmp_path / "more.keras")
    declare(path, name, 2**20)
    with pytest.raises(InputError, match="more.keras: .*expected 1048576 bytes, got more or fewer"):
        unpack(path)


def test_too_large_together(tmp_path: Path):
    count = 60
    path = write_keras(tmp_path / "big.keras", others=[(f"a{i}", b"") for i in range(count)])
    data = bytearray(path.read_bytes())
    size = MAX_KERAS_BYTES // count + 1
    entry = -1
    while (entry := data.find(b"PK\x01\x02", entry + 1)) >= 0:
        for at in (20, 24):  # packed, unpacked
            data[entry + at : entry + at + 4] = size.to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(InputError, match="expected at most 536870912 bytes unpacked, got"):
        unpack(path)


def test_too_large_on_the_disk(tmp_path: Path):
    with (tmp_path / "big.keras").open("wb") as stream:
        stream.truncate(MAX_KERAS_BYTES + 1)  # takes no room
    with pytest.raises(InputError, match="big.keras: expected at most 536870912 bytes, got 536870"):
        unpack(tmp_path / "big.keras")


def test_too_many_members(tmp_path: Path):
    names = [f"assets/{i}" for i in range(MAX_KERAS_MEMBERS)]
    path = write_keras(tmp_path / "many.keras", others=[(name, b"") for name in names])
    with pytest.raises(InputError, match="many.keras: expected at most 64 files in it, got more"):
        unpack(path)
    unpack(write_keras(tmp_path / "few.keras", others=[(name, b"") for name in names[3:]]))


@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_that_cannot_be_bounded(tmp_path: Path, way: int):
    path = write_keras(tmp_path / "model.keras", compression=way)
    with pytest.raises(InputError, match="expected a stored or deflated file, got another way"):
        unpack(path)


def test_deflated_files_are_read(tmp_path: Path):
    path = write_keras(
        tmp_path / "model.keras", weights=b"abc" * 1000, compression=zipfile.ZIP_DEFLATED
    )
    archive = unpack(path)
    assert archive.weights == b"abc" * 1000
    assert archive.config == sequential(dense_config())


# The arrays: HDF5 files that declare more than they hold.


def test_weights_are_counted():
    pytest.importorskip("h5py")
    assert count_weights(PATH, weights_file()) == 4 * 3 + 3

    def packed(file, group):
        rng = np.random.default_rng(0)
        group.create_dataset("0", data=rng.normal(size=(200, 300)), compression="gzip")

    assert count_weights(PATH, weights_file(packed)) == 200 * 300


def _fill(file, group):
    group.create_dataset("0", (2**24,), "f4", fillvalue=1.0)


def _pack(file, group):
    group.create_dataset("0", data=np.zeros((2**20,), "f4"), chunks=(2**16,), compression="gzip")


def _chunk(file, group):
    chunk = {"maxshape": (None,), "chunks": (2**24,), "compression": "gzip"}
    group.create_dataset("0", data=np.ones(12, "f4"), **chunk)


def _external(file, group):
    group.create_dataset("0", (4, 3), "f4", external=[("/etc/hostname", 0, 48)])


def _virtual(file, group):
    import h5py

    group.create_virtual_dataset("0", h5py.VirtualLayout((10**9,), "f4"))


def _soft_link(file, group):
    import h5py

    group["0"] = h5py.SoftLink("/elsewhere")


def _external_link(file, group):
    import h5py

    group["0"] = h5py.ExternalLink("other.h5", "/elsewhere")


def _texts(file, group):
    group.create_dataset("0", data=["a", "b"])


def _records(file, group):
    group.create_dataset("0", (4, 3), np.dtype([("a", "f4", (1000, 1000))]))


def _groups(file, group):
    for number in range(5000):
        group.create_group(f"g{number}")


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (_fill, "'layers/dense/vars/0': expected at most 64 .*, got 67108864 .* of which 0"),
        (_pack, "'layers/dense/vars/0': expected at most 64 bytes for each byte stored"),
        (_chunk, "'layers/dense/vars/0': expected at most 64 .*, got 67108864 bytes"),
        (_external, "an array in this file, got one in another file"),
        (_virtual, "an array in this file, got one in another file"),
        (_soft_link, "a group or an array, got a link"),
        (_external_link, "a group or an array, got a link"),
        (_texts, "expected numbers, got 'object'"),
        (_records, "expected numbers, got"),
        (_groups, "expected at most 4096 groups and arrays, got more"),
        (lambda file, group: None, "expected 12 weights or more, got 0"),
    ],
)
def test_weights_that_are_refused(tmp_path: Path, fill, message: str):
    pytest.importorskip("h5py")
    path = write_keras(tmp_path / "bad.keras", weights=weights_file(fill))
    with pytest.raises(InputError, match=f"bad.keras: model.weights.h5: .*{message}"):
        load_network(path)


def test_damaged_weights(tmp_path: Path):
    pytest.importorskip("h5py")
    for weights in (b"", b"not HDF5", weights_file()[:600]):
        path = write_keras(tmp_path / "bad.keras", weights=weights)
        with pytest.raises(InputError, match="weights of a Keras model, got damaged data"):
            load_network(path)


_LIMITED = """
import resource, sys
from build_decoder.models import InputError, load_network
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    load_network(sys.argv[1])
except InputError as error:
    print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used) // 1024)
print("tensorflow" in sys.modules)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux alone")
def test_a_bomb_takes_no_memory(tmp_path: Path):
    path = tmp_path / "bomb.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        with archive.open("model.weights.h5", "w") as stream:
            for _ in range(600):
                stream.write(bytes(2**20))
    command = [sys.executable, "-c", _LIMITED, str(path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    message, megabytes, tensorflow = result.stdout.splitlines()
    assert "got 629145600 bytes packed into" in message
    assert int(megabytes) < 100
    assert tensorflow == "False"
