"""``torch.amp``: autocast and the gradient scaler (``torch.cuda.amp`` alike)."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.library.torch.optim import Optimizer
from ft_lint.values.base import NONE, TRUE, Value
from ft_lint.values.tensor import Tensor
from ft_lint.values.training import Optimizer as OptimizerValue
from ft_lint.values.training import Scaler


def autocast(at: Site, *args: Value, **kwargs: Value) -> Value:
    """``autocast(...)``: changes dtypes inside, nothing that we follow."""
    return at.unknown("autocast")


class GradScaler:
    """``GradScaler``."""

    @staticmethod
    def construct(at: Site, *args: Value, enabled: Value = TRUE, **kwargs: Value) -> Value:
        """``GradScaler(...)``."""
        return Scaler(enabled, at.node)

    @staticmethod
    def scale(at: Site, self: Scaler, outputs: Value) -> Value:
        """The scaled loss, which depends on all that the loss depends on."""
        return at.result(outputs.shape, outputs, keep=True) if isinstance(outputs, Tensor) else outputs

    @staticmethod
    def step(at: Site, self: Scaler, optimizer: Value, *args: Value, **kwargs: Value) -> Value:
        """``optimizer.step()``, unless a gradient is not finite."""
        return Optimizer.step(at, optimizer) if isinstance(optimizer, OptimizerValue) else NONE

    @staticmethod
    def unscale_(at: Site, self: Scaler, optimizer: Value) -> Value:
        """Divides the gradients by the scale."""
        return NONE

    @staticmethod
    def update(at: Site, self: Scaler, new_scale: Value = NONE) -> Value:
        """The next scale."""
        return NONE

    @staticmethod
    def get_scale(at: Site, self: Scaler) -> Value:
        """A number."""
        return at.unknown("a scale")

    state_dict = load_state_dict = get_scale
