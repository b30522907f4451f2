"""A whole simulated night, with its truth: for training, tests and the demonstration.

    profile -> person -> hypnogram -> events -> breathing, oxygen -> heart -> brain, eyes, muscle -> night -> EDF

`profiles` says who sleeps, `hypnogram` draws the stages, `events` what happens in them. The signals follow from
that: `breathing` (flow, belts, snoring, saturation), `heart`, `brain` (EEG), `eyes` (EOG), `muscle` (chin, legs).
`sensors` makes of them what a lab records, `simulator` puts them together, `write` makes files of them. The
numbers in `fitted.json` come from `fitting.fit`, those in `eeg.json` from `fitting.eeg`; a night needs neither.
"""

from sleeplm.simulate.profiles import PROFILES, Profile
from sleeplm.simulate.simulator import SimulatedNight, simulate_eeg, simulate_night
from sleeplm.simulate.write import write_night

__all__ = ["PROFILES", "Profile", "SimulatedNight", "simulate_eeg", "simulate_night", "write_night"]
