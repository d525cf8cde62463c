"""Two ways through the script, and how they meet again."""

from __future__ import annotations

from collections.abc import Callable

from ft_lint.interpreter.machine import Completion, Exit, Frame, Machine
from ft_lint.library import find
from ft_lint.values.base import MISSING, NONE, Choice, Constant, Items, Negation, Value, options, truth
from ft_lint.values.callables import Bound, Class, Function, Instance, Reference
from ft_lint.values.containers import Dict, Iterator, List, Tuple
from ft_lint.values.module import Module
from ft_lint.values.picture import Picture
from ft_lint.values.store import gate
from ft_lint.values.tensor import Parameter
from ft_lint.values.training import Loader, Optimizer, Parameters, are_of_same

NEXT = Completion.NEXT
MAX_SPLITS = 4
"""Conditions on which something is run on both ways each: 16 ways at most."""


def fork(m: Machine, condition: Value, first: Callable[[], Completion], second: Callable[[], Completion]) -> Completion:
    """Run ``first`` where the condition holds and ``second`` where it does not; join what both leave.

    A way that ends early (return, break, raise) is kept for whoever it leaves to, and the script
    goes on with the other way alone.
    """
    if isinstance(condition, Negation):
        return fork(m, condition.of, second, first)
    mark = m.store.mark()
    one = _arm(m, condition, True, first)
    kept = m.leave(one, condition)
    state = m.store.delta(mark)
    m.store.undo(mark)
    two = _arm(m, condition, False, second)
    if one is NEXT and two is NEXT:
        m.store.join(condition, mark, state)
        return NEXT
    if two is NEXT:
        return NEXT
    if one is not NEXT and (one.is_last or not two.is_last):
        return Completion.RAISE if one is Completion.RAISE and two.is_last else two
    if one is NEXT:
        m.leave(two, Negation(condition))
    elif kept is not None:
        kept.exits.pop()
    m.store.undo(mark)
    m.store.apply(state)
    return one


def plain(condition: Value) -> Value:
    """What a condition is about, without its ``not``."""
    while isinstance(condition, Negation):
        condition = condition.of
    return condition


def _arm(m: Machine, condition: Value, holds: bool, run: Callable[[], Completion]) -> Completion:
    m.store.assume(condition, holds)
    m.path.append((condition, holds))
    try:
        completion = run()
    finally:
        m.path.pop()
    if m.loops and completion in _LEAVING:
        left = m.loops[-1:] if completion is Completion.BREAK else m.loops[m.frame.loops if m.frames else 0 :]
        if left:
            m.facts.ends.setdefault((condition, holds), []).append((len(m.facts.all), left[0].loop))
    return completion


_LEAVING = (Completion.BREAK, Completion.RETURN)


def settle(m: Machine, frame: Frame, *, ended: bool = False) -> Value:
    """Join the ways that left a frame early with the present one; the value that comes out.

    ``ended``: the present one is none, for it raises.  The way that left last stands in for it, whatever its
    condition: where none of them holds, nothing follows.
    """
    if ended:
        m.store.undo(frame.mark)
        m.store.apply(frame.exits.pop().delta)
    for left in reversed(frame.exits):
        rejoin(m, left, frame.mark)
    frame.exits.clear()
    return frame.result["value"]


def rejoin(m: Machine, left: Exit, mark: int) -> None:
    """Join a way that left early with the present one; both began at ``mark``."""
    condition = plain(left.condition)
    if condition in m.store.assumed:
        m.store.write(m.store.assumed, condition, MISSING)
    m.store.join(left.condition, mark, left.delta)


def decide(m: Machine, test: Value) -> tuple[bool | None, Value]:
    """Whether a test holds; where that is undecided, the condition to fork on."""
    test = m.store.resolve(test)
    found = truth_of(test)
    if found is not None:
        return found, test
    match test:
        case Choice(condition, if_true, if_false):
            yes, no = truth_of(if_true), truth_of(if_false)
            if yes is True and no is False:
                return None, condition
            if yes is False and no is True:
                return None, Negation(condition)
        case Reference(path):
            test = m.same_unknown(("reference", path), f"`{path}` is not modelled")
    return m.store.decided(test), test


