"""The chapter's pictures and demos, one module a notebook."""

from lib.unsupervised.demos.completion import *  # noqa: F403 - in reading order
