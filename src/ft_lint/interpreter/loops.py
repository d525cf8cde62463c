"""Loops: exact where the items are known and few, else two passes.

Two passes, so that what the first one leaves behind meets the second; a third where the second did
something new, but in loops that build or run a model, whose passes are layers.  A loop over batches has
one, which stands for any, where a loop around it has been through it before.  What a loop counts
(``step += 1``) is known in the first pass and unknown after it, since two passes are not all there are.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Sequence
from typing import TypeAlias

from ft_lint.facts import Fact, LoopPass
from ft_lint.facts.models import Forward
from ft_lint.facts.optimization import Backward, Stepped
from ft_lint.interpreter.assignment import assign
from ft_lint.interpreter.branches import rejoin, settle
from ft_lint.interpreter.machine import Completion, Exit, Frame, Machine
from ft_lint.interpreter.naming import names_in, naming, note_filter
from ft_lint.light import replace
from ft_lint.syntax.statements import Clause, blocks_of
from ft_lint.syntax.written import dotted_name
from ft_lint.values.base import (
    ANYTHING,
    MISSING,
    NONE,
    Constant,
    Counter,
    Fields,
    Items,
    Unknown,
    UnknownNumber,
    UnknownText,
    Value,
    integer,
    options,
)
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Dict, Iterator, List, Tuple, new_list, stands_for_many
from ft_lint.values.module import Module, further_children
from ft_lint.values.tensor import Tensor, merged
from ft_lint.values.training import Dataset, Loader

NEXT = Completion.NEXT
MAX_ITEMS = 2_500
"""Known items that are walked one by one, e.g. the parameters of a model."""
MAX_TRAINING_PASSES = 2
"""Passes of a loop that trains or calls a model: the third would tell nothing new."""
MANY_FACTS = 500
"""What passes may find out before it is asked whether they run the same layers again and again."""
MANY_IDLE = 1_000
"""Passes of a loop within loops (over pixels, say) that may find nothing before no more than two are run at a time."""
MAX_LISTED_PASSES = 6
"""Passes over a list that the script writes out, e.g. ``for phase in ["train", "val"]``."""

RunBody: TypeAlias = Callable[[Machine, list[ast.stmt]], Completion]


def run_for(m: Machine, node: ast.For | ast.AsyncFor, iterator: Iterator, run_body: RunBody) -> Completion:
    """Run a ``for`` loop over what ``iterator`` gives.  A loop over nothing does not run."""
    if iterator.complete:
        items: Sequence[Value] = iterator.values[:MAX_ITEMS]
    else:
        each = iterator.each if iterator.each is not None else Unknown("an item of something unknown")
        items = [*iterator.values[:MAX_ITEMS], *(another(each) for _ in range(max(1, 3 - len(iterator.values))))]

    drawn = not iterator.complete and isinstance(iterator.of, Loader | Dataset)

    def bind(item: Value) -> None:
        assign(m, node.target, as_drawn(m, item) if drawn else item, node)

    names = names_in(iterator)
    if not names:
        return _passes(m, node, items, iterator.complete, bind, run_body, iterator.of)
    loop, since = m.loop_count + 1, len(m.facts.all)
    with naming(m, loop):
        completion = _passes(m, node, items, iterator.complete, bind, run_body, iterator.of)

    def one_pass(change: Callable[[Value], Value]) -> None:
        bind(change(items[-1]))
        run_body(m, node.body)

    if completion is NEXT:
        note_filter(m, node, loop, since, names, one_pass)
    return completion


def as_drawn(m: Machine, item: Value) -> Value:
    """A batch as a loader makes it anew: what an earlier pass wrote into the last one is not in it."""
    match item:
        case Tensor() if item in m.store.become:
            m.store.write(m.store.become, item, MISSING)
        case Tuple(values):
            return replace(item, values=tuple(as_drawn(m, one) for one in values))
        case Dict(entries, flags):
            return replace(item, entries={key: as_drawn(m, one) for key, one in entries.items()}, flags=dict(flags))
        case List(fields={"items": Items(values, complete)}):
            return replace(item, fields={"items": Items(tuple(as_drawn(m, one) for one in values), complete)})
    return item


def another(item: Value) -> Value:
    """What stands for the item of one pass: of items that are not known, those of two passes are two."""
    match item:
        case Unknown(why, touched) if type(item) in _ANEW:
            return type(item)(why, touched)
        case Tuple(values, complete, names) if any(type(one) in _ANEW for one in values):
            return Tuple(tuple(map(another, values)), complete, names)
    return item


_ANEW = (*ANYTHING, UnknownNumber)


def run_while(m: Machine, node: ast.While, holds: Callable[[], bool | None], run_body: RunBody) -> Completion:
    """Run a ``while`` loop, as often as its test surely ``holds`` or may do so."""
    if holds() is False:
        return NEXT
    return _passes(m, node, [NONE, NONE, NONE], False, lambda item: None, run_body, holds=holds)


def _passes(
    m: Machine,
    node: ast.For | ast.AsyncFor | ast.While,
    items: Sequence[Value],
    complete: bool,
    bind: Callable[[Value], None],
    run_body: RunBody,
    over: Value | None = None,
    holds: Callable[[], bool | None] | None = None,
) -> Completion:
    m.loop_count += 1
    start, mark, appended = len(m.facts.all), m.store.mark(), len(m.appended)
    broken: list[tuple[int, Exit]] = []
    ended, complete = _run_passes(m, node, items, complete, bind, run_body, over, holds, broken)
    for begun, left in reversed(broken):
        rejoin(m, left, begun)
    if ended is not None:
        return ended
    if m.loops and _trains(m.facts.all[start:], counted=True):
        m.batch_loops.add(id(node))
    if holds is not None and holds() is True:
        _forget_results(m, mark)
    if not complete:
        _leave_open(m, mark, node.body)
        for layers in m.appended[appended:]:
            further_children(layers)
    return NEXT


def _run_passes(
    m: Machine,
    node: ast.For | ast.AsyncFor | ast.While,
    items: Sequence[Value],
    complete: bool,
    bind: Callable[[Value], None],
    run_body: RunBody,
    over: Value | None,
    holds: Callable[[], bool | None] | None,
    broken: list[tuple[int, Exit]],
) -> tuple[Completion | None, bool]:
    """Run the passes that tell something: what ends the loop early, if anything surely does, and whether they were all.

    ``broken`` gets the ways that leave the loop in a pass, each with the mark at which that began: no further pass goes
    on from them.
    """
    loop, start = m.loop_count, len(m.facts.all)
    numbered = list(enumerate(items, 1))
    if _is_known(m, node) and (not complete or (len(items) > 2 and integer(items[0]) is not None)):
        numbered, complete = numbered[1:2], False
    for number, item in numbered:
        counted = isinstance(item, Constant) and not _is_text(item) and not m.running  # those are layers, mostly
        news = m.facts.all[start:] if number > 1 else []
        trains = number > 1 and _trains(news, counted)
        many = len(news) > MANY_FACTS
        listed = _is_text(item) and not (many and _trains_again(news, loop, number - 1))
        limit = MAX_LISTED_PASSES if listed else MAX_TRAINING_PASSES
        further = number == limit + 1 and not _is_in_model(m) and _is_news(news, loop) and not _was_last(node)
        repeats = many and _repeats(news, loop, number - 1)
        idle = bool(m.loops) and m.idle[id(node)] > MANY_IDLE
        if number > limit and (trains or repeats or idle or not complete) and not further:
            return None, False
        if number == 2 and (not complete or idle or (trains and len(items) > 2)):
            _forget_counters(m, node.body)
            item = _any_of(items[1:])
        if stands_for_many(item):
            _forget_counters(m, node.body)
        if number > 1 and holds is not None and holds() is False:
            return NEXT, complete
        frame = Frame(mark=m.store.mark(), depth=len(m.path))
        m.passes.append(frame)
        m.loops.append(LoopPass(loop, number, node, over))
        before = len(m.facts.all)
        bind(item)
        completion = run_body(m, node.body)
        broken += [(frame.mark, left) for left in frame.exits if left.breaks]
        frame.exits = [left for left in frame.exits if not left.breaks]
        settle(m, frame)
        m.idle[id(node)] += len(m.facts.all) == before
        m.loops.pop()
        m.passes.pop()
        if completion is Completion.BREAK:
            return NEXT, complete
        if completion.is_last and not _runs(complete, over, holds):
            m.store.undo(frame.mark)  # where the loop has no such pass, the script goes on behind it
            return None, complete
        if completion is Completion.RETURN or completion.is_last:
            return completion, complete
    return None, complete


def _runs(complete: bool, over: Value | None, holds: Callable[[], bool | None] | None) -> bool:
    """Whether a loop surely comes to the pass that is run: over what is known, over a loader, or by its test."""
    return complete or isinstance(over, Loader) or (holds is not None and holds() is True)


def awaits_last_pass(m: Machine, test: ast.expr) -> bool:
    """Whether a test asks in the first pass of a loop for the last one."""
    return bool(m.loops) and m.loops[-1].number == 1 and _asks_for_last(m.loops[-1].node, test)


def _asks_for_last(loop: ast.AST, test: ast.expr) -> bool:
    """Whether a test holds in a loop's last pass alone: ``if step == len(loader) - 1``."""
    if not isinstance(loop, ast.For):
        return False
    match test:
        case ast.Compare(
            left=ast.Name(id=index),
            ops=[ast.Eq()],
            comparators=[ast.BinOp(left=bound, op=ast.Sub(), right=ast.Constant(value=1))],
        ):
            pass
        case ast.Compare(
            left=ast.BinOp(left=ast.Name(id=index), op=ast.Add(), right=ast.Constant(value=1)),
            ops=[ast.Eq()],
            comparators=[bound],
        ):
            pass
        case _:
            return False
    counts = any(isinstance(one, ast.Name) and one.id == index for one in ast.walk(loop.target))
    return counts and not isinstance(bound, ast.Constant)


