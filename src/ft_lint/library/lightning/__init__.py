"""Lightning: modules and the order in which ``Trainer.fit`` calls them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from ft_lint.facts import LoopPass
from ft_lint.facts.optimization import SchedulerStepped
from ft_lint.interpreter.gradients import forget
from ft_lint.interpreter.items import items_of
from ft_lint.interpreter.signature import Arguments
from ft_lint.library.releases import may_be_since
from ft_lint.library.site import Site, builds
from ft_lint.library.torch.nn.modules.module import Module as Methods
from ft_lint.library.torch.nn.modules.module import restored
from ft_lint.library.torch.optim import Optimizer, backward_through
from ft_lint.library.torch.optim.lr_scheduler import is_followed
from ft_lint.light import dataclass
from ft_lint.values.base import FALSE, NONE, TRUE, Constant, Unknown, UnknownBatch, Value, integer, is_none, text, truth
from ft_lint.values.callables import Class, Instance
from ft_lint.values.containers import Dict, List, Tuple
from ft_lint.values.count import Count
from ft_lint.values.module import Mode, Module, modules_of
from ft_lint.values.training import Loader, Randomness, Scheduler
from ft_lint.values.training import Optimizer as OptimizerValue

if TYPE_CHECKING:
    from ft_lint.interpreter.machine import Machine


def seed_everything(at: Site, seed: Value = NONE, workers: Value = NONE, verbose: Value = TRUE) -> Value:
    """``seed_everything(seed)``: torch's generator among others."""
    for name in ("random", "numpy"):
        at.m.store.write(at.m.state, name, Randomness(seed))
    return seed


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
    @builds
    def load_from_checkpoint(at: Site, cls: Class, checkpoint_path: Value, *args: Value, **kwargs: Value) -> Value:
        """``Model.load_from_checkpoint(path)``: built with the settings that were saved, and those that are given."""
        return restored(at, cls, Arguments(keywords=kwargs, complete=False))

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

    @staticmethod
    def optimizers(at: Site, self: Module, *args: Value, **kwargs: Value) -> Value:
        """``self.optimizers()``: what ``configure_optimizers`` gave."""
        found = at.m.state.get("lightning optimizers", NONE)
        several = isinstance(found, Tuple) and len(found.values) > 1
        return found if several or not isinstance(found, Tuple) or not found.values else found.values[0]

    @staticmethod
    def lr_schedulers(at: Site, self: Module) -> Value:
        """``self.lr_schedulers()``."""
        return at.unknown("a scheduler")

    @staticmethod
    def configure_optimizers(at: Site, self: Module) -> Value:
        """None: nothing is trained."""
        return NONE


class LightningDataModule:
    """A data module: an object of the script whose hooks the trainer calls."""

    @staticmethod
    def __init__(at: Site, self: Value, *args: Any, **kwargs: Any) -> Value:  # type: ignore[misc]
        """``super().__init__()``."""
        return NONE

    @staticmethod
    def save_hyperparameters(at: Site, self: Instance, *args: Value, **kwargs: Value) -> Value:
        """The arguments of ``__init__`` become ``self.hparams``."""
        made = Instance("lightning.hparams", fields=dict(list(at.m.scope.names.items())[1:]))
        at.m.store.write(self.fields, "hparams", made)
        return NONE


class Trainer:
    """``Trainer``."""

    @staticmethod
    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        """``Trainer(...)``."""
        if _SETTINGS_OF_1 & kwargs.keys():
            at.m.store.write(at.m.state, "lightning of 1", TRUE)
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
        if isinstance(train_dataloaders, Instance):
            datamodule, train_dataloaders = train_dataloaders, NONE
        if isinstance(model, Module):
            train(at.m, model, at.node, _loaders(at, datamodule, model, train_dataloaders, val_dataloaders))
        return NONE

    @staticmethod
    def validate(at: Site, self: Instance, model: Value = NONE, dataloaders: Value = NONE, **kwargs: Value) -> Value:
        """Evaluate."""
        return at.unknown("metrics")

    test = predict = validate


@dataclass(frozen=True, slots=True)
class Loaders:
    """What a fit trains on and validates with."""

    train: Value = NONE
    validation: Value = NONE


def _loaders(at: Site, datamodule: Value, model: Module, train_loader: Value, val_loader: Value) -> Loaders:
    """The loaders that are passed, else those of the data module, else of the model itself; named for what Lightning
    does with them, where they have no name.
    """
    source = datamodule if isinstance(datamodule, Instance) else model
    _hook(at.m, source, "prepare_data", at.node)
    _hook(at.m, source, "setup", at.node, Constant("fit"))
    train_loader = _hook(at.m, source, "train_dataloader", at.node) if is_none(train_loader) else train_loader
    val_loader = _hook(at.m, source, "val_dataloader", at.node) if is_none(val_loader) else val_loader
    at.m.name(train_loader, "train_dataloader")
    at.m.name(val_loader, "val_dataloader")
    return Loaders(train_loader, val_loader)


