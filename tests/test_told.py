"""What flake8 was told before: the same as looking anew, and never the answer to something else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ft_lint.cachedir import NAME
from scripts import CLEAN, FAULTY, Answer, run, with_further_rules


def flake8(*arguments: str | Path, cwd: Path, modules: Path | None = None) -> Answer:
    return run("flake8", "--isolated", "--select=TUN", *arguments, cwd=cwd, modules=modules)


def kept(folder: Path) -> list[Path]:
    return sorted((folder / NAME / "flake8").glob("*"))


def mark(folder: Path) -> None:
    """Write an answer that no look at the file would give, to see when it is used."""
    for file in kept(folder):
        asked, _ = json.loads(file.read_text())
        file.write_text(json.dumps([asked, [[1, 0, "TUN105 as it was told"]]]))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "faulty.py").write_text(FAULTY)
    (tmp_path / "clean.py").write_text(CLEAN)
    flake8(".", cwd=tmp_path)
    return tmp_path


def is_told(answer: Answer) -> bool:
    return any("as it was told" in line for line in answer.out)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_answer_is_the_same_and_comes_from_the_cache(project: Path, jobs: str) -> None:
    cold = flake8("--tun-no-cache", ".", cwd=project)
    assert any("TUN105" in line for line in cold.out)
    assert flake8("-j", jobs, ".", cwd=project) == cold
    mark(project)
    assert is_told(flake8("-j", jobs, ".", cwd=project))


def change_source(folder: Path) -> None:
    (folder / "faulty.py").write_text(FAULTY + "\n")


def change_requirements(folder: Path) -> None:
    (folder / "requirements.txt").write_text("transformers==4.40\n")


@pytest.mark.parametrize("change", [change_source, change_requirements])
def test_what_has_changed_is_looked_at_anew(project: Path, change: object) -> None:
    assert callable(change)
    mark(project)
    change(project)
    assert not is_told(flake8("faulty.py", cwd=project))


@pytest.mark.parametrize(
    "options", [("--extend-select=TUN6",), ("--tun-target-versions=trl=0.9",), ("--tun-no-cache",)]
)
def test_other_options_are_another_question(project: Path, options: tuple[str, ...]) -> None:
    mark(project)
    assert not is_told(flake8("faulty.py", *options, cwd=project))


@pytest.mark.parametrize("broken", ["", "[]", "[1, 2]", '["", [[Infinity, 0, ""]]]', "[" * 100_000, "\x00"])
def test_a_broken_answer_is_written_anew(project: Path, broken: str) -> None:
    for file in kept(project):
        file.write_text(broken)
    assert any("TUN105" in line for line in flake8(".", cwd=project).out)
    mark(project)
    assert is_told(flake8("faulty.py", cwd=project))


def test_what_could_not_be_checked_is_not_kept(tmp_path: Path) -> None:
    modules = with_further_rules(tmp_path / "modules")
    (tmp_path / "faulty.py").write_text(FAULTY)
    answer = flake8("faulty.py", "--tun-plugins=further", cwd=tmp_path, modules=modules)
    assert any("TUN000" in line for line in answer.out)
    assert kept(tmp_path) == []


def test_where_answers_are_kept(project: Path) -> None:
    assert len(kept(project)) == 2
    (project / "taken").write_text("a file where the folder should be")
    assert flake8("--tun-cache-dir=taken", ".", cwd=project) == flake8("--tun-no-cache", ".", cwd=project)
    flake8("--tun-cache-dir=elsewhere", ".", cwd=project)
    assert len(list((project / "elsewhere" / "flake8").iterdir())) == 2
    (project / "sub").mkdir()
    (project / "pyproject.toml").write_text("")
    flake8("../faulty.py", cwd=project / "sub")
    assert not (project / "sub" / NAME).exists()
