"""The chapter's exercises, one module a notebook."""

from lib.unsupervised.exercises.pca import *  # noqa: F403
