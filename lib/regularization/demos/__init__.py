"""The chapter's pictures and demos, one module a notebook."""

from lib.regularization.demos.overfitting import *  # noqa: F403, I001 - in reading order
from lib.regularization.demos.ridge import *  # noqa: F403
from lib.regularization.demos.lasso import *  # noqa: F403
from lib.regularization.demos.noise import *  # noqa: F403
from lib.regularization.demos.normalization import *  # noqa: F403
