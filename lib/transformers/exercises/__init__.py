"""The chapter's exercises, one module a notebook."""

from lib.transformers.exercises.tokens import *  # noqa: F403, I001 - in reading order
from lib.transformers.exercises.attention import *  # noqa: F403
from lib.transformers.exercises.positions import *  # noqa: F403
from lib.transformers.exercises.block import *  # noqa: F403
from lib.transformers.exercises.gpt import *  # noqa: F403
from lib.transformers.exercises.bert import *  # noqa: F403
from lib.transformers.exercises.adapting import *  # noqa: F403
from lib.transformers.exercises.shipping import *  # noqa: F403
from lib.transformers.exercises.larger import *  # noqa: F403
from lib.transformers.exercises.project_sums import *  # noqa: F403
from lib.transformers.exercises.project_one_percent import *  # noqa: F403
