"""The chapter's exercises, one module a notebook."""

from lib.least_squares.exercises.model import *  # noqa: F403, I001 - in reading order
from lib.least_squares.exercises.projection import *  # noqa: F403
from lib.least_squares.exercises.conditioning import *  # noqa: F403
from lib.least_squares.exercises.inner_product import *  # noqa: F403
from lib.least_squares.exercises.direct import *  # noqa: F403
from lib.least_squares.exercises.iterative import *  # noqa: F403
from lib.least_squares.exercises.project_sharpen import *  # noqa: F403
from lib.least_squares.exercises.project_diagnosis import *  # noqa: F403
