"""Results that are kept: the same as those of checking anew, and never those of something else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ft_lint import cache, cachedir, project
from ft_lint.cache import Cache
from ft_lint.config import Config
from ft_lint.lint import Result
from ft_lint.plain import NotPlain, as_findings, as_plain
from ft_lint.rule import Finding, Level
from scripts import CLEAN, FAULTY, Answer, run, with_further_rules

LONG_AGO = time.time_ns() - 3600 * 10**9


def settle(*paths: Path) -> None:
    """Make files look as if nobody had touched them for an hour."""
    for path in paths:
        os.utime(path, ns=(LONG_AGO, LONG_AGO))


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    (tmp_path / "faulty.py").write_text(FAULTY)
    (tmp_path / "clean.py").write_text(CLEAN)
    settle(tmp_path / "faulty.py", tmp_path / "clean.py")
    return tmp_path


def check(*arguments: str | Path, cwd: Path, modules: Path | None = None) -> Answer:
    return run("ft_lint", "check", "--output-format=json", *arguments, cwd=cwd, modules=modules)


def results(paths: list[Path], given: Config, kept: Cache | None) -> list[str]:
    """What is found, in full; texts, since findings compare without their excerpts."""
    settings = project.Settings(given, isolated=True)
    return [repr(one) for one in project.check(paths, settings, 1, kept)]


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that are checked from now on, rather than answered from the cache."""
    seen: list[str] = []
    lint = project.lint_bytes

    def watched(data: bytes, path: str, **options: object) -> Result:
        seen.append(path)
        return lint(data, path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(project, "lint_bytes", watched)
    return seen


def test_a_warm_run_answers_as_a_cold_one_on_every_fixture(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = sorted((root / "fixtures").rglob("*.py"))[::7]
    given = Config(select=("TUN",))
    cold = results(paths, given, Cache(tmp_path))
    checked = counted(monkeypatch)
    warm = results(paths, given, Cache(tmp_path))
    assert warm == cold
    assert checked == []
    assert sum("fix=Fix(" in one for one in warm) > 5


def test_a_warm_run_of_the_command_prints_the_same_and_answers_the_same(scripts: Path) -> None:
    cold = check(".", cwd=scripts)
    assert cold.code == 1
    assert check(".", cwd=scripts) == cold
    assert check("--no-cache", ".", cwd=scripts) == cold


def test_what_has_changed_is_checked_anew(scripts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [scripts / "faulty.py", scripts / "clean.py"]
    results(paths, Config(), Cache(scripts / "kept"))
    (scripts / "clean.py").write_text(FAULTY)
    checked = counted(monkeypatch)
    new = results(paths, Config(), Cache(scripts / "kept"))
    assert checked == [str(scripts / "clean.py")]
    assert ["TUN105" in one for one in new] == [True, True]


def test_a_file_that_was_only_touched_is_not_checked_anew(scripts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results([scripts / "faulty.py"], Config(), Cache(scripts / "kept"))
    (scripts / "faulty.py").touch()
    checked = counted(monkeypatch)
    results([scripts / "faulty.py"], Config(), Cache(scripts / "kept"))
    assert checked == []


def test_a_change_within_one_tick_of_the_clock_is_seen(tmp_path: Path) -> None:
    """The same size and the same time of change, as two saves in one moment have."""
    path, other = tmp_path / "train.py", FAULTY.replace("True", "None")
    path.write_text(FAULTY)
    moment = time.time_ns()
    os.utime(path, ns=(moment, moment))
    before = results([path], Config(), Cache(tmp_path / "kept"))
    path.write_text(other)
    os.utime(path, ns=(moment, moment))
    assert len(other) == len(FAULTY)
    assert results([path], Config(), Cache(tmp_path / "kept")) == results([path], Config(), None) != before


@pytest.mark.parametrize(
    "options",
    [
        ("--ignore=TUN105",),
        ("--select=TUN2",),
        ("--per-file-ignores=faulty.py:TUN105",),
        ("--target-version=torchvision=0.12",),
    ],
    ids=lambda options: options[0],
)
def test_other_settings_have_other_results(scripts: Path, options: tuple[str, ...]) -> None:
    """Each of the two runs sees its own, in either order."""
    plain = check(".", cwd=scripts)
    assert check(*options, ".", cwd=scripts) == check("--no-cache", *options, ".", cwd=scripts)
    assert check(".", cwd=scripts) == plain


def test_an_unknown_selector_is_refused_by_a_warm_run_too(scripts: Path) -> None:
    check(".", cwd=scripts)
    assert check("--select=nonsense", ".", cwd=scripts).code == 2


def test_rules_of_other_packages_are_part_of_what_counts(scripts: Path) -> None:
    (scripts / "site-packages").mkdir()
    modules = with_further_rules(scripts / "site-packages", failing=False)
    assert check(".", cwd=scripts).code == 1
    options = ("--plugins=further", "--extend-select=TUN39", ".")
    assert sum('"TUN390"' in line for line in check(*options, cwd=scripts, modules=modules).out) == 2
    rule = scripts / "site-packages/further/demo/__init__.py"
    rule.write_text(rule.read_text().replace("yield from", "return; yield from"))
    assert sum('"TUN390"' in line for line in check(*options, cwd=scripts, modules=modules).out) == 0


def test_another_ft_lint_starts_anew(scripts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results([scripts / "faulty.py"], Config(), Cache(scripts / "kept"))
    monkeypatch.setattr(cache, "identity", lambda: "another")
    checked = counted(monkeypatch)
    results([scripts / "faulty.py"], Config(), Cache(scripts / "kept"))
    assert checked == [str(scripts / "faulty.py")]


def test_files_with_problems_are_told_each_time(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import torch\ndef (:\n")
    cold = check(".", cwd=tmp_path)
    assert (cold.code, len(cold.err)) == (1, 1)
    assert check(".", cwd=tmp_path) == cold


BROKEN = {
    "empty": b"",
    "no text": b"\xff\xfe\x00",
    "cut off": b'["',
    "deep": b"[" * 100_000,
    "another shape": b"[1, 2, 3]",
    "no list": b"{}",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_cache_is_written_anew(scripts: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    cold = results([scripts / "faulty.py"], Config(), Cache(scripts / "kept"))
    (file,) = (scripts / "kept").glob("*.json")
    file.write_bytes(content)
    assert results([scripts / "faulty.py"], Config(), Cache(scripts / "kept")) == cold
    checked = counted(monkeypatch)
    results([scripts / "faulty.py"], Config(), Cache(scripts / "kept"))
    assert checked == []


@pytest.mark.parametrize("entry", [None, 1, [], [0, 0, "", "", []], ["", "", "", "", [["x"]]]], ids=repr)
def test_a_broken_entry_is_checked_anew(scripts: Path, entry: object) -> None:
    cold = results([scripts / "faulty.py"], Config(), Cache(scripts / "kept"))
    (file,) = (scripts / "kept").glob("*.json")
    made_by, folder, entries = json.loads(file.read_text())
    if isinstance(entry, list) and len(entry) == 5:
        entry = [*entries["faulty.py"][:4], [["x"]]] if entry[0] == "" else entry
    file.write_text(json.dumps([made_by, folder, {"faulty.py": entry}]))
    assert results([scripts / "faulty.py"], Config(), Cache(scripts / "kept")) == cold


def test_two_runs_at_once_leave_a_cache_that_can_be_read(root: Path, tmp_path: Path) -> None:
    for number, script in enumerate(sorted((root / "fixtures").rglob("bad*.py"))[::40]):
        shutil.copy(script, tmp_path / f"{number}.py")
    command = [sys.executable, "-m", "ft_lint", "check", "--output-format=json", "."]
    running = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) for _ in range(3)]
    answers = [one.communicate(timeout=120)[0] for one in running]
    assert len(set(answers)) == 1
    assert sorted(path.suffix for path in (tmp_path / cachedir.NAME).iterdir() if path.name != ".gitignore") == [
        ".TAG",
        ".json",
    ]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).stdout == answers[0]


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(scripts: Path) -> None:
    (scripts / "taken").write_text("a file where the folder should be")
    assert check("--cache-dir=taken", ".", cwd=scripts) == check("--no-cache", ".", cwd=scripts)


def test_where_results_are_kept(scripts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def made() -> list[str]:
        found = sorted(str(path.parent.relative_to(scripts)) for path in scripts.rglob("CACHEDIR.TAG"))
        for one in found:
            shutil.rmtree(scripts / one)
        return found

    (scripts / "inner").mkdir()
    check("--no-cache", ".", cwd=scripts)
    assert made() == []
    check("..", cwd=scripts / "inner")
    assert made() == ["inner/.ft_lint_cache"]
    (scripts / "pyproject.toml").write_text("")
    check("..", cwd=scripts / "inner")
    assert made() == [".ft_lint_cache"]
    (scripts / "pyproject.toml").write_text('[tool.ft-lint]\ncache-dir = "kept"\n')
    check("..", cwd=scripts / "inner")
    assert made() == ["kept"]
    monkeypatch.setenv("FT_LINT_CACHE_DIR", "there")
    check("..", cwd=scripts / "inner")
    assert made() == ["inner/there"]
    check("--cache-dir=here", "..", cwd=scripts / "inner")
    assert made() == ["inner/here"]
    monkeypatch.delenv("FT_LINT_CACHE_DIR")
    (scripts / "pyproject.toml").write_text("[tool.ft-lint]\ncache = false\n")
    check("..", cwd=scripts / "inner")
    assert made() == []


def test_a_warm_run_does_not_import_the_interpreter(scripts: Path) -> None:
    """Nor does it where a script shows a mistake in another file."""
    (scripts / "net.py").write_text("from torch import nn\n\n\ndef head(width):\n    return nn.Linear(width, 2)\n")
    (scripts / "main.py").write_text("import torch\n\nfrom net import head\n\nhead(3)(torch.zeros(4, 5))\n")
    settle(scripts / "net.py", scripts / "main.py")
    check(".", cwd=scripts)
    program = "import sys\nfrom ft_lint.cli import main\n"
    program += "try:\n    main(['check', '--output-format=concise', '.'])\n"
    program += "finally:\n    print('ft_lint.interpreter' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=scripts, capture_output=True, check=False)
    assert b"TUN105" in done.stdout
    assert b"net.py:5:12: TUN704" in done.stdout
    assert done.stdout.split()[-1] == b"False"


def test_values_come_back_as_they_were() -> None:
    values = {"a": (1, 2.5, (None, True)), "b": [float("inf"), "\udc80"], "c": {"d": {1: ()}}}
    finding = Finding("TUN1", "name", Level.ERROR, "message", values, None, 1, 2, 3, 4, None, 5, ("text", "\t"))
    through = as_findings(json.loads(json.dumps(as_plain((finding,)))))
    assert repr(through) == repr((finding,))


def test_what_has_no_plain_form_is_not_kept() -> None:
    with pytest.raises(NotPlain):
        as_plain((Finding("TUN1", "name", Level.ERROR, "message", {"a": object()}),))
