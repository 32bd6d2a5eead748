"""The chapter's exercises, one module a notebook."""

from lib.transformers.exercises.attention import *  # noqa: F403

# isort: split
from lib.transformers.exercises.positions import *  # noqa: F403

# isort: split
from lib.transformers.exercises.block import *  # noqa: F403
