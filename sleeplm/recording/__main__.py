"""``python -m sleeplm.recording FILE...``: what each file resolves to, at no cost."""

import sys

from sleeplm.errors import SleepLMError
from sleeplm.kinds.channels import RECORDABLE_NAMES
from sleeplm.recording import open_recording
from sleeplm.recording.formats.source import printable


def main(paths: list[str]) -> int:
    """Print label, rate, unit and note of each canonical channel; 2 where a file cannot be used."""
    status = 0
    for path in paths:
        try:
            recording = open_recording(path)
        except SleepLMError as error:
            print(error, file=sys.stderr)
            status = 2
            continue
        started = f"{recording.start_date} {recording.start_clock}"
        print(f"{printable(recording.path.name)}: {recording.duration_s:g} s, {started}")
        for name in RECORDABLE_NAMES:
            if channel := recording.channels.get(name):
                print(
                    f"  {name:9} {channel.label:17} {channel.sfreq_hz:g} Hz, {channel.unit}  {channel.note or ''}"
                )
            else:
                print(f"  {name:9} -")
        if recording.others:
            print(f"  not analysed: {', '.join(printable(s.label) for s in recording.others)}")
        for warning in recording.warnings:
            print(f"  ! {printable(warning)}")
        for question in recording.questions:
            print(f"  ? {question.text} ({', '.join(question.choices)})")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
