"""The plugin in the real flake8."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import CLEAN, FAULTY, Answer, run, with_further_rules

NOQA = """\
from torchvision import models

a = models.resnet18(pretrained=True)  # noqa
b = models.resnet18(pretrained=True)  # noqa: TUN105
c = models.resnet18(pretrained=True)  # noqa: TUN2
d = models.resnet18(pretrained=True)  # noqa: E501, TUN1
e = models.resnet18(
    pretrained=True)  # noqa: TUN105
f = models.resnet18(pretrained=True,  # noqa: TUN105
                    progress=False)
g = models.resnet18(pretrained=True); h = '''
'''  # noqa: TUN105
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "faulty.py").write_text(FAULTY)
    (tmp_path / "clean.py").write_text(CLEAN)
    return tmp_path


def flake8(*arguments: str | Path, cwd: Path, given: bytes = b"", modules: Path | None = None) -> Answer:
    return run("flake8", "--isolated", *arguments, cwd=cwd, given=given, modules=modules)


def test_flake8_names_the_plugin() -> None:
    assert "ft-lint: " in " ".join(run("flake8", "--version").out)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_findings(project: Path, jobs: str) -> None:
    answer = flake8(".", "-j", jobs, cwd=project)
    assert answer.code == 1
    (line,) = answer.out
    assert line.startswith("./faulty.py:3:9: TUN105 `pretrained=` of `resnet18`")


def test_standard_input(project: Path) -> None:
    assert flake8("-", cwd=project, given=FAULTY.encode()).out[0].startswith("stdin:3:9: TUN105 ")
    named = flake8("-", "--stdin-display-name", "src/a.py", cwd=project, given=FAULTY.encode())
    assert named.out[0].startswith("src/a.py:3:9: TUN105 ")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--select", "TUN"], True),
        (["--select", "TUN2"], False),
        (["--ignore", "TUN"], False),
        (["--extend-ignore", "TUN105"], False),
        (["--ignore", "E,F,W"], True),
        (["--per-file-ignores", "faulty.py:TUN105"], False),
    ],
)
def test_selection_is_flake8s_own(project: Path, options: list[str], found: bool) -> None:
    assert any("TUN" in line for line in flake8(".", *options, cwd=project).out) is found


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ([], ["TUN105"]),
        (["--extend-select", "TUN390"], ["TUN105", "TUN390"]),
        (["--select", "TUN390"], ["TUN390"]),
        (["--select", "TUN390,TUN1"], ["TUN105", "TUN390"]),
    ],
)
def test_advice_is_silent_until_it_is_asked_for(
    project: Path, tmp_path_factory: pytest.TempPathFactory, options: list[str], codes: list[str], jobs: str
) -> None:
    modules = with_further_rules(tmp_path_factory.mktemp("site"), failing=False)
    (project / "another.py").write_text("x = 1\n")
    options = ["--tun-plugins", "further", *options]
    answer = flake8("faulty.py", "another.py", *options, "-j", jobs, cwd=project, modules=modules)
    assert [line.split()[1] for line in answer.out] == codes


def test_a_fault_is_one_line_and_costs_nothing_else(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    modules = with_further_rules(tmp_path_factory.mktemp("site"))
    answer = flake8("faulty.py", "--tun-plugins", "further", cwd=project, modules=modules)
    assert [line.split()[1] for line in answer.out] == ["TUN000", "TUN105"]
    assert "TUN391 (always-fails) failed here (ZeroDivisionError" in answer.out[0]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), True),
        (("--tun-target-versions", "transformers=4.40"), False),
        (("--tun-target-versions", "trl=0.9.6,transformers=5.24"), True),
    ],
)
def test_the_versions_that_scripts_are_written_for(tmp_path: Path, options: tuple[str, ...], found: bool) -> None:
    call = 'from transformers import TrainingArguments\n\nprint(TrainingArguments("out", evaluation_strategy="no"))\n'
    (tmp_path / "train.py").write_text(call)
    assert any("TUN901" in line for line in flake8("train.py", *options, cwd=tmp_path).out) is found


def test_a_version_that_is_none_is_told(tmp_path: Path) -> None:
    answer = flake8(".", "--tun-target-versions", "newest", cwd=tmp_path)
    assert "`newest` is no version" in " ".join([*answer.out, *answer.err])


def test_noqa_means_the_same_here_and_there(tmp_path: Path) -> None:
    (tmp_path / "noqa.py").write_text(NOQA)
    here = run("ft_lint", "check", "--output-format=concise", "noqa.py", cwd=tmp_path)
    there = flake8("--select", "TUN", "noqa.py", cwd=tmp_path)
    assert here.out == there.out
    assert [line.split(":")[1] for line in here.out] == ["5", "7"]


@pytest.mark.parametrize("options", [["--select", "TUN"], []])
def test_flake8_and_the_command_agree(root: Path, options: list[str]) -> None:
    folders = ("fixtures/seed", "fixtures/myths", "fixtures/head", "fixtures/loading")
    here = run("ft_lint", "check", "--output-format=concise", *options, *folders, cwd=root)
    there = flake8(*options, "-j", "2", *folders, cwd=root)
    assert here.err == []
    assert sorted(here.out) == sorted(line for line in there.out if line.split()[1].startswith("TUN"))
    assert len(here.out) > 20


MOVED = "import torch, torchvision\nmodel = torchvision.models.resnet18()\nmodel.fc = torch.nn.Identity\n"
"""A fault whose fix LibCST would write."""


@pytest.mark.parametrize(("text", "is_looked_at"), [("import os\n\n# torch\nprint(os)\n", False), (MOVED, True)])
def test_only_what_a_file_needs_is_imported(tmp_path: Path, text: str, is_looked_at: bool) -> None:
    """LibCST never: flake8 shows no fixes."""
    (tmp_path / "a.py").write_text(text)
    program = (
        "import sys; from flake8.main.cli import main; main(['--isolated', '-j', '1', 'a.py']);"
        "heavy = {'libcst', 'ft_lint.registry', 'ft_lint.lint'}; print('heavy:', *sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ("TUN207" in done.stdout) is is_looked_at
    wanted = ["ft_lint.lint", "ft_lint.registry"] if is_looked_at else []
    assert done.stdout.splitlines()[-1].split() == ["heavy:", *wanted]


def test_the_plugin_imports_next_to_nothing() -> None:
    program = (
        "import sys, argparse, ast, re, typing; before = set(sys.modules); import ft_lint.flake8;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ft_lint", "ft_lint.flake8", "ft_lint.source", "ft_lint.source.relevance"]
