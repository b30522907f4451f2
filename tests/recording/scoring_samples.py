"""A small sound file of every scoring format, and what must hold of any answer to a file: for fuzzing."""

import math
from pathlib import Path

from scoring_helpers import night

from sleeplm.errors import ScoringError
from sleeplm.recording.annotations import read_scoring

SECRET = "Mxyzptlk"  # a name that no answer may hold


def _edf() -> bytes:
    notes = b"+0\x14\x14\0+0\x1560\x14Sleep stage W\x14\0+60\x1560\x14Sleep stage 2\x14\0"
    notes += f"+70\x1510\x14Apnea {SECRET}\x14\0".encode()
    fields = [("0", 8), (f"X X X {SECRET}", 80), ("Startdate X X X X", 80), ("01.01.20", 8), ("23.00.00", 8)]
    fields += [("512", 8), ("EDF+C", 44), ("1", 8), ("0", 8), ("1", 4), ("EDF Annotations", 16), ("", 88)]
    fields += [("-1", 8), ("1", 8), ("-32768", 8), ("32767", 8), ("", 80), ("100", 8), ("", 32)]
    return "".join(text.ljust(width) for text, width in fields).encode() + notes.ljust(200, b"\0")


SAMPLES = {
    "stages.edf": _edf(),
    "nsrr.xml": f"<PSGAnnotation><Name>{SECRET}</Name><ScoredEvents>"
    "<ScoredEvent><EventConcept>Wake|0</EventConcept><Start>0</Start><Duration>60</Duration></ScoredEvent>"
    "<ScoredEvent><EventConcept>Hypopnea|x</EventConcept><Start>12.5</Start><Duration>11</Duration></ScoredEvent>"
    "</ScoredEvents></PSGAnnotation>",
    "profusion.xml": "<CMPStudyConfig><EpochLength>30</EpochLength><ScoredEvents>"
    "<ScoredEvent><Name>Hypopnea</Name><Start>3</Start><Duration>12</Duration></ScoredEvent></ScoredEvents>"
    "<SleepStages><SleepStage>0</SleepStage><SleepStage>5</SleepStage><SleepStage>2</SleepStage></SleepStages>"
    "</CMPStudyConfig>",
    "study.rml": '<PatientStudy xmlns="http://www.respironics.com/PatientStudy.xsd"><ScoringData>'
    '<Events><Event Type="ObstructiveApnea" Start="12.5" Duration="20"/></Events><StagingData><UserStaging><X>'
    '<Stage Type="Wake" Start="0"/><Stage Type="REM" Start="60"/></X></UserStaging></StagingData>'
    "</ScoringData></PatientStudy>",
    "remlogic.txt": f"RemLogic Event Export\nPatient:\t{SECRET}\n\n"
    "Sleep Stage\tTime [hh:mm:ss]\tEvent\tDuration[s]\n"
    "W\t23.00.00\tSLEEP-S0\t30\nW\t23.00.30\tSLEEP-S2\t30\nS2\t23.00.40\tHYPOPNEA\t12,5\n",
    "noxturnal.csv": "Start Time,End Time,Event,Duration\n[],[],[],[s]\n"
    "11/18/2021 11:00:00 PM,11/18/2021 11:00:30 PM,Wake,30\n"
    "11/18/2021 11:00:30 PM,11/18/2021 11:00:42 PM,H. Obstructive,12\n",
    "a.annot": f"# {SECRET}\nclass\tinstance\tchannel\tstart\tstop\tmeta\nN2\t.\t.\t23:00:00\t23:00:30\t.\n"
    f"arousal\t{SECRET}\t.\t23:00:40\t+3\t.\n",
    "a.eannot": "W\nN2\nN3\nR\n",
    "events.tsv": "onset\tduration\ttrial_type\n0\t30\tSleep stage W\n12.5\tn/a\tarousal\n",
    "visbrain.txt": f"*Duration_sec\t120\n*Datafile\t/home/{SECRET}\nWake\t60\nN2\t120\n",
    "elan.hyp": "time_base 30\nsampling_period 1\nepoch_nb 4\nepoch_list\n0\n2\n3\n5\n",
    "dreams.txt": "[HypnogramAASM_subject1]\n" + "5\n" * 12 + "2\n" * 12,
    "Schlafprofil.txt": "Signal ID: SchlafProfil\\profil\nStart Time: 11/18/2021 11:00:00 PM\nUnit: \n"
    "Signal Type: Discret\nRate: 30 s\n\n23:00:00,000; Wake\n23:00:30,000; N2\n",
    "Flow Events.txt": "Signal ID: FlowD\\flow\nStart Time: 18.11.2021 23:00:00\nUnit: s\nSignal Type: Impuls\n\n"
    f"23:00:31,513-23:00:42,736; 11;Hypopnoe; N2\n23:01:00,000-23:01:10,000; 10;{SECRET}\n",
    "slp41.an": "Elapsed time  Sample #  Type  Sub Chan  Num\tAux\n"
    '    0:00.004        1     "    0    0    0\t2 HA\n    0:30.000     7500     "    0    0    0\tR\n',
    "a.arousal": b"\0X\x17\xfc## time resolution: 200\0\0\xec\0\0\x10\0\0X\1\xfcW\0"
    b"\0\xec\0\0\0\x10\0X\2\xfcN2\0\0",
    "events.csv": f"type;start;duration\nHypopnea;10,5;12\nArousal;40;0:00:03\n{SECRET};30;1\n",
    "clock.csv": "Type,Name,Start Time,End Time\nx,Hypopnea,23:00:10,23:00:20\ny,Lights Off,23:00:00,23:00:00\n",
    "stages.csv": "# 0=W 1=N1; 4=R epoch_s=20\nepoch,stage\n1,0\n2,1\n3,4\n4,0\n5,0\n6,0\n",
    "times.csv": "onset,duration,stage\n0,20,W\n20,40,N2\n60,60,REM\n",
    "allscore.txt": "23:00:00.00\tSTART RECORDING\n23:00:00.00\tSTAGE - W\n23:00:31.50\tRESPIRATORY EVENT - "
    f"DUR: 12.0 SEC. - HYPOPNEA - DESAT 91.6 %\n23:00:30.00\tSTAGE - N2\n23:01:40.00\t{SECRET}\n"
    "23:02:00.00\tLIGHTS ON\n",
    "a.sta": "1 0\n2 1\n3 2\n4 5\n",
    "a.ids": "0,30,W\n30,60,N2\n90,30,REM\n",
    "mne.txt": "# MNE-Annotations\n# orig_time : 2021-11-18 23:00:00+00:00\n# onset, duration, description\n"
    f"0.0,30.0,Sleep stage W\n30.0,30.0,Sleep stage N2\n40.0,10.0,{SECRET}\n",
    "luna.xml": "<Annotations><Instances><Instance class='N2'><Name>.</Name><Start>0</Start><Duration>30</Duration>"
    f"</Instance><Instance class='arousal'><Name>{SECRET}</Name><Start>40</Start><Duration>3</Duration></Instance>"
    "</Instances></Annotations>",
    "edfbrowser.xml": "<annotationlist><annotation><onset>2021-11-18T23:00:00.0000000</onset>"
    "<duration>30</duration><description>Sleep stage W</description></annotation><annotation>"
    f"<onset>2021-11-18T23:00:40.5</onset><duration></duration><description>{SECRET}</description></annotation></annotationlist>",
    "spindles.txt": "[vis_Spindles1_C3-A1]\n  3.5\t0.8\n  44.1\t1.2\n",
    "list.txt": "0\n1\n2\n5\n",
}  # fmt: skip


def check(path: Path) -> None:
    """Read a file, whatever is in it: a sound scoring of the recording, or one sentence that names the file."""
    recording = night(4, date="2021-11-18")
    try:
        scoring = read_scoring(path, recording)
    except ScoringError as error:
        sentence = str(error)
        assert path.name in sentence and "\n" not in sentence and SECRET not in sentence
        return
    assert len(scoring.hypnogram) in (0, 4) and SECRET not in repr(scoring)
    assert list(scoring.events) == sorted(scoring.events, key=lambda e: (e.start_s, e.duration_s))
    for event in scoring.events:
        assert 0 <= event.start_s <= event.end_s <= recording.duration_s and math.isfinite(event.end_s)
    for light in (scoring.lights_off_s, scoring.lights_on_s):
        assert light is None or 0 <= light <= recording.duration_s
