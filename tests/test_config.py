"""``[tool.ft-lint]``, comments and baselines, as a shell meets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ft_lint.config import BadConfig, Config, parsed
from scripts import FAULTY, Answer, run


def check(*arguments: str | Path, cwd: Path, given: bytes = b"") -> Answer:
    return run("ft_lint", "check", "--output-format=concise", *arguments, cwd=cwd, given=given)


def configured(tmp_path: Path, text: str) -> Path:
    (tmp_path / "pyproject.toml").write_text(f"[tool.ft-lint]\n{text}\n")
    (tmp_path / "src").mkdir(exist_ok=True)
    for name in ("a.py", "src/b.py"):
        (tmp_path / name).write_text(FAULTY)
    return tmp_path


def files(answer: Answer) -> list[str]:
    return [line.partition(":")[0] for line in answer.out]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["a.py", "src/b.py"]),
        ('ignore = ["TUN105"]', []),
        ('select = ["head"]', []),
        ('select = ["deprecated-pretrained"]', ["a.py", "src/b.py"]),
        ('exclude = ["src"]', ["a.py"]),
        ('exclude = ["*.py", "!src/*.py"]', ["src/b.py"]),
        ('[tool.ft-lint.per-file-ignores]\n"src/*" = ["TUN1"]', ["a.py"]),
    ],
)
def test_settings_of_the_project(tmp_path: Path, text: str, found: list[str]) -> None:
    project = configured(tmp_path, text)
    assert files(check(".", cwd=project)) == found


def test_the_nearest_project_counts_for_each_file(tmp_path: Path) -> None:
    project = configured(tmp_path, 'ignore = ["TUN105"]')
    (project / "src/pyproject.toml").write_text("[tool.ft-lint]\n")
    assert files(check(".", cwd=project)) == ["src/b.py"]
    assert files(check("--isolated", ".", cwd=project)) == ["a.py", "src/b.py"]
    assert files(check("--config", "pyproject.toml", ".", cwd=project)) == []


def test_the_command_line_is_on_top(tmp_path: Path) -> None:
    project = configured(tmp_path, 'select = ["head"]')
    assert files(check("--select", "TUN105", ".", cwd=project)) == ["a.py", "src/b.py"]
    assert files(check("--select", "TUN105", "--per-file-ignores", "src/*:TUN105", ".", cwd=project)) == ["a.py"]


def test_gitignore_is_respected_unless_a_file_is_named(tmp_path: Path) -> None:
    project = configured(tmp_path, "")
    (project / ".gitignore").write_text("src/\n")
    assert files(check(".", cwd=project)) == ["a.py"]
    assert files(check("src/b.py", cwd=project)) == ["src/b.py"]
    assert files(check("--no-respect-gitignore", ".", cwd=project)) == ["a.py", "src/b.py"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('ignroe = ["TUN1"]', "`ignroe` in [tool.ft-lint] is not known; did you mean `ignore`?"),
        ('select = "TUN1"', "`select` in [tool.ft-lint] must be a list of texts"),
        ("unsafe-fixes = 1", "`unsafe-fixes` in [tool.ft-lint] must be true or false"),
        ('target-versions = ["transformers"]', "`target-versions` in [tool.ft-lint] `transformers` is no version"),
        ("select = [", "pyproject.toml: "),
    ],
)
def test_a_setting_that_cannot_be_is_one_clear_line(tmp_path: Path, text: str, told: str) -> None:
    answer = check(".", cwd=configured(tmp_path, text))
    assert answer.code == 2
    assert told in answer.err[-1]


def test_a_rule_that_is_not_there_is_an_error_in_the_project_too(tmp_path: Path) -> None:
    answer = check(".", cwd=configured(tmp_path, 'ignore = ["TUN999"]'))
    assert (answer.code, "no rule is called 'TUN999'" in answer.err[-1]) == (2, True)


def test_versions_as_a_table() -> None:
    found = parsed('[tool.ft-lint.target-versions]\ntransformers = "4.46"\ntrl = ">=0.15"', Path("pyproject.toml"))
    assert isinstance(found, Config)
    assert dict(found.target_versions) == {"transformers": "==4.46.*", "trl": ">=0.15"}
    with pytest.raises(BadConfig, match="must be a list of texts"):
        parsed("[tool.ft-lint]\ntarget-versions = 3", Path("pyproject.toml"))


# --- comments ----------------------------------------------------------------------------------


def test_add_noqa_silences_all_and_extends_comments(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(FAULTY.replace("\n", "  # noqa: E501\n", 1) + 'text = """\n"""\n')
    assert check("--add-noqa", "a.py", cwd=tmp_path).err == ["1 finding silenced in 1 file"]
    assert check("a.py", cwd=tmp_path) == (0, [], [])
    assert path.read_text().count("# noqa: TUN105") == 1
    assert check("--add-noqa", "a.py", cwd=tmp_path) == (0, [], [])


def test_unused_comments_are_told_on_request(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(FAULTY + "x = 1  # noqa: TUN201, E501\ny = 2  # noqa\n")
    assert [line.split(": ")[1][:6] for line in check("a.py", cwd=tmp_path).out] == ["TUN105"]
    told = check("--unused-noqa", "a.py", cwd=tmp_path).out
    assert [line.split(": ", 1)[1] for line in told[1:]] == ["TUN001 `# noqa: TUN201` silences nothing: remove it"]
    assert len(check("--unused-noqa", "--select", "TUN105", "a.py", cwd=tmp_path).out) == 1


# --- baselines ---------------------------------------------------------------------------------


def test_a_baseline_tells_only_what_is_new(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(FAULTY)
    assert check("--write-baseline", "base.json", ".", cwd=tmp_path) == (0, [], ["1 finding written to base.json"])
    assert check("--baseline", "base.json", ".", cwd=tmp_path) == (0, [], [])
    path.write_text("# moved down\n" + FAULTY + FAULTY.splitlines()[-1].replace("18", "34") + "\n")
    answer = check("--baseline", "base.json", ".", cwd=tmp_path)
    assert (answer.code, len(answer.out)) == (1, 1)
    path.write_text(FAULTY + FAULTY.splitlines()[-1] + "\n")
    assert len(check("--baseline", "base.json", ".", cwd=tmp_path).out) == 1


def test_what_is_no_baseline_is_told(tmp_path: Path) -> None:
    (tmp_path / "base.json").write_text("[]")
    answer = check("--baseline", "base.json", ".", cwd=tmp_path)
    assert (answer.code, "base.json is no baseline" in answer.err[-1]) == (2, True)
