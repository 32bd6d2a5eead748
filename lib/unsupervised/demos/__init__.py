"""The chapter's pictures and demos, one module a notebook."""

from lib.unsupervised.demos.autoencoders import *  # noqa: F403
