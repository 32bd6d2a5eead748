"""The chapter's exercises, one module a notebook."""

from lib.unsupervised.exercises.autoencoders import *  # noqa: F403
