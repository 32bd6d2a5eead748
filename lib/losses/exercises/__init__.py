"""The chapter's exercises, one module a notebook."""

from lib.losses.exercises.regression import *  # noqa: F403, I001 - in reading order
from lib.losses.exercises.classification import *  # noqa: F403
from lib.losses.exercises.neurons import *  # noqa: F403
from lib.losses.exercises.backprop import *  # noqa: F403
from lib.losses.exercises.optimisers import *  # noqa: F403
from lib.losses.exercises.initialisation import *  # noqa: F403
from lib.losses.exercises.project_digits import *  # noqa: F403
from lib.losses.exercises.project_interval import *  # noqa: F403
