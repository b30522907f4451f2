"""Everything that can go wrong, as one tree.

SleepLMError                  one sentence that says what is wrong and what to do; exit status 2
├── RecordingError            a file of signals that cannot be used
│   ├── NotARecordingError    it is in no format that we read, or empty
│   ├── DamagedFileError      the format is right, the content is cut short or contradicts itself
│   └── NoUsableChannelError  nothing in it stands for a canonical channel
├── ScoringError              a scoring file that cannot be used
│   ├── UnknownScoringError   it is in no scoring format that we read
│   │   └── UnknownStagesError its table of stages has words that name none
│   └── NoOverlapError        it describes another time than the recording
├── StudyError                no such study, or its folder is not whole
├── SearchError               an index that cannot be read, or a search that cannot be run
├── ModelError                weights that are missing, altered or of another shape
└── UsageError                arguments that contradict each other or are out of range
"""


class SleepLMError(Exception):
    """Base of all errors raised on purpose; ``str(error)`` is one clear sentence without patient identity."""

    def __str__(self) -> str:
        # A sentence may quote a file's name, and a name may hold line breaks and orders to a terminal.
        return "".join(c if c.isprintable() else "\ufffd" for c in super().__str__())


class RecordingError(SleepLMError):
    """A file of signals cannot be used."""


class NotARecordingError(RecordingError):
    """The file is in no format that we read, or it is empty."""


class DamagedFileError(RecordingError):
    """The format is right, but the content is cut short or contradicts its header."""


class NoUsableChannelError(RecordingError):
    """None of the file's signals stands for a canonical channel."""


class ScoringError(SleepLMError):
    """A scoring file cannot be used."""


class UnknownScoringError(ScoringError):
    """The file is in no scoring format that we read."""


class UnknownStagesError(UnknownScoringError):
    """A table of stages has words that name none.

    Attributes
    ----------
    marks : tuple of (str, float, float)
        The words, each with start and duration in seconds as far as they are known. They may be names.
    """

    def __init__(self, sentence: str, marks: tuple[tuple[str, float, float], ...] = ()):
        super().__init__(sentence)
        self.marks = marks


class NoOverlapError(ScoringError):
    """The scoring describes another time than the recording."""


class StudyError(SleepLMError):
    """There is no such study, or its folder is not whole."""


class SearchError(SleepLMError):
    """An index cannot be read, or a search in it cannot be run."""


class ModelError(SleepLMError):
    """Weights are missing, altered or of another shape."""


class UsageError(SleepLMError):
    """Arguments contradict each other or are out of range."""
