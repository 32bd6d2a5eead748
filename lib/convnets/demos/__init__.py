"""The chapter's pictures and demos, one module a notebook."""

from lib.convnets.demos.convolution import *  # noqa: F403
