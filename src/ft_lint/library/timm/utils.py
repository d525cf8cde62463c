"""``timm.utils``: averages of weights, and a scaler that goes back and makes the step."""

from __future__ import annotations

from ft_lint.interpreter.branches import each_way
from ft_lint.interpreter.gradients import leave_open
from ft_lint.interpreter.recognition import as_model
from ft_lint.library.copy import deepcopy
from ft_lint.library.site import Site
from ft_lint.library.torch.nn.modules.container import Wrapper, wrapped
from ft_lint.library.torch.nn.utils import clip_grad_norm_
from ft_lint.library.torch.optim import backward_through
from ft_lint.library.torch.optim import step as make_step
from ft_lint.values.base import FALSE, NONE, TRUE, Value, is_none, truth
from ft_lint.values.callables import Instance
from ft_lint.values.module import Mode, Module, modules_of
from ft_lint.values.training import Optimizer


class Average(Wrapper):
    """A moving average: the copy that it holds as ``module``, or as ``ema`` in the oldest of them."""

    @staticmethod
    def update(at: Site, self: Module, model: Value, step: Value = NONE) -> Value:
        """The averages go on with the weights of ``model``, which stays as it is."""
        return NONE

    set = update


def ModelEmaV2(at: Site, model: Value, *args: Value, **kwargs: Value) -> Value:  # noqa: N802
    """``ModelEmaV2(model)``: holds a deep copy, in evaluation mode."""

    def averaged(one: Value) -> Value:
        copied = deepcopy(at, as_model(at.m, one, at.node))
        for part in modules_of(copied) if isinstance(copied, Module) else ():
            part.fields["mode"] = Mode(False)
        made = wrapped(at, copied, "timm.utils.Average")
        if isinstance(made, Module):
            made.children["ema"] = made.children["module"]
        return made

    return each_way(at.m, model, averaged)


ModelEma = ModelEmaV3 = ModelEmaV2


class NativeScaler:
    """``NativeScaler()``: one call goes back, clips and makes the step."""

    @staticmethod
    def construct(at: Site, device: Value = NONE) -> Value:
        """Build it."""
        return Instance("timm.utils.NativeScaler", node=at.node)

    @staticmethod
    def __call__(
        at: Site,
        self: Instance,
        loss: Value,
        optimizer: Value,
        clip_grad: Value = NONE,
        clip_mode: Value = NONE,
        parameters: Value = NONE,
        create_graph: Value = FALSE,
        need_update: Value = TRUE,
    ) -> Value:
        """``scaler(loss, optimizer, ...)``: its scale is divided out again before the clip."""
        backward_through(at, loss, "loss")
        if not isinstance(optimizer, Optimizer) or truth(need_update) is False:
            return NONE
        if truth(need_update) is None:
            leave_open(at.m, optimizer)
            return NONE
        if not is_none(parameters) and not is_none(clip_grad):
            clip_grad_norm_(at, parameters, clip_grad)
        make_step(at, optimizer)
        return NONE


ApexScaler = NativeScaler


def accuracy(at: Site, output: Value, target: Value, topk: Value = NONE) -> Value:
    """How many of a hundred samples are right."""
    return at.unknown("accuracies", output, target)
