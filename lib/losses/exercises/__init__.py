"""The chapter's exercises, one module a notebook."""

from lib.losses.exercises.regression import *  # noqa: F403
