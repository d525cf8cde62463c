"""Each mistake that the mutation benchmark puts into scripts, put into small clean ones; and its command."""

from __future__ import annotations

from pathlib import Path

import mutations
import pytest
from mutators import MUTATORS, Mutator
from script import Script

from ft_lint.lint import lint_source
from ft_lint.registry import EVERYTHING

CLEAN = sorted((Path(__file__).parent / "quality" / "clean").glob("*.py"))


def codes(path: Path, text: str) -> set[str]:
    result = lint_source(text, str(path), selection=EVERYTHING)
    assert not result.problems
    return {finding.code for finding in result.findings}


@pytest.mark.parametrize("path", CLEAN, ids=lambda path: path.stem)
def test_a_clean_script_has_no_finding(path: Path) -> None:
    assert codes(path, path.read_text()) == set()


@pytest.mark.parametrize("mutator", MUTATORS.values(), ids=lambda mutator: mutator.name)
def test_a_mistake_in_a_clean_script_is_told(mutator: Mutator) -> None:
    sites = 0
    for path in CLEAN:
        script = Script(path.read_text())
        for change in mutator.changes(script):
            text = script.changed(change)
            line = mutations.first_difference(script.text, text)
            assert codes(path, text) & set(mutator.codes), f"{path.name}:{line}"
            sites += 1
    assert sites
