"""Latency against LUTs, from one product a cycle to all."""

from build_decoder.bench import unrolling


def _numbers(cell: str) -> list[int]:
    return [int(word.replace(",", "")) for word in cell.split() if word[0].isdigit()]


def test_each_decoder_is_on_the_front_or_another_is_better(tmp_path, capsys):
    assert unrolling.main(["tiny", "--synthesise", "0", "--output", str(tmp_path)]) == 0
    assert (tmp_path / "unrolling.png").stat().st_size > 10_000
    _, _, *lines = capsys.readouterr().out.splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    labels = [row[1] for row in rows]
    assert len(set(labels)) == len(labels) >= 8
    assert {"bit heaps, 1 plane", "bit heaps, 2 planes"} <= set(labels)
    at = {row[1]: (int(row[2]), _numbers(row[4])[0]) for row in rows}
    for row in rows:
        mine = at[row[1]]
        better = {
            label: other
            for label, other in at.items()
            if other != mine and other[0] <= mine[0] and other[1] <= mine[1]
        }
        if row[-1] == "-":
            assert not better
        else:
            label, _, told = row[-1].rpartition(": ")
            cycles, luts = _numbers(told.replace(" cycles,", ""))
            assert better[label] == (cycles, luts)
    # What is only estimated says so.
    assert all(("estimated" in row[4]) == ("heaps" not in row[1]) for row in rows)


def test_a_network_that_is_none(capsys):
    assert unrolling.main(["no_such_network"]) == 2
    assert "no_such_network" in capsys.readouterr().err
