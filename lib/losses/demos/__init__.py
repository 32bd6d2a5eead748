"""The chapter's pictures and demos, one module a notebook."""

from lib.losses.demos.regression import *  # noqa: F403
