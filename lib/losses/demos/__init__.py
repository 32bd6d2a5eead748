"""The chapter's pictures and demos, one module a notebook."""

from lib.losses.demos.regression import *  # noqa: F403, I001 - in reading order
from lib.losses.demos.classification import *  # noqa: F403
from lib.losses.demos.neurons import *  # noqa: F403
from lib.losses.demos.backprop import *  # noqa: F403
from lib.losses.demos.optimisers import *  # noqa: F403
from lib.losses.demos.initialisation import *  # noqa: F403
