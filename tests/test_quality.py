"""The catalogue of judged findings, and the command that measures precision by it, on a repository made here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import catalogue
import pytest

from ft_lint.registry import rules

TRUE, FALSE, UNREAD = ("old.py:2", "TUN105"), ("old.py:3", "TUN105"), ("notes.ipynb:cell 2:2", "TUN105")
GONE = ("old.py:1", "TUN501")
SCRIPT = """from torchvision import models
first = models.resnet18(pretrained=True)
second = models.resnet34(pretrained=True)
"""
CELL = "from torchvision import models\nthird = models.resnet50(pretrained=True)"


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Someone", "-c", "user.email=someone@example.org")
    return subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def commit(tmp_path: Path) -> str:
    """A mirror with one commit that matters, and a later one that mends everything."""
    folder = tmp_path / "mirrors" / "someone+models"
    folder.mkdir(parents=True)
    cells = [{"cell_type": "markdown", "source": "Title"}, {"cell_type": "code", "source": CELL}]
    git(folder, "init", "-q")
    (folder / "old.py").write_text(SCRIPT)
    (folder / "notes.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}))
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "Models")
    named = git(folder, "rev-parse", "HEAD").strip()
    (folder / "old.py").write_text("")
    git(folder, "commit", "-qam", "None")
    return named


def judge(folder: Path, commit: str, *verdicts: tuple[tuple[str, str], bool]) -> None:
    judged = tuple(catalogue.Judgement(catalogue.Found(*found), right, "read") for found, right in verdicts)
    entry = catalogue.Repository("someone/models", commit, judged)
    catalogue.write_judged([entry], folder / "judged.toml", "# judged")


def keep(folder: Path, *found: tuple[str, str]) -> None:
    before = frozenset(catalogue.Found(*one) for one in found)
    catalogue.write_last({"someone/models": before}, folder / "last.toml")


def run(folder: Path, root: Path, *options: str) -> tuple[int, str]:
    places = [f"--{name}={folder / name}.toml" for name in ("judged", "last")]
    command = [sys.executable, str(root / "tests/quality/precision.py"), *places, f"--cache={folder / 'cache'}"]
    command += [f"--mirrors={folder / 'mirrors'}", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def row(output: str, name: str) -> list[str]:
    (found,) = (line for line in output.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in found.strip("|").split("|")[1:]]


def test_what_was_judged_is_counted_by_what_is_found_now(tmp_path: Path, root: Path, commit: str) -> None:
    judge(tmp_path, commit, (TRUE, True), (FALSE, False), (GONE, True))
    keep(tmp_path, TRUE, FALSE, GONE)
    code, output = run(tmp_path, root, "--unjudged")
    assert row(output, "rule") == [*"true/false/unjudged/true, gone/false, gone/advice/precision".split("/")]
    assert row(output, "TUN105") == ["1", "1", "1", "", "", "", "50.0%"]
    assert row(output, "TUN501") == ["", "", "", "1", "", "", ""]
    assert row(output, "all") == ["1", "1", "1", "1", "", "", "50.0%"]
    assert "came: someone/models notes.ipynb:cell 2:2 TUN105 unjudged\n" in output
    assert "went: someone/models old.py:1 TUN501 true\n" in output
    assert "unjudged: someone/models notes.ipynb:cell 2:2 TUN105\n" in output
    assert code == 1, "half of what was judged is wrong"


def test_all_is_well_where_what_is_found_is_right(tmp_path: Path, root: Path, commit: str) -> None:
    judge(tmp_path, commit, (TRUE, True), (FALSE, True), (GONE, False))
    code, output = run(tmp_path, root, "--update")
    assert row(output, "all") == ["2", "", "1", "", "1", "", "100.0%"]
    assert code == 0
    assert catalogue.last(tmp_path / "last.toml") == {
        "someone/models": frozenset(catalogue.Found(*one) for one in (TRUE, FALSE, UNREAD))
    }
    _, again = run(tmp_path, root)
    assert not re.search("^(came|went)", again, re.MULTILINE), "the same was found last"


@pytest.mark.parametrize(("before", "expected"), [([TRUE], 1), ([TRUE, FALSE], 0)])
def test_a_known_false_alarm_that_is_new_fails(
    tmp_path: Path, root: Path, commit: str, before: list[tuple[str, str]], expected: int
) -> None:
    folder = tmp_path / "mirrors" / "someone+models"
    (folder / "many.py").write_text("from torchvision import models\n" + "models.resnet18(pretrained=True)\n" * 20)
    (folder / "old.py").write_text(SCRIPT)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "Many")
    right = [((f"many.py:{line}", "TUN105"), True) for line in range(2, 22)]
    judge(tmp_path, git(folder, "rev-parse", "HEAD").strip(), (TRUE, True), (FALSE, False), *right)
    keep(tmp_path, *before, *(found for found, _ in right))
    code, output = run(tmp_path, root)
    assert row(output, "all")[-1] == "95.5%"
    assert code == expected


def test_what_is_not_at_hand_is_said_and_kept(tmp_path: Path, root: Path, commit: str) -> None:
    judge(tmp_path, "0" * 40, (TRUE, True))
    keep(tmp_path, TRUE)
    code, output = run(tmp_path, root, "--update")
    assert "left out: someone/models: commit 000000000000 is not at hand\n" in output
    assert code == 0
    assert catalogue.last(tmp_path / "last.toml") == {"someone/models": frozenset({catalogue.Found(*TRUE)})}


def test_every_judgement_is_of_a_rule_at_a_place() -> None:
    every = list(catalogue.judged(catalogue.JUDGED))
    assert len(every) > 50
    codes = {rule.code for rule in rules()}
    assert {one.found.code for repository in every for one in repository.judged} <= codes
    for repository in every:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", repository.name)
        assert re.fullmatch(r"[0-9a-f]{40}", repository.commit), repository.name
        twice = [found for found, n in Counter(one.found for one in repository.judged).items() if n > 1]
        assert not twice, repository.name
        order = [catalogue.in_order(one.found) for one in repository.judged]
        assert order == sorted(order), repository.name
        for one in repository.judged:
            assert isinstance(one.right, bool), one
            assert one.why, one


def test_the_catalogue_is_written_as_it_is_read(tmp_path: Path) -> None:
    text = catalogue.JUDGED.read_text(encoding="utf-8")
    head = text[: text.index("\n\n")]
    catalogue.write_judged(list(catalogue.judged(catalogue.JUDGED)), tmp_path / "judged.toml", head)
    assert (tmp_path / "judged.toml").read_text(encoding="utf-8") == text
