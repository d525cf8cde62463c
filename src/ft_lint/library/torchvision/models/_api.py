"""``torchvision.models._api``: the enums of pretrained weights."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import Value, is_none


class WeightsEnum:
    """What all enums of weights inherit."""

    @staticmethod
    def verify(at: Site, obj: Value) -> Value:
        """``verify(weights)``: None stays None, a name becomes a member."""
        return obj if is_none(obj) else at.unknown("weights", obj)
