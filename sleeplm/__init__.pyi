from .captions import caption_night as caption_night
from .facts import night_facts as night_facts
from .network.loading import SleepLM as SleepLM
from .network.published.files import load_released as load_released
from .recording import open_recording as open_recording
from .recording.annotations import read_scoring as read_scoring
from .scoring.score import score as score
from .simulate import simulate_night as simulate_night
from .study.analysis import analyze as analyze
from .study.study import open_study as open_study

__version__: str
RESEARCH_USE: str
