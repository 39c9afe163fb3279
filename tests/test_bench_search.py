from build_decoder.bench import networks, search_speed


def test_speed_is_printed_for_each_search(capsys):
    search_speed.main(["tiny"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("tiny (16-8-2): evaluations a second on 2048 samples: ")
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["default", "widths", "ahead"]


def test_a_recording_that_is_not_there_is_left_out(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(networks, "RECORDING", tmp_path / "none.npz")
    assert list(networks.networks(["myo"])) == []
    assert capsys.readouterr().out == "myo: left out, none.npz is not there\n"
