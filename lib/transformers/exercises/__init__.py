"""The chapter's exercises, one module a notebook."""

from lib.transformers.exercises.tokens import *  # noqa: F403
