"""``torchvision.ops``: building blocks of torchvision's models."""

from __future__ import annotations

from ft_lint.library.torchvision.ops.misc import MLP as MLP
from ft_lint.library.torchvision.ops.misc import Conv2dNormActivation as Conv2dNormActivation
from ft_lint.library.torchvision.ops.misc import Conv3dNormActivation as Conv3dNormActivation
from ft_lint.library.torchvision.ops.misc import FrozenBatchNorm2d as FrozenBatchNorm2d
from ft_lint.library.torchvision.ops.misc import Permute as Permute
from ft_lint.library.torchvision.ops.misc import SqueezeExcitation as SqueezeExcitation
from ft_lint.library.torchvision.ops.stochastic_depth import StochasticDepth as StochasticDepth
