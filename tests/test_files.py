import os

import pytest

from sleeplm.files import open_regular, sha256, sha256_of, write_whole, written_whole


def test_what_fails_while_it_is_written_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.txt"
    write_whole(path, "old")
    with pytest.raises(RuntimeError), written_whole(path) as partial:
        partial.write_text("ne")
        raise RuntimeError
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_a_name_may_be_as_long_as_names_are(tmp_path):
    path = tmp_path / ("é" * 125 + ".edf")
    write_whole(path, b"whole")
    assert os.listdir(tmp_path) == [path.name] and sha256_of(path) == sha256(b"whole")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="a pipe"):
        open_regular(tmp_path / "pipe")
