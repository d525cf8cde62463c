"""The state of a run: scopes, frames, loops, the trail, the facts so far, and the budget."""

from __future__ import annotations

import ast
import enum
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeVar

from ft_lint.facts import Fact, Facts, LoopPass, Moment
from ft_lint.facts.models import Forward
from ft_lint.facts.optimization import Backward
from ft_lint.light import dataclass
from ft_lint.source.siblings import Siblings
from ft_lint.values.array import Array
from ft_lint.values.base import MISSING, NONE, TRUE, Choice, Constant, Fields, Unknown, Value, layouts_made, options
from ft_lint.values.callables import Function, Instance, Namespace, Reference, Scope
from ft_lint.values.count import Count
from ft_lint.values.store import Delta, Store
from ft_lint.values.tensor import Tensor, merged
from ft_lint.values.training import Randomness

if TYPE_CHECKING:
    from ft_lint.values.module import Module
    from ft_lint.values.tensor import Parameter
    from ft_lint.values.training import Optimizer

MAX_STEPS = 40_000
"""Statements of the script that are run, or the like in work, before the interpreter gives up on the file."""
MAX_STEPS_TOGETHER = 20_000
"""The same for a script with the other files that it runs, before it is looked at alone."""
MAX_DEPTH = 110
"""Nesting of expressions, blocks and calls that is followed."""
MAX_CALLS = 14
"""Calls within calls that are followed."""

F = TypeVar("F", bound=Fact)


class Completion(enum.Enum):
    """How a block ended."""

    NEXT = enum.auto()
    RETURN = enum.auto()
    BREAK = enum.auto()
    CONTINUE = enum.auto()
    RAISE = enum.auto()
    EXIT = enum.auto()
    """The program ends, and nothing around may catch ``SystemExit``."""

    @property
    def is_last(self) -> bool:
        """Whether nothing of the function that the block stands in runs afterwards, nor does its caller get a value."""
        return self is Completion.RAISE or self is Completion.EXIT


class Exhausted(Exception):
    """The budget of the file is spent: what is known so far is kept, the rest is silence."""


@dataclass(slots=True)
class Exit:
    """A way that left a function or a loop's pass early: its condition and state."""

    condition: Value
    delta: Delta
    breaks: bool = False
    """Whether it leaves the whole loop."""


@dataclass(slots=True)
class Effort:
    """What has been spent on a function: in code that nobody calls, or in runs that train."""

    runs: int = 0
    steps: int = 0
    told: bool = False
    """Whether a run told anything: a fact, or a result that is known."""


@dataclass(slots=True)
class Frame:
    """One call of a function, or one pass of a loop: where it began and who left it early."""

    mark: int
    depth: int
    function: Function | None = None
    result: Fields = field(default_factory=lambda: {"value": NONE})
    """``value`` is what the call gives; in a dict, for the store to undo and join like all else."""
    exits: list[Exit] = field(default_factory=list)
    yields: list[Value] | None = None
    body: Callable[[Value], None] | None = None
    """What is to run at the first ``yield``, with what it gives: the body of a ``with``."""
    globals_: set[str] = field(default_factory=set)
    loops: int = 0
    """How many loops were running when it began."""


