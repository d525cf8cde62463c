"""``torchvision.transforms.v2``: the steps of v1 and more; most let the kinds of image pass that they do not take."""

from __future__ import annotations

from ft_lint.library.torchvision.transforms import CLASSES, classes
from ft_lint.library.torchvision.transforms import Compose as Compose

_MORE = """
ToImage: / 0
ToDtype: dtype scale / 1
ToPureTensor: / 0
RGB: / 0
Identity: / 0
JPEG: quality / 0
GaussianNoise: mean sigma clip / 3
RandomPhotometricDistort: brightness contrast saturation hue p / 5
RandomChannelPermutation: / 0
RandomResize: min_size max_size interpolation antialias / 2
RandomShortestSize: min_size max_size interpolation antialias / 3
RandomZoomOut: fill side_range p / 3
ScaleJitter: target_size scale_range interpolation antialias / 3
CutMix: alpha num_classes labels_getter / 3
MixUp: alpha num_classes labels_getter / 3
"""

globals().update(classes("torchvision.transforms.v2", CLASSES + _MORE.lstrip()))