def train(m: Machine, module: Module, node: ast.AST, loaders: Loaders | None = None) -> None:
    """The order of Lightning's loop (automatic optimization): epochs of two batches each.

    Source: "LightningModule" in Lightning's documentation, section "Hooks", pseudocode of fit().
    """
    loaders = loaders or Loaders()
    m.store.write(module.fields, "trainer", _trainer(loaders))
    optimizers, schedules = _configured(m, module, node)
    m.store.write(m.state, "lightning optimizers", Tuple(tuple(optimizers)))
    automatic = truth(m.store.resolve(module.fields.get("automatic_optimization", TRUE)))
    _hook(m, module, "on_fit_start", node)
    m.loop_count += 1
    epochs = m.loop_count
    for epoch in (1, 2):
        m.loops.append(LoopPass(epochs, epoch, node))
        m.loop_count += 1
        batches = m.loop_count
        m.store.write(module.fields, "current_epoch", Constant(0) if epoch == 1 else Unknown("the epoch"))
        _set_mode(m, module, training=True)
        _hook(m, module, "on_train_epoch_start", node)
        for step in (1, 2):
            m.loops.append(LoopPass(batches, step, node, m.store.resolve(loaders.train), fed=True))
            backwards = m.backwards
            loss = _loss_of(_step(m, module, "training_step", node, loaders.train))
            if automatic is None and m.backwards > backwards:
                automatic = False  # what goes back itself does so where it was told to
            if automatic is not False and loss is not None:
                _optimize(m, loss, optimizers, node)
                _step_schedules(m, schedules, "step")
            m.loops.pop()
        _validate(m, module, node, loaders.validation)
        _hook(m, module, "on_train_epoch_end", node)
        if automatic is not False:
            _step_schedules(m, schedules, "epoch")
        m.loops.pop()


def _trainer(loaders: Loaders) -> Instance:
    """``self.trainer``: what it counts, it counts in batches."""
    fed = Count("batches", loaders.train)
    counts = ("estimated_stepping_batches", "num_training_batches")
    return Instance("lightning.Trainer", fields={name: Unknown("a number of batches", (fed,)) for name in counts})


DISTRIBUTIONS = ("lightning", "pytorch-lightning")
"""What requirements call it."""


_HOOKS_OF_1 = (
    "validation_end",
    "test_end",
    "training_end",
    "training_epoch_end",
    "validation_epoch_end",
    "test_epoch_end",
)
_SETTINGS_OF_1 = frozenset(
    """auto_select_gpus checkpoint_callback distributed_backend early_stop_callback gpus num_processes
    progress_bar_refresh_rate resume_from_checkpoint tpu_cores weights_summary""".split()
)
"""What Lightning called or took before 2.0, and refuses since or calls no more."""


def _is_before(m: Machine, module: Module) -> bool:
    """Whether the script is, or may be, written for a Lightning before 2.2.

    Its requirements say so, or what it uses that is gone; where neither says anything, its name.
    """
    if not all(may_be_since(name, "2.2", m.facts.targets) for name in DISTRIBUTIONS):
        return True
    hooks = module.cls is not None and any(map(module.cls.defines, _HOOKS_OF_1))
    if hooks or "lightning of 1" in m.state:
        return True
    said = any(m.facts.targets.of(name) for name in DISTRIBUTIONS)
    return not said and any(map(_is_by_old_name, m.body))


def _is_by_old_name(statement: ast.stmt) -> bool:
    """Whether a statement imports Lightning by the only name that it had before 2.0."""
    match statement:
        case ast.Import(names=names):
            modules = [one.name for one in names]
        case ast.ImportFrom(module=str() as module):
            modules = [module]
        case _:
            return False
    return any(one.partition(".")[0] == "pytorch_lightning" for one in modules)


def _set_mode(m: Machine, module: Module, training: bool) -> None:
    """Lightning sets the mode itself; sub-modules that were in evaluation mode stay so (since 2.2)."""
    whole = not training or _is_before(m, module)
    mode = Mode(training)
    for part in modules_of(module):
        if whole or not isinstance(part.fields["mode"], Mode) or part is module:
            m.store.write(part.fields, "mode", mode)


def _validate(m: Machine, module: Module, node: ast.AST, loader: Value) -> None:
    saved = [(part, part.fields["mode"]) for part in modules_of(module)]
    _set_mode(m, module, training=False)
    m.loop_count += 1
    m.loops.append(LoopPass(m.loop_count, 1, node, m.store.resolve(loader), fed=True))
    with m.setting("grad", FALSE):
        _step(m, module, "validation_step", node, loader)
    m.loops.pop()
    for part, mode in saved:
        m.store.write(part.fields, "mode", mode)


