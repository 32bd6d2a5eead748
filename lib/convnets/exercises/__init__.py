"""The chapter's exercises, one module a notebook."""

from lib.convnets.exercises.detection import *  # noqa: F403
