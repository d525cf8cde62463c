"""What happened in a script, in order: the only thing that rules see.

A fact holds the node that caused it and the moment at which it happened.  Queries read as English:
``facts.after(built).of(LayerReplaced)``.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import field
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from ft_lint.facts.files import SourceFile as SourceFile
from ft_lint.facts.models import Adjusted, Forward, Frozen, Initialised, ModelRecognised
from ft_lint.facts.moment import Fact as Fact
from ft_lint.facts.moment import LoopPass as LoopPass
from ft_lint.facts.moment import Moment as Moment
from ft_lint.facts.moment import cover
from ft_lint.facts.optimization import Backward, GradientsZeroed, OptimizerBuilt, Stepped
from ft_lint.facts.targets import Targets as Targets
from ft_lint.facts.weights import BestModelNamed as BestModelNamed
from ft_lint.facts.weights import LoadingSkipped as LoadingSkipped
from ft_lint.facts.weights import Saved as Saved
from ft_lint.facts.weights import StateDictKept as StateDictKept
from ft_lint.facts.weights import StateDictLoaded as StateDictLoaded
from ft_lint.facts.weights import StateDictUsed as StateDictUsed
from ft_lint.light import dataclass
from ft_lint.source.siblings import Asked, Followed
from ft_lint.values.base import Choice, Negation, Value
from ft_lint.values.module import is_within

if TYPE_CHECKING:
    from ft_lint.values.module import Module
    from ft_lint.values.tensor import Parameter
    from ft_lint.values.training import Optimizer


F = TypeVar("F", bound=Fact)


def ancestors(parameter: Parameter) -> Iterator[Parameter]:
    """A parameter, the unknown whole that it was split from, and so on."""
    here: Parameter | None = parameter
    while here is not None:
        yield here
        here = here.split_from


def _written_in_loops(facts: Timeline) -> set[int]:
    """The parameters that a loop writes by hand, as prototypes or a step written out: ``p -= lr * p.grad``."""
    copied = (f for f in facts.of(Initialised) if f.moment.loops and f.how in ("copy_", "data"))
    adjusted = {id(f.parameter) for f in facts.of(Adjusted) if f.moment.loops}
    return adjusted | {id(p) for f in copied for p in f.parameters}


def _wholes(forward: Forward) -> Iterator[Module]:
    """What runs in a pass as a whole: the outermost module that was called, and the one whose method called it."""
    yield forward.root
    asked = forward.method_of
    if asked is not None and is_within(forward.root, asked):
        yield asked


def _passed(forward: Forward) -> Iterator[Module]:
    """All that a pass goes through, from the layer outwards."""
    yield forward.module
    yield from forward.within
    yield from _wholes(forward)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The facts of ``runs`` with an order in ``span``, on ways that do not exclude ``beside``."""

    whole: Facts
    span: range
    runs: frozenset[int]
    beside: tuple[Fact, ...]

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
        return fact.moment.run in self.runs and not any(
            fact.excludes(other) or self.whole.ended_between(fact, other) for other in self.beside
        )


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
    ends: dict[tuple[Value, bool], list[tuple[int, int]]] = field(default_factory=dict)
    """The arms of branches that end a loop, or a function within loops: after how many facts, and the outermost loop
    that is left there."""
    tests: dict[Value, ast.expr] = field(default_factory=dict)
    """How the conditions of branches are written, where an ``if`` asks for them."""
    targets: Targets = field(default_factory=Targets)
    scopes: dict[int, dict[str, Value]] = field(default_factory=dict)
    """The names, by identity, of the scopes whose functions and classes look names up in them."""
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
    _sorted: int = 0
    """How many of the facts have been sorted into these."""
    _last: Fact | None = None
    """The last of those."""

    def release(self) -> None:
        """Forget the names once nobody asks any more: scopes and functions hold one another and the whole tree.

        What is set free at once the collector need not go through: 3 % of the time of a run.
        """
        for names in self.scopes.values():
            names.clear()

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
        if last is self._last:
            return
        self._by_kind, self._expected, self._trained, self._kinds = {}, None, None, None
        known = self._sorted
        if not 0 < known <= len(self.all) or self.all[known - 1] is not self._last:  # some were taken back
            known, self._by_class = 0, {}
        for fact in self.all[known:]:
            self._by_class.setdefault(type(fact), []).append(fact)
        self._sorted, self._last = len(self.all), last

    def ended_between(self, one: Fact, other: Fact) -> bool:
        """Whether the earlier of two facts stands where a loop ends, and the later one in what that loop would do next:
        ``if done: kept = model.state_dict(); break``.
        """
        if not self.ends:
            return False
        first, last = sorted((one, other), key=_order)
        running = [p.loop for p in last.moment.loops]
        return bool(running) and any(
            after <= last.moment.order and loop in running
            for arm in first.moment.path
            if arm not in last.moment.path
            for after, loop in self.ends.get(arm, ())
        )

    def after(self, fact: Fact) -> Timeline:
        """What happened later in the same run, on ways that do not exclude ``fact``."""
        return Timeline(self, range(fact.moment.order + 1, len(self.all)), frozenset((fact.moment.run,)), (fact,))

    def before(self, fact: Fact) -> Timeline:
        """What happened earlier: in the same run, or at the top level of the file."""
        return Timeline(self, range(fact.moment.order), frozenset((0, fact.moment.run)), (fact,))

    def between(self, first: Fact, last: Fact) -> Timeline:
        """What happened after ``first`` and before ``last``, on ways that exclude neither."""
        span = range(first.moment.order + 1, last.moment.order)
        return Timeline(self, span, frozenset((last.moment.run,)), (first, last))

    def starved(self, parameters: Iterable[Parameter], since: Fact, *, new: bool = False) -> list[Parameter]:
        """Those that get a gradient after ``since``, while every step leaves them out and nothing else writes them.

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
        held |= self._held_unseen(stepped) | _written_in_loops(later)
        left_out = [p for p in wanted.values() if not any(id(a) in held for a in ancestors(p))]
        if not left_out:
            return []
        refrozen = {id(p) for frozen in later.of(Frozen) for p in frozen.parameters}
        doubtful = {id(p) for b in later.of(Backward) for p in b.doubtful}
        reached = {id(p) for b in later.of(Backward) for p in (*b.trainable, *b.maybe)} - refrozen - doubtful
        return [p for p in left_out if id(p) in reached]

    def _held_unseen(self, optimizers: set[Optimizer]) -> set[int]:
        """The parameters of what only turned out to be a model once an optimizer was built, which may hold them."""
        built = [fact.moment.order for fact in self.of(OptimizerBuilt) if fact.optimizer in optimizers]
        late = (fact for fact in self.of(ModelRecognised) if built and fact.moment.order > built[0])
        return {id(fact.module.rest) for fact in late}

    def trained_through(self, module: Module) -> list[tuple[Backward, Forward]]:
        """The backward passes that went through a module and that a step may use, each with its forward pass.

        Where a method of a model's own, not its ``forward``, calls layers, the passes are those of the layers.
        """
        self._forget_if_more()
        if self._trained is None:
            self._trained = {}
            for backward in filter(self._may_be_used, self.of(Backward)):
                for forward in (one for one in backward.forwards if isinstance(one, Forward)):
                    for identity in {id(one) for one in _passed(forward)}:
                        self._trained.setdefault(identity, []).append((backward, forward))
        return self._trained.get(id(module), [])

    def computes_with(self, step: Stepped) -> bool:
        """Whether anything was computed with what is stepped: else the steps are made to plot a schedule."""
        held = {id(parameter) for parameter in step.members}
        return any(not held.isdisjoint(map(id, run.trainable + run.maybe)) for run in self.before(step).of(Forward))

    def are_stepped_whenever(self, optimizers: Iterable[Optimizer], fact: Fact) -> bool:
        """Whether one of these optimizers is stepped later on every way on which a fact happens."""
        wanted = set(map(id, optimizers))
        steps = [step for step in self.after(fact).of(Stepped) if id(step.optimizer) in wanted]
        return cover([step for step in steps if step.node is steps[0].node], fact)

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
        cleared = self.between(backward, step).of(GradientsZeroed)
        zeroed = (one for one in cleared if one.surely_when(backward) or one.surely_when(step))
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
        passes = [f for backward in self.of(Backward) for f in backward.forwards if isinstance(f, Forward)]
        roots = {id(one) for f in passes for one in _wholes(f)}
        roots &= {id(one) for f in self.of(Forward) if f.trainable or f.maybe for one in _wholes(f)}
        used = {
            (id(one), f.moment.loops, f.moment.calls[:1])
            for f in self.of(Forward)
            if id(f) in reached
            for one in _wholes(f)
        }
        for forward in self.of(Forward):
            whole = next((one for one in _wholes(forward) if id(one) in roots), None)
            if forward.within or whole is None:
                continue
            trained = (id(whole), forward.moment.loops, forward.moment.calls[:1]) in used
            if forward.grad is False or (forward.grad is True and not trained):
                yield forward

    def tests_before(self, fact: Fact) -> list[ast.expr | None]:
        """How the conditions are written on which a fact happens; None for one that no ``if`` asks for."""
        conditions = [condition for condition, _ in fact.moment.path]
        return [self.tests.get(one.of if isinstance(one, Negation) else one) for one in conditions]

    def together(self, first: Fact, second: Fact) -> bool:
        """Whether two facts happen in one go: in the script itself, in one function that nobody calls, or one method.

        The methods of a class that nobody uses are called by whoever uses it, or never.
        """
        return first.moment.run == second.moment.run and first.moment.method is second.moment.method

    def ordered(self, first: Fact, second: Fact) -> bool:
        """Whether two facts happen together, or one of them while the object was built whose methods do the other."""
        built = None in (first.moment.method, second.moment.method)
        return self.together(first, second) or (built and first.moment.run == second.moment.run)

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

    def on_every_way(self, found: Iterable[F], whenever: Fact | None = None) -> list[F]:
        """Of facts that something is true of, those that happen on every way through the script, or on every one on
        which ``whenever`` does: each way with a fact of its own at the same node.
        """
        alike: dict[tuple[int, int], list[F]] = {}
        for fact in found:
            alike.setdefault((id(fact.node), fact.moment.run), []).append(fact)
        groups = (group for group in alike.values() if any(one.sure for one in group) or cover(group, whenever))
        return [fact for group in groups for fact in group]

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
