"""The command, as a shell runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ft_lint.registry import UnknownSelector, rules, selected
from ft_lint.rule import Level
from scripts import CLEAN, FAULTY, Answer, run, with_further_rules


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "faulty.py").write_text(FAULTY)
    (tmp_path / "clean.py").write_text(CLEAN)
    return tmp_path


def check(*arguments: str | Path, cwd: Path, given: bytes = b"", modules: Path | None = None) -> Answer:
    return run("ft_lint", "check", "--output-format=concise", *arguments, cwd=cwd, given=given, modules=modules)


def test_findings_are_lines_on_standard_output(project: Path) -> None:
    answer = check("faulty.py", cwd=project)
    assert answer.code == 1
    assert answer.err == []
    (line,) = answer.out
    assert line.startswith("faulty.py:3:9: TUN105 `pretrained=` of `resnet18`")


def test_nothing_found_prints_nothing(project: Path) -> None:
    assert check("clean.py", cwd=project) == (0, [], [])


def test_a_folder_and_the_current_folder_by_default(project: Path) -> None:
    assert check(".", cwd=project) == check(cwd=project)
    assert [line.split(":")[0] for line in check(cwd=project).out] == ["faulty.py"]


def test_exit_zero(project: Path) -> None:
    answer = check("--exit-zero", "faulty.py", cwd=project)
    assert (answer.code, len(answer.out)) == (0, 1)


def test_exit_zero_does_not_hide_wrong_use(project: Path) -> None:
    assert check("--exit-zero", "nowhere", cwd=project).code == 2


def test_standard_input(project: Path) -> None:
    answer = check("-", cwd=project, given=FAULTY.encode())
    assert (answer.code, answer.out[0][:14]) == (1, "-:3:9: TUN105 ")
    named = check("-", "--stdin-display-name", "src/a.py", cwd=project, given=FAULTY.encode())
    assert named.out[0].startswith("src/a.py:3:9: TUN105 ")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--select", "TUN105"], True),
        (["--select", "TUN1"], True),
        (["--select", "loading"], True),
        (["--select", "deprecated-pretrained"], True),
        (["--select", "TUN2,TUN105"], True),
        (["--select", "TUN2"], False),
        (["--ignore", "TUN1"], False),
        (["--ignore", "TUN1", "--extend-select", "TUN105"], True),
        (["--select", "TUN1", "--ignore", "deprecated-pretrained"], False),
    ],
)
def test_selection(project: Path, options: list[str], found: bool) -> None:
    assert bool(check("faulty.py", *options, cwd=project).out) is found


@pytest.mark.parametrize(
    ("script", "options", "found"),
    [
        ("bad_whole_checkpoint.py", [], 1),
        ("bad_whole_checkpoint.py", ["--ignore", "TUN101"], 0),
        ("bad_whole_checkpoint.py", ["--select", "TUN2"], 0),
        ("bad_prefix.py", [], 0),
        ("bad_prefix.py", ["--extend-select", "TUN101"], 1),
    ],
)
def test_a_finding_is_shown_by_its_own_level(root: Path, script: str, options: list[str], found: int) -> None:
    """TUN101 is advice, and a warning where nothing at all is loaded."""
    answer = check(script, *options, cwd=root / "fixtures/loading/partial_load_unchecked")
    assert [line.split()[1] for line in answer.out] == ["TUN101"] * found


def test_a_selector_that_fits_no_rule_is_wrong_use(project: Path) -> None:
    answer = check("faulty.py", "--select", "deprecated-pretraind", cwd=project)
    assert answer.code == 2
    assert "did you mean 'deprecated-pretrained'" in " ".join(answer.err)


def test_noqa_silences(project: Path) -> None:
    (project / "faulty.py").write_text(FAULTY.replace("True)", "True)  # noqa: TUN105"))
    assert check("faulty.py", cwd=project).code == 0


@pytest.fixture
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_further_rules(tmp_path_factory.mktemp("site"))


def test_rules_of_other_packages_join_and_advice_is_asked_for(project: Path, modules: Path) -> None:
    assert len(check("faulty.py", "--plugins", "further", cwd=project, modules=modules).out) == 1
    answer = check("faulty.py", "--plugins", "further", "--extend-select", "TUN390", cwd=project, modules=modules)
    assert [line.split()[1] for line in answer.out] == ["TUN105", "TUN390"]


def test_a_fault_in_a_rule_costs_that_rule(project: Path, modules: Path) -> None:
    answer = check(".", "--plugins", "further", "--extend-select", "TUN39", "--exit-zero", cwd=project, modules=modules)
    assert answer.code == 2
    assert [line.split(":")[0] for line in answer.out] == ["clean.py", "faulty.py", "faulty.py"]
    assert len(answer.err) == 2
    for line, name in zip(answer.err, ["clean.py", "faulty.py"], strict=True):
        reason = "TUN391 (always-fails) failed here (ZeroDivisionError: never mind, at __init__.py:"
        assert line.startswith(f"{name}: error: {reason}")
        assert "please report" in line


def test_rules_lists_them_all() -> None:
    assert [line.split()[0] for line in run("ft_lint", "rules").out] == [rule.code for rule in rules()]
    listed = json.loads("\n".join(run("ft_lint", "rules", "--output-format", "json").out))
    assert [entry["code"] for entry in listed] == [rule.code for rule in rules()]
    for entry in listed:
        assert entry["fix"] in (None, "safe", "unsafe")
        assert min(entry["evidence"]["fixtures"][kind] for kind in ("bad", "good")) >= 3, entry["code"]
        assert entry["evidence"]["verdicts"]["finding"] >= 3, entry["code"]
    assert all(entry["default"] is (entry["level"] != "advice") for entry in listed)


@pytest.mark.parametrize("name", ["TUN201", "tun201", "stale-optimizer"])
def test_explain_shows_page_and_fixtures(name: str) -> None:
    answer = run("ft_lint", "explain", name)
    text = "\n".join(answer.out)
    assert answer.code == 0
    assert answer.out[0] == "TUN201 stale-optimizer (warning)"
    assert "Why it matters" in text
    assert "Found here: bad_" in text
    assert "    import torch" in text


def test_explain_of_nothing_is_wrong_use() -> None:
    answer = run("ft_lint", "explain", "TUN999")
    assert (answer.code, "no rule is called 'TUN999'" in " ".join(answer.err)) == (2, True)


@pytest.mark.parametrize("words", [(), ("check",)])
def test_help_keeps_its_lines(words: tuple[str, ...]) -> None:
    lines = run("ft_lint", *words, "--help").out
    assert not any("\\b" in line for line in lines)
    begin = "    0  nothing found" if words else "    ft-lint check train.py "
    assert any(line.startswith(begin) for line in lines)


def test_help_teaches() -> None:
    text = " ".join(run("ft_lint", "--help").out)
    for word in ("check", "explain", "rules", "verify", "shapes", "# noqa"):
        assert word in text


def test_verify_says_what_to_install_where_torch_is_missing(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'torch' else find(name, *rest)\n"
    )
    answer = run("ft_lint", "verify", modules=tmp_path)
    assert (answer.code, len(answer.err)) == (2, 1)
    assert "pip install" in answer.err[0]


def test_defaults_are_errors_and_warnings() -> None:
    for rule in rules():
        assert [level for level in Level if selected().shows(rule, level)] == [Level.ERROR, Level.WARNING]
    with pytest.raises(UnknownSelector):
        selected(ignore=["no-such-rule"])


def test_the_server_without_pygls_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'pygls' else find(name, *rest)\n"
    )
    answer = run("ft_lint", "server", modules=tmp_path)
    assert (answer.code, answer.out) == (2, [])
    assert answer.err == ["ft-lint server needs pygls; install it with `pip install 'pygls>=2'`"]
