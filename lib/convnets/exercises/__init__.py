"""The chapter's exercises, one module a notebook."""

from lib.convnets.exercises.depth import *  # noqa: F403
