"""Frequency bands of the EEG, of the eyes and of muscle."""

# Edges in Hz are YASA's (Vallat & Walker 2021, eLife 10:e70092). Power above 30 Hz is left out: it is near the
# Nyquist frequency of epochs at `units.MODEL_SFREQ_HZ`.
EEG_BANDS_HZ = {"delta": (0.5, 4), "theta": (4, 8), "alpha": (8, 12), "sigma": (12, 16), "beta": (16, 30)}
EEG_BANDS = tuple(EEG_BANDS_HZ)
EEG_HZ = (EEG_BANDS_HZ["delta"][0], EEG_BANDS_HZ["beta"][1])  # what shares of power are shares of
# Rolling eyes of drowsiness take a second or more to and fro; saccades are looked for at 1 to 5 Hz (Agarwal et al.
# 2005, IEEE Trans Biomed Eng 52:1390).
EYE_BANDS_HZ = {"slow": (0.2, 1), "saccadic": (1, 5)}
EMG_HZ = (10.0, 100.0)  # the AASM's filter for EMG
