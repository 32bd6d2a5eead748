"""The chapter's pictures and demos, one module a notebook."""

from lib.unsupervised.demos.svd import *  # noqa: F403, I001 - in reading order
from lib.unsupervised.demos.pca import *  # noqa: F403
from lib.unsupervised.demos.completion import *  # noqa: F403
from lib.unsupervised.demos.autoencoders import *  # noqa: F403
from lib.unsupervised.demos.variational import *  # noqa: F403
from lib.unsupervised.demos.tensors import *  # noqa: F403
