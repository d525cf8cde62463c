"""Which transforms augment, of whatever library they are."""

from __future__ import annotations

from ft_lint.library import albumentations
from ft_lint.library.torchvision import transforms as torchvision
from ft_lint.values.base import Value
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Tuple


def augments(step: Value) -> bool:
    """Whether a step surely is an augmentation that differs from time to time."""
    return torchvision.augments(step) or albumentations.augments(step)


def augmenting(transform: Value) -> bool:
    """Whether a transform surely has a step that augments."""
    parts = transform.fields.get("steps") if isinstance(transform, Instance) else None
    return augments(transform) or (isinstance(parts, Tuple) and any(map(augmenting, parts.values)))
