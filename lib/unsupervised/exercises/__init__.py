"""The chapter's exercises, one module a notebook."""

from lib.unsupervised.exercises.tensors import *  # noqa: F403