def truth_of(value: Value) -> bool | None:
    """The truth of a value as Python has it: objects of the script are true."""

    match value:
        case Function() | Class() | Bound() | Optimizer():
            return True
        case Loader() | Module() | Picture():
            return True
        case Instance(kind=kind, cls=None) if kind.startswith(("torchvision.transforms.", "albumentations.")):
            return True
        case Instance(cls=Class() as cls) if _always_true(cls):
            return True
        case Reference(path):
            return True if find(path) is not None else None
        case Tuple(values, complete):
            return True if values else (False if complete else None)
        case List():
            return truth(value.items)
        case Dict(entries):
            return True if entries else (False if value.complete else None)
        case Negation(of):
            found = truth_of(of)
            return None if found is None else not found
        case Constant() | Choice():
            return truth(value)
    return None


def _always_true(cls: Class) -> bool:
    """Whether objects of a class of the script are true: nothing defines their length or truth."""
    whole = all(isinstance(base, Class) for base in cls.lineage())
    return whole and not any(map(cls.defines, ("__bool__", "__len__")))


class Split(Exception):
    """Something that must be done once for each way of a condition, e.g. a filter that depends on it."""

    def __init__(self, condition: Value) -> None:
        super().__init__("undecided")
        self.condition = condition


def decide_or_split(m: Machine, test: Value) -> bool | None:
    """Whether a test holds; raises Split where one earlier branch of the script decides it.

    Not within too many splits: each doubles the ways that are run.
    """
    verdict, condition = decide(m, test)
    if verdict is not None or m.splits == MAX_SPLITS:
        return verdict
    if isinstance(m.store.resolve(test), Choice) and _is_gate(m.store.resolve(test), condition):
        raise Split(condition)
    return None


def way_of_parameters(m: Machine, value: Value) -> Value | None:
    """The condition on which parameters, or modules, to go through are those of one model or of another.

    None where they are those of one, in a ``DataParallel`` or not, for other things, and within too many splits.
    """
    value = m.store.resolve(value)
    if not isinstance(value, Choice) or m.splits == MAX_SPLITS:
        return None
    ways = options(value)
    return value.condition if all(map(_is_of_model, ways)) and not are_of_same(ways) else None


def _is_of_model(value: Value) -> bool:
    match value:
        case Parameters():
            return True
        case List(fields={"items": Items(values)}) | Tuple(values) | Iterator(values):
            first = values[0] if values else None
            parts = first.values if isinstance(first, Tuple) else (first,)
            return any(isinstance(part, Parameter | Module) for part in parts)
    return False


def _is_gate(test: Value, condition: Value) -> bool:
    of = condition.of if isinstance(condition, Negation) else condition
    return isinstance(test, Choice) and test.condition is of


def on_each_way(m: Machine, run: Callable[[], Value]) -> Value:
    """Run something that may ask for a split: once for each way of what it depends on."""
    mark = m.store.mark()
    try:
        return run()
    except Split as split:
        m.store.undo(mark)
        m.splits += 1
        try:
            return choose(m, split.condition, lambda: on_each_way(m, run), lambda: on_each_way(m, run))
        finally:
            m.splits -= 1


def choose(m: Machine, condition: Value, first: Callable[[], Value], second: Callable[[], Value]) -> Value:
    """The value of an undecided expression, both ways evaluated with their effects."""
    found: list[Value] = [NONE, NONE]

    def keep(index: int, run: Callable[[], Value]) -> Callable[[], Completion]:
        def way() -> Completion:
            found[index] = run()
            return NEXT

        return way

    fork(m, condition, keep(0, first), keep(1, second))
    return gate(condition, found[0], found[1])


def each_way(m: Machine, value: Value, run: Callable[[Value], Value]) -> Value:
    """Do something with each value of a choice, each on its own way."""
    value = m.store.resolve(value)
    if isinstance(value, Choice):
        inner = value
        return choose(
            m,
            inner.condition,
            lambda: each_way(m, inner.if_true, run),
            lambda: each_way(m, inner.if_false, run),
        )
    return run(value)
