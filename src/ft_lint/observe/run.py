"""What really happened when a script ran: the torch-free record that claims read.

A :class:`Run` is made by ``ft_lint.verify`` and holds plain data only, so it can be pickled, kept
and read where torch is not installed.  Objects of the run (modules, parameters, optimizers,
loaders) are small integers, the same object always the same integer.  Events stand in the order in
which they *ended*; queries read as English::

    built = run.at(line).of(OptimizerBuilt).first
    moved = [step for step in run.after(built).of(Stepped) if step.moves]

Shapes are tuples of sizes.  A relative move is ``||w_after - w_before|| / ||w_before||``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Generic, TypeVar, overload

from ft_lint.light import dataclass
from ft_lint.observe.event import Event as Event
from ft_lint.observe.event import Placed as Placed
from ft_lint.observe.event import Shape as Shape
from ft_lint.observe.event import Span as Span
from ft_lint.observe.hub import TableMade

# --------------------------------------------------------------------------------------- modules


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleBuilt(Event):
    """``nn.Module.__init__`` ran."""

    module: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleCalled(Event):
    """A forward pass of one module ended, or raised.

    ``name`` is its dotted name in the outermost module that was being called ("" for that one),
    ``depth`` the number of module calls around it, ``started`` the order at which it began: calls
    inside have an order in between.  ``weight`` is the shape of its own ``weight``, ``weight_sum`` tells its
    values from others, ``takes`` the number of channels or features that its weights are made for and ``gets`` that
    number in its first input.  ``pixels`` are the least and
    the greatest value of a first input that is a batch of colour images (N, 3, H, W).  ``mode_matters`` says that
    this module itself acts differently in training and evaluation mode, ``noisy`` that it altered its input at
    random, ``statistics_moved`` that it updated running statistics.
    """

    module: int
    kind: str
    name: str
    depth: int
    started: int
    training: bool
    grad: bool
    inputs: tuple[Shape, ...] = ()
    outputs: tuple[Shape, ...] = ()
    weight: Shape | None = None
    weight_sum: float | None = None
    takes: int | None = None
    gets: int | None = None
    pixels: tuple[float, float] | None = None
    mode_matters: bool = False
    noisy: bool = False
    statistics_moved: bool = False
    raised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmoduleAssigned(Event):
    """``parent.name`` became the module ``new``, which holds ``parameters`` (ids)."""

    parent: int
    name: str
    old: int | None
    new: int | None
    parameters: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterAssigned(Event):
    """``module.name`` became the parameter ``parameter``; ``fresh`` when the run had not seen it before."""

    module: int
    name: str
    parameter: int
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeSet(Event):
    """A plain attribute was set by the script on a module or on a parameter.

    ``parameters`` are all that the owner holds (the parameter itself, or the module's), and
    ``trainable`` their ``requires_grad`` right afterwards.
    """

    owner: int
    on_module: bool
    name: str
    value: bool | int | float | str | None
    parameters: tuple[int, ...] = ()
    trainable: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSet(Event):
    """``owner.name`` became a plain list, tuple or dict, set by the script on a module."""

    owner: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeRead(Event):
    """A plain attribute that was set on some parameter was read from this one."""

    parameter: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiresGradSet(Event):
    """``requires_grad`` of one parameter was set, also when that changed nothing."""

    parameter: int
    before: bool
    value: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeSet(Event):
    """``module.train(training)``, where ``before`` was its mode."""

    module: int
    before: bool
    training: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsCast(Event):
    """Parameters of a module were made into another ``dtype`` (``float16``), by a method or while they were loaded."""

    parameters: tuple[int, ...]
    dtype: str


# ------------------------------------------------------------------------- optimizers and gradients


@dataclass(frozen=True, slots=True)
class Group:
    """A parameter group: settings and parameter ids; ``unknown`` are keys that are no settings of the optimizer, with
    what they were given where that is a number (else NaN)."""

    lr: float
    momentum: float
    parameters: tuple[int, ...]
    weight_decay: float = 0.0
    unknown: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizerBuilt(Event):
    """An optimizer of class ``kind`` was built over ``groups``."""

    optimizer: int
    kind: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupAdded(Event):
    """``optimizer.add_param_group`` after the optimizer was built."""

    optimizer: int
    group: Group


@dataclass(frozen=True, slots=True, kw_only=True)
class GradientsZeroed(Event):
    """``zero_grad`` of an optimizer or a module.

    ``cleared`` gradients were not zero; ``unused`` ones had changed nothing yet, by a step or otherwise.
    """

    cleared: tuple[int, ...]
    unused: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackwardCalled(Event):
    """``tensor.backward()`` ended.

    ``reached`` are the parameters that got a gradient by it; ``onto_stepped`` those of them whose old gradient was
    not zero and had already been stepped on, so that the new one was added to a used one.  ``scale`` is what a
    ``GradScaler`` had multiplied the tensor by, ``value`` the tensor's own number without that.
    """

    reached: tuple[int, ...]
    onto_stepped: tuple[int, ...] = ()
    scale: float = 1.0
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clipped(Event):
    """Gradients were clipped to ``limit`` by ``kind`` (``norm`` or ``value``); ``size`` is what they measured before.

    Both are on the scale of the gradients as they were.
    """

    kind: str
    limit: float
    size: float
    parameters: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unscaled(Event):
    """A ``GradScaler`` divided the gradients of an optimizer by its scale."""

    optimizer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerBuilt(Event):
    """A learning-rate scheduler of class ``kind`` was built.

    ``planned`` is the number of its steps after which it is done, or after which it first changes anything.
    """

    scheduler: int
    optimizer: int
    kind: str
    planned: int | None
    lrs: tuple[float, ...]
    mode: str = ""
    """``min`` or ``max`` for a ``ReduceLROnPlateau``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorBuilt(Event):
    """A callback of Lightning was built that acts on the best value of ``metric``; ``mode`` is ``min`` or ``max``."""

    monitor: int
    kind: str
    metric: str
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSeen(Event):
    """Such a callback got a value of its metric; ``stops``: it ends the training for it."""

    monitor: int
    value: float
    stops: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerStepped(Event):
    """``scheduler.step()`` ended: ``position`` counts its steps, ``lrs`` are the rates from now on."""

    scheduler: int
    optimizer: int
    kind: str
    position: int
    planned: int | None
    lrs: tuple[float, ...]
    metric: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped(Event):
    """``optimizer.step()`` ended.

    ``with_gradient`` are its parameters that had one, ``moves`` the relative move of each parameter that
    moved.  ``pretrained_move`` is the relative move of the median pretrained weight matrix (kernels included, vectors
    not) of the optimizer, ``pretrained_drift`` how far the median one then is from its first values, on the same scale.
    ``norm`` is the norm of all its gradients, ``largest`` their greatest absolute value, ``lrs`` the rates of its
    groups, ``remembers`` whether it came with state of earlier steps, ``keeps`` whether it leaves any.
    """

    optimizer: int
    with_gradient: tuple[int, ...]
    moves: Mapping[int, float]
    pretrained_move: float = 0.0
    pretrained_drift: float = 0.0
    norm: float = 0.0
    largest: float = 0.0
    lrs: tuple[float, ...] = ()
    remembers: bool = False
    keeps: bool = False


# ------------------------------------------------------------------------------- values and losses


@dataclass(frozen=True, slots=True)
class Values:
    """Facts on a tensor's content.  Tensors with equal content, whatever their shape, have equal ``fingerprint``."""

    shape: Shape
    low: float
    high: float
    rows_sum_to_one: bool
    fingerprint: tuple[float, ...]

    @property
    def in_unit_interval(self) -> bool:
        """Whether all values lie in [0, 1]."""
        return self.low >= 0.0 and self.high <= 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationCalled(Event):
    """A softmax or sigmoid ran: ``kind`` is torch's function name, ``modules`` are being called, innermost first."""

    kind: str
    modules: tuple[int, ...]
    output: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class DropoutCalled(Event):
    """A function that drops out ran: ``kind`` is torch's name.

    ``asked`` says that the call itself says whether to (``training=``), ``dropped`` that it did, ``in_training`` is the
    mode of the innermost module being called, None outside of any.
    """

    kind: str
    asked: bool
    dropped: bool
    in_training: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LossCalled(Event):
    """A loss of ``torch.nn.functional`` ran, or raised; ``value`` is given for one-element results.

    ``aligned`` is what the loss would have been with the target in the input's shape: for two of equal size whose
    shapes differ, so that they were broadcast.
    """

    kind: str
    input: Values
    target: Values | None
    value: float | None
    aligned: float | None = None
    raised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Divided(Event):
    """The script divided a number, or a tensor of one element, by a whole number."""

    numerator: float
    denominator: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast(Event):
    """The script subtracted an output from a target of equal size, or the reverse, and each met each of the other.

    One of the two requires gradients, the other does not.  ``paired`` is the mean square of all those differences,
    ``aligned`` that of the elements in the same places.
    """

    left: Shape
    right: Shape
    output: Shape
    paired: float
    aligned: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgmaxCalled(Event):
    """The script looked for the places of the greatest values: ``argmax``, ``max(dim)`` or ``topk(1)``.

    ``dim`` is counted from 0, None where the tensor was flattened; ``low`` and ``high`` are the least and the greatest
    of the places found.
    """

    kind: str
    input: Shape
    dim: int | None
    output: Shape
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reshaped(Event):
    """The script called ``view``, ``reshape``, ``flatten`` or ``ravel``, as method or function."""

    kind: str
    input: Shape
    output: Shape


# ------------------------------------------------------------------------------ weights and data


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsLoaded(Event):
    """Published weights came into ``module``; they were trained on images of this ``mean`` and ``std`` per channel."""

    module: int
    origin: str
    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateDictTaken(Event):
    """``module.state_dict()`` gave a dict, which ``state`` names from now on."""

    module: int
    state: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StateDictUsed(Event):
    """Tensors of an earlier ``state_dict()`` were loaded or saved.

    ``changed`` is their relative change since they were taken: 0 for a copy or for unmoved weights.
    """

    state: int
    how: str
    changed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StateLoaded(Event):
    """``module.load_state_dict`` ended: how many of its tensors were missing, and how many were given in vain.

    ``parameters`` are those of the module that were overwritten, ``origin`` what published weights they are ("" for
    others).
    """

    module: int
    missing: int
    unexpected: int
    parameters: tuple[int, ...]
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overwritten(Event):
    """A function of ``nn.init`` changed a parameter whose values had been loaded, by ``changed`` relative to them."""

    parameter: int
    how: str
    changed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved(Event):
    """``torch.save`` wrote an object of the class ``kind``; ``methods`` of its entries, or itself, are methods."""

    kind: str
    methods: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetBuilt(Event):
    """A dataset of torchvision, one of tensors or a subset was built; ``kind`` is its class."""

    dataset: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformSet(Event):
    """The script set a dataset's ``transform``, or another attribute so named, to the object ``value``."""

    dataset: int
    name: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoaderBuilt(Event):
    """A ``DataLoader`` was built over ``dataset``, with the sampler that the script or torch gave it."""

    loader: int
    dataset: int
    sampler: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerBuilt(Event):
    """A sampler of ``torch.utils.data`` was built; ``kind`` is its class."""

    sampler: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDrawn(Event):
    """A loader gave a batch in its pass ``iteration``.

    ``samples`` names each sample by where it comes from (subsets resolved to the data below them),
    ``contents`` by a digest of its first tensor, which also tells equal data behind different objects.
    ``transforms`` are those of torchvision that ran while the batch was made (in the loader's own process).
    """

    loader: int
    iteration: int
    samples: tuple[str, ...]
    contents: tuple[str, ...]
    transforms: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Image:
    """An image on its way: ``kind`` is ``PIL``, ``tensor`` or another class's name; channels, height, width.

    ``low`` and ``high`` are the least and the greatest value of a floating-point tensor.
    """

    kind: str
    shape: Shape = ()
    dtype: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformBuilt(Event):
    """A transform of torchvision was built; ``kind`` is its class."""

    transform: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformApplied(Event):
    """A transform was given an image; ``output`` is None where it raised or gave something else."""

    transform: int
    kind: str
    input: Image
    output: Image | None
    raised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningIssued(Event):
    """Python's ``warnings.warn`` was called, whether or not a filter then hid the text."""

    category: str
    text: str


# --------------------------------------------------------------------------------- things of a run


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter over the whole run.

    ``names`` are its dotted names in every root module that held it at the end, ``pretrained`` the origin
    of its first values ("" for random ones), ``travelled`` the sum of its relative moves over ``steps_moved`` steps,
    ``dtype`` what it is in at the end.
    """

    id: int
    names: tuple[str, ...]
    shape: Shape
    pretrained: str
    requires_grad: bool
    optimizers: tuple[int, ...]
    gradients: int
    steps_moved: int
    travelled: float
    dtype: str = "float32"


@dataclass(frozen=True, slots=True)
class Module:
    """A module over the whole run: its class and, as of the end, all modules and parameters below it."""

    id: int
    kind: str
    modules: tuple[int, ...]
    parameters: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Raised(Placed):
    """The exception that ended the script.  ``module`` is the innermost module whose forward raised it."""

    type: str
    message: str
    places: tuple[Span, ...]
    module: int | None = None
    named: frozenset[int] = frozenset()
    """Where the script writes what the message of a TypeError names: the keyword, or the function."""

    def refuses_keyword(self, line: int) -> bool:
        """Whether Python refused a keyword in the call at ``line``, or one that is written there."""
        refused = self.type == "TypeError" and "unexpected keyword argument" in self.message
        return refused and (self.directly_at(line) or line in self.named)

    def refuses_call_of(self, line: int) -> bool:
        """Whether Python refused the arguments that someone passed to the function defined at ``line``."""
        return self.type == "TypeError" and "argument" in self.message and line in self.named

    @property
    def about_sizes(self) -> bool:
        """Whether torch, or what checks for it, raised because of sizes."""
        told = re.search(r"sizes?\b|shapes?\b|dimension|channels?|elements|\b[0-9]D\b", self.message)
        return self.type in ("RuntimeError", "ValueError", "AssertionError", "IndexError") and told is not None

    def names(self, *sizes: int | None) -> bool:
        """Whether its message names all these numbers."""
        told = set(re.findall(r"\d+", self.message))
        return all(str(size) in told for size in sizes)


@dataclass(frozen=True, slots=True)
class Seen:
    """What torch had in a name right after a statement of the script ran.

    ``kind`` is ``shape`` (tuple of sizes), ``module`` (id), ``training`` (bool), ``trainable`` (names of the
    parameters that require gradients), ``optimized`` (ids), ``requires_grad`` (bool) or ``parameter`` (id); and, after
    a statement that adds to a sum or appends to a list, ``graph`` (how many steps of gradients are kept alive).
    """

    line: int
    order: int
    scope: str
    name: str
    kind: str
    value: object


# ------------------------------------------------------------------------------------------ queries

E_co = TypeVar("E_co", bound=Event, covariant=True)
Kind = TypeVar("Kind", bound=Event)


class Events(Sequence[E_co], Generic[E_co]):
    """Events in order, with the queries that claims are written in."""

    def __init__(self, events: Iterable[E_co]) -> None:
        self._events = tuple(events)

    @overload
    def __getitem__(self, index: int) -> E_co: ...
    @overload
    def __getitem__(self, index: slice) -> Events[E_co]: ...
    def __getitem__(self, index: int | slice) -> E_co | Events[E_co]:
        return Events(self._events[index]) if isinstance(index, slice) else self._events[index]

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[E_co]:
        return iter(self._events)

    def of(self, kind: type[Kind]) -> Events[Kind]:
        """Those of one class."""
        return Events(event for event in self._events if isinstance(event, kind))

    def at(self, line: int) -> Events[E_co]:
        """Those that an expression covering ``line`` caused, directly or in what it called."""
        return Events(event for event in self._events if event.at(line))

    def after(self, moment: Event | int) -> Events[E_co]:
        """Those later than an event or an order."""
        order = moment if isinstance(moment, int) else moment.order
        return Events(event for event in self._events if event.order > order)

    def before(self, moment: Event | int) -> Events[E_co]:
        """Those earlier than an event or an order."""
        order = moment if isinstance(moment, int) else moment.order
        return Events(event for event in self._events if event.order < order)

    def where(self, holds: Callable[[E_co], bool]) -> Events[E_co]:
        """Those for which ``holds`` is true."""
        return Events(event for event in self._events if holds(event))

    @property
    def first(self) -> E_co | None:
        """The earliest, or None."""
        return self._events[0] if self._events else None

    @property
    def last(self) -> E_co | None:
        """The latest, or None."""
        return self._events[-1] if self._events else None


@dataclass(frozen=True, slots=True)
class Run:
    """One script, run once."""

    events: tuple[Event, ...]
    modules: Mapping[int, Module]
    parameters: Mapping[int, Parameter]
    visits: Mapping[int, tuple[int, ...]]
    """First line of a statement -> orders at which it began."""
    statements: Mapping[int, int]
    """Line -> first line of the innermost statement on it."""
    discarded: frozenset[int] = frozenset()
    """First lines of expression statements, whose value Python throws away."""
    backpropagated: frozenset[int] = frozenset()
    """Orders of the outermost module calls through whose output gradients came back."""
    alive: frozenset[int] = frozenset()
    """State dicts that the script still held at the end."""
    seen: tuple[Seen, ...] = ()
    exception: Raised | None = None
    network: tuple[str, ...] = ()
    """Addresses that the script tried to reach, in vain."""
    output: str = ""
    seconds: float = field(default=0.0, compare=False)

    @property
    def refusal(self) -> ModuleCalled | None:
        """The innermost call of a module that raised what ended the script."""
        raised = self.exception
        calls = self.of(ModuleCalled).where(lambda call: call.raised)
        return next((call for call in calls if raised and call.module == raised.module), None)

    @property
    def everything(self) -> Events[Event]:
        """All events."""
        return Events(self.events)

    def of(self, kind: type[Kind]) -> Events[Kind]:
        """All events of one class."""
        return self.everything.of(kind)

    def at(self, line: int) -> Events[Event]:
        """All events that an expression covering ``line`` caused, directly or in what it called."""
        return self.everything.at(line)

    def after(self, moment: Event | int) -> Events[Event]:
        """All events later than an event or an order."""
        return self.everything.after(moment)

    def reached(self, line: int) -> tuple[int, ...]:
        """The orders at which the innermost statement on ``line`` began."""
        return self.visits.get(self.statements.get(line, line), ())

    def seen_at(self, line: int) -> tuple[Seen, ...]:
        """What names held after the innermost statement on ``line``."""
        start = self.statements.get(line, line)
        return tuple(seen for seen in self.seen if seen.line == start)

    def calls(self) -> Events[ModuleCalled]:
        """Outermost calls of modules that hold parameters: the model's forward passes, not losses or transforms."""
        return self.of(ModuleCalled).where(lambda call: call.depth == 0 and bool(self._holds(call.module)))

    def within(self, call: ModuleCalled) -> Events[ModuleCalled]:
        """A call and the module calls that it made."""
        return self.of(ModuleCalled).where(lambda inner: call.started < inner.order <= call.order)

    def trained(self, call: ModuleCalled) -> bool:
        """Whether gradients came back through the output of this outermost call."""
        return call.order in self.backpropagated

    def born_at(self, line: int) -> tuple[int, ...]:
        """Parameters that came to be at ``line`` or were assigned there, alone or in a module."""
        here = self.at(line)
        made = [event.parameter for event in here.of(ParameterAssigned)]
        made += [parameter for event in here.of(SubmoduleAssigned) for parameter in event.parameters]
        return tuple(dict.fromkeys(made))

    def of_ids(self, ids: Iterable[int]) -> tuple[Parameter, ...]:
        """The parameters with these ids."""
        return tuple(self.parameters[i] for i in ids if i in self.parameters)

    def batches(self, *, trained: bool) -> list[BatchDrawn]:
        """Batches of the passes over loaders in which gradients came back, or of those in which a model was only run.

        A batch is in use until the next of its pass is drawn; the last one until any other is.
        """
        drawn = self.of(BatchDrawn)
        trains: dict[int, bool] = {}
        for batch in drawn:
            used = self.used_by(batch)
            if used:
                trains[batch.iteration] = trains.get(batch.iteration, False) or any(map(self.trained, used))
        return [batch for batch in drawn if trains.get(batch.iteration) is trained]

    def used_by(self, batch: BatchDrawn) -> Events[ModuleCalled]:
        """The calls of models while a batch is in use."""
        later, calls = self.of(BatchDrawn).after(batch), self.calls().after(batch)
        end = next((other for other in later if other.iteration == batch.iteration), later.first)
        return calls.before(end) if end else calls

    def orders(self, loader: int) -> list[tuple[str, ...]]:
        """The samples that a loader gave in each of its passes, in order."""
        found: dict[int, tuple[str, ...]] = {}
        for batch in self.of(BatchDrawn):
            if batch.loader == loader:
                found[batch.iteration] = found.get(batch.iteration, ()) + batch.samples
        return list(found.values())

    def loaders_of(self, line: int) -> frozenset[int]:
        """The loaders that ``line`` built, or that are over datasets which it built."""
        datasets = {event.dataset for event in self.at(line).of(DatasetBuilt)}
        datasets |= self.tables_from({event.made for event in self.at(line).of(TableMade)})
        over = {event.loader for event in self.of(LoaderBuilt) if event.dataset in datasets}
        return frozenset(over | {event.loader for event in self.at(line).of(LoaderBuilt)})

    def tables_from(self, tables: Iterable[int]) -> set[int]:
        """These tables of ``datasets`` and all that were made from them."""
        found = set(tables)
        for event in self.of(TableMade):
            if event.table in found:
                found.add(event.made)
        return found

    def modules_built_at(self, line: int) -> frozenset[int]:
        """The modules that an expression covering ``line`` built."""
        return frozenset(event.module for event in self.at(line).of(ModuleBuilt))

    def outputs_of(self, kind: str, line: int) -> Events[ActivationCalled]:
        """What an activation called on ``line``, or made by a module built there, gave."""
        built = {event.module for event in self.at(line).of(ModuleBuilt)}
        activations = self.of(ActivationCalled).where(lambda event: event.kind == kind)
        return activations.where(lambda event: event.at(line) or bool(event.modules and event.modules[0] in built))

    def left_out(self, ids: Iterable[int]) -> tuple[Parameter, ...]:
        """Those of these parameters that got gradients, sat in no optimizer and never moved."""
        return tuple(p for p in self.of_ids(ids) if p.gradients and not p.optimizers and not p.steps_moved)

    def named(self, name: str) -> Parameter | None:
        """The parameter that bears a dotted name at the end of the run."""
        return next((p for p in self.parameters.values() if name in p.names), None)

    def _holds(self, module: int) -> tuple[int, ...]:
        return self.modules[module].parameters if module in self.modules else ()
