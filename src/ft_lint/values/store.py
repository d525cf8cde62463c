"""The trail: every change of the abstract heap, so that a branch can be undone and joined.

The technique is Prolog's: a write notes what stood there before; undoing goes back to a mark.  The
cost of a branch is the number of its own writes, however large the heap is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType
from typing import Any

from ft_lint.light import dataclass
from ft_lint.values.base import (
    MISSING,
    Choice,
    Constant,
    Fields,
    Items,
    Layout,
    Negation,
    Unknown,
    Value,
    boolean,
    options,
    same,
    truth,
)
from ft_lint.values.tensor import Gradient, Tensor, merged

MAX_WAYS = 16
"""Values that a name may have by conditions before we stop telling them apart."""
MAX_TESTS = 64
"""Tests, the last of those that were taken, that may tell something of one condition."""


@dataclass(slots=True)
class Delta:
    """What a way through the script wrote: per dict and key, the last value."""

    writes: dict[tuple[int, Any], tuple[Fields, Any, Value]] = field(default_factory=dict)

    def correct(self, fields: Fields, key: Any, value: Value) -> None:
        """Let the way have left ``value`` where it wrote something else."""
        if (id(fields), key) in self.writes:
            self.writes[id(fields), key] = (fields, key, value)


@dataclass(slots=True)
class Store:
    """The only writer of mutable abstract state."""

    trail: list[tuple[Fields, Any, Value]] = field(default_factory=list)
    assumed: Fields = field(default_factory=dict)
    equalities: dict[Value, tuple[object, object]] = field(default_factory=dict)
    """Conditions that compare something with a constant: what, and the constant."""
    text_tests: dict[Value, tuple[tuple[Value, Callable[[str], bool]], ...]] = field(default_factory=dict)
    """Conditions that ask something of texts which are not known: of which, and whether a text passes."""
    rewritten: dict[Value, tuple[Value, Callable[[str], str]]] = field(default_factory=dict)
    """Texts that are not known, by what they were made from: ``arch.lower()``."""
    become: Fields = field(default_factory=dict)
    """What a value is by now, by whatever name: a tensor given another shape in place, a model known to be one."""

    def write(self, fields: Fields, key: Any, value: Value) -> None:
        """Set ``fields[key]``; writing MISSING removes the key."""
        self.trail.append((fields, key, fields.get(key, MISSING)))
        if value is MISSING:
            fields.pop(key, None)
        else:
            fields[key] = value

    def mark(self) -> int:
        """A place on the trail to come back to."""
        return len(self.trail)

    def delta(self, mark: int) -> Delta:
        """What has been written since ``mark``."""
        writes = {(id(f), k): (f, k, f.get(k, MISSING)) for f, k, _ in self.trail[mark:]}
        return Delta(writes)

    def changes(self, mark: int) -> Delta:
        """The same without what has been assumed: what a way leaves to those who join it with others."""
        writes = {(id(f), k): (f, k, f.get(k, MISSING)) for f, k, _ in self.trail[mark:] if f is not self.assumed}
        return Delta(writes)

    def undo(self, mark: int, since: int | None = None) -> None:
        """Go back to ``mark``, as if nothing had been written since.

        ``since``: but what has come to be since then (``layouts_made``) keeps its layers: nobody else has it.
        """
        for fields, key, old in reversed(self.trail[mark:]):
            if since is not None and type(fields) is Layout and fields.number > since:
                continue
            if old is MISSING:
                fields.pop(key, None)
            else:
                fields[key] = old
        del self.trail[mark:]

    def apply(self, delta: Delta) -> None:
        """Write a delta again."""
        for fields, key, value in delta.writes.values():
            self.write(fields, key, value)

    def join(self, condition: Value, mark: int, delta: Delta) -> None:
        """Join the state that ``delta`` left (where ``condition`` holds) with the present one.

        Both ways began at ``mark``.  What both left alike stays; the rest becomes a choice, with what
        stood there before for the way that did not touch it.
        """
        present = self.changes(mark)
        self.undo(mark)
        met: dict[tuple[int, int], Value] = {}  # a mode is set on a hundred modules at once: one choice for all
        for place in {**present.writes, **delta.writes}:
            fields, key, _ = present.writes.get(place) or delta.writes[place]
            before = fields.get(key, MISSING)
            one = delta.writes[place][2] if place in delta.writes else before
            two = present.writes[place][2] if place in present.writes else before
            if fields is self.assumed:
                continue
            pair = id(one), id(two)
            if pair not in met:
                met[pair] = gate(condition, one, two)
            self.write(fields, key, met[pair])

    def assume(self, condition: Value, holds: bool) -> None:
        """Decide ``condition`` from here on (until the branch is undone), and what it was made of as far as that tells:
        ``a and b`` holds where both do.
        """
        while isinstance(condition, Negation):
            condition, holds = condition.of, not holds
        if self.assumed.get(condition) is boolean(holds):
            return  # with all that follows from it
        self.write(self.assumed, condition, boolean(holds))
        for of, _ in self.text_tests.get(condition, ()):
            key = ("texts", of)
            self.write(self.assumed, key, Items((*self._tests(key)[1 - MAX_TESTS :], condition)))
        if isinstance(condition, Choice):
            self._narrow(condition, holds)
        elif holds and condition in self.equalities:
            subject, equal = self.equalities[condition]
            self.write(self.assumed, ("equal", subject), Constant(equal))

    def _narrow(self, test: Choice, holds: bool) -> None:
        needed = self._needed(test, holds)
        if needed is None:
            for part in _parts(test):
                key = ("tests", part)
                self.write(self.assumed, key, Items((*self._tests(key)[1 - MAX_TESTS :], test)))
            return
        self.assume(test.condition, needed)
        rest = test.if_true if needed else test.if_false
        if truth(rest) is None:
            self.assume(rest, holds)

    def _needed(self, test: Choice, holds: bool) -> bool | None:
        """What the condition of a test must be for its outcome; None where it may be either."""
        yes = True if test.if_true is test.condition else self._truth(test.if_true)
        no = False if test.if_false is test.condition else self._truth(test.if_false)
        if yes is (not holds):
            return False
        if no is (not holds):
            return True
        return None

    def _truth(self, value: Value) -> bool | None:
        found = truth(value)
        return self._assumption(value) if found is None else found

    def _tests(self, key: object) -> tuple[Value, ...]:
        match self.assumed.get(key):
            case Items(tests):
                return tests
        return ()

    def decided(self, condition: Value) -> bool | None:
        """What has been assumed of ``condition``, or follows from it; what equals one constant equals no other."""
        flip = False
        while isinstance(condition, Negation):
            condition, flip = condition.of, not flip
        found = self._assumption(condition)
        if found is None and ("tests", condition) in self.assumed:
            found = self._implied(condition)
        return None if found is None else found != flip

    def _assumption(self, condition: Value) -> bool | None:
        found = self.assumed.get(condition)
        if found is None and condition in self.equalities:
            subject, equal = self.equalities[condition]
            known = self.assumed.get(("equal", subject))
            if known is None:
                return False if isinstance(equal, str) and not self._passes(subject, equal) else None
            return bool(getattr(known, "value", None) == equal)
        if found is None and condition in self.text_tests:
            return self._passed(condition)
        return None if found is None else bool(getattr(found, "value", False))

    def _passes(self, subject: object, whole: str) -> bool:
        """Whether a text may be this one by what is assumed of it."""
        for test in self._tests(("texts", subject)):
            passes = next(passes for of, passes in self.text_tests[test] if of is subject)
            if passes(whole) != bool(getattr(self.assumed.get(test), "value", False)):
                return False
        return True

    def _passed(self, test: Value) -> bool | None:
        """Whether the text that a condition asks about, or one that it was made from, is known and passes."""
        for subject, passes in self.text_tests[test]:
            match self.assumed.get(("equal", subject)):
                case Constant(str() as whole):
                    return passes(whole)
        return None

    def _implied(self, condition: Value) -> bool | None:
        """What the tests that were taken leave of a condition, where all that stands before it in one is decided."""
        for test in self._tests(("tests", condition)):
            holds = self._assumption(test)
            while holds is not None and isinstance(test, Choice):
                way = self._assumption(test.condition)
                way = self._needed(test, holds) if way is None else way
                if way is None:
                    break
                if test.condition is condition:
                    return way
                test = test.if_true if way else test.if_false
            while isinstance(test, Negation) and holds is not None:
                test, holds = test.of, not holds
            if test is condition:
                return holds
        return None

    def resolve(self, value: Value) -> Value:
        """The value under the present assumptions, as what it is known to be by now."""
        while True:
            if isinstance(value, Choice):
                decided = self.decided(value.condition)
                if decided is None:
                    return value
                value = value.if_true if decided else value.if_false
            elif self.become and value in self.become:
                value = otherwise(self.become[value], value)
            else:
                return value

    def ways(self, value: Value) -> Sequence[Value]:
        """The values that ``value`` may be under the present assumptions, the first way first."""
        value = self.resolve(value)
        if not isinstance(value, Choice):
            return (value,)
        return [*self.ways(value.if_true), *self.ways(value.if_false)]


def _parts(test: Value) -> set[Value]:
    """The conditions that a test depends on, and the values that it may have."""
    pending, found = [test], set()
    while pending:
        match pending.pop():
            case Choice(condition, if_true, if_false):
                found.add(condition)
                pending += (if_true, if_false)
            case Negation(of):
                pending.append(of)
            case part:
                found.add(part)
    return found


def otherwise(found: Value, before: Value) -> Value:
    """``found``, with ``before`` on the ways where it is missing."""
    match found:
        case Choice(condition, if_true, if_false):
            return gate(condition, otherwise(if_true, before), otherwise(if_false, before))
    return before if found is MISSING else found


def gate(condition: Value, if_true: Value, if_false: Value) -> Value:
    """``if_true`` where the condition holds, else ``if_false``; one value where both are the same."""
    if isinstance(if_true, Choice) and if_true.condition is condition:
        if_true = if_true.if_true
    if isinstance(if_false, Choice) and if_false.condition is condition:
        if_false = if_false.if_false
    if same(if_true, if_false):
        return if_true
    if type(if_true) is type(if_false) is Constant and same(Constant(if_true.value), Constant(if_false.value)):
        return if_true if if_true.default else if_false
    if isinstance(condition, Negation):
        return gate(condition.of, if_false, if_true)
    if type(if_true) is Tensor and type(if_false) is Tensor:
        return merged(if_true, if_false)
    ways = _ways(if_true) + _ways(if_false)
    if ways > MAX_WAYS:
        fewer = _fewer(Choice(condition, if_true, if_false, ways))
        if _ways(fewer) <= MAX_WAYS:
            return fewer
        return Unknown("too many ways lead here", (*options(if_true), *options(if_false)))
    return Choice(condition, if_true, if_false, ways)


def _fewer(value: Value, known: Mapping[Value, bool] = MappingProxyType({})) -> Value:
    """The same without ways that conditions around exclude, ``known`` by what they are there; and with one gradient for
    those that the same line left in the same state, each on a way of its own.
    """
    if not isinstance(value, Choice):
        return value
    condition = value.condition
    if condition in known:
        return _fewer(value.if_true if known[condition] else value.if_false, known)
    first = _fewer(value.if_true, {**known, condition: True})
    second = _fewer(value.if_false, {**known, condition: False})
    return first if _alike(first, second) else Choice(condition, first, second, _ways(first) + _ways(second))


def _alike(one: Value, other: Value) -> bool:
    match one, other:
        case Gradient(), Gradient():
            return one.is_like(other)
        case Choice(), Choice():
            alike = one.condition is other.condition and _alike(one.if_true, other.if_true)
            return alike and _alike(one.if_false, other.if_false)
    return one is other


def _ways(value: Value) -> int:
    return value.ways if isinstance(value, Choice) else 1
