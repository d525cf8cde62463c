"""A rule's page with its fixtures as examples, as ``ft-lint explain`` prints it."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path

from ft_lint.rule import Rule

_EXAMPLES = (("bad", "Found here"), ("good", "Right"), ("hard", "Looks alike, and is right"))


def render(rule: Rule) -> str:
    """Title, page, and one example of each kind where the fixtures are at hand: a source tree has them, a wheel not."""
    title = f"{rule.code} {rule.name()} ({rule.level.value})"
    return "\n\n".join([f"{title}\n{'=' * len(title)}", rule.page(), *_examples(rule)]) + "\n"


def fixtures(rule: Rule) -> list[Path]:
    """The rule's fixtures, sorted; none where the package is installed without its source tree."""
    module = Path(inspect.getfile(type(rule)))
    return sorted((module.parents[2] / "fixtures" / rule.family() / module.stem).glob("*.py"))


def _examples(rule: Rule) -> Iterator[str]:
    """The shortest fixture of each kind."""
    for prefix, heading in _EXAMPLES:
        scripts = [path for path in fixtures(rule) if path.name.startswith(prefix)]
        if scripts:
            shortest = min(scripts, key=lambda path: path.stat().st_size)
            title = f"{heading}: {shortest.name}"
            script = textwrap.indent(shortest.read_text(encoding="utf-8").rstrip(), "    ")
            yield f"{title}\n{'-' * len(title)}\n{script}"
