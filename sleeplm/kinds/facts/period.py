"""Recording, lights, time in bed, and how sure its staging is."""

from sleeplm.kinds.facts.kind import AASM, FactKind, Needs
from sleeplm.kinds.stages import LOW_CONFIDENCE
from sleeplm.units import CLOCK, MINUTES, PERCENT

PERIOD = (
    FactKind("recording_min", "Recording time", MINUTES,
             "The recording lasts {value}.", "Length of the signals."),
    FactKind("recording_start_clock", "Start of the recording", CLOCK,
             "The recording began at {value}.", "From the file's header."),
    FactKind("lights_off_clock", "Lights off", CLOCK,
             "Lights were switched off at {value}.", "As given with the recording."),
    FactKind("lights_on_clock", "Lights on", CLOCK,
             "Lights were switched on at {value}.", "As given with the recording."),
    FactKind("tib_min", "Time in bed", MINUTES, "Time in bed was {value}.",
             "Time in bed runs from lights off to lights on (the total recording time, TRT, of the AASM manual), "
             "or over all whole epochs where these are not known ({source}).", AASM),
    FactKind("unscored_min", "Unscored time", MINUTES, "{value} of the time in bed have no sleep stage.",
             "Epochs in bed without a stage."),
    FactKind("unsure_pct", "Share of epochs staged with low confidence", PERCENT,
             "{value} of the staged epochs in bed have a stage of low confidence.",
             f"Epochs in bed whose likeliest stage has a probability under {100 * LOW_CONFIDENCE:g}% / staged "
             "epochs in bed; automatic staging only.",
             needs=Needs(staging=True),
             names=r"(?:confident|confidence|unsure|sure|certain).*stag|stag.*(?:confident|confidence|unsure|certain)"),
)  # fmt: skip
