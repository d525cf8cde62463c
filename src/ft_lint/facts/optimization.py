"""Facts about training: optimizers, schedulers, losses, gradients, steps."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ft_lint.facts.models import Forward
from ft_lint.facts.moment import Fact
from ft_lint.light import dataclass
from ft_lint.values.base import Value

if TYPE_CHECKING:
    from ft_lint.values.tensor import Parameter, Tensor
    from ft_lint.values.training import Group, Loader, Optimizer, Parameters, Scaler, Scheduler


@dataclass(frozen=True, slots=True, eq=False)
class OptimizerBuilt(Fact):
    """An optimizer was built; ``groups`` are those of that moment."""

    optimizer: Optimizer
    groups: tuple[Group, ...]
    complete: bool


@dataclass(frozen=True, slots=True, eq=False)
class OptimizerRefused(Fact):
    """torch refuses what an optimizer of class ``kind`` is given, with ``error``.

    ``what`` says what it is, ``instead`` what would be right as the script would write it (nothing where that is not
    plain), ``place`` where it stands.
    """

    kind: str
    what: str
    error: str
    instead: str
    place: ast.AST | None


@dataclass(frozen=True, slots=True, eq=False)
class ParametersSpent(Fact):
    """A generator of parameters that has been gone through before was given to ``user``, who finds it empty.

    ``written`` is how the script makes it.
    """

    user: str
    parameters: Parameters
    written: str
    raises: bool


@dataclass(frozen=True, slots=True, eq=False)
class GroupAdded(Fact):
    """``optimizer.add_param_group``; ``before`` are the groups that were there, where these are known."""

    optimizer: Optimizer
    group: Group
    before: tuple[Group, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SchedulerBuilt(Fact):
    """A learning-rate scheduler was built."""

    scheduler: Scheduler


@dataclass(frozen=True, slots=True, eq=False)
class SchedulerStepped(Fact):
    """``scheduler.step()``: by the script, or by a framework that was told to.

    ``metric`` is what a ``ReduceLROnPlateau`` is fed and ``metric_text`` how the script writes it, ``epoch`` the
    argument of any other.  ``complete`` is false where its optimizer went to a call that we cannot follow, which may
    have made steps.
    """

    scheduler: Scheduler
    metric: Value | None = None
    metric_text: str = ""
    epoch: Value | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class MetricMonitored(Fact):
    """Something of class ``kind`` was built that acts on the best value of a metric, the ``min`` or ``max``.

    ``spelt`` says how a script asks it for either.
    """

    kind: str
    metric: str
    mode: str
    spelt: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class LossComputed(Fact):
    """A loss was computed: ``kind`` is torch's name in snake case, ``name`` the one in the script.

    ``built`` is the construction of the loss object; None for a function.
    """

    kind: str
    name: str
    input: Value
    target: Value
    output: Value
    settings: dict[str, Value]
    """What else the loss was given, by torch's names."""
    built: ast.AST | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Backward(Fact):
    """``loss.backward()``: ``forwards`` are the passes that the gradient goes through, ``loaders`` where the data came
    from.

    ``certain`` is false where the loss may depend on more; ``trainable`` are the parameters that get a
    gradient, ``maybe`` those that get one on some way; of the ``doubtful`` among these we do not even know that.
    """

    loss: Value
    text: str
    forwards: frozenset[Forward | Tensor]
    certain: bool
    trainable: tuple[Parameter, ...]
    maybe: tuple[Parameter, ...]
    loaders: frozenset[Loader] = frozenset()
    doubtful: tuple[Parameter, ...] = ()
    scaler: Value | None = None
    """The ``GradScaler`` that multiplied the loss, if one did."""

    @property
    def reaches_nothing(self) -> bool:
        """Whether surely no parameter gets a gradient; the loss of a framework's loop is what its model gives."""
        return (self.certain or self.moment.by_framework) and not self.trainable and not self.maybe

    def goes_through(self, value: Tensor) -> bool:
        """Whether the gradient goes through all that a tensor depends on, and it depends on something."""
        return bool(value.graph) and value.graph <= self.forwards


@dataclass(frozen=True, slots=True, eq=False)
class Clipped(Fact):
    """Gradients were clipped to ``limit`` by their ``norm`` or ``value`` (``kind``).

    ``fresh`` are the parameters whose gradient no step has used yet, ``spent`` those whose gradient one has used,
    ``empty`` those that surely have none, ``unsure`` the others; ``complete``: there are no more.  ``scaler``
    multiplied all that is fresh, and nothing has divided it again.
    """

    kind: str
    limit: Value
    fresh: tuple[Parameter, ...]
    spent: tuple[Parameter, ...]
    empty: tuple[Parameter, ...]
    unsure: tuple[Parameter, ...]
    complete: bool
    scaler: Scaler | None = None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All that were handed over."""
        return (*self.fresh, *self.spent, *self.empty, *self.unsure)


@dataclass(frozen=True, slots=True, eq=False)
class Unscaled(Fact):
    """``scaler.unscale_(optimizer)``: the gradients were divided by the scale."""

    scaler: Scaler
    optimizer: Value


@dataclass(frozen=True, slots=True, eq=False)
class ScalerUpdated(Fact):
    """``scaler.update()``: the next scale, and every optimizer may be stepped again."""

    scaler: Scaler


@dataclass(frozen=True, slots=True, eq=False)
class TensorKept(Fact):
    """A tensor that a gradient can flow through was added to a sum or put into a list.

    ``place`` is the expression that gave it, ``holder`` the name of what holds it, ``before`` the tensors with a graph
    that were in there already, ``held`` the sum (None for a list).
    """

    tensor: Tensor
    before: tuple[Tensor, ...]
    held: Value | None
    holder: str
    place: ast.AST


@dataclass(frozen=True, slots=True, eq=False)
class GradientsZeroed(Fact):
    """Gradients were set to zero; ``discarded`` are parameters that lost an unused one."""

    owner: Value
    parameters: tuple[Parameter, ...]
    discarded: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Stepped(Fact):
    """``optimizer.step()``.

    ``moved`` are the parameters that have a gradient and require grad, ``idle`` those that surely
    have none, ``frozen`` those that require none, ``unsure`` the others.
    """

    optimizer: Optimizer
    moved: tuple[Parameter, ...]
    idle: tuple[Parameter, ...]
    unsure: tuple[Parameter, ...]
    frozen: tuple[Parameter, ...]
    emptied: tuple[Fact, ...]
    """What emptied the idle ones' gradients, where something did."""
    stale: tuple[Fact, ...]
    """The backward passes that added to gradients which an earlier step had used."""
    complete: bool
    """Whether the optimizer surely holds no other parameters."""
    scaler: Scaler | None = None
    """The ``GradScaler`` that made the step, where ``scaler.step(optimizer)`` did."""
    names: tuple[str, ...] = ()
    """What the script calls that scaler and the optimizer where it makes the step."""
    by_setting: tuple[Parameter, ...] = ()
    """Of the unsure those that are moved on each way on which a setting lets them require grad."""
    halved: tuple[ast.AST, ...] = ()
    """The calls that made moved parameters into ``float16``, or loaded them in it."""
    scales: tuple[Value, ...] = ()
    """What stands for the scale of the moved gradients before the step: a :class:`Scaler` where they are multiplied
    by it, True where they were and are divided again, None where they never were."""

    @property
    def members(self) -> tuple[Parameter, ...]:
        """All parameters that the optimizer held at this step."""
        return (*self.moved, *self.idle, *self.unsure, *self.frozen)
