"""The chapter's pictures and demos, one module a notebook."""

from lib.convnets.demos.depth import *  # noqa: F403