def _hook(m: Machine, owner: Value, name: str, node: ast.AST, *args: Value) -> Value:
    """Call a hook if the script defines it."""
    from ft_lint.interpreter.attributes import read
    from ft_lint.interpreter.calls import call

    cls = owner.cls if isinstance(owner, Module | Instance) else None
    if cls is None or not cls.defines(name):
        return NONE
    return call(m, read(m, owner, name, node), Arguments(args), node)


def _step(m: Machine, module: Module, name: str, node: ast.AST, loader: Value) -> Value:
    from ft_lint.interpreter.items import batch

    loader = m.store.resolve(loader)
    first = batch(m, loader, None) if isinstance(loader, Loader) else UnknownBatch("a batch")
    return _hook(m, module, name, node, first, m.unknown("the index of a batch"))


def _loss_of(value: Value) -> Value | None:
    match value:
        case Dict(entries=entries):
            return entries.get("loss")
    return None if value is NONE else value


@dataclass(frozen=True, slots=True)
class Schedule:
    """A scheduler that the trainer steps, each ``epoch`` or each batch (``step``), and the entry that hands it over.

    ``interval`` is None where that is not known, and where ``frequency`` leaves some out.
    """

    scheduler: Scheduler
    interval: str | None
    monitor: str
    node: ast.AST


def _configured(m: Machine, module: Module, node: ast.AST) -> tuple[list[OptimizerValue], list[Schedule]]:
    """All forms of what ``configure_optimizers`` returns."""
    optimizers: list[OptimizerValue] = []
    schedules: list[Schedule] = []
    pending: list[tuple[Value, ast.AST | None]] = [
        (m.store.resolve(_hook(m, module, "configure_optimizers", node)), None)
    ]
    while pending:
        value, place = pending.pop(0)
        match m.store.resolve(value):
            case OptimizerValue() as one:
                optimizers.append(one)
            case Scheduler() as one:
                schedules.append(Schedule(one, "epoch", "", place or one.node or node))
            case Dict(entries=entries, places=places) if "optimizer" in entries:
                pending.append((entries["optimizer"], None))
                settings = m.store.resolve(entries.get("lr_scheduler", NONE))
                pending.append((_monitored(settings, entries), places.get("lr_scheduler")))
            case Dict(entries=entries, places=places) as settings if "scheduler" in entries:
                made = _schedule(m, settings, place or places.get("scheduler") or node)
                schedules += [made] if made is not None else []
            case (Tuple() | List()) as several:
                items = items_of(m, several)
                pending += [(one, None) for one in items.values] if items is not None else []
    return optimizers, schedules


def _monitored(settings: Value, around: dict[Any, Value]) -> Value:
    """A scheduler that stands alone, with the ``monitor`` that stands beside it."""
    if isinstance(settings, Scheduler) and "monitor" in around:
        return Dict({"scheduler": settings, "monitor": around["monitor"]})
    return settings


def _schedule(m: Machine, settings: Dict, node: ast.AST) -> Schedule | None:
    scheduler = m.store.resolve(settings.entries["scheduler"])
    if not isinstance(scheduler, Scheduler):
        return None
    interval = text(m.store.resolve(settings.entries.get("interval", Constant("epoch"))))
    monitor = text(m.store.resolve(settings.entries.get("monitor", NONE)))
    every = integer(m.store.resolve(settings.entries.get("frequency", Constant(1)))) == 1
    return Schedule(scheduler, interval if settings.complete and every else None, monitor or "", node)


def _step_schedules(m: Machine, schedules: list[Schedule], interval: str) -> None:
    """The schedulers that are due after a batch (``step``) or an epoch."""
    m.framework += 1
    for due in schedules:
        if due.interval == interval:
            m.emit(
                SchedulerStepped,
                due.node,
                scheduler=due.scheduler,
                metric=Constant(due.monitor) if due.scheduler.kind == "ReduceLROnPlateau" else None,
                metric_text=due.monitor,
                complete=is_followed(due.scheduler),
            )
    m.framework -= 1


def _optimize(m: Machine, loss: Value, optimizers: list[OptimizerValue], node: ast.AST) -> None:
    at = Site(m, node, Arguments(), None, None)
    m.framework += 1
    for optimizer in optimizers:
        forget(m, tuple(p for g in optimizer.groups() for p in g.parameters), optimizer, node)
    backward_through(at, loss, "loss")
    for optimizer in optimizers:
        Optimizer.step(at, optimizer)
    m.framework -= 1
