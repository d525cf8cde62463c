"""Findings as JSON values and back, exactly: what comes back has the same ``repr``."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ft_lint.rule import Applicability, Edit, Finding, Fix, Level, Where


class NotPlain(TypeError):
    """A value that has no exact form in JSON."""


def as_plain(findings: tuple[Finding, ...]) -> list[Any]:
    """The findings as lists, texts and numbers.  Raises NotPlain."""
    return [_finding(one) for one in findings]


def as_findings(plain: list[Any]) -> tuple[Finding, ...]:
    """The findings that ``as_plain`` wrote; raises ValueError, TypeError or KeyError for anything else."""
    return tuple(_read_finding(one) for one in plain)


_OF_FINDING = tuple(one.name for one in dataclasses.fields(Finding))
_OF_EDIT = tuple(one.name for one in dataclasses.fields(Edit))


def _finding(finding: Finding) -> list[Any]:
    if finding.node is not None:
        raise NotPlain("a finding that still has its node")
    own = {"level": finding.level.value, "fix": None if finding.fix is None else _fix(finding.fix)}
    return [own[name] if name in own else _value(getattr(finding, name)) for name in _OF_FINDING]


def _read_finding(plain: list[Any]) -> Finding:
    given = dict(zip(_OF_FINDING, plain, strict=True))
    fix = given.pop("fix")
    level = Level(given.pop("level"))
    others = {name: _read(value) for name, value in given.items()}
    return Finding(level=level, fix=None if fix is None else _read_fix(fix), **others)


def _fix(fix: Fix) -> list[Any]:
    return [fix.title, fix.applicability.value, [_edit(one) for one in fix.edits], _value(fix.imports)]


def _read_fix(plain: list[Any]) -> Fix:
    title, applicability, edits, imports = plain
    return Fix(title, Applicability(applicability), tuple(_read_edit(one) for one in edits), _read(imports))


def _edit(edit: Edit) -> list[Any]:
    if edit.node is not None:
        raise NotPlain("an edit that still has its node")
    own = {"where": edit.where.value}
    return [own[name] if name in own else _value(getattr(edit, name)) for name in _OF_EDIT]


def _read_edit(plain: list[Any]) -> Edit:
    given = dict(zip(_OF_EDIT, plain, strict=True))
    where = Where(given.pop("where"))
    return Edit(where=where, **{name: _read(value) for name, value in given.items()})


def _value(value: object) -> Any:
    """Scalars as they are; of what holds others, a list that begins with its kind."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) is tuple or type(value) is list:
        return [type(value).__name__, *map(_value, value)]
    if isinstance(value, Mapping):
        return ["dict", *([_value(key), _value(one)] for key, one in value.items())]
    raise NotPlain(f"a value of the type {type(value).__name__}")


def _read(plain: Any) -> Any:
    if not isinstance(plain, list):
        return plain
    kind, *items = plain
    match kind:
        case "tuple":
            return tuple(map(_read, items))
        case "list":
            return list(map(_read, items))
        case "dict":
            return {_read(key): _read(value) for key, value in items}
    raise ValueError(f"no kind of value: {kind!r}")
