"""The chapter's pictures and demos, one module a notebook."""

# isort: split
from lib.transformers.demos.gpt import *  # noqa: F403
