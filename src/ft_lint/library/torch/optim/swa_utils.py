"""Averaged weights (torch.optim.swa_utils): a copy of the model that training moves only through its updates."""

from __future__ import annotations

from ft_lint.interpreter.recognition import as_model
from ft_lint.library.copy import deepcopy
from ft_lint.library.site import Site
from ft_lint.library.torch.nn.modules.container import Wrapper, wrapped
from ft_lint.library.torch.optim.lr_scheduler import scheduler
from ft_lint.values.base import NONE, Value
from ft_lint.values.module import Module


class Averaged(Wrapper):
    """An ``AveragedModel``: calls the copy that it holds as ``module``."""

    @staticmethod
    def update_parameters(at: Site, self: Module, model: Value) -> Value:
        """The averages go on with the weights of ``model``, which stays as it is."""
        return NONE


def AveragedModel(at: Site, model: Value, *args: Value, **kwargs: Value) -> Value:  # noqa: N802
    """``AveragedModel(model)``: holds a deep copy, in the mode that the model is in."""
    return wrapped(at, deepcopy(at, as_model(at.m, model, at.node)), "torch.optim.swa_utils.Averaged")


def update_bn(at: Site, loader: Value, model: Value, device: Value = NONE) -> Value:
    """Forward passes in training mode for the running statistics; the mode is put back."""
    return NONE


SWALR = scheduler("SWALR", "swa_lr anneal_epochs anneal_strategy last_epoch")
