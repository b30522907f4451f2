import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("resource", reason="limits on processor and memory need a Unix")
READER = Path(__file__).with_name("bounded_scorings.py")
ROWS = 60_000
LAUGHS = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
DEEP = 250_000
EVENT = "<ScoredEvent><Start>1</Start></ScoredEvent>"
EVENTS = "type,start,duration\n"


def edf(annotations: bytes, per_record: int = 30_005) -> bytes:
    """An EDF+ file of annotations of 6 bytes alone, in records of 30 kB."""
    room = per_record - 5
    parts = [annotations[i : i + room] for i in range(0, len(annotations), room)]
    body = b"".join(b"+0\x14\x14\0" + part.ljust(room, b"\0") + b"\0" for part in parts)
    fields = [("0", 8), ("X X X X", 80), ("Startdate X X X X", 80), ("01.01.20", 8), ("23.00.00", 8), ("512", 8)]
    fields += [("EDF+C", 44), (str(len(parts)), 8), ("0", 8), ("1", 4), ("EDF Annotations", 16), ("", 88)]
    fields += [
        ("-1", 8),
        ("1", 8),
        ("-32768", 8),
        ("32767", 8),
        ("", 80),
        (str((per_record + 1) // 2), 8),
        ("", 32),
    ]
    return "".join(text.ljust(width) for text, width in fields).encode() + body


# What makes each file (bytes, text, or a pipe at a path; None: 200 MB of nothing), and a part of the answer.
FILES: dict[str, tuple[Callable[..., Any] | None, str]] = {
    "laughs.xml": (lambda: f'<!DOCTYPE x [<!ENTITY a0 "ha">{LAUGHS}]><PSGAnnotation>&a9;</PSGAnnotation>', "XML"),
    "outside.xml": (
        lambda: '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><PSGAnnotation>&a;</PSGAnnotation>',
        "XML",
    ),
    "deep.xml": (lambda: f"<PSGAnnotation>{'<a>' * DEEP}{'</a>' * DEEP}</PSGAnnotation>", "holds neither"),
    "tags.xml": (lambda: f"<PSGAnnotation>{'<a/>' * 1_100_000}</PSGAnnotation>", "1000000 XML tags"),
    "events.xml": (
        lambda: f"<PSGAnnotation>{EVENT * 100_000}<ScoredEvent/></PSGAnnotation>",
        "Event 100001",
    ),
    "large.xml": (lambda: f'<PSGAnnotation a="{"x" * 17_000_000}"/>', "16 MB"),
    "columns.csv": (lambda: "type,start,duration" + ",x" * 1_000_000 + "\nHypopnea,1,2\n", "10000 characters"),
    "line.csv": (lambda: "x" * 15_000_000, "10000 characters"),
    "vast.csv": (None, "64 MB"),
    "years.csv": (lambda: "start,duration,stage\n0,1e300,W\n", "a stage with a duration of years"),
    "pipe.csv": (os.mkfifo, "cannot be opened"),
    "rows.csv": (lambda: EVENTS + "Hypopnea,1,2\n" * 1_000_000, "100000 lines"),
    "many.csv": (lambda: "\n" * 10_000_000, "empty"),
    "returns.csv": (lambda: "W\r" * 1_000_000, "100000 lines"),
    "seconds.csv": (lambda: EVENTS + "Hypopnea,1,2\n" * ROWS + "Hypopnea,1,x\n", f"Row {ROWS + 1}"),
    "dates.csv": (
        lambda: EVENTS + "Hypopnea,2020-01-01 23:00:00,2\n" * ROWS + "Hypopnea,x,2\n",
        f"Row {ROWS + 1}",
    ),
    "words.csv": (
        lambda: EVENTS + "".join(f"Smith{i},1,2\n" for i in range(ROWS)) + "Hypopnea,1,-2\n",
        f"Row {ROWS + 1}",
    ),
    "stages.csv": (lambda: "onset,duration,stage\n" + "0,99999,N2\n" * ROWS, "overlapping stages in 960 epochs"),
    "epochs.csv": (lambda: "epoch,stage\n" + "".join(f"{i},W\n" for i in range(ROWS)) + "1,W\n", f"Row {ROWS + 1}"),
    "a.annot": (lambda: "arousal 1 2\n" * ROWS + "arousal 1\n", f"Row {ROWS + 1}"),
    "events.tsv": (lambda: "onset\tduration\ttrial_type\n" + "1\t2\tx\n" * ROWS + "1\n", f"Row {ROWS + 1}"),
    "remlogic.txt": (
        lambda: "Time [hh:mm:ss]\tEvent\tDuration[s]\n" + "23.00.00\tSLEEP-S0\t30\n" * ROWS + "x\n",
        f"Row {ROWS + 1}",
    ),
    "domino.txt": (lambda: "Signal ID: a\n\n" + "23:00:00,000; Wake\n" * ROWS + "x\n", f"Row {ROWS + 1}"),
    "visbrain.txt": (
        lambda: "*Duration_sec\t1\n" + "".join(f"N2\t{i + 1}\n" for i in range(ROWS)) + "N2\t1\n",
        f"Row {ROWS + 1}",
    ),
    "huge.csv": (lambda: f"type,start,duration\nHypopnea,{'9' * 9000},1e308\n", "Row 1"),
    "nan.csv": (lambda: "type,start,duration\nHypopnea,nan,1\n", "Row 1"),
    "infinite.csv": (lambda: "type,start,duration\nHypopnea,1,Infinity\n", "Row 1"),
    "negative.csv": (lambda: "type,start,duration\nHypopnea,1,-1e-9\n", "Row 1"),
    "late.csv": (lambda: "type,start,duration\nHypopnea,1e300,1\n", "one mark"),
    "zeros.csv": (lambda: "type,start,duration\n\0\0\0Hypopnea,1,2\n", "no text"),
    "odd.csv": (lambda: b"\xff\xfe" + b"a\0" * 50 + b"\0", "no text"),
    "halves.csv": (lambda: "onset,duration,stage\n".encode("utf-16-le") + b"\x00\xd8" * 50, "no text"),
    "annotations.edf": (lambda: edf(b"+0\x141\x14\0" * 350_000), "READ 0 'annotations.edf'"),
    "many.edf": (lambda: edf(b"+0\x141\x14\0" * 4_000_000), "500000 annotations"),
    "broken.edf": (lambda: edf(b"+0\x14" * 600_000), "broken.edf"),
    "notes.st": (lambda: b"\1\4" * 131_072, "notes.st"),
    "skips.arousal": (lambda: b"\0\xec\xff\xff\xff\xff" * 40_000, "skips.arousal"),
    "noise.st": (lambda: zlib.compress(b"x")[2:] * 9000, "noise.st"),
}  # fmt: skip


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("hostile")
    for name, (content, _) in FILES.items():
        if content is os.mkfifo:
            content(folder / name)  # into which nobody ever writes
            continue
        if content is None:
            with (folder / name).open("wb") as file:
                file.truncate(200 * 2**20)
            continue
        made = content()
        (folder / name).write_bytes(made if isinstance(made, bytes) else made.encode())
    command = [sys.executable, str(READER), *(str(folder / name) for name in FILES)]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=root, env={"PYTHONPATH": str(root)}
    )
    lines = done.stdout.splitlines()
    assert len(lines) == len(FILES), done.stdout + done.stderr
    return dict(zip(FILES, lines, strict=True))


@pytest.mark.parametrize("name", FILES)
def test_hostile_scorings_cost_little_and_get_one_sentence(answers, name):
    verdict, _, sentence = answers[name].partition(" ")
    assert verdict in ("REFUSED", "READ") and name in sentence
    assert FILES[name][1] in answers[name]
