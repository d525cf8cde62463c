"""What is built holds all that is needed: a wheel made from the sdist, in a fresh virtual environment."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from ft_lint.registry import rules
from scripts import FAULTY

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

LEFT_OUT = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "fixtures", "tests")


def sh(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def folders(root: Path) -> set[str]:
    """Every folder with modules in it, as a package."""
    found = set()
    for base, name in ((root / "src/ft_lint", "ft_lint"), (root / "rules", "ft_lint.rules")):
        for module in base.rglob("*.py"):
            found.add(".".join([name, *module.parent.relative_to(base).parts]))
    return found


def test_every_folder_is_a_listed_package(root: Path) -> None:
    settings = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert settings["packages"] == sorted(folders(root))


def test_every_package_has_an_init(root: Path) -> None:
    """Without one, ``pkgutil`` would walk past its rules."""
    packages = {module.parent for base in ("src/ft_lint", "rules") for module in (root / base).rglob("*.py")}
    assert [package for package in packages if not (package / "__init__.py").exists()] == []


@pytest.fixture(scope="module")
def built(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with an sdist and the wheel that was made from it."""
    source = tmp_path_factory.mktemp("source") / "ft_lint"
    shutil.copytree(root, source, ignore=LEFT_OUT)
    sh(sys.executable, "-m", "build", "--no-isolation", cwd=source)
    return source / "dist"


def test_the_sdist_holds_rules_and_readme(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "pyproject.toml", "rules/head/stale_optimizer.py", "src/ft_lint/cli/__init__.py"} <= names


def test_the_wheel_holds_what_is_needed_and_no_more(built: Path) -> None:
    (path,) = built.glob("*.whl")
    wheel = zipfile.ZipFile(path)
    names = wheel.namelist()
    assert {
        "ft_lint/py.typed",
        "ft_lint/rules/head/stale_optimizer.py",
        "ft_lint/library/argument_names.z",
        "ft_lint/library/releases.z",
        "ft_lint/library/timm/zoo.z",
        "ft_lint/library/torchvision/models/zoo.z",
        "ft_lint/library/transformers/architectures.z",
    } <= set(names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"ft_lint"}
    tables = sum(one.compress_size for one in wheel.infolist() if one.filename.endswith(".z"))
    assert tables < 1_000_000
    assert path.stat().st_size < 1_700_000


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` of a fresh environment with the wheel in it; what it depends on is taken from this one."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=False)
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    (wheel,) = built.glob("*.whl")
    sh(sys.executable, "-m", "pip", "--python", home / "bin/python", "install", "--no-deps", "-q", wheel, cwd=home)
    return home / "bin"


def test_the_wheel_finds_its_rules(installed: Path, tmp_path: Path) -> None:
    listed = json.loads(sh(installed / "ft-lint", "rules", "--output-format", "json", cwd=tmp_path))
    assert [entry["code"] for entry in listed] == [rule.code for rule in rules()]
    place = sh(installed / "python", "-c", "import ft_lint; print(ft_lint.__file__)", cwd=tmp_path)
    assert Path(place.strip()).is_relative_to(installed.parent)


def test_the_wheel_lints_alone_and_in_flake8(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "faulty.py").write_text(FAULTY)
    here = sh(installed / "ft-lint", "check", "--output-format=concise", "faulty.py", cwd=tmp_path)
    there = sh(installed / "python", "-m", "flake8", "--isolated", "faulty.py", cwd=tmp_path)
    assert here == there
    assert "TUN105" in here
    assert "What it does" in sh(installed / "ft-lint", "explain", "TUN105", cwd=tmp_path)


def test_ci_runs_the_command_that_readme_gives(root: Path) -> None:
    blocks = (root / "README.md").read_text().split("```sh\n")[1:]
    commands = [block.partition("\n```")[0] for block in blocks]
    assert len(commands) == 2
    assert commands[1] in (root / ".ci/run").read_text().splitlines()
