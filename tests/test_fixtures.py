"""The full matrix: every rule on every fixture, in the linter and in torch (``ft-lint verify``)."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ft_lint import registry
from ft_lint.lint import lint_file
from ft_lint.rule import Finding
from ft_lint.shapes import as_text, known_share, shapes_of
from ft_lint.verify.command import GREEN, verify

MATRIX_LIMIT = 1800
"""Seconds, on a busy machine."""


@pytest.mark.timeout(MATRIX_LIMIT)
def test_every_rule_on_every_fixture(root: Path) -> None:
    out = io.StringIO()

    def findings(path: Path) -> tuple[Finding, ...]:
        return lint_file(path, registry.EVERYTHING).findings

    code = verify((), rules=registry.rules(), findings=findings, folder=root / "fixtures", out=out)
    print(out.getvalue())
    assert code == GREEN, out.getvalue()[-4000:]


def test_no_default_rule_speaks_on_a_myth(root: Path) -> None:
    for path in sorted((root / "fixtures" / "myths").glob("*.py")):
        assert lint_file(path).findings == (), path


def test_the_seed_program_has_the_shapes_that_torch_gives(root: Path) -> None:
    path = root / "fixtures" / "seed" / "conv_view_linear_clean.py"
    tensors, _, _ = as_text(shapes_of(path.read_text(encoding="utf-8"), path.name)).partition("\n\n")
    assert tensors.splitlines() == [
        f"{path.name}:14: x (32, 16, 30, 30) float32",
        f"{path.name}:15: x (32, 14400) float32",
        f"{path.name}:16: return (32, 10) float32",
        f"{path.name}:23: images (32, 3, 32, 32) float32",
        f"{path.name}:24: output (32, 10) float32",
    ]


def test_most_tensors_of_the_fixtures_have_a_known_shape(root: Path) -> None:
    known = total = 0
    for path in (root / "fixtures").rglob("*.py"):
        found, all_ = known_share(path.read_text(encoding="utf-8"), str(path))
        known, total = known + found, total + all_
    print(f"{known} of {total} tensor-valued names have a wholly known shape")
    assert known / total > 0.8
