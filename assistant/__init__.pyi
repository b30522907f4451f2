from .chat import Assistant as Assistant
from .grounding.answers import Answer as Answer
from .grounding.answers import Citation as Citation
from .library import add_night as add_night
from .library import delete_night as delete_night
