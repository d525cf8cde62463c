"""Lightning: modules and the order in which ``Trainer.fit`` calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from ft_lint.facts import LoopPass
from ft_lint.interpreter.gradients import forget
from ft_lint.library.site import Site
from ft_lint.library.torch.nn.modules.module import Module as Methods
from ft_lint.library.torch.optim import Optimizer, backward_through
from ft_lint.values.base import FALSE, NONE, Value, truth
from ft_lint.values.callables import Bound, Function, Instance
from ft_lint.values.containers import Dict, List, Tuple
from ft_lint.values.module import Mode, Module, walk
from ft_lint.values.training import Loader
from ft_lint.values.training import Optimizer as OptimizerValue

if TYPE_CHECKING:
    from ft_lint.interpreter.machine import Machine


class LightningModule(Methods):
    """The methods that Lightning adds to a module."""

    @staticmethod
    def log(at: Site, self: Value, *args: Value, **kwargs: Value) -> Value:
        """Logs a number."""
        return NONE

    log_dict = print = log

    @staticmethod
    def save_hyperparameters(at: Site, self: Module, *args: Value, **kwargs: Value) -> Value:
        """The arguments of ``__init__`` become ``self.hparams``."""
        scope = at.m.scope
        made = Instance("lightning.hparams", fields=dict(list(scope.names.items())[1:]))
        at.m.store.write(self.fields, "hparams", made)
        return NONE

    @staticmethod
    def __init__(at: Site, self: Value, *args: Any, **kwargs: Any) -> Value:  # type: ignore[misc]
        """``super().__init__()``."""
        return NONE

    @staticmethod
    def freeze(at: Site, self: Module) -> Value:
        """``freeze()``: no gradients, evaluation mode."""
        Methods.requires_grad_(at, self, FALSE)
        return Methods.eval(at, self)

    @staticmethod
    def manual_backward(at: Site, self: Module, loss: Value, *args: Value, **kwargs: Value) -> Value:
        """``manual_backward(loss)``."""
        backward_through(at, loss, "loss")
        return NONE




class Trainer:
    """``Trainer``."""

    @staticmethod
    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        """``Trainer(...)``."""
        return Instance("lightning.Trainer", arguments=kwargs, node=at.node)

    @staticmethod
    def fit(
        at: Site,
        self: Instance,
        model: Value,
        train_dataloaders: Value = NONE,
        val_dataloaders: Value = NONE,
        datamodule: Value = NONE,
        ckpt_path: Value = NONE,
        **kwargs: Value,
    ) -> Value:
        """Train: configure the optimizers, then steps, with validation between the epochs."""
        if isinstance(model, Module):
            train(at.m, model, at.node, train_dataloaders, val_dataloaders)
        return NONE

    @staticmethod
    def validate(at: Site, self: Instance, model: Value = NONE, dataloaders: Value = NONE, **kwargs: Value) -> Value:
        """Evaluate."""
        return at.unknown("metrics")

    test = predict = validate


def train(m: Machine, module: Module, node: cst.CSTNode, loader: Value = NONE, validation: Value = NONE) -> None:
    """The order of Lightning's loop (automatic optimization), twice two batches.

    Source: "LightningModule" in Lightning's documentation, section "Hooks", pseudocode of fit().
    """
    optimizers = _optimizers(m, module, node)
    automatic = truth(module.fields.get("automatic_optimization")) is not False
    m.loop_count += 1
    epochs = m.loop_count
    for epoch in (1, 2):
        m.loops.append(LoopPass(epochs, epoch, node))
        m.loop_count += 1
        batches = m.loop_count
        _set_mode(m, module, training=True, saved=None)
        for step in (1, 2):
            m.loops.append(LoopPass(batches, step, node))
            loss = _loss_of(_call(m, module, "training_step", node, loader))
            if automatic and loss is not None:
                _optimize(m, loss, optimizers, module, node)
            m.loops.pop()
        _validate(m, module, node, validation)
        m.loops.pop()


def _set_mode(m: Machine, module: Module, training: bool, saved: list[Any] | None) -> None:
    """Lightning sets the mode itself; sub-modules that were in evaluation mode stay so (since 2.2)."""
    for _, part in walk(module):
        if not training or not isinstance(part.fields["mode"], Mode) or part is module:
            m.store.write(part.fields, "mode", Mode(training))
    for part, mode in saved or []:
        m.store.write(part.fields, "mode", mode)


def _validate(m: Machine, module: Module, node: cst.CSTNode, loader: Value) -> None:
    saved = [(part, part.fields["mode"]) for _, part in walk(module)]
    _set_mode(m, module, training=False, saved=None)
    with m.setting("grad", FALSE):
        _call(m, module, "validation_step", node, loader)
    for part, mode in saved:
        m.store.write(part.fields, "mode", mode)


def _call(m: Machine, module: Module, name: str, node: cst.CSTNode, loader: Value) -> Value:
    from ft_lint.interpreter.attributes import batch, read
    from ft_lint.interpreter.calls import call
    from ft_lint.interpreter.signature import Arguments

    method = read(m, module, name, node)
    if not (isinstance(method, Bound) and isinstance(method.function, Function)):
        return NONE
    loader = m.store.resolve(loader)
    first = batch(loader) if isinstance(loader, Loader) else m.unknown("a batch")
    return call(m, method, Arguments((first, m.unknown("the index of a batch"))), node)


def _loss_of(value: Value) -> Value | None:
    match value:
        case Dict(entries=entries):
            return entries.get("loss")
    return None if value is NONE else value


def _optimizers(m: Machine, module: Module, node: cst.CSTNode) -> list[OptimizerValue]:
    """All forms of what ``configure_optimizers`` returns."""
    found: list[OptimizerValue] = []
    pending = [m.store.resolve(_call_plain(m, module, "configure_optimizers", node))]
    while pending:
        match pending.pop():
            case OptimizerValue() as one:
                found.append(one)
            case Dict(entries=entries) if "optimizer" in entries:
                pending.append(entries["optimizer"])
            case Tuple(values=values):
                pending += values
            case List() as several:
                from ft_lint.interpreter.attributes import items_of

                items = items_of(m, several)
                pending += items.values if items is not None else ()
    return found


def _call_plain(m: Machine, module: Module, name: str, node: cst.CSTNode) -> Value:
    from ft_lint.interpreter.attributes import read
    from ft_lint.interpreter.calls import call
    from ft_lint.interpreter.signature import Arguments

    method = read(m, module, name, node)
    return call(m, method, Arguments(), node) if isinstance(method, Bound) else NONE


def _optimize(m: Machine, loss: Value, optimizers: list[OptimizerValue], module: Module, node: cst.CSTNode) -> None:
    from ft_lint.interpreter.signature import Arguments

    at = Site(m, node, Arguments(), None, None)
    m.framework += 1
    for optimizer in optimizers:
        forget(m, tuple(p for g in optimizer.groups() for p in g.parameters), optimizer, node)
    backward_through(at, loss, "loss")
    for optimizer in optimizers:
        Optimizer.step(at, optimizer)
    m.framework -= 1


