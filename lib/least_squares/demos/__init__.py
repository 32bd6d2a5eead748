"""The chapter's pictures and demos, one module a notebook."""

from lib.least_squares.demos.model import *  # noqa: F403, I001 - in reading order
from lib.least_squares.demos.projection import *  # noqa: F403
from lib.least_squares.demos.conditioning import *  # noqa: F403
from lib.least_squares.demos.inner_product import *  # noqa: F403
from lib.least_squares.demos.direct import *  # noqa: F403
from lib.least_squares.demos.iterative import *  # noqa: F403
from lib.least_squares.demos.project_sharpen import *  # noqa: F403
