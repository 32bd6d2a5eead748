"""The chapter's pictures and demos, one module a notebook."""

from lib.convnets.demos.detection import *  # noqa: F403
