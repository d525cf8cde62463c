"""A dataclass that is written late is one that ``dataclasses`` wrote."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import threading
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from ft_lint import light

Decorate = Callable[..., Any]


def declared(decorate: Decorate) -> tuple[type, type, type]:
    """A class, one that adds to it by name alone, and one that compares by identity."""

    @decorate(frozen=True, slots=True)
    class Base:
        """Two of them with the same values are equal."""

        kind: ClassVar[str] = "base"
        first: int
        second: str = "two"
        many: list[int] = dataclasses.field(default_factory=list, repr=False, compare=False)

        def doubled(self) -> int:
            return 2 * self.first

    @decorate(frozen=True, slots=True, kw_only=True)
    class Further(Base):
        third: float

    @decorate(frozen=True, slots=True, eq=False)
    class Unequal(Base):
        second: str = "2"

    return Base, Further, Unequal


def outcome(action: Callable[[], object]) -> object:
    try:
        return action()
    except TypeError as error:
        return str(error)


@pytest.mark.parametrize(
    "action",
    [
        lambda base, further, unequal: base(1),
        lambda base, further, unequal: (base(1, "x", [3]).many, base(1).many, base.kind, base(3).doubled()),
        lambda base, further, unequal: (base(1) == base(1), base(1) == base(2), base(1) == 1),
        lambda base, further, unequal: (hash(base(1)) == hash(base(1)), hash(base(1)) == hash(base(2))),
        lambda base, further, unequal: base(1) == base(1, many=[4]),
        lambda base, further, unequal: (unequal(1) == unequal(1), len({unequal(1), unequal(1)}), unequal(1).second),
        lambda base, further, unequal: further(1, third=0.5),
        lambda base, further, unequal: outcome(lambda: further(1, "x", [], 0.5)),
        lambda base, further, unequal: outcome(lambda: base()),
        lambda base, further, unequal: outcome(lambda: base(1).unheard_of),
        lambda base, further, unequal: dataclasses.replace(further(1, third=0.5), second="y"),
        lambda base, further, unequal: [one.name for one in dataclasses.fields(further)],
        lambda base, further, unequal: dataclasses.asdict(unequal(1)),
        lambda base, further, unequal: (base.__match_args__, further.__match_args__, unequal.__match_args__),
        lambda base, further, unequal: (base.__slots__, further.__slots__, unequal.__slots__),
        lambda base, further, unequal: hasattr(further(1, third=2.0), "__dict__"),
        lambda base, further, unequal: (base(1).__init__.__module__, base.__init__.__qualname__),
    ],
)  # fmt: skip
def test_it_does_what_dataclasses_do(action: Callable[..., object]) -> None:
    def told(decorate: Decorate) -> str:
        try:
            return repr(action(*declared(decorate)))
        except AttributeError as error:
            return str(error)

    assert told(light.dataclass) == told(dataclasses.dataclass)


def test_one_like_another_but_for_some_fields() -> None:
    _, further, unequal = declared(light.dataclass)
    one = further(1, many=[2], third=0.5)
    assert repr(light.replace(one, second="y")) == repr(dataclasses.replace(one, second="y"))
    assert light.replace(one, third=1.5).many is one.many
    assert outcome(lambda: light.replace(3, real=2)) == "int is not declared here"
    assert outcome(lambda: light.replace(unequal(1), third=2.0)) == outcome(lambda: unequal(1, third=2.0))


@light.dataclass(frozen=True, slots=True)
class Point:
    """At the top of a module, so that it can be pickled."""

    x: int
    y: int = 0


MADE = pickle.dumps(Point(1, 2))


def test_one_that_was_never_made_here_can_be_read_and_compared() -> None:
    """A worker sends back what the first process has not made any of: no ``__init__`` runs."""

    @light.dataclass(frozen=True, slots=True)
    class Bare:
        x: int

    one, other = object.__new__(Bare), object.__new__(Bare)
    one.x = other.x = 3  # type: ignore[misc]
    assert one == other
    assert hash(copy.copy(one)) == hash(other)
    assert pickle.loads(MADE) == Point(1, 2)


def test_nothing_is_written_before_it_is_needed_and_then_once() -> None:
    written: list[type] = []

    def write(cls: type) -> type:
        written.append(cls)
        return dataclasses.dataclass(cls)

    class Plain:
        x: int

    found = light._declared(Plain, write, eq=True, frozen=True, kw_only=False)
    assert found.__match_args__ == ("x",)  # type: ignore[attr-defined]
    assert written == []
    several = [threading.Thread(target=found, args=(number,)) for number in range(8)]
    for one in several:
        one.start()
    for one in several:
        one.join()
    assert found(1) == found(1)
    assert written == [Plain]
