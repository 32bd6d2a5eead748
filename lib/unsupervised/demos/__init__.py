"""The chapter's pictures and demos, one module a notebook."""

from lib.unsupervised.demos.variational import *  # noqa: F403, I001 - in reading order
from lib.unsupervised.demos.tensors import *  # noqa: F403
