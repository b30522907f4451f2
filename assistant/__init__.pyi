from .answers import Answer as Answer
from .answers import Citation as Citation
from .chat import Assistant as Assistant
from .library import add_night as add_night
from .library import delete_night as delete_night
