"""The chapter's pictures and demos, one module a notebook."""

from lib.unsupervised.demos.pca import *  # noqa: F403
