"""What trains and feeds a model: optimizers, schedulers, datasets, loaders, state dicts."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from ft_lint.light import dataclass
from ft_lint.values.base import (
    NONE,
    Comparable,
    Fields,
    Items,
    Unknown,
    UnknownText,
    Value,
    integer,
    is_none,
    options,
    truth,
)
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Dict, Tuple
from ft_lint.values.count import Count
from ft_lint.values.shape import Dim
from ft_lint.values.tensor import Parameter

if TYPE_CHECKING:
    from ft_lint.values.module import Module


@dataclass(frozen=True, slots=True, eq=False)
class Parameters(Comparable):
    """A set of parameters, as ``model.parameters()`` gives it: the leaves of the tree at that moment.

    ``named`` are pairs for ``named_parameters()``; a name is None, or known in part, for what we do not see.
    ``complete`` is false where more parameters may be among them, ``guessed`` true where a module has an attribute of
    which we do not know whether it is a module with more of them.  ``considered`` are those that a
    filter has let through or held back, so that an empty set still knows what it is about.  ``once`` marks a
    generator, made by ``node``: its ``fields`` hold ``spent`` once it has been gone through.
    """

    named: tuple[tuple[str | UnknownText | None, Parameter], ...]
    complete: bool = True
    with_names: bool = False
    considered: tuple[Parameter, ...] = ()
    once: bool = False
    node: ast.AST | None = None
    fields: Fields = field(default_factory=dict)
    guessed: bool = False
    group_of: Value | None = None
    """The optimizer among whose groups they were found: what is written into such a list, it steps."""

    @property
    def members(self) -> tuple[Parameter, ...]:
        """The parameters alone."""
        return tuple(parameter for _, parameter in self.named)

    def same_as(self, other: Value) -> bool:
        """Whether ``other`` gives the same parameters, as a model and a ``DataParallel`` around it do."""
        if not isinstance(other, Parameters) or self.with_names or other.with_names or self.fields or other.fields:
            return False
        alike = (self.complete, self.once, self.guessed) == (other.complete, other.once, other.guessed)
        return alike and self.members == other.members and self.considered == other.considered


def are_of_same(values: Sequence[Value]) -> bool:
    """Whether all are sets of the same parameters, perhaps under other names: ``module.fc.bias`` and ``fc.bias``."""
    found = [value for value in values if isinstance(value, Parameters)]
    return len(found) == len(values) and len({(one.with_names, one.complete, one.members) for one in found}) == 1


@dataclass(frozen=True, slots=True, eq=False)
class Group(Value):
    """One parameter group of an optimizer; ``lr`` and kin are in ``options``."""

    parameters: tuple[Parameter, ...]
    complete: bool
    options: dict[str, Value]
    places: dict[str, ast.AST]
    considered: tuple[Parameter, ...] = ()

    def shared(self, other: Group) -> list[Parameter]:
        """The parameters that both surely hold; a part of what one holds as an unknown whole counts too."""
        if not self.complete or not other.complete:
            return []
        theirs = [p for p in other.parameters if _is_in(p, self.parameters)]
        return theirs + [p for p in self.parameters if p not in theirs and _is_in(p, other.parameters)]


def _is_in(parameter: Parameter, members: tuple[Parameter, ...]) -> bool:
    """Whether a parameter, or the unknown whole that it was split from, is among these."""
    held = set(map(id, members))
    here: Parameter | None = parameter
    while here is not None:
        if id(here) in held:
            return True
        here = here.split_from
    return False


@dataclass(frozen=True, slots=True, eq=False)
class Optimizer(Value):
    """An optimizer: ``kind`` is its class's name (``Adam``); ``fields['groups']`` its groups."""

    kind: str
    fields: Fields = field(default_factory=dict)
    arguments: dict[str, Value] = field(default_factory=dict)
    places: dict[str, ast.AST] = field(default_factory=dict)
    node: ast.AST | None = None

    def groups(self) -> tuple[Group, ...]:
        """The groups on every way, each once."""
        ways = (items.values for items in options(self.fields["groups"]) if isinstance(items, Items))
        return tuple(dict.fromkeys(group for way in ways for group in way if isinstance(group, Group)))

    @property
    def complete(self) -> bool:
        """Whether its groups hold no parameters that we do not see."""
        return self.closed and all(group.complete for group in self.groups())

    @property
    def closed(self) -> bool:
        """Whether it has no groups but those that we know: it may hold more parameters, and none that came later."""
        return all(isinstance(items, Items) and items.complete for items in options(self.fields["groups"]))

    def holds(self, parameter: Parameter) -> bool:
        """Whether a parameter, or the unknown whole that it was split from, is in a group."""
        return any(_is_in(parameter, group.parameters) for group in self.groups())


