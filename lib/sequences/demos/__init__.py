"""The chapter's pictures and demos, one module a notebook."""

from lib.sequences.demos.tasks import *  # noqa: F403, I001 - in reading order
from lib.sequences.demos.recurrent import *  # noqa: F403
from lib.sequences.demos.vanishing import *  # noqa: F403
from lib.sequences.demos.gates import *  # noqa: F403
from lib.sequences.demos.using import *  # noqa: F403
from lib.sequences.demos.characters import *  # noqa: F403
from lib.sequences.demos.translation import *  # noqa: F403
from lib.sequences.demos.search import *  # noqa: F403
from lib.sequences.demos.project_forecast import *  # noqa: F403
