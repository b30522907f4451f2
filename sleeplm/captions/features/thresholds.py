"""From which value on something has a name: one table for stage evidence, words of captions and search phrases.

A pair is ``(low, high)``: what lies between is usual. Where no source is named, the value is this project's own
choice of what is worth a word; none of them is a clinical limit.
"""

# Shares of power in % of .5 to 30 Hz at a central derivation: low below the first, high from the second on.
BAND_LEVELS_PCT = {"delta": (45, 75), "theta": (10, 22), "alpha": (6, 18), "sigma": (3, 8), "beta": (3, 12)}
EEG_UV = (10, 24)  # root mean square: low voltage below the first, high voltage from the second on
# Slow activity has two limits on purpose. A caption that calls the trace slow, and delta as evidence of N3, state
# something, and need the level "high" of delta (75%). A search phrase should rather find too much: it asks for 70%.
LARGE_DELTA_PHRASE_PCT = 70
# Alpha too: from the level "high" (18%) on there is alpha to be found and to support wake, but only a trace that
# alpha fills this far is called an alpha rhythm.
ALPHA_RHYTHM_PCT = 30
MIXED_DELTA_PCT, MIXED_UV = 60, 18  # below both an EEG is of low voltage and mixed frequency (N1 and R: AASM 2.6)
SLOW_WAVES_S = 6.0  # in an epoch: 20% of it, which makes N3 (AASM 2.6)
ROLLING_EYES_UV = 20  # root mean square of slow movements in both eyes, which that of fast ones must not exceed

HEART_BPM = (50, 90)  # slow below, fast above; bradycardias and tachycardias are scored by `scoring.rhythm`
HR_CHANGE_BPM = 5  # by which a rate rises or falls
HR_SURGE_BPM = 2 * HR_CHANGE_BPM  # which people would search for as sudden
SPO2_CHANGE_PCT = 2  # by which a saturation rises or falls; steps of 1% are the sensor's own
SPO2_CHANGE_PHRASE_PCT = 3  # a search phrase asks for the least desaturation that is scored (AASM 2.6)
SPO2_PCT = (90, 95)  # low below the first, as T90 counts it; normal from the second on
DEEP_DROP_PCT = 10  # of a desaturation

BREATHS_PER_MIN = (10, 22)  # slow below the first, fast from the second on
AMPLITUDE_PCT = (70, 140)  # against the minutes before: low below (a hypopnea falls by 30%: AASM 2.6), high above
NEARLY_GONE_PCT = 25  # airflow of 10 s against the minutes before; an apnea's falls to 10% (AASM 2.6)
LOUD_SNORING = 2.0  # times the night's median
UNEVEN_BREATHS_PCT = 20  # variability from breath to breath
FLATTENED_PCT = 50  # from half of an epoch's inspirations on

CHIN_BURSTS_N = 3  # from which on a chin twitches


def level(value: float, edges: tuple[float, float]) -> int:
    """0 below the first edge, 2 from the second on, 1 between.

    >>> level(44, (45, 75)), level(45, (45, 75)), level(75, (45, 75))
    (0, 1, 2)
    """
    return int(value >= edges[0]) + int(value >= edges[1])
