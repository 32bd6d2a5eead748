"""The chapter's exercises, one module a notebook."""

from lib.regularization.exercises.overfitting import *  # noqa: F403, I001 - in reading order
from lib.regularization.exercises.ridge import *  # noqa: F403
from lib.regularization.exercises.lasso import *  # noqa: F403
from lib.regularization.exercises.noise import *  # noqa: F403
from lib.regularization.exercises.normalization import *  # noqa: F403
from lib.regularization.exercises.project_honest import *  # noqa: F403
from lib.regularization.exercises.project_columns import *  # noqa: F403