@dataclass(slots=True)
class Machine:
    """What the functions of the interpreter share during one run."""

    scope: Scope
    facts: Facts = field(default_factory=Facts)
    store: Store = field(default_factory=Store)
    state: Fields = field(default_factory=lambda: {"grad": TRUE, "random": Randomness(NONE), "numpy": Randomness(NONE)})
    """State of torch itself: ``grad`` is the gradient mode, ``random`` that of its generator, ``numpy`` of NumPy's."""
    frames: list[Frame] = field(default_factory=list)
    passes: list[Frame] = field(default_factory=list)
    loops: list[LoopPass] = field(default_factory=list)
    path: list[tuple[Value, bool]] = field(default_factory=list)
    calls: list[ast.AST] = field(default_factory=list)
    running: list[Module] = field(default_factory=list)
    asked: list[tuple[Module, ast.AST, int]] = field(default_factory=list)
    """The modules, from without inwards, of whose own methods, other than ``forward``, one runs: each with the call and
    the number of loops around it."""
    building: list[Value] = field(default_factory=list)
    optimizers: list[Optimizer] = field(default_factory=list)
    models: list[Module] = field(default_factory=list)
    hooked: list[Module] = field(default_factory=list)
    """Modules with a hook that may give another output instead of theirs."""
    hooked_before: list[Module] = field(default_factory=list)
    """Modules with a hook that may give them another input."""
    hooks: dict[tuple[int, ...], Value] = field(default_factory=dict)
    """What modules call whenever they run: each function once, of each object, however many modules have it."""
    appended: list[Module] = field(default_factory=list)
    """The list of layers, for each layer that was appended to one."""
    called: set[int] = field(default_factory=set)
    """Functions and classes that the script itself has used."""
    efforts: dict[int, Effort] = field(default_factory=dict)
    """What has been spent on each function in code that nobody calls."""
    trainings: dict[int, Effort] = field(default_factory=dict)
    """What has been spent on each function in runs that train, in code that is called."""
    backwards: int = 0
    """Backward passes up to now."""
    ungraded: dict[int, list[Forward]] = field(default_factory=dict)
    """Passes without gradients on one way of a branch, by the identity of their module."""
    gradients: dict[Value, Parameter] = field(default_factory=dict)
    """What stands for the gradients that the script looks at, with their parameters."""
    flags: dict[int, Constant] = field(default_factory=dict)
    """What ``requires_grad`` was when the script read it, by identity: what is set to it is what it was."""
    losses: set[Value] = field(default_factory=set)
    """Unknown values at which a backward pass began without a gradient of its own: one number each."""
    wholes: dict[Parameter, Module] = field(default_factory=dict)
    """The model that an unseen part is of, by what stands for the part's parameters."""
    members: dict[Value, tuple[Value, str]] = field(default_factory=dict)
    """What stands for the members of enums that we do not see (``Phase.TRAIN``): class and name."""
    judged: dict[Value, Instance] = field(default_factory=dict)
    """Functions that give a trainer its metrics, with the trainer."""
    returned: dict[int, tuple[ast.Return, Tensor]] = field(default_factory=dict)
    """The tensor that a return statement of the script gave last."""
    pure: dict[tuple[Any, ...], Unknown] = field(default_factory=dict)
    lengths: dict[int, Count] = field(default_factory=dict)
    """The lengths of loaders and datasets, the same value each time."""
    versions: dict[int, int] = field(default_factory=dict)
    """How often each value went to calls that we cannot follow."""
    changeable: dict[int, tuple[Value, ...]] = field(default_factory=dict)
    """What can change within values that cannot."""
    by_default: bool = True
    """Whether whole numbers that the command line may set are their defaults; else they are not known."""
    published: bool = True
    """Whether checkpoints are as wide as they were published; the stand-ins of ``ft-lint verify`` are small."""
    siblings: Siblings | None = None
    """The other files of the project; None where they are not followed."""
    namespaces: dict[str, Namespace | None] = field(default_factory=dict)
    """The modules of the project that were run, by their files; None for one that cannot be followed."""
    stars: dict[Scope, list[str]] = field(default_factory=dict)
    """The libraries of which a module imports every name, in order, by its scope; "" for what is no library."""
    importing: list[str] = field(default_factory=list)
    """The files that are being run because another one imports them."""
    asking: list[tuple[str, str]] = field(default_factory=list)
    """The names of modules, by file, that are being looked for in what these import in turn."""
    body: Sequence[ast.stmt] = ()
    """The statements of the script itself."""
    note: Callable[[Machine, ast.stmt], None] | None = None
    displayed: frozenset[int] = frozenset()
    """The expression statements that end cells of a notebook, which shows what they give."""
    naming: list[int] = field(default_factory=list)
    """Loops over names of a model's parts that run now."""
    tests: list[tuple[int, ast.AST, bool | None]] = field(default_factory=list)
    """The tests of ``if`` statements inside loops over names: loop, test, verdict."""
    catching: list[int] = field(default_factory=list)
    """For each ``try`` around that catches what torch raises: how many calls deep it stands."""
    arms: int = 0
    splits: int = 0
    """Conditions on which what runs now is run once for each way."""
    run: int = 0
    runs: int = 0
    """How many runs there have been beside that of the script itself."""
    asked_for_mode: bool = False
    """Whether the mode of a module has decided what is computed."""
    framework: int = 0
    cleanups: int = 0
    """``finally`` blocks that what runs now stands in."""
    depth: int = 0
    steps: int = 0
    guards: list[frozenset[str]] = field(default_factory=list)
    """The exceptions that each ``try`` around what runs now would catch."""
    replaced: set[str] = field(default_factory=set)
    """What the script itself put in the place of a library's own, by import path."""
    patched: bool = False
    """Whether a package was imported that changes what other libraries' classes take."""
    block: int = 0
    """The identity of the block whose statements are being run."""
    loop_count: int = 0
    idle: Counter[int] = field(default_factory=Counter)
    """Passes that found nothing, by the identity of their loop."""
    batch_loops: set[int] = field(default_factory=set)
    """Loops inside others, by identity, that have been run to their end and ran a model."""
    loader_count: int = 0
    batches: dict[tuple[int, int, int], Value] = field(default_factory=dict)
    """What a loader gives, by loader, dataset and transform."""

    def emit(self, kind: type[F], node: ast.AST, /, **what: Any) -> F:
        """Write down a fact."""
        moment = Moment(
            order=len(self.facts.all),
            path=tuple(self.path),
            loops=tuple(self.loops),
            run=self.run,
            calls=tuple(self.calls),
            by_framework=self.framework > 0,
            arms=self.arms,
            expected=self.expects_refusals,
        )
        fact = kind(node=node, moment=moment, **what)
        self.facts.all.append(fact)
        self.backwards += kind is Backward
        return fact

    def unknown(self, why: str, node: ast.AST | None = None, *touched: Value) -> Unknown:
        """Ignorance, noted for ``--why-silent``."""
        if node is not None:
            self.facts.silences.append((node, why))
        return Unknown(why, _leaves(touched))

    def same_unknown(self, key: tuple[Any, ...], why: str, *touched: Value, kind: type[Unknown] = Unknown) -> Unknown:
        """The one unknown result of a pure operation on the same operands.

        Two tests of the same undecided condition are thereby decided together.  ``key`` holds
        values (compared by identity) and constants.
        """
        found = self.pure.get(key)
        if found is None:
            found = self.pure[key] = kind(why, _leaves(touched))
            self.facts.kept.extend(part for part in key if isinstance(part, Value))
        return found

    def count(self, what: str, of: Value) -> Count:
        """The length of a loader or dataset."""
        found = self.lengths.get(id(of))
        if found is None:
            found = self.lengths[id(of)] = Count(what, of)
        return found

    def name(self, value: Value, text: str) -> None:
        """Remember the first name that a value goes by once it is built: ``for m in self.modules()`` names no model.

        Of a choice, that of each value which has none yet; of an array, that of the rows which it is.
        """
        if isinstance(value, Choice):
            for option in options(value):
                self.name(option, text)
        elif isinstance(value, Array) and value.drawn is not None:
            self.name(value.drawn, text)
        if id(value) not in self.facts.names and value not in self.building:
            self.facts.names[id(value)] = text
            self.facts.kept.append(value)

    def spend(self, steps: int = 1) -> None:
        """Count a statement, or the work of so many; raises Exhausted when the file's budget is spent."""
        self.steps += steps
        if self.steps > (MAX_STEPS_TOGETHER if self.namespaces else MAX_STEPS):
            raise Exhausted

    @property
    def expects_refusals(self) -> bool:
        """Whether the innermost call stands in a ``try`` that catches what torch raises."""
        return self.catching[-1:] == [len(self.frames)]

    @property
    def frame(self) -> Frame:
        """The innermost call."""
        return self.frames[-1]

    def leave(self, completion: Completion, condition: Value) -> Frame | None:
        """Keep the state of a way that ends a function or a loop's pass before the others do.

        Returns the frame that now waits for it.
        """
        match completion:
            case Completion.RETURN if self.frames:
                frame = self.frame
            case Completion.BREAK | Completion.CONTINUE if self.passes:
                frame = self.passes[-1]
            case _:
                return None
        direct = len(self.path) == frame.depth
        gate = condition if direct else Unknown("one of several ways out")
        frame.exits.append(Exit(gate, self.store.changes(frame.mark), completion is Completion.BREAK))
        return frame

    def waiting(self) -> list[tuple[Frame, int]]:
        """The frames that wait for what leaves the present code early, and how many ways have left to each."""
        return [(frame, len(frame.exits)) for frame in (*self.frames[-1:], *self.passes[-1:])]

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is run inside leaves facts and no state: the script does not go on from there."""
        mark, since = self.store.mark(), layouts_made()
        waiting = self.waiting()
        yield
        for frame, before in waiting:
            del frame.exits[before:]
        self.store.undo(mark, since)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is run inside is a run of its own, aside: nothing else happens together with it."""
        outer, optimizers = self.run, len(self.optimizers)
        self.runs += 1
        self.run = self.runs
        try:
            with self.aside():
                yield
        finally:
            del self.optimizers[optimizers:]
            self.run = outer

    @contextmanager
    def within_this_file(self) -> Iterator[None]:
        """Inside, no other file of the project is looked into."""
        siblings, self.siblings = self.siblings, None
        try:
            yield
        finally:
            self.siblings = siblings

    @contextmanager
    def setting(self, key: str, value: Value) -> Iterator[None]:
        """Torch's state ``key`` is ``value`` inside."""
        before = self.state.get(key, MISSING)
        self.store.write(self.state, key, value)
        try:
            yield
        finally:
            self.store.write(self.state, key, before)


def _leaves(touched: tuple[Value, ...]) -> tuple[Value, ...]:
    """What an unknown result may hold on to: constants do not matter, and of the unknown only what it holds.

    Of all tensors of one loader one is kept, which depends on what they all depend on.
    """
    found: dict[int, Value] = {}
    tensors: dict[int, Tensor] = {}
    for value in touched:
        for leaf in value.touched if isinstance(value, Unknown) else (value,):
            if type(leaf) is Tensor:
                known = tensors.get(id(leaf.batch_of))
                tensors[id(leaf.batch_of)] = leaf if known is None or known is leaf else merged(known, leaf)
            elif not isinstance(leaf, Constant | Function | Reference):
                found[id(leaf)] = leaf
    return (*found.values(), *tensors.values())
