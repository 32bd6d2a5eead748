"""The chapter's pictures and demos, one module a notebook."""

from lib.convnets.demos.convolution import *  # noqa: F403, I001 - in reading order
from lib.convnets.demos.fields import *  # noqa: F403
from lib.convnets.demos.architectures import *  # noqa: F403
from lib.convnets.demos.depth import *  # noqa: F403
from lib.convnets.demos.transfer import *  # noqa: F403
from lib.convnets.demos.detection import *  # noqa: F403
from lib.convnets.demos.segmentation import *  # noqa: F403
from lib.convnets.demos.filters import *  # noqa: F403
from lib.convnets.demos.project_small import *  # noqa: F403
from lib.convnets.demos.project_glyphs import *  # noqa: F403
