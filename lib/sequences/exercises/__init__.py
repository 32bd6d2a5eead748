"""The chapter's exercises, one module a notebook."""

from lib.sequences.exercises.tasks import *  # noqa: F403, I001 - in reading order
from lib.sequences.exercises.recurrent import *  # noqa: F403
from lib.sequences.exercises.vanishing import *  # noqa: F403
from lib.sequences.exercises.gates import *  # noqa: F403
from lib.sequences.exercises.using import *  # noqa: F403
from lib.sequences.exercises.characters import *  # noqa: F403
from lib.sequences.exercises.translation import *  # noqa: F403
from lib.sequences.exercises.search import *  # noqa: F403
from lib.sequences.exercises.project_spaces import *  # noqa: F403
from lib.sequences.exercises.project_forecast import *  # noqa: F403