def _was_last(loop: ast.AST) -> bool:
    """Whether the second pass, in which all is tried, was the last one, too."""
    return any(isinstance(one, ast.If) and _asks_for_last(loop, one.test) for one in ast.walk(loop))


def _is_known(m: Machine, node: ast.AST) -> bool:
    """Whether a loop that runs a model has been run to its end in an earlier pass of a loop around it."""
    return id(node) in m.batch_loops and not _is_in_model(m) and any(around.number > 1 for around in m.loops)


def _is_in_model(m: Machine) -> bool:
    """Whether a model is being built or run: what loops there goes over layers."""
    return bool(m.running) or any(isinstance(one, Module) for one in m.building)


def _any_of(items: Sequence[Value]) -> Value:
    """What stands for all the items of which no more than one pass will be run."""
    first = items[0]
    if isinstance(first, Constant) and integer(first) is not None:
        return Unknown("the index of a loop")
    if _is_text(first) and any(isinstance(item, Unknown) for item in items):
        return UnknownText("one of several names, of which some are not known")
    rows = [item.values for item in items if isinstance(item, Tuple) and item.complete]
    if len(rows) == len(items) and len({len(row) for row in rows}) == 1:
        return Tuple(tuple(_any_of(column) for column in zip(*rows, strict=True)))
    tensors = [item for item in items if type(item) is Tensor]
    return functools.reduce(merged, tensors) if tensors and len(tensors) == len(items) else first


