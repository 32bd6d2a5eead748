"""The chapter's exercises, one module a notebook."""

from lib.unsupervised.exercises.variational import *  # noqa: F403, I001 - in reading order
from lib.unsupervised.exercises.tensors import *  # noqa: F403
