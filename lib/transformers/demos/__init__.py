"""The chapter's pictures and demos, one module a notebook."""

from lib.transformers.demos.tokens import *  # noqa: F403, I001 - in reading order
from lib.transformers.demos.attention import *  # noqa: F403
from lib.transformers.demos.positions import *  # noqa: F403
from lib.transformers.demos.block import *  # noqa: F403
from lib.transformers.demos.gpt import *  # noqa: F403
from lib.transformers.demos.bert import *  # noqa: F403
from lib.transformers.demos.adapting import *  # noqa: F403
from lib.transformers.demos.shipping import *  # noqa: F403
from lib.transformers.demos.larger import *  # noqa: F403
from lib.transformers.demos.project_sums import *  # noqa: F403
