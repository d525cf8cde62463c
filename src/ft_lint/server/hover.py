"""What an editor shows beside a place: a rule's page, the shape of a tensor, the sizes of a model.  Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_lint.registry import UnknownSelector, find
from ft_lint.rule import Finding
from ft_lint.server.knowledge import Inferred
from ft_lint.shapes import Model, Row, shown

_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def of_finding(finding: Finding) -> str:
    """Its message and the page of its rule."""
    head = f"**{finding.code}** {finding.name} ({finding.level.value})\n\n{finding.message}"
    try:
        return f"{head}\n\n---\n\n{find(finding.code).page()}"
    except UnknownSelector:
        return head


def of_name(inferred: Inferred, line: int, text: str, column: int) -> str | None:
    """What is known of the name at a column (from 0) of a line of the program, whose text is given."""
    name = name_at(text, column)
    if name is None:
        return None
    tensors = [one for one in inferred.mentions if one.name == name and one.line <= line <= one.end_line]
    told = dict.fromkeys(f"{name}: {shown(one.shape)}" + (f" {one.dtype}" if one.dtype else "") for one in tensors)
    if told:
        return "\n".join(["```python", *told, "```"])
    return next((_of_model(model) for model in inferred.models if model.line == line and f"{name}(" in text), None)


def name_at(text: str, column: int) -> str | None:
    """The dotted name around a column, up to the part that stands there: ``self.head`` within ``self.head.weight``."""
    for found in _DOTTED.finditer(text):
        if found.start() <= column <= found.end():
            end = next((place for place in _ends(found[0]) if found.start() + place >= column), len(found[0]))
            return found[0][:end]
    return None


def _ends(dotted: str) -> Iterator[int]:
    """Where each part of a dotted name ends."""
    yield from (found.end() for found in re.finditer(r"\w+", dotted))


def _of_model(model: Model) -> str:
    numbers = [
        f"{what}: {'?' if count is None else f'{count:,}'}"
        for what, count in (("parameters", model.parameters), ("with gradients in this pass", model.trainable))
    ]
    return f"**{model.kind}**, " + ", ".join(numbers)


def hint(rows: list[Row]) -> str | None:
    """The shapes that a line gives to one name, as one label; None where nothing is known."""
    told = dict.fromkeys(shown(row.shape) for row in rows if row.shape is not None)
    return " or ".join(told) or None