def _leave_open(m: Machine, mark: int, body: list[ast.stmt]) -> None:
    """Lists that a loop wrote, or added to, hold more than a few passes of it put in."""
    for target in _counted(body):
        found = m.scope.names.get(target.id) if isinstance(target, ast.Name) else None
        if isinstance(target, ast.Name) and isinstance(found, List) and isinstance(found.items, Items):
            m.store.write(m.scope.names, target.id, new_list(found.items.values, complete=False))
    written = {id(fields): fields for fields, key, _ in m.store.trail[mark:] if key == "items"}
    for fields in written.values():
        match fields.get("items"):
            case Items(values, True):
                m.store.write(fields, "items", Items(values, complete=False))


def _forget_results(m: Machine, mark: int) -> None:
    """Make unknown what a loop computes that goes on where we leave it: ``while x.size(2) > 2: x = pool(x)``."""
    names = m.scope.names
    for name in {key for fields, key, _ in m.store.trail[mark:] if fields is names}:
        match names.get(name):
            case Tensor() as tensor:
                m.store.write(names, name, replace(tensor, shape=None))
            case Constant():
                m.store.write(names, name, Unknown(f"`{name}` changes in the loop"))


def _is_news(facts: Sequence[Fact], loop: int) -> bool:
    """Whether the second pass did what the first did not (``if step % 100 == 0``): the third then meets it."""
    seen: list[set[int]] = [set(), set()]
    for fact in facts:
        number = next((p.number for p in fact.moment.loops if p.loop == loop), 0)
        if number in (1, 2):
            seen[number - 1].add(id(fact.node))
    return bool(seen[1] - seen[0])


