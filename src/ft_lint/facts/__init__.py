"""What happened in a script, in order: the only thing that rules see.

A fact holds the node that caused it and the moment at which it happened.  Queries read as English:
``facts.after(built).of(LayerReplaced)``.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from ft_lint.facts.files import SourceFile as SourceFile
from ft_lint.facts.moment import Fact as Fact
from ft_lint.facts.moment import LoopPass as LoopPass
from ft_lint.facts.moment import Moment as Moment
from ft_lint.facts.targets import Targets as Targets
from ft_lint.facts.weights import BestModelNamed as BestModelNamed
from ft_lint.facts.weights import LoadingSkipped as LoadingSkipped
from ft_lint.facts.weights import Saved as Saved
from ft_lint.facts.weights import StateDictKept as StateDictKept
from ft_lint.facts.weights import StateDictLoaded as StateDictLoaded
from ft_lint.facts.weights import StateDictUsed as StateDictUsed
from ft_lint.light import dataclass
from ft_lint.source.siblings import Asked, Followed
from ft_lint.values.base import Choice, Unknown, Value

if TYPE_CHECKING:
    from ft_lint.values.callables import Instance, Reference
    from ft_lint.values.count import Count
    from ft_lint.values.module import Module
    from ft_lint.values.shape import Shape
    from ft_lint.values.tensor import Parameter, Tensor
    from ft_lint.values.training import Group, Loader, Optimizer, Parameters, Scaler, Scheduler


F = TypeVar("F", bound=Fact)


@dataclass(frozen=True, slots=True, eq=False)
class ModelBuilt(Fact):
    """A model of a library was built: ``path`` names the function, ``arguments`` what it got."""

    model: Module
    path: str
    arguments: dict[str, Value]
    places: dict[str, ast.AST]


@dataclass(frozen=True, slots=True, eq=False)
class MemberMissing(Fact):
    """An enum of a library was asked for a member that it does not have: Python raises."""

    enum: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LayerReplaced(Fact):
    """A child module was assigned: ``old`` is what stood there (None: the name is new).

    ``building`` is true inside the owner's own ``__init__``; ``target`` is the text assigned to.
    """

    module: Module
    name: str
    old: Value | None
    new: Module
    building: bool
    target: str

    @property
    def written(self) -> ast.AST | None:
        """The node of the target, where the statement has one target alone."""
        targets: Sequence[ast.expr] = getattr(self.node, "targets", ())
        return targets[0] if len(targets) == 1 else None


@dataclass(frozen=True, slots=True, eq=False)
class ChildRefused(Fact):
    """Something that is no module was to be a child: torch raises TypeError.

    ``target`` is the text assigned to, or the call that was to make a child of it; ``place`` is the node of ``value``
    and ``written`` its text.
    """

    module: Module
    value: Value
    target: str
    place: ast.AST | None
    written: str


@dataclass(frozen=True, slots=True, eq=False)
class ParameterReplaced(Fact):
    """A parameter was assigned to a module outside its ``__init__``."""

    module: Module
    name: str
    old: Value | None
    new: Parameter
    target: str


@dataclass(frozen=True, slots=True, eq=False)
class ModelRebound(Fact):
    """A name that held one module was bound to another."""

    name: str
    old: Module
    new: Module


@dataclass(frozen=True, slots=True, eq=False)
class AttributeSet(Fact):
    """A plain attribute was set, e.g. ``model.fc.out_features = 10``: of a module, a parameter, a class of a library.

    ``trainable`` says of each parameter of the owner whether it requires grad then (None: unknown);
    it is filled for names that speak of gradients.
    """

    owner: Module | Parameter | Reference
    name: str
    value: Value
    owner_text: str
    building: bool
    trainable: tuple[bool | None, ...] = ()

    @property
    def place(self) -> ast.AST | None:
        """The node of the value."""
        return self.node.value if isinstance(self.node, ast.Assign | ast.AnnAssign) else None


@dataclass(frozen=True, slots=True, eq=False)
class ComparedInsteadOfSet(Fact):
    """``p.requires_grad == False`` as a statement: compares, and changes nothing."""

    owner: Module | Parameter
    name: str
    value: Value
    trainable: tuple[bool | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MethodMentioned(Fact):
    """``model.eval`` as a statement: named, not called."""

    receiver: Value
    name: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Frozen(Fact):
    """Parameters had ``requires_grad`` set to False; ``changed`` are those that surely were trainable.

    ``building``: inside the ``__init__`` of an object.
    """

    parameters: tuple[Parameter, ...]
    changed: tuple[Parameter, ...]
    building: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Unfrozen(Fact):
    """Parameters had ``requires_grad`` set to True; ``changed`` are those that surely were frozen.

    ``building``: inside the ``__init__`` of an object.
    """

    parameters: tuple[Parameter, ...]
    changed: tuple[Parameter, ...]
    building: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class NamesFiltered(Fact):
    """A loop over names of a model's parts tested each of ``names``; the node is the first test.

    ``passed`` says whether the tests told any name from the others.  ``missed`` would have happened for another name
    and happened for none of these.
    """

    names: tuple[str, ...]
    passed: bool
    missed: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Initialised(Fact):
    """Parameters were overwritten in place, by ``nn.init``, a tensor's method, ``reset_parameters`` or ``.data =``."""

    parameters: tuple[Parameter, ...]
    how: str


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
class ModeSet(Fact):
    """``module.train()`` or ``module.eval()``; ``training`` is None where the argument is unknown.

    ``undoes`` are sub-modules that had been put into evaluation mode on their own and now surely train again.
    """

    module: Module
    training: bool | None
    undoes: tuple[Module, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Forward(Fact):
    """A module was called.

    ``mode`` is the module's mode then, ``grad`` whether gradients were recorded (None: undecided),
    ``trainable`` its own or, for a model seen from outside, all its parameters that required grad,
    ``maybe`` those of which that is unknown, ``within`` the modules whose ``forward`` called it,
    ``inputs`` what it got and ``loaders`` where that came from, ``output`` what it gave.  ``registered`` says whether
    the module that called it surely or possibly has it in its tree; one that has not may keep it in a plain list, tuple
    or dict: under the attribute ``shelf``.
    """

    module: Module
    inputs: tuple[Value, ...]
    output: Value
    mode: Value
    grad: bool | None
    trainable: tuple[Parameter, ...]
    maybe: tuple[Parameter, ...]
    within: tuple[Module, ...]
    loaders: frozenset[Loader]
    registered: bool
    shelf: str
    no_grad: ast.AST | None = None
    """The innermost ``with torch.no_grad()`` around it."""
    drifting: tuple[Module, ...] = ()
    """Batch norms in it, itself among them, whose parameters are all frozen and whose statistics this pass updates."""
    noisy: bool = False
    """For the pass of a whole model: whether parts that compute otherwise in training mode surely are in it."""

    @property
    def root(self) -> Module:
        """The outermost module whose ``forward`` this is part of."""
        return self.within[0] if self.within else self.module

    @property
    def sources(self) -> frozenset[Value]:
        """The loaders that its inputs came from, else something unknown that is called one and looped over here."""
        over = (one.over for one in self.moment.loops[-1:] if one.over_batches and isinstance(one.over, Unknown))
        return self.loaders or frozenset(over)


@dataclass(frozen=True, slots=True, eq=False)
class BuiltInForward(Fact):
    """A module was built while the ``forward`` of ``within`` ran, which was in ``mode`` then."""

    module: Module
    within: Module
    mode: Value


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
class DropoutApplied(Fact):
    """A function that drops out was called: ``name`` is torch's.

    ``training`` is what decides whether it does, ``given`` whether the script says so itself; ``module`` is the module
    whose ``forward`` calls it, ``mode`` that one's mode, and ``receiver`` its name there.
    """

    name: str
    rate: Value
    training: Value
    given: bool
    module: Module | None
    mode: Value
    receiver: str | None


@dataclass(frozen=True, slots=True, eq=False)
class CountDivided(Fact):
    """A count of right answers was divided by a count: a share, if the two belong together."""

    numerator: Count
    denominator: Count
    quotient: Count


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
    halved: tuple[ast.AST, ...] = ()
    """The calls that made moved parameters into ``float16``, or loaded them in it."""
    scales: tuple[Value, ...] = ()
    """What stands for the scale of the moved gradients before the step: a :class:`Scaler` where they are multiplied
    by it, True where they were and are divided again, None where they never were."""

    @property
    def members(self) -> tuple[Parameter, ...]:
        """All parameters that the optimizer held at this step."""
        return (*self.moved, *self.idle, *self.unsure, *self.frozen)


@dataclass(frozen=True, slots=True, eq=False)
class ShapeRefused(Fact):
    """An operation that torch refuses for the shapes it gets."""

    operation: str
    why: str
    module: Module | None
    input: Value
    sizes: dict[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class RowsChanged(Fact):
    """A ``view``, ``reshape`` or ``flatten`` gave other rows than its input has.

    ``after`` is None where torch refuses it; ``wanted`` are the sizes asked for, with -1 (None: ``flatten``).
    """

    input: Tensor
    before: Shape
    after: Shape | None
    wanted: Shape | None


@dataclass(frozen=True, slots=True, eq=False)
class DifferenceBroadcast(Fact):
    """``left - right`` for two tensors of which one has a dimension of size 1 more: every pair is compared."""

    left: Tensor
    right: Tensor
    output: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class PlacesChosen(Fact):
    """The places of the greatest values were taken: ``call`` is ``argmax``, ``max`` or ``topk``.

    ``dim`` counts from 0; it is None where the tensor was flattened.
    """

    call: str
    input: Tensor
    dim: int | None


@dataclass(frozen=True, slots=True, eq=False)
class TransformRefused(Fact):
    """A transform that torchvision refuses for the image it gets; the node is the step's construction.

    ``behind`` is the step that comes next where they are composed, ``at_once`` says that it is built in the call
    that makes the dataset of its images, or all the steps, which no image survives: both stand and fall together.
    """

    step: Instance
    behind: Instance | None
    why: str
    image: Value
    sizes: dict[str, object]
    at_once: bool = False

    @property
    def certain(self) -> bool:
        """Whether it happens on every way through the script, or wherever what it needs is built."""
        return self.sure or self.at_once


@dataclass(frozen=True, slots=True, eq=False)
class ResultNamed(Fact):
    """The result of a call that reports on what it did (a named tuple) was bound to ``target``."""

    value: Value
    target: str


@dataclass(frozen=True, slots=True, eq=False)
class ResultDropped(Fact):
    """The result of a call was thrown away: such a report, or an object that a method gives and does not change.

    ``receiver`` is what the method was called on, as written; "" for a function.  ``displayed``: a notebook shows it.
    """

    value: Value
    receiver: str = ""
    displayed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Misused(Fact):
    """A tuple was called, or asked for an attribute that it does not have: Python raises.

    ``use`` is written as the script has it, e.g. ``model.eval``.
    """

    value: Value
    use: str


@dataclass(frozen=True, slots=True, eq=False)
class ScoreCompared(Fact):
    """Something that was computed from batches of ``loaders`` was compared: ``outcome`` is what a branch goes by."""

    outcome: Value
    loaders: frozenset[Loader]


def ancestors(parameter: Parameter) -> Iterator[Parameter]:
    """A parameter, the unknown whole that it was split from, and so on."""
    here: Parameter | None = parameter
    while here is not None:
        yield here
        here = here.split_from


@dataclass(frozen=True, slots=True)
class Timeline:
    """The facts of ``runs`` with an order in ``span``, on ways that do not exclude ``beside``."""

    whole: Facts
    span: range
    runs: frozenset[int]
    beside: Fact

    @property
    def facts(self) -> list[Fact]:
        """All of them, in order."""
        return [fact for fact in self.whole.all[self.span.start : self.span.stop] if self._has(fact)]

    def of(self, kind: type[F]) -> Iterator[F]:
        """Those of the given kind."""
        found = self.whole.kept_by_kind(kind)
        start, stop = (bisect_left(found, bound, key=_order) for bound in (self.span.start, self.span.stop))
        return (fact for fact in found[start:stop] if self._has(fact))

    def _has(self, fact: Fact) -> bool:
        return fact.moment.run in self.runs and not fact.excludes(self.beside)


def _order(fact: Fact) -> int:
    return fact.moment.order


@dataclass(slots=True)
class Facts:
    """All facts of one file, with the names that its values go by."""

    all: list[Fact] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    kept: list[Value] = field(default_factory=list)
    silences: list[tuple[ast.AST, str]] = field(default_factory=list)
    """Where knowledge ended, and why."""
    faults: dict[str, tuple[Exception, ast.AST]] = field(default_factory=dict)
    """Library functions that failed, each at the cost of a call: how the first one did, and that call."""
    blocks: dict[int, int] = field(default_factory=dict)
    """The block that a call stands in as a statement, by the identity of its node."""
    by_count: set[Value] = field(default_factory=set)
    """The conditions of branches that go by a number of passes: ``if (step + 1) % 4 == 0``."""
    set_by_number: bool = False
    """Whether the command line may set a whole number that has a default."""
    by_text: set[Value] = field(default_factory=set)
    """The conditions that ask for a text: ``"resnet" in arch``, ``arch == "vgg16"``."""
    targets: Targets = field(default_factory=Targets)
    files: dict[str, SourceFile] = field(default_factory=dict)
    """Other files of the project that ran, by their paths: facts may stand in them too."""
    followed: dict[Asked, Followed] = field(default_factory=dict)
    """Where the imports led that were looked for."""

    _by_kind: dict[type[Fact], list[Any]] = field(default_factory=dict)
    _by_class: dict[type[Fact], list[Any]] = field(default_factory=dict)
    _kinds: frozenset[type[Any]] | None = None
    _expected: set[int] | None = None
    """The nodes, by identity, at which an exception is expected."""
    _trained: dict[int, list[tuple[Backward, Forward]]] | None = None
    """By the identity of a module, what ``trained_through`` says of it."""
    _members: dict[int, tuple[frozenset[int], frozenset[int]]] = field(default_factory=dict)
    """By the identity of a step, what ``_members_of`` says of it."""
    _counted: Fact | None = None
    """The last fact when these were filled."""

    def of(self, kind: type[F]) -> Iterator[F]:
        """All facts of the given kind, in order."""
        return iter(self.kept_by_kind(kind))

    def kept_by_kind(self, kind: type[F]) -> list[F]:
        """The same as a list, which is made once: rules ask for the same few kinds again and again."""
        self._forget_if_more()
        found = self._by_kind.get(kind)
        if found is None:
            parts = [facts for own, facts in self._by_class.items() if issubclass(own, kind)]
            found = parts[0] if len(parts) == 1 else sorted(chain(*parts), key=_order)
            self._by_kind[kind] = found
        return found

    @property
    def kinds(self) -> frozenset[type[Fact]]:
        """The kinds of facts that there are, and the wider kinds that these are of."""
        self._forget_if_more()
        if self._kinds is None:
            self._kinds = frozenset(kind for own in self._by_class for kind in own.__mro__)
        return self._kinds

    @property
    def asked(self) -> frozenset[type[Fact]]:
        """The kinds of facts that somebody has asked for."""
        return frozenset(self._by_kind)

    def _forget_if_more(self) -> None:
        last = self.all[-1] if self.all else None
        if last is self._counted:
            return
        self._by_kind, self._expected, self._trained, self._counted = {}, None, None, last
        self._by_class = {}
        for fact in self.all:
            self._by_class.setdefault(type(fact), []).append(fact)
        self._kinds = None

    def after(self, fact: Fact) -> Timeline:
        """What happened later in the same run, on ways that do not exclude ``fact``."""
        return Timeline(self, range(fact.moment.order + 1, len(self.all)), frozenset((fact.moment.run,)), fact)

    def before(self, fact: Fact) -> Timeline:
        """What happened earlier: in the same run, or at the top level of the file."""
        return Timeline(self, range(fact.moment.order), frozenset((0, fact.moment.run)), fact)

    def between(self, first: Fact, last: Fact) -> Timeline:
        """What happened after ``first`` and before ``last``."""
        span = range(first.moment.order + 1, last.moment.order)
        return Timeline(self, span, frozenset((last.moment.run,)), last)

    def starved(self, parameters: Iterable[Parameter], since: Fact, *, new: bool = False) -> list[Parameter]:
        """Those that get a gradient after ``since``, while every step leaves them out.

        ``new``: they came to be then, so that no optimizer which was there before can hold them unseen.
        """
        wanted = {id(p): p for p in parameters}
        later = self.after(since)
        steps = list(later.of(Stepped)) if wanted else []
        if not steps or not all(step.optimizer.closed if new else step.complete for step in steps):
            return []
        stepped = {step.optimizer for step in steps}
        if new and any(built.optimizer in stepped for built in later.of(OptimizerBuilt)):
            return []
        held = {id(member) for step in steps for member in step.members}
        left_out = [p for p in wanted.values() if not any(id(a) in held for a in ancestors(p))]
        if not left_out:
            return []
        refrozen = {id(p) for frozen in later.of(Frozen) for p in frozen.parameters}
        doubtful = {id(p) for b in later.of(Backward) for p in b.doubtful}
        reached = {id(p) for b in later.of(Backward) for p in (*b.trainable, *b.maybe)} - refrozen - doubtful
        return [p for p in left_out if id(p) in reached]

    def trained_through(self, module: Module) -> list[tuple[Backward, Forward]]:
        """The backward passes that went through a module and that a step may use, each with its forward pass."""
        self._forget_if_more()
        if self._trained is None:
            self._trained = {}
            for backward in filter(self._may_be_used, self.of(Backward)):
                for forward in (one for one in backward.forwards if isinstance(one, Forward)):
                    for identity in {id(one) for one in (forward.module, *forward.within)}:
                        self._trained.setdefault(identity, []).append((backward, forward))
        return self._trained.get(id(module), [])

    def is_stepped(self, backward: Backward, forward: Forward, *, surely: bool = False) -> bool:
        """Whether weights that a forward pass used are stepped in the pass of the loop in which gradients reach them.

        They are not for a saliency map or an image under attack, nor by an optimizer of the head alone; ``surely`` not
        by one that may hold others than are seen.
        """
        weights = {id(p) for p in (*forward.trainable, *forward.maybe)}
        wholes = {id(one) for p in (*forward.trainable, *forward.maybe) for one in ancestors(p)}
        for step in self.after(backward).of(Stepped):
            if step.moment.loops == backward.moment.loops:
                if self._is_cleared(weights, backward, step):
                    return False
                members, within = self._members_of(step)
                if not (step.complete or surely) or not members.isdisjoint(wholes) or not within.isdisjoint(weights):
                    return True
        return False

    def _is_cleared(self, weights: set[int], backward: Backward, step: Stepped) -> bool:
        """Whether these weights' gradients are surely zeroed between a backward pass and a step."""
        zeroed = (one for one in self.between(backward, step).of(GradientsZeroed) if one.surely_when(backward))
        return bool(weights) and any(weights <= {id(p) for p in one.parameters} for one in zeroed)

    def _members_of(self, step: Stepped) -> tuple[frozenset[int], frozenset[int]]:
        """What an optimizer holds by identity, and that with the unknown wholes that it was split from."""
        if id(step) not in self._members:
            within = frozenset(id(one) for p in step.members for one in ancestors(p))
            self._members[id(step)] = frozenset(map(id, step.members)), within
        return self._members[id(step)]

    def _may_be_used(self, backward: Backward) -> bool:
        """Whether a step may use the gradients: all are kept for it, or whoever makes the steps is not seen."""
        left = {id(parameter) for parameter in (*backward.trainable, *backward.maybe)}
        steps = [
            step.moment.order
            for step in self.of(Stepped)
            if step.moment.run == backward.moment.run and not left.isdisjoint(map(id, step.members))
        ]
        later = next((order for order in steps if order > backward.moment.order), None)
        if later is None:
            return not steps
        zeroed = (z for z in self.after(backward).of(GradientsZeroed) if z.moment.order < later)
        gone = (z for z in zeroed if z.moment.path == backward.moment.path[: len(z.moment.path)])
        return not left <= {id(parameter) for one in gone for parameter in one.parameters}

    def outermost(self, forward: Forward) -> ast.AST:
        """The call of the outermost module that a forward pass is part of."""
        if not forward.within:
            return forward.node
        whole = (f for f in self.after(forward).of(Forward) if f.module is forward.root and not f.within)
        return next(
            (f.node for f in whole if f.moment.loops == forward.moment.loops[: len(f.moment.loops)]), forward.node
        )

    def evaluations(self) -> Iterator[Forward]:
        """Forward passes of whole models that no gradient goes through, though the model is trained.

        What never has parameters to train, as most losses, is no model, though it may be all that we see of one.
        """
        reached = {id(f) for backward in self.of(Backward) for f in backward.forwards}
        roots = {id(f.root) for backward in self.of(Backward) for f in backward.forwards if isinstance(f, Forward)}
        roots &= {id(f.root) for f in self.of(Forward) if f.trainable or f.maybe}
        used = {(id(f.root), f.moment.loops, f.moment.calls[:1]) for f in self.of(Forward) if id(f) in reached}
        for forward in self.of(Forward):
            if forward.within or id(forward.module) not in roots:
                continue
            trained = (id(forward.module), forward.moment.loops, forward.moment.calls[:1]) in used
            if forward.grad is False or (forward.grad is True and not trained):
                yield forward

    def ordered(self, first: Fact, second: Fact) -> bool:
        """Whether the script itself decides in which order two facts happen.

        The methods of a class that nobody uses are called by whoever uses it, in an order that we do not know.
        """
        if first.moment.run != second.moment.run:
            return False
        return first.moment.run == 0 or first.moment.calls[:1] == second.moment.calls[:1]

    def side_by_side(self, first: Fact, second: Fact) -> bool:
        """Whether two calls are statements of one block, so that one can be moved to the other."""
        block = self.blocks.get(id(first.node))
        return block is not None and block == self.blocks.get(id(second.node))

    def uses(self, dataset: Value) -> Iterator[Forward]:
        """The forward passes of whole models over what loaders give of a dataset."""
        return (f for f in self.of(Forward) if not f.within and any(ld.dataset is dataset for ld in f.loaders))

    def at(self, fact: F) -> list[F]:
        """All facts of the same kind that the same node caused, e.g. one per pass of a loop."""
        return [f for f in self.all if f.node is fact.node and type(f) is type(fact)]

    def expects(self, node: ast.AST | None) -> bool:
        """Whether what happens at a node stands in a ``try`` that catches what torch raises, by its name."""
        self._forget_if_more()
        if self._expected is None:
            self._expected = {id(fact.node) for fact in self.all if fact.moment.expected}
        return id(node) in self._expected

    def blamed(self, fact: Fact) -> ast.AST:
        """Where a finding about ``fact`` stands: its node, or the call of the one caller for whom it is wrong.

        A helper that freezes for one caller and unfreezes for another is right; its callers may be wrong.
        """
        callers = {f.moment.calls for f in self.all if f.node is fact.node}
        return fact.moment.calls[-1] if fact.moment.calls and len(callers) > 1 else fact.node

    def given(self, fact: Fact, value: Value) -> Value:
        """A value on the way on which ``fact`` happens."""
        arms = dict(fact.moment.path)
        while isinstance(value, Choice) and value.condition in arms:
            value = value.if_true if arms[value.condition] else value.if_false
        return value

    def name_of(self, value: Value, otherwise: str = "it") -> str:
        """The name that a value was first bound to, as the script writes it."""
        return self.names.get(id(value), otherwise)
