"""The chapter's exercises, one module a notebook."""

from lib.unsupervised.exercises.svd import *  # noqa: F403 - in reading order
from lib.unsupervised.exercises.tensors import *  # noqa: F403
