import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import HOSTILE, SPARSE

pytest.importorskip("resource", reason="limits on processor and memory need a Unix")
READER = Path(__file__).with_name("bounded_reader.py")
# Odd, and read all the same.
READ = (
    "count_unknown.edf", "count_huge.edf", "cut.edf", "signals_600.edf", "signals_9999_alike.edf",
    "unit_bytes.edf", "dates.edf", "dates_nul.edf", "gaps_two_days.edf", "gaps_negative.edf",
    "notes_of_separators.edf", "records_many.edf",
)  # fmt: skip
# The field, or the contradiction, that the sentence names.
NAMED = {
    "nul_fields.edf": "number of signals is empty",
    "count_minus_two.edf": "number of data records is '-2'",
    "count_in_words.edf": "number of data records is 'ten'",
    "record_nan.edf": "duration of its data records is 'nan'",
    "record_zero.edf": "last 0 s",
    "record_tiny.edf": "which no recorder does",
    "signals_minus.edf": "number of signals is '-1'",
    "size_wrong.edf": "says that it has 511 bytes",
    "samples_none.edf": "number of samples in a record is '0'",
    "scale_nan.edf": "no valid calibration",
    "scale_huge.edf": "no valid calibration",
    "gaps_back.edf": "data record 2 goes back in time",
    "gaps_text.edf": "data record 1 does not say when it begins",
    "gaps_by_the_thousand.edf": "has 199999 gaps between its data records",
    "start_beyond_time.edf": "first data record begins 1e+15 s after its start time",
    "start_beyond_dates.edf": "first data record begins 1e+11 s after its start time",
    "pipe.edf": "cannot be opened",
    "pipe.vhdr": "cannot be opened",
    "device.edf": "cannot be opened",
    "circle.edf": "cannot be opened",
    "gaps_huge.edf": "more than the 48 h",
    "notes_gigabyte.edf": "1800 MB of annotations",
    "terabyte.edf": "more than the 48 h",
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> dict[str, dict]:
    """What came of each hostile file, opened within the limits by a process of its own."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, content in HOSTILE.items():
        (folder / name).write_bytes(content)
    for name, write in SPARSE.items():
        write(folder / name)
    command = [sys.executable, str(READER), *map(str, sorted(folder.iterdir()))]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, env={"PYTHONPATH": str(root)})
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"{lines[-1:]} broke a limit: {done.returncode} {done.stderr[-500:]}"
    return {named["file"]: answer for named, answer in zip(lines[::2], lines[1::2], strict=True)}


@pytest.mark.parametrize("name", sorted([*HOSTILE, *SPARSE]))
def test_a_hostile_file_is_read_or_refused_in_one_sentence_soon_and_within_bounds(answers, name):
    answer = answers[name]
    assert "uncaught" not in answer, answer
    if "refused" in answer:
        assert name in answer["refused"] and "\n" not in answer["refused"] and answer["refused"].isprintable()
        assert len(answer["refused"]) < 3000
    if name in READ:
        assert "channels" in answer, answer
    assert NAMED.get(name, "") in answer.get("refused", "")


def test_the_limits_do_end_what_breaks_them():
    code = (
        "import sys; sys.path[:0] = ['tests/recording', '.']\n"
        "import bounded_reader\n"
        "bounded_reader.limit()\n"
        "try: bytearray(900 << 20)\n"
        "except MemoryError: print('bounded', flush=True)\n"
        "any(iter(int, 1))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True)
    assert (done.stdout, done.returncode) == (b"bounded\n", -signal.SIGXCPU)
