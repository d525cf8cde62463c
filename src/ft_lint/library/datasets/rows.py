"""Which rows of which data a table of ``datasets`` holds, and whether two tables share some."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ft_lint.light import dataclass
from ft_lint.values.base import TRUE, Items, Value, integer, same, text
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Dict, List, Range
from ft_lint.values.hub import Encoding
from ft_lint.values.training import Dataset

SLICED = r"(\w+)(?:\[(-?\d*)(%?):(-?\d*)(%?)\])?"
"""A split as ``load_dataset`` takes it: ``train``, ``train[:80%]``, ``test[100:200]``."""

_OF_ALL_ROWS = frozenset(
    """map shuffle sort rename_column rename_columns remove_columns select_columns add_column cast cast_column
    class_encode_column flatten with_format with_transform""".split()
)
"""Methods that keep every row, changed or not."""


_OF_SOME_ROWS = frozenset("filter select shard take skip train_test_split".split())
"""Methods that keep some of the rows."""


def is_table(value: Value) -> bool:
    """Whether a value is a table of ``datasets``."""
    return isinstance(value, Dataset) and value.kind == "datasets.Dataset"


def how(table: Dataset) -> str:
    """The method that made a table."""
    return text(table.arguments.get("how")) or ""


@dataclass(frozen=True, slots=True)
class Making:
    """How a table, or a dict of tables, was made: by which method, and what the function gives that it applied."""

    name: str
    gives: Value | None


def made_by(value: Value, node: ast.AST) -> Making | None:
    """The method that made a table, or a dict of tables, by the call at ``node``; None where no method did."""
    if not isinstance(value, Dataset | Instance) or value.node is not node:
        return None
    name = text(value.arguments.get("how")) or ""
    made_from_one = name in _OF_ALL_ROWS or name in _OF_SOME_ROWS
    return Making(name, value.arguments.get("gives")) if made_from_one else None


def whole(table: Value) -> Value:
    """The table whose rows, all of them, this one holds: itself, or one further up."""
    while isinstance(table, Dataset) and table.parent is not None and how(table) in _OF_ALL_ROWS:
        table = table.parent
    return table


def lineage(table: Value) -> Iterator[Value]:
    """A table and all that it was taken from."""
    here: Value | None = table
    while here is not None:
        yield here
        here = here.parent if isinstance(here, Dataset) else None


def contains(trained: Value, other: Value) -> bool:
    """Whether every row of ``other`` is surely one of ``trained``."""
    if not (is_table(trained) and is_table(other)):
        return False
    base = whole(trained)
    if any(_same(base, one) for one in lineage(other)):
        return True
    one, two = _chosen(trained), _chosen(other)
    return one is not None and two is not None and _same(one[0], two[0]) and bool(two[1]) and two[1] <= one[1]


def overlap(left: Value, right: Value) -> bool:
    """Whether two tables surely share rows, though neither holds all of the other's."""
    if not (is_table(left) and is_table(right)) or contains(left, right) or contains(right, left):
        return False
    one, two = _chosen(left), _chosen(right)
    return one is not None and two is not None and _same(one[0], two[0]) and bool(one[1] & two[1])


def columns(table: Value) -> Dict | None:
    """What is known of the columns of a table: for each a value of one row, of many rows, or all of them in a list.

    None where nothing is known.
    """
    if not is_table(table) or not isinstance(table, Dataset):
        return None
    match how(table), table.arguments.get("gives"):
        case "map", Dict(entries) as gives:
            below = columns(table.parent) if table.parent is not None else None
            kept = dict(below.entries) if below is not None else {}
            if not isinstance(gives, Encoding):  # it may be the row itself, with other labels
                kept.pop("labels", None)
            return Dict(kept | entries, {"incomplete": TRUE})
        case "from", _:
            found = table.arguments.get("first")
            return found if isinstance(found, Dict) else None
        case (("remove_columns" | "rename_column" | "rename_columns" | "select_columns"), _):
            return _renamed(table)
        case (("map" | "add_column" | "cast" | "cast_column" | "with_transform"), _):
            return None
    below = columns(table.parent) if table.parent is not None else None
    if below is None or how(table) not in _OF_SOME_ROWS:
        return below
    return Dict(
        {name: value for name, value in below.entries.items() if not isinstance(value, List)}, dict(below.flags)
    )


def _renamed(table: Dataset) -> Dict | None:
    """The columns of a table some of which were taken out or renamed; those that this is not known of stay."""
    below = columns(table.parent) if table.parent is not None else None
    if below is None:
        return None
    first, second = text(table.arguments.get("first")), text(table.arguments.get("second"))
    entries = dict(below.entries)
    match how(table), first, second:
        case "rename_column", str(), str() if first in entries:
            entries[second] = entries.pop(first)
        case "rename_column" | "rename_columns", _, _:
            return None
        case "remove_columns", str(), _:
            entries.pop(first, None)
    return Dict(entries, {"incomplete": TRUE})


def _same(left: Value, right: Value) -> bool:
    """Whether two tables are one, loaded by the same words, or shuffled with the same seed."""
    while isinstance(left, Dataset) and isinstance(right, Dataset) and left is not right:
        if how(left) != how(right) or not _by_the_same_words(left, right):
            return False
        if left.parent is None or right.parent is None:
            return left.parent is right.parent and how(left) == "load"
        if how(left) != "shuffle" or integer(left.arguments.get("seed")) is None:
            return False
        left, right = left.parent, right.parent
    return left is right


def _by_the_same_words(left: Dataset, right: Dataset) -> bool:
    names = {*left.arguments, *right.arguments}
    return all(
        name in left.arguments and name in right.arguments and same(left.arguments[name], right.arguments[name])
        for name in names
    )


def _chosen(table: Value) -> tuple[Value, frozenset[object]] | None:
    """What a table was picked from by position, and the positions: numbers, or hundredths of it; None if not known."""
    here = whole(table)
    if not isinstance(here, Dataset) or here.parent is None:
        return None
    match how(here):
        case "select":
            picked = _positions(here.arguments.get("first", here.arguments.get("indices")))
            return (here.parent, frozenset(picked)) if picked is not None else None
        case "slice":
            parts = _hundredths(text(here.arguments["slice"]) or "")
            return (here.parent, frozenset(parts)) if parts is not None else None
    return None


def _positions(value: Value | None) -> range | list[int] | None:
    match value:
        case Range(start, stop, step):
            bounds = [integer(bound) for bound in (start, stop, step)]
            if None in bounds or not bounds[2]:
                return None
            chosen = range(*(bound or 0 for bound in bounds))
            return chosen if len(chosen) <= _MANY else None
        case List(fields={"items": Items(values, True)}):
            numbers = [integer(one) for one in values]
            return None if None in numbers else [number or 0 for number in numbers]
    return None


_MANY = 200_000
"""Positions that are written out one by one."""


def _hundredths(part: str) -> list[str] | None:
    """``:80%`` as the hundredths that it covers; a slice by numbers of rows as those rows; None for mixtures."""
    found = re.fullmatch(r"(-?\d*)(%?):(-?\d*)(%?)", part)
    if found is None:
        return None
    start, first, stop, last = found.groups()
    in_percent = "%" in (first, last)
    if in_percent and not all(unit == "%" for number, unit in ((start, first), (stop, last)) if number):
        return None
    low, high = int(start or 0), int(stop) if stop else (100 if in_percent else None)
    if high is None or low < 0 or high < 0 or high - low > _MANY:
        return None
    return [f"{place}%" if in_percent else str(place) for place in range(low, high)]
