"""Output formats, each read back by what reads it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import nbformat
import pytest
from nbformat import v4

from ft_lint.registry import rules
from scripts import Answer, run

SCRIPT = """\
import torchvision
from torch import nn

model = torchvision.models.resnet18(pretrained=True)
model.fc = nn.Linear(
    256, 10
)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(SCRIPT)
    (tmp_path / "broken.py").write_text("import torch\nx = (\n")
    (tmp_path / "clean.py").write_text("import torch\n")
    cells = [v4.new_code_cell("import torchvision\nm = torchvision.models.resnet18(pretrained=True)")]
    (tmp_path / "n.ipynb").write_text(nbformat.writes(v4.new_notebook(cells=cells)))
    return tmp_path


def shown(form: str, project: Path, *options: str) -> Answer:
    return run("ft_lint", "check", "--output-format", form, *options, ".", cwd=project)


def test_text_shows_the_line_a_caret_the_reason_and_the_mend(project: Path) -> None:
    answer = run("ft_lint", "check", "train.py", cwd=project)
    text = "\n".join(answer.out)
    assert "--> train.py:4:9" in text
    line = answer.out.index("4 | model = torchvision.models.resnet18(pretrained=True)")
    caret = answer.out[line + 1]
    assert caret.index("^") == answer.out[line].index("torchvision")
    assert caret.count("^") == len("torchvision.models.resnet18(pretrained=True)")
    for word in ("= why: ", "= mend: ", "= safe fix: ", "= more: `ft-lint explain TUN105`"):
        assert word in text
    assert "\x1b[" not in text


def test_colours_on_a_terminal_unless_they_are_not_wanted(project: Path) -> None:
    def on_a_terminal(**environment: str) -> str:
        ours, theirs = pty.openpty()
        variables = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
        subprocess.run(
            [sys.executable, "-m", "ft_lint", "check", "--select=TUN105", "train.py"],
            cwd=project,
            stdout=theirs,
            env=variables | environment,
            check=False,
        )
        os.close(theirs)
        return os.read(ours, 100_000).decode()

    assert "\x1b[" in on_a_terminal()
    assert "\x1b[" not in on_a_terminal(NO_COLOR="1")


@pytest.mark.parametrize(("number", "shown_there"), [(45, True), (3, False)])
def test_a_long_run_shows_on_a_terminal_how_far_it_is(tmp_path: Path, number: int, shown_there: bool) -> None:
    for place in range(number):
        (tmp_path / f"script{place}.py").write_text("import torch\n")
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "ft_lint", "check", "."],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=False,
    )
    os.write(theirs, b"end")
    told = os.read(ours, 100_000).decode()
    os.close(theirs)
    assert (done.returncode, done.stdout) == (0, b"")
    assert ("checking" in told) is shown_there


def test_json(project: Path) -> None:
    answer = shown("json", project)
    document = json.loads("\n".join(answer.out))
    assert {one["path"] for one in document["findings"]} == {"train.py", "n.ipynb"}
    first = next(one for one in document["findings"] if one["path"] == "train.py")
    assert (first["code"], first["line"], first["column"], first["end_line"]) == ("TUN105", 4, 9, 4)
    assert first["fix"]["applicability"] == "safe"
    assert next(one for one in document["findings"] if one["path"] == "n.ipynb")["cell"] == 1
    assert [one["path"] for one in document["problems"]] == ["broken.py"]
    assert answer.code == 1


@pytest.fixture(scope="session")
def sarif_schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """OASIS's schema, as Microsoft's own SARIF tools ship it."""
    folder = tmp_path_factory.mktemp("sarif")
    subprocess.run(["npm", "pack", "--silent", "@microsoft/sarif-multitool-linux"], cwd=folder, check=True)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as packed:
        held = packed.extractfile("package/sarif-2.1.0.json")
        assert held is not None
        schema: dict[str, object] = json.load(held)
        return schema


def test_sarif_fits_the_official_schema(project: Path, sarif_schema: dict[str, object]) -> None:
    document = json.loads("\n".join(shown("sarif", project).out))
    jsonschema.validate(document, sarif_schema)
    (ran,) = document["runs"]
    assert [rule["id"] for rule in ran["tool"]["driver"]["rules"]] == [rule.code for rule in rules()]
    found = next(one for one in ran["results"] if one["ruleId"] == "TUN105")
    assert ran["tool"]["driver"]["rules"][found["ruleIndex"]]["id"] == "TUN105"
    fixed = [one for one in ran["results"] if "fixes" in one]
    assert fixed
    assert ran["invocations"][0]["toolExecutionNotifications"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "version": "3"}, sarif_schema)


def test_github_commands_are_escaped(project: Path) -> None:
    lines = shown("github", project).out
    form = re.compile(r"::(error|warning|notice) title=[^:,]+(,\w+=[^:,]+)+::[^\n]+")
    assert lines
    assert [line for line in lines if not form.fullmatch(line)] == []
    assert any("file=train.py,line=4,endLine=4,col=9" in line for line in lines)
    assert any(line.startswith("::error title=ft_lint,file=broken.py,line=2") for line in lines)


def test_gitlab_fingerprints_differ_and_stay(project: Path) -> None:
    first = json.loads("\n".join(shown("gitlab", project).out))
    assert len({one["fingerprint"] for one in first}) == len(first) > 1
    assert set(first[0]) == {"check_name", "description", "severity", "fingerprint", "location"}
    script = project / "train.py"
    script.write_text("# one line more\n" + script.read_text())
    again = json.loads("\n".join(shown("gitlab", project).out))
    assert {one["fingerprint"] for one in again} == {one["fingerprint"] for one in first}


def test_junit(project: Path) -> None:
    root = ET.fromstring("\n".join(shown("junit", project).out))
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == {"train.py", "broken.py", "clean.py", "n.ipynb"}
    assert suites["clean.py"].get("failures") == "0"
    assert len(suites["train.py"].findall("testcase/failure")) == int(suites["train.py"].get("failures", "0")) > 0
    assert len(suites["broken.py"].findall("testcase/error")) == 1


def test_statistics(project: Path) -> None:
    lines = shown("text", project, "--statistics").out
    assert lines[0].split() == ["2", "TUN105", "deprecated-pretrained"]


def test_an_unknown_format_is_refused_with_those_there_are(project: Path) -> None:
    answer = shown("html", project)
    assert answer.code == 2
    assert "sarif" in " ".join(answer.err)


def test_the_problem_matcher_reads_concise_lines(root: Path, project: Path) -> None:
    """GitHub's matchers know codes of any length only if the pattern says so."""
    (matcher,) = json.loads((root / ".github/ft-lint-matcher.json").read_text())["problemMatcher"]
    (pattern,) = matcher["pattern"]
    read = [re.search(pattern["regexp"], line) for line in shown("concise", project).out]
    assert read
    assert all(read)
    first = next(found for found in read if found is not None and found[pattern["file"]] == "train.py")
    assert [first[pattern[name]] for name in ("line", "column", "code")] == ["4", "9", "TUN105"]
    assert first[pattern["message"]]
