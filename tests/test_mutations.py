"""Each mistake that the mutation benchmark puts into scripts, put into small clean ones; and its command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import mutations
import pytest
from mutators import MUTATORS, Mutator
from script import Script

from ft_lint.lint import lint_source
from ft_lint.registry import EVERYTHING, rules

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


def test_at_least_twenty_rules_are_measured() -> None:
    assert len({mutator.codes[0] for mutator in MUTATORS.values()}) >= 20
    assert {code for mutator in MUTATORS.values() for code in mutator.codes} <= {rule.code for rule in rules()}


UNKNOWN = """import torch
from somewhere import loader, model, optimizer

for batch in loader:
    optimizer.zero_grad()
    loss = model(batch)
    loss.backward()
    optimizer.step()
"""


def test_the_command_counts_what_is_seen_and_lists_what_is_not(tmp_path: Path, root: Path) -> None:
    (tmp_path / "known.py").write_text((root / "tests/quality/clean/digits.py").read_text())
    (tmp_path / "unknown.py").write_text(UNKNOWN)
    (tmp_path / "torn.py").write_text("import torch\nloss.backward(\n")
    command = [sys.executable, "tests/quality/mutations.py", str(tmp_path), "--only", "TUN501", "--missed"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "| TUN501 | zero-grad-deleted | 2 | 1 | 50% | 1 | 1 | 100% |" in done.stdout.splitlines()
    assert f"missed: {tmp_path / 'unknown.py'}:5 zero-grad-deleted" in done.stdout.splitlines()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [("a\nb\nc\n", "a\nc\n", 2), ("a\n", "a\n", None), ("a\nb\n", "a\n", 2), ("a\n", "b\n", 1)],
)
def test_a_site_is_the_first_line_that_differs(before: str, after: str, expected: int | None) -> None:
    assert mutations.first_difference(before, after) == expected
