"""What is asked of a text that is not known: ``"resnet" in arch`` and ``arch == "vgg16"`` cannot both hold."""

from __future__ import annotations

from collections.abc import Callable

from ft_lint.interpreter.machine import Machine
from ft_lint.interpreter.signature import Arguments
from ft_lint.values.base import Unknown, UnknownText, Value, boolean, text
from ft_lint.values.containers import Tuple
from ft_lint.values.names import NameBelow

_WRITTEN: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "casefold": str.casefold,
    "strip": str.strip,
}
"""Methods that give a text written otherwise."""
_ASKED: dict[str, Callable[[str, tuple[str, ...]], bool]] = {"startswith": str.startswith, "endswith": str.endswith}
METHODS = frozenset((*_WRITTEN, *_ASKED))
"""The methods of texts that are known on anything unknown: hardly anything else has them, and they change nothing."""


def call_method(m: Machine, owner: Unknown, name: str, arguments: Arguments) -> Value | None:
    """What such a method gives, the same for the same text; None for a call that no text takes."""
    if name in _WRITTEN:
        return _written(m, owner, name) if not arguments.all() else None
    wanted = _texts_of(arguments.positional[0]) if len(arguments.all()) == len(arguments.positional) == 1 else None
    if wanted is None:
        return None
    if isinstance(owner, NameBelow) and (known := _of_name(owner, name, wanted)) is not None:
        return boolean(known)
    found = m.same_unknown((name, owner, wanted), "a test of a text that we do not know", owner)
    note_test(m, found, owner, lambda whole: _ASKED[name](whole, wanted))
    return found


def _of_name(owner: NameBelow, method: str, wanted: tuple[str, ...]) -> bool | None:
    """Whether a name that is known in part begins or ends with one of these; None where that is not known."""
    ask = owner.begins_with if method == "startswith" else owner.ends_with
    found = {ask(one) for one in wanted}
    return True if True in found else None if None in found else False


def note_test(m: Machine, outcome: Value, of: Value, passes: Callable[[str], bool]) -> None:
    """Remember what a condition asks of a text that is not known, and so of those that it was made from."""
    asked: list[tuple[Value, Callable[[str], bool]]] = [(of, passes)]
    while of in m.store.rewritten:
        of, change = m.store.rewritten[of]
        passes = _after(change, passes)
        asked.append((of, passes))
    m.store.text_tests[outcome] = tuple(asked)
    m.facts.by_text.add(outcome)


def _after(change: Callable[[str], str], passes: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda whole: passes(change(whole))


def _written(m: Machine, owner: Unknown, name: str) -> Value:
    change = _WRITTEN[name]
    if owner in m.store.rewritten and m.store.rewritten[owner][1] is change:
        return owner
    kind = UnknownText if isinstance(owner, UnknownText) else Unknown
    found = m.same_unknown((name, owner), "a text that we do not know", owner, kind=kind)
    m.store.rewritten[found] = owner, change
    return found


def _texts_of(value: Value) -> tuple[str, ...] | None:
    given = [text(one) for one in (value.values if isinstance(value, Tuple) and value.complete else (value,))]
    return tuple(one for one in given if one is not None) if None not in given else None
