"""The chapter's exercises, one module a notebook."""

from lib.unsupervised.exercises.completion import *  # noqa: F403 - in reading order
