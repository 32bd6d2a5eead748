"""The chapter's exercises, one module a notebook."""

from lib.unsupervised.exercises.svd import *  # noqa: F403, I001 - in reading order
from lib.unsupervised.exercises.pca import *  # noqa: F403
from lib.unsupervised.exercises.completion import *  # noqa: F403
from lib.unsupervised.exercises.autoencoders import *  # noqa: F403
from lib.unsupervised.exercises.variational import *  # noqa: F403
from lib.unsupervised.exercises.tensors import *  # noqa: F403
