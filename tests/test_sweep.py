"""TUN401's harm on real pretrained models: a recommended rate keeps what they know, a reported one destroys it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import torch

from ft_lint.registry import find
from ft_lint.report import page
from ft_lint.verify.sweep.finetuning import ADAMW, MOMENTUM, PLAIN, Bench, Recipe, Row
from ft_lint.verify.sweep.knowledge import Pretrained
from ft_lint.verify.sweep.pictures import PictureClassifier
from ft_lint.verify.sweep.plot import as_svg
from ft_lint.verify.sweep.reported import is_reported
from ft_lint.verify.sweep.sentences import SentenceEncoder
from ft_lint.verify.sweep.table import as_markdown

SUBJECTS = (SentenceEncoder, PictureClassifier)
RECIPES = (ADAMW, MOMENTUM, PLAIN)
RECOMMENDED = {
    (SentenceEncoder, ADAMW.name): 2e-5,
    (SentenceEncoder, MOMENTUM.name): 1e-2,
    (PictureClassifier, ADAMW.name): 1e-4,
    (PictureClassifier, MOMENTUM.name): 1e-3,
}
STEPS = 8
"""Fewer than in the sweep: enough for the difference."""


@pytest.fixture(scope="module", params=SUBJECTS, ids=lambda subject: subject.__name__)
def bench(request: pytest.FixtureRequest) -> Bench:
    torch.set_num_threads(1)
    return Bench(request.param())


@pytest.mark.parametrize(("recipe", "reported"), [(ADAMW, 5e-3), (MOMENTUM, 0.8)], ids=["adamw", "momentum"])
def test_a_reported_rate_destroys_what_a_recommended_one_keeps(bench: Bench, recipe: Recipe, reported: float) -> None:
    recommended = RECOMMENDED[type(bench.pretrained), recipe.name]
    kept, lost = bench.finetune(recipe, recommended, STEPS), bench.finetune(recipe, reported, STEPS)
    print(kept, lost, sep="\n")
    assert (kept.reported, lost.reported) == (False, True)
    assert kept.known >= 0.8
    assert lost.known <= 0.1
    assert kept.largest_step < 0.001
    assert not lost.largest_step < 0.03  # TUN401's claim; no number where the weights are none any more


def test_explain_points_to_the_table_and_the_plot(root: Path) -> None:
    told = page.render(find("TUN401"))
    for name in ("docs/large-lr.md", "docs/large-lr.svg"):
        assert name in told
        assert (root / name).stat().st_size < 60_000
    assert "python -m ft_lint.verify.sweep" in told
    assert "large-lr.svg" in (root / "docs/large-lr.md").read_text(encoding="utf-8")


def test_the_table_has_the_verdicts_that_the_linter_gives(root: Path) -> None:
    text = (root / "docs/large-lr.md").read_text(encoding="utf-8")
    seen = []
    for subject, section in zip(SUBJECTS, text.split("\n## ")[1:], strict=True):
        for name, rate, verdict in re.findall(r"^\| (\w.*?) \| (\S+) \| (reported|silent) ", section, re.MULTILINE):
            recipe = next(recipe for recipe in RECIPES if recipe.name == name)
            script = subject.script.format(optimizer=recipe.written.format(rate=float(rate)))
            assert is_reported(script) is (verdict == "reported"), (name, rate)
            seen.append((subject, name, verdict))
    assert {seen.count((s, r.name, v)) >= 3 for s in SUBJECTS for r in RECIPES for v in ("reported", "silent")} == {
        True
    }


def row(subject: type[Pretrained], rate: float, known: float, reported: bool) -> Row:
    return Row(subject.name, "AdamW", rate, reported, known=known, largest_step=rate * 10, drift=float("nan"), loss=0.5)


def test_the_plot_has_a_point_for_each_run() -> None:
    rows = [
        row(s, rate, known, rate > 1e-3) for s in SUBJECTS for rate, known in [(1e-5, 1.0), (1e-3, 0.8), (0.1, 0.0)]
    ]
    subjects: dict[type[Pretrained], float] = dict.fromkeys(SUBJECTS, 0.9)
    drawing = ET.fromstring(as_svg(rows, subjects))
    points = list(drawing.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(points) == len(rows)
    assert [point.get("fill") == "white" for point in points] == [not row.reported for row in rows]
    heights = [float(point.get("cy", "nan")) for point in points[:3]]
    assert heights == sorted(heights)
    lines = as_markdown(rows, subjects, STEPS).splitlines()
    assert "| AdamW | 0.1 | reported | 100.00% | diverged | 0% | 0.500 |" in lines


def test_the_command_says_what_it_does() -> None:
    command = [sys.executable, "-m", "ft_lint.verify.sweep", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "table and the plot" in " ".join(done.stdout.split())
