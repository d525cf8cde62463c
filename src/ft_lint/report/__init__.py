"""Output formats: each module has ``render(results)``, which yields lines; nothing in here prints."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ft_lint.lint import Result

FORMATS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit")
"""How findings can be shown, by the names that the command line knows; each is a module here."""
WHOLE = ("json", "sarif", "gitlab", "junit")
"""Formats that are one document, so that all results must be there first."""


def renderer(name: str) -> Callable[[Iterable[Result]], Iterator[str]]:
    """The ``render`` of a format."""
    module: Any = importlib.import_module(f"{__name__}.{name}")
    render: Callable[[Iterable[Result]], Iterator[str]] = module.render
    return render
