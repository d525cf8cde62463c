"""``albumentations.pytorch``: the step that makes a tensor of an array."""

from __future__ import annotations

from ft_lint.library.albumentations import called
from ft_lint.library.site import Site
from ft_lint.values.base import Value
from ft_lint.values.callables import Instance


class ToTensorV2:
    """``ToTensorV2()``: (height, width, channels) becomes (channels, height, width)."""

    __call__ = staticmethod(called)

    @staticmethod
    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        """Build it."""
        return Instance("albumentations.pytorch.ToTensorV2", arguments=kwargs, node=at.node)
