"""Paraphrases of the phrases that a network is trained on, one of which is drawn each time a phrase is read.

A phrase of few words is soon known by heart; paraphrased, it is known by what it means. Of events, which have a
place in time, and of what the sentence encoder mixes up: to it a slow and a fast heart are nearly the same. The
third wording of each event in `train.evaluation.localization` is not among them, nor are "low heart rate" and "the
heart beats slowly", by which `train.evaluation.held_out_concepts` asks.
"""

PARAPHRASES: dict[str, tuple[str, ...]] = {
    "obstructive apnea": (
        "obstructive sleep apnea event", "no airflow although the chest keeps moving", "blocked airway",
        "the throat is closed while the person tries to breathe", "obstructed breathing", "airway collapse",
        "airflow is gone but effort goes on", "an obstruction of the upper airway", "OA",
        "closed upper airway with continuing effort", "the airway is shut", "belts keep moving, flow is flat",
        "chest and abdomen move against each other and no air flows", "occlusion of the pharynx",
        "the tongue falls back and no air passes", "choking in sleep",
    ),
    "airway obstruction with effort": (
        "breathing effort against a closed airway", "chest and belly strain without airflow",
        "struggling to breathe against an obstruction", "effort continues without flow",
    ),
    "central apnea": (
        "central sleep apnea event", "neither airflow nor effort", "the brain does not send a breath",
        "chest and abdomen are still and no air flows", "absent respiratory effort", "CA",
        "no attempt to breathe", "the respiratory drive is missing", "flat belts and flat flow",
        "breathing is not attempted", "all breathing movements cease",
        "the chest does not move and no air flows", "apnea of central origin", "effort and flow stop together",
        "respiratory centre falls silent", "nobody tells the diaphragm to move",
    ),
    "breathing stops without effort": (
        "a pause in breathing without any effort", "belts and airflow are both flat", "breathing ceases entirely",
    ),
    "mixed apnea": ("mixed sleep apnea event", "a central apnea that turns obstructive"),
    "apnea": ("airflow is absent for ten seconds or more", "the person is not breathing", "an apnoeic event"),
    "hypopnea": (
        "a hypopnea event", "partial reduction of airflow", "breathing becomes shallow", "airflow is diminished",
        "weaker breaths for a while", "smaller breaths", "partially blocked breathing", "airflow falls by a third",
        "less air with each breath", "breathing at half its depth", "airflow is limited for some seconds",
        "low tidal volume", "the flow signal shrinks", "underbreathing", "incomplete obstruction of breathing",
    ),
    "shallow breathing": ("breaths get smaller", "diminished breathing", "breathing is reduced"),
    "oxygen desaturation": (
        "SpO2 is dropping", "oxygen saturation decreases", "blood oxygen falls", "oxygen levels go down",
        "a dip in SpO2", "the oxygen level sinks", "desaturation event", "declining oxygen",
        "saturation is decreasing",
        "the SpO2 curve slopes downward", "saturation loses three percent or more", "the oximeter shows a fall",
        "hypoxic dip", "oxygen is being lost", "drop of the saturation of haemoglobin",
        "saturation leaves its baseline",
    ),
    "oxygen drops": ("a fall of oxygen in the blood", "less and less oxygen", "loss of oxygen saturation"),
    "arousal": (
        "arousal from sleep", "a sudden shift of the EEG to faster frequencies", "micro-arousal",
        "the person stirs", "sleep is briefly interrupted", "a short wake-up", "the brain wakes up for a moment",
        "the sleeper wakes briefly", "partial awakening", "woken for a few seconds",
        "alpha bursts into sleep for a few seconds", "sleep lightens abruptly", "the person almost wakes up",
        "a transient return of waking rhythms", "EEG speeds up for some seconds", "disturbed out of sleep",
        "startled from sleep", "sleep fragmentation",
    ),
    "brief awakening": (
        "a momentary awakening", "waking for a few seconds", "brief disruption of sleep", "a short burst of waking",
        "the person rouses",
    ),
    "leg movement": (
        "movement of the legs", "limb movement", "the leg moves", "a leg is moving", "leg muscle activation",
        "activity of the tibialis", "leg EMG burst", "a kick", "twitching of a leg",
        "the foot flexes", "anterior tibialis contracts", "restless legs", "movement of the lower limbs",
        "the shin muscle fires", "kicking", "legs move in sleep", "a jolt of the leg",
    ),
    "leg jerk": ("a sudden movement of a leg", "the leg jerks", "a jerking limb", "legs are moving"),
    "periodic leg movement": ("repeated movement of the legs in sleep", "legs kick again and again", "PLMS"),
    "snoring": (
        "the person snores", "a snoring sound", "vibration of the throat", "noisy breathing", "snores",
        "snorting breaths", "loud breathing sounds", "vibrating airway",
        "rattling breath", "the soft palate vibrates", "rumbling sound with each breath in",
        "snores with every inspiration", "sawing sounds in sleep", "harsh breathing noise",
        "the microphone picks up vibration", "sonorous inspiration",
    ),
    "loud snoring": ("heavy snoring", "very noisy breathing", "strong snoring sounds"),
    "sleep spindle": (
        "a spindle in the EEG", "a burst of 12 to 15 Hz", "brief oscillation at 14 Hz", "sigma band oscillation",
        "waxing and waning 12 Hz activity", "a short train of waves at 12.5 Hz", "spindle-shaped rhythm",
        "thalamocortical spindle", "half a second or more of 11 to 16 Hz waves",
        "an oscillation of about 13 cycles a second", "fast rhythmic burst",
        "transient sigma rhythm", "a short spell of 12 to 14 Hz", "spindling", "rhythm of the thalamus",
        "a waxing and waning burst",
    ),
    "sigma burst": ("a burst of sigma activity", "a short rhythm in the sigma range", "brief sigma oscillation"),
    "slow wave": ("a large delta wave", "a slow oscillation of the EEG", "a big slow EEG wave"),
    "rapid eye movement": ("the eyes dart", "quick movement of the eyes", "a saccade", "eyes move rapidly"),
    "cardiac pause": ("the heart skips beats", "no heartbeat for seconds"),
    "tachycardia": ("the heart races", "a very fast pulse"),
    "bradycardia": ("the heart beats very slowly", "a very low pulse"),
    "slow heart rate": (
        "a slow pulse", "few heartbeats a minute", "heart rate below 50", "the pulse is slow", "sluggish heartbeat",
        "resting bradycardia", "long time between heartbeats", "an athlete's slow heart", "heart rate under 50 bpm",
        "slow cardiac rhythm", "the heart takes its time", "heart rate is reduced", "slow heart",
    ),
    "fast heart rate": (
        "a fast pulse", "many heartbeats a minute", "heart rate above 90", "the pulse is fast", "quick heartbeat",
        "heart rate over 90 bpm", "fast cardiac rhythm", "the heart pounds", "heart rate is raised", "fast heart",
        "elevated pulse", "short time between heartbeats",
    ),
    "low oxygen": (
        "oxygen is low", "SpO2 below 90", "low SpO2", "poor oxygenation", "oxygen saturation under 90 percent",
        "too little oxygen in the blood",
    ),
    "normal oxygen saturation": ("oxygen is normal", "SpO2 of 95 or more", "well oxygenated", "healthy SpO2"),
    "fast breathing": ("tachypnea", "many breaths a minute", "quick breaths", "high breathing rate"),
    "slow breathing": ("bradypnea", "few breaths a minute", "long slow breaths", "low breathing rate"),
    "Cheyne-Stokes breathing": (
        "breathing swells and fades", "crescendo and decrescendo of breaths", "CSR", "breathing waxes and wanes",
    ),
    "artifact": ("the signal is contaminated", "noise in the recording"),
    "chin muscle burst": ("a burst in the chin EMG", "the chin muscle twitches"),
    "heart rate surge": ("the heart suddenly speeds up", "the pulse jumps up"),
}  # fmt: skip
