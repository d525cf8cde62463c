"""``torch.amp``: autocast and the gradient scaler (``torch.cuda.amp`` alike)."""

from __future__ import annotations

import ast
import dataclasses

from ft_lint.facts.optimization import ScalerUpdated, Unscaled
from ft_lint.interpreter.gradients import unscale
from ft_lint.library.site import Site
from ft_lint.library.torch.optim import step as step_with
from ft_lint.light import replace
from ft_lint.syntax.written import source_of
from ft_lint.values.base import NONE, TRUE, Unknown, Value, truth
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
        if truth(self.enabled) is False:
            return outputs
        match outputs:
            case Tensor(shape=shape):
                return replace(at.result(shape, outputs, keep=True), scaled=self)
            case Unknown(why, touched):
                return Unknown(why, (*touched, Tensor(certain=False, scaled=self)))
        return at.unknown("a scaled loss", outputs, Tensor(certain=False, scaled=self))

    @staticmethod
    def step(at: Site, self: Scaler, optimizer: Value, *args: Value, **kwargs: Value) -> Value:
        """``optimizer.step()`` with the gradients divided by the scale, unless one is not finite."""
        if isinstance(optimizer, OptimizerValue):
            step_with(at, optimizer, self, _names(at.node))
            unscale(at.m, [p for group in optimizer.groups() for p in group.parameters])
        return NONE

    @staticmethod
    def unscale_(at: Site, self: Scaler, optimizer: Value) -> Value:
        """Divides the gradients by the scale."""
        if isinstance(optimizer, OptimizerValue):
            unscale(at.m, [p for group in optimizer.groups() for p in group.parameters])
        at.emit(Unscaled, scaler=self, optimizer=optimizer)
        return NONE

    @staticmethod
    def update(at: Site, self: Scaler, new_scale: Value = NONE) -> Value:
        """The next scale."""
        at.emit(ScalerUpdated, scaler=self)
        return NONE

    @staticmethod
    def get_scale(at: Site, self: Scaler) -> Value:
        """A number."""
        return at.unknown("a scale", self)

    @staticmethod
    def state_dict(at: Site, self: Scaler) -> Value:
        """What a checkpoint keeps of it."""
        return at.unknown("the state of a scaler")

    get_growth_factor = get_backoff_factor = get_growth_interval = state_dict

    @staticmethod
    def load_state_dict(at: Site, self: Scaler, state_dict: Value) -> Value:
        """Its scale and when it changes next, and nothing else."""
        return NONE

    @staticmethod
    def is_enabled(at: Site, self: Scaler) -> Value:
        """Whether it multiplies at all."""
        return self.enabled


def _names(node: ast.AST) -> tuple[str, ...]:
    """What ``scaler.step(optimizer)`` calls the two."""
    match node:
        case ast.Call(func=ast.Attribute(value=scaler), args=[optimizer, *_]):
            return source_of(scaler), source_of(optimizer)
    return ()
