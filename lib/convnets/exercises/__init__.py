"""The chapter's exercises, one module a notebook."""

from lib.convnets.exercises.fields import *  # noqa: F403