def _repeats(facts: Sequence[Fact], loop: int, last: int) -> bool:
    """Whether the last pass ran only what passes before it had run, as the steps of a diffusion do."""
    return _did_again([(fact, fact.module) for fact in facts if isinstance(fact, Forward)], loop, last)


def _trains_again(facts: Sequence[Fact], loop: int, last: int) -> bool:
    """Whether the last pass trained as a pass before it did, with another setting or another model of the kind."""
    return _did_again([(fact, fact.node) for fact in facts if isinstance(fact, Backward)], loop, last)


def _did_again(done: Sequence[tuple[Fact, object]], loop: int, last: int) -> bool:
    """Whether the last pass did something to what passes before it had done it to, and to nothing else."""
    seen: tuple[set[int], set[int]] = (set(), set())
    for fact, what in done:
        number = next((p.number for p in fact.moment.loops if p.loop == loop), 0)
        seen[number == last].add(id(what))
    return bool(seen[True]) and seen[True] <= seen[False]


def _is_text(item: Value) -> bool:
    return isinstance(item, Constant) and isinstance(item.value, str)


def _trains(facts: Sequence[Fact], counted: bool) -> bool:
    """Whether a pass trained; one that counts (``for i in range(100)``) need not be followed to call a model either."""
    kinds = (Forward, Backward, Stepped) if counted else (Backward, Stepped)
    return any(isinstance(fact, kinds) for fact in facts)


def _forget_counters(m: Machine, body: list[ast.stmt]) -> None:
    """Make unknown what the loop's body counts up, for two passes do not tell where it ends."""
    for target in _counted(body):
        match target:
            case ast.Name(id=name):
                _count_on(m, m.scope.names, name)
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                found = m.scope.names.get(owner)
                if isinstance(found, Instance | Module):
                    _count_on(m, found.fields, name)


def _count_on(m: Machine, fields: Fields, name: str) -> None:
    """Make unknown what has been counted so far: a number, or one of several, where a branch begins anew."""
    ways = options(fields[name]) if name in fields else []
    begun = [one.value for one in ways if isinstance(one, Constant)]
    if not begun or len(begun) < len(ways):
        return
    kind = Counter if all(isinstance(one, int | float) for one in begun) and 0 in begun else Unknown
    m.store.write(fields, name, kind(f"`{name}` changes in the loop"))


def _counted(body: list[ast.stmt]) -> list[ast.expr]:
    """The targets of ``x += ...`` and ``x = x + ...`` below ``body``, functions and classes left out."""
    found: list[ast.expr] = []
    pending: list[Clause] = [*body]
    while pending:
        match pending.pop():
            case ast.AugAssign(target=target):
                found.append(target)
            case ast.Assign(targets=[target], value=ast.BinOp(left=one, right=other)) if (
                name := dotted_name(target)
            ) and name in (dotted_name(one), dotted_name(other)):
                found.append(target)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                pass
            case here:
                pending += blocks_of(here)
    return found
