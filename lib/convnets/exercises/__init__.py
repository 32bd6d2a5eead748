"""The chapter's exercises, one module a notebook."""

from lib.convnets.exercises.convolution import *  # noqa: F403
