"""``timm.data``: a mixture of the samples of a batch."""

from __future__ import annotations

from ft_lint.library.site import Site, dim_of
from ft_lint.light import replace
from ft_lint.values.base import NONE, Constant, Value
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Tuple
from ft_lint.values.tensor import Tensor


class Mixup:
    """``Mixup(...)``: labels become shares of the classes."""

    @staticmethod
    def construct(at: Site, *args: Value, num_classes: Value = NONE, **kwargs: Value) -> Value:
        """Build it; it has 1,000 classes where nothing is said."""
        classes = Constant(1000) if num_classes is NONE else num_classes
        return Instance("timm.data.Mixup", arguments={"num_classes": classes, **kwargs}, node=at.node)

    @staticmethod
    def __call__(at: Site, self: Instance, x: Value, target: Value) -> Value:
        """The mixed images and their soft labels."""
        rows = target.shape[:1] if isinstance(target, Tensor) and target.shape else None
        classes = dim_of(self.arguments["num_classes"])
        soft = at.result((*rows, classes) if rows is not None else None, target)
        batch_of = target.batch_of if isinstance(target, Tensor) else None
        return Tuple((x, replace(soft, dtype="float32", batch_of=batch_of)))


FastCollateMixup = Mixup
