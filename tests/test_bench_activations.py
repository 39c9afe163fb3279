import pytest

from build_decoder.bench import activations
from build_decoder.models import activations as float_activations


@pytest.mark.slow
def test_every_form_is_a_row_within_its_bound(monkeypatch, capsys):
    monkeypatch.setattr(float_activations, "names", lambda: ["relu", "sigmoid"])
    assert activations.main(["--input", "3", "3", "--output", "6"]) == 0
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert [row[2] for row in rows] == ["least segments", "16 uniform", "decoder's"]
    least, _, ours = rows
    assert float(least[4]) <= 1
    assert float(ours[4]) <= 1
    assert int(ours[5]) <= int(least[5])
