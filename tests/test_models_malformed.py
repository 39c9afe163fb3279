"""Every malformed input ends in one clear line."""

from pathlib import Path

import pytest

from build_decoder.models import InputError, load_golden, load_network
from tests.malformed import CASES, MalformedCase, make_good


def load(arguments: list[str]) -> None:
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    load_golden(options["--golden"], load_network(options["--network"]))


def test_unbroken_input_loads(tmp_path: Path):
    load(make_good(tmp_path))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_one_clear_line(case: MalformedCase, tmp_path: Path):
    arguments = case.make(tmp_path)
    with pytest.raises(InputError) as caught:
        load(arguments)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert len(message) < len(str(tmp_path)) + 300
    assert str(tmp_path) in message
    for part in (": ", "expected ", ", got ", *case.expects):
        assert part in message


def test_names_are_unique():
    assert len({case.name for case in CASES}) == len(CASES)