@dataclass(frozen=True, slots=True, eq=False)
class Scheduler(Value):
    """A learning-rate scheduler: ``kind`` is its class's name.

    ``arguments`` go by the names of the parameters; ``complete`` is false where a ``**`` hides some.  ``fields`` holds
    what the script set on it: ``last_epoch`` puts it somewhere else in its schedule.
    """

    kind: str
    optimizer: Value
    arguments: dict[str, Value] = field(default_factory=dict)
    node: ast.AST | None = None
    places: dict[str, ast.AST] = field(default_factory=dict)
    complete: bool = True
    fields: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset(Value):
    """A dataset of a library; ``parent`` is what a subset was taken from.

    ``split`` is the random drawing that a part comes from and ``part`` its place among the parts.  ``reads`` gathers
    the attributes that the script sets and reads again.
    """

    kind: str
    arguments: dict[str, Value] = field(default_factory=dict)
    fields: Fields = field(default_factory=dict)
    parent: Value | None = None
    part: int | None = None
    node: ast.AST | None = None
    split: Drawing | None = None
    reads: set[str] = field(default_factory=set)

    @property
    def base(self) -> Value | None:
        """What a subset hands out the items of, as it is now; None for a whole dataset."""
        return None if self.parent is None else self.fields.get("dataset", self.parent)


@dataclass(frozen=True, slots=True, eq=False)
class Randomness(Value):
    """Where random numbers come from: the state that a seed was the last to set (``seed`` is None's where none was).

    Who draws from it twice gets other numbers the second time; who draws from two of the same seed, the same ones.
    """

    seed: Value


@dataclass(frozen=True, slots=True, eq=False)
class Drawing(Value):
    """One random split, and what it drew from (None: not known)."""

    source: Randomness | None


@dataclass(frozen=True, slots=True, eq=False)
class Rows(Unknown):
    """Rows of an array or table: the part number ``part`` of ``whole`` that a split draws at random, or all of them.

    ``version`` tells states of the whole apart.
    """

    whole: Value = NONE
    drawing: Drawing | None = None
    part: int = 0
    version: int = 0


def are_same_rows(left: Value | None, right: Value | None) -> bool:
    """Whether two are surely the same rows of the same array or table."""
    if not (isinstance(left, Rows) and isinstance(right, Rows)):
        return False
    same = left.whole is right.whole and left.version == right.version and left.drawing is right.drawing
    return left is right or (same and left.part == right.part)


def draw_apart(left: Drawing, right: Drawing) -> bool:
    """Whether two drawings surely give different numbers."""
    if left is right or left.source is None or right.source is None:
        return False
    if left.source is right.source:
        return True
    one, two = integer(left.source.seed), integer(right.source.seed)
    return one is not None and two is not None and one != two


@dataclass(frozen=True, slots=True, eq=False)
class Loader(Value):
    """A ``DataLoader`` and the dataset behind it; ``batch`` is the size of its batches."""

    dataset: Value
    arguments: dict[str, Value] = field(default_factory=dict)
    batch: Dim = 1
    node: ast.AST | None = None

    @property
    def sampled(self) -> bool:
        """Whether a sampler chooses what it gives."""
        return any(not is_none(self.arguments.get(name, NONE)) for name in ("sampler", "batch_sampler"))

    @property
    def selects(self) -> bool:
        """Whether a sampler may leave out some of the items for good."""
        given = (self.arguments.get(name, NONE) for name in ("sampler", "batch_sampler"))
        return not all(is_none(way) or _draws_from_all(way) for one in given for way in options(one))


def has_one_batch(loader: Value | None) -> bool:
    """Whether a loader gives all that it has at once: ``DataLoader(data, batch_size=len(data))``."""
    size = loader.arguments.get("batch_size") if isinstance(loader, Loader) else None
    return isinstance(size, Count) and size.what == "samples" and size.of is loader.dataset  # type: ignore[union-attr]


def _draws_from_all(sampler: Value) -> bool:
    """Whether a sampler of torch may give each item: shuffled, in order, or shared out among processes."""
    kinds = ("DistributedSampler", "RandomSampler", "SequentialSampler")
    return isinstance(sampler, Instance) and sampler.kind in {f"torch.utils.data.{name}" for name in kinds}


def counts_batches(value: Value | None) -> bool:
    """Whether a number that we do not know is computed from how many batches or samples there are."""
    parts = value.touched if isinstance(value, Unknown) else (value,)
    return any(isinstance(part, Count) for part in parts)


@dataclass(frozen=True, slots=True, eq=False)
class StateDict(Value):
    """``module.state_dict()``: while ``live``, the tensors are the module's own memory.

    ``fields`` holds ``altered`` once the script puts other tensors in their place, we do not see which.
    """

    module: Module | None
    live: bool
    node: ast.AST | None = None
    fields: Fields = field(default_factory=dict)


def states_in(value: Value) -> list[StateDict]:
    """The state dicts that are kept with a value: itself, an entry of a dict, a part of a tuple.

    Of what is one of several, as of a model that a setting chooses, those of all ways.
    """
    held = value.entries.values() if isinstance(value, Dict) else [value]
    parts = value.values if isinstance(value, Tuple) else held
    ways = (options(part) for part in parts)
    return [one for each in ways if all(isinstance(one, StateDict) for one in each) for one in each]  # type: ignore[misc]


@dataclass(frozen=True, slots=True, eq=False)
class Scaler(Value):
    """A ``GradScaler``; ``fields`` hold ``escaped`` once it went to a call that we cannot follow."""

    enabled: Value
    node: ast.AST | None = None
    fields: Fields = field(default_factory=dict)

    @property
    def works(self) -> bool:
        """Whether it may multiply at all, and does nothing that we do not see."""
        return truth(self.enabled) is not False and "escaped" not in self.fields
