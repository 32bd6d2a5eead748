"""The chapter's exercises, one module a notebook."""

from lib.convnets.exercises.convolution import *  # noqa: F403, I001 - in reading order
from lib.convnets.exercises.fields import *  # noqa: F403
from lib.convnets.exercises.architectures import *  # noqa: F403
from lib.convnets.exercises.depth import *  # noqa: F403
from lib.convnets.exercises.transfer import *  # noqa: F403
from lib.convnets.exercises.detection import *  # noqa: F403
from lib.convnets.exercises.segmentation import *  # noqa: F403
from lib.convnets.exercises.filters import *  # noqa: F403
from lib.convnets.exercises.project_small import *  # noqa: F403
from lib.convnets.exercises.project_glyphs import *  # noqa: F403
