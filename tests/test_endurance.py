"""The long run over folders tells what breaks ft_lint or holds it up, and goes on where it ended."""

from __future__ import annotations

from pathlib import Path

import pytest

import endurance
from scripts import FAULTY


def _run(folder: Path, *options: str) -> tuple[int, list[endurance.Look]]:
    report = folder / "report.jsonl"
    code = endurance.main([str(folder / "source"), "--report", str(report), *options])
    return code, sorted(endurance.read(report), key=lambda look: look.path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.py").write_text(FAULTY)
    (source / "b.py").write_text("print 2\n")
    return tmp_path


def test_findings_refusals_and_what_is_passed_over(folder: Path) -> None:
    code, (first, second) = _run(folder)
    assert (code, first.findings, first.refused, second.refused) == (0, 1, (), ())
    assert (first.lines, first.worker, first.memory > 10) == (3, 1, True)


def test_as_if_every_script_imported_torch(folder: Path) -> None:
    code, (_, second) = _run(folder, "--framework")
    assert (code, len(second.refused)) == (0, 1)


def test_it_goes_on_where_it_ended(folder: Path) -> None:
    _run(folder)
    whole = (folder / "report.jsonl").read_text().splitlines()
    (folder / "report.jsonl").write_text(f"{whole[0]}\n{whole[1][:20]}")
    again = _run(folder)[1]
    assert [look.path[-4:] for look in again] == ["a.py", "b.py"]


def test_slow_files_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(folder, "--limit", "0.001", "--framework")[0] == 1
    assert "a.py" in capsys.readouterr().out


def test_a_worker_that_dies_or_hangs_costs_one_file(folder: Path) -> None:
    faulty = str(folder / "source/a.py")
    crashed, after = endurance.looks([str(folder / "nowhere.py"), faulty], framework=False, patience=60)
    assert crashed.died == "ended the worker with exit code 1"
    assert (after.findings, after.died, after.worker) == (1, "", 2)
    (hung,) = endurance.looks([faulty], framework=False, patience=0)
    assert hung.died == "took more than 0 s"
    assert [endurance.is_wrong(look, 5) for look in (hung, crashed, after)] == [True, True, False]
