"""The chapter's pictures and demos, one module a notebook."""

from lib.word_vectors.demos.counting import *  # noqa: F403 - in reading order
from lib.word_vectors.demos.derived import *  # noqa: F403
from lib.word_vectors.demos.dictionary import *  # noqa: F403
from lib.word_vectors.demos.many import *  # noqa: F403
from lib.word_vectors.demos.trained import *  # noqa: F403
from lib.word_vectors.demos.unsupervised import *  # noqa: F403

# isort: split
from lib.word_vectors.demos.context import *  # noqa: F403 - the last to be read
