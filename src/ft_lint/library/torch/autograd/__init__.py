"""``torch.autograd``."""

from __future__ import annotations

from ft_lint.interpreter.items import items_of
from ft_lint.library.site import Site
from ft_lint.library.torch._creation import tensor
from ft_lint.values.base import FALSE, NONE, UnknownBatch, Value, truth
from ft_lint.values.containers import List, Tuple
from ft_lint.values.tensor import Tensor


def Variable(at: Site, data: Value, requires_grad: Value = FALSE, volatile: Value = FALSE) -> Value:  # noqa: N802
    """The old wrapper: a tensor stays what it is, unless it is made to require grad."""
    if isinstance(data, Tensor | UnknownBatch) and truth(requires_grad) is not True:
        return data
    return tensor(at, data, requires_grad=requires_grad)


def set_detect_anomaly(at: Site, *args: Value, **kwargs: Value) -> Value:
    """Slower, and otherwise the same."""
    return at.unknown("anomaly detection")


def backward(at: Site, tensors: Value, *args: Value, **settings: Value) -> Value:
    """``torch.autograd.backward(loss)``, or of several: each goes back by itself."""
    from ft_lint.library.torch.optim import backward_through

    items = items_of(at.m, tensors) if isinstance(tensors, List | Tuple) else None
    for loss in (tensors,) if items is None else items.values:
        backward_through(at, loss)
    return NONE
