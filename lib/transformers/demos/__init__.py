"""The chapter's pictures and demos, one module a notebook."""

from lib.transformers.demos.attention import *  # noqa: F403
