"""Output formats: each module has ``render(results)``, which yields lines; nothing in here prints."""

from collections.abc import Callable, Iterable, Iterator

from ft_lint.lint import Result
from ft_lint.report import concise

FORMATS: dict[str, Callable[[Iterable[Result]], Iterator[str]]] = {"concise": concise.render}
"""How findings can be shown, by the name that the command line knows."""
