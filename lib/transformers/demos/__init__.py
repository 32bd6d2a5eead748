"""The chapter's pictures and demos, one module a notebook."""

from lib.transformers.demos.tokens import *  # noqa: F403
