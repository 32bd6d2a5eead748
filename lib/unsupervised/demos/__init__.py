"""The chapter's pictures and demos, one module a notebook."""

from lib.unsupervised.demos.svd import *  # noqa: F403 - in reading order
from lib.unsupervised.demos.tensors import *  # noqa: F403
