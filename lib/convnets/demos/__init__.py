"""The chapter's pictures and demos, one module a notebook."""

from lib.convnets.demos.fields import *  # noqa: F403
