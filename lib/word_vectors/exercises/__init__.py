"""The chapter's exercises, one module a notebook."""

from lib.word_vectors.exercises.counting import *  # noqa: F403 - in reading order
from lib.word_vectors.exercises.derived import *  # noqa: F403
from lib.word_vectors.exercises.dictionary import *  # noqa: F403
from lib.word_vectors.exercises.many import *  # noqa: F403
from lib.word_vectors.exercises.trained import *  # noqa: F403
from lib.word_vectors.exercises.unsupervised import *  # noqa: F403

# isort: split
from lib.word_vectors.exercises.context import *  # noqa: F403 - the last to be read
from lib.word_vectors.exercises.project_packages import *  # noqa: F403
from lib.word_vectors.exercises.project_ten_words import *  # noqa: F403
