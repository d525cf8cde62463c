"""pre-commit and continuous integration, with the real tools."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scripts import CLEAN, FAULTY


def sh(*words: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return subprocess.run(
        list(map(str, words)), cwd=cwd, capture_output=True, text=True, env=variables | environment, check=False
    )


def git(*words: str, cwd: Path) -> str:
    about = ("-c", "user.name=t", "-c", "user.email=t@t", "-c", "protocol.file.allow=always")
    done = sh("git", *about, *words, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def hooks(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with all that is in the working tree, as pre-commit would fetch it."""
    clone = tmp_path_factory.mktemp("hooks") / "ft_lint"
    git("clone", "-q", str(root), str(clone), cwd=root)
    changed = sh("git", "ls-files", "-mo", "--exclude-standard", cwd=root).stdout.split("\n")
    for name in filter(None, changed):
        source, target = root / name, clone / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
        else:
            target.unlink(missing_ok=True)
    git("add", "-A", cwd=clone)
    git("commit", "-q", "--allow-empty", "-m", "now", cwd=clone)
    return clone


@pytest.mark.timeout(600)
def test_pre_commit_goes_red_mends_and_goes_green(hooks: Path, tmp_path: Path) -> None:
    git("init", "-q", cwd=tmp_path)
    config = {"repos": [{"repo": str(hooks), "rev": git("rev-parse", "HEAD", cwd=hooks), "hooks": [{"id": "ft-lint"}]}]}
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (tmp_path / "train.py").write_text(FAULTY)
    (tmp_path / "notes.txt").write_text(FAULTY)
    git("add", "-A", cwd=tmp_path)

    def run() -> subprocess.CompletedProcess[str]:
        return sh(
            sys.executable, "-m", "pre_commit", "run", "-a", cwd=tmp_path, PRE_COMMIT_HOME=str(hooks.parent / "home")
        )

    red = run()
    assert red.returncode == 1, red.stdout + red.stderr
    assert "train.py:3:9" in red.stdout
    assert "notes.txt" not in red.stdout
    config["repos"][0]["hooks"] = [{"id": "ft-lint-fix"}, {"id": "ft-lint"}]
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    mending = run()
    assert (mending.returncode, "files were modified" in mending.stdout) == (1, True)
    git("add", "-A", cwd=tmp_path)
    green = run()
    assert green.returncode == 0, green.stdout + green.stderr


def expanded(text: str, inputs: dict[str, str], action: Path) -> str:
    """GitHub's ``${{ ... }}`` in a value, for the few that the action uses."""
    for name, value in inputs.items():
        text = text.replace(f"${{{{ inputs.{name} }}}}", value)
    return text.replace("${{ github.action_path }}", str(action))


@pytest.mark.parametrize(("source", "code"), [(FAULTY, 1), (CLEAN, 0)])
def test_the_action_annotates_and_writes_sarif(root: Path, tmp_path: Path, source: str, code: int) -> None:
    """Its steps, as a shell runs them; what is installed here stands for what the first step installs."""
    action = yaml.safe_load((root / "action.yml").read_text())
    inputs = {name: str(about["default"]) for name, about in action["inputs"].items()}
    (tmp_path / "train.py").write_text(source)
    steps = {step["name"]: step for step in action["runs"]["steps"]}
    codes = {}
    for name in ("Write SARIF", "Annotate"):
        variables = {key: expanded(value, inputs, root) for key, value in steps[name]["env"].items()}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = sh("bash", "-eo", "pipefail", "-c", steps[name]["run"], cwd=tmp_path, PATH=path, **variables)
        codes[name] = done.returncode
        annotated = done.stdout
    assert codes == {"Write SARIF": 0, "Annotate": code}
    found = json.loads((tmp_path / "ft-lint.sarif").read_text())["runs"][0]["results"]
    assert len(found) == code
    assert annotated.startswith("::warning title=ft_lint (TUN105") is bool(code)
    assert "${{" not in json.dumps([expanded(step.get("run", ""), inputs, root) for step in steps.values()])


@pytest.mark.timeout(600)
def test_the_action_installs_what_it_comes_with(root: Path, hooks: Path, tmp_path: Path) -> None:
    step = yaml.safe_load((root / "action.yml").read_text())["runs"]["steps"][0]
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    path = f"{tmp_path / 'venv/bin'}{os.pathsep}{os.environ['PATH']}"
    variables = {"FT_LINT_VERSION": "", "FT_LINT_SOURCE": str(hooks)}
    done = sh("bash", "-eo", "pipefail", "-c", step["run"], cwd=tmp_path, PATH=path, **variables)
    assert done.returncode == 0, done.stderr
    assert sh(tmp_path / "venv/bin/ft-lint", "--version", cwd=tmp_path).returncode == 0


def test_the_job_for_gitlab_gives_a_report(root: Path, tmp_path: Path) -> None:
    job = yaml.safe_load((root / "docs/gitlab-ci.yml").read_text())["ft-lint"]
    (tmp_path / "train.py").write_text(FAULTY)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = sh("bash", "-e", "-c", job["script"][1], cwd=tmp_path, PATH=path)
    assert done.returncode == 1
    report = tmp_path / job["artifacts"]["reports"]["codequality"]
    assert [one["check_name"] for one in json.loads(report.read_text())] == ["TUN105"]
