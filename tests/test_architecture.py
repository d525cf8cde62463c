"""Data flows one way, torch stays outside, and names mean something."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

LAYERS = (
    {"light", "cachedir"},
    {"source"},
    {"syntax"},
    {"values", "facts", "uses"},
    {"refusals"},
    {"library", "interpreter"},
    {"observe"},
    {"rule"},
    {"edits", "needs"},
    {"fix", "mends"},
    {"rules"},
    {"registry"},
    {"examine", "shapes"},
    {"lint", "told"},
    {"silence"},
    {"__init__"},
    {"report", "config", "repair", "baseline", "plain"},
    {"cache"},
    {"project"},
    {"verify"},
    {"flake8", "server"},
    {"cli"},
    {"__main__"},
)
"""Parts of ft_lint, lowest first: each may import from its own layer and those below."""

HEAVY = ("torch", "torchvision", "timm", "transformers", "peft", "accelerate", "lightning", "datasets", "trl", "numpy")

SCRIPTS = [path for folder in ("src", "rules") for path in sorted((Path(__file__).parents[1] / folder).rglob("*.py"))]


def rank(part: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if part in layer)


def part_of(path: Path, root: Path) -> str:
    if path.is_relative_to(root / "rules"):
        return "rules"
    return path.relative_to(root / "src/ft_lint").parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> Iterator[str]:
    """Modules that run time imports, also within functions; not those that only types need."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        stack.extend(ast.iter_child_nodes(node))


def parts_imported(path: Path, root: Path) -> set[str]:
    names = [name.split(".") for name in imported(ast.parse(path.read_text()))]
    inside = {name[1] for name in names if name[0] == "ft_lint" and len(name) > 1}
    existing = {part_of(path, root) for path in (root / "src/ft_lint").iterdir()}
    return inside & existing


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: "/".join(path.parts[-3:]))
def test_imports_point_downwards(path: Path, root: Path) -> None:
    own = rank(part_of(path, root))
    assert [part for part in parts_imported(path, root) if rank(part) > own] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: "/".join(path.parts[-3:]))
def test_only_the_verifier_imports_what_it_checks(path: Path, root: Path) -> None:
    if part_of(path, root) != "verify":
        assert [name for name in imported(ast.parse(path.read_text())) if name.split(".")[0] in HEAVY] == []


def test_modules_are_named_for_what_they_do(root: Path) -> None:
    vague = {"utils", "util", "common", "helpers", "helper", "misc", "base_utils", "tools"}
    library = root / "src/ft_lint/library"  # there the names are those of the libraries' own modules
    ours = [path for path in [*SCRIPTS, *(root / "tests").rglob("*.py")] if not path.is_relative_to(library)]
    assert [path for path in ours if path.stem in vague] == []


def test_rules_are_not_imported_by_name() -> None:
    for path in SCRIPTS:
        names = imported(ast.parse(path.read_text()))
        assert [name for name in names if name.startswith(("ft_lint.rules", "rules."))] == [], path


def test_no_framework_is_imported_while_linting(root: Path) -> None:
    """Everything is linted in a process in which importing a framework raises."""
    program = f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {HEAVY!r}:
            raise AssertionError(f"{{name}} is imported")
sys.meta_path.insert(0, Refuse())
from pathlib import Path
from ft_lint.lint import lint_file
from ft_lint.registry import EVERYTHING
results = [lint_file(path, EVERYTHING) for path in Path("fixtures").rglob("*.py")]
print(sum(len(result.findings) for result in results), sum(len(result.problems) for result in results))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    findings, problems = map(int, done.stdout.split())
    assert (findings > 50, problems) == (True, 0)


@pytest.mark.parametrize(
    ("line", "fixes", "is_loaded"),
    [
        ("model = torchvision.models.resnet18()", True, False),
        ("model = torchvision.models.resnet18(pretrained=True)", True, False),
        ("model.fc = torch.nn.Identity", True, True),
        ("model.fc = torch.nn.Identity", False, False),
    ],
    ids=["clean", "a fix of plain text", "a fix that keeps layout", "nobody wants fixes"],
)
def test_libcst_is_imported_only_to_write_a_fix(line: str, fixes: bool, is_loaded: bool) -> None:
    source = f"import torch, torchvision\nmodel = torchvision.models.resnet18()\n{line}\n"
    program = (
        f"import sys; from ft_lint.lint import lint_source; result = lint_source({source!r}, 'a.py', fixes={fixes});"
        "print(len(result.findings), len(result.problems), 'libcst' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    found = 0 if line.endswith("18()") else 1
    assert done.stdout.split() == [str(found), "0", str(is_loaded)]


def test_a_lint_run_does_not_load_what_claims_read() -> None:
    source = "import torch\nmodel = torch.nn.Linear(2, 3)\nmodel(torch.zeros(1, 4))\n"
    program = (
        f"import sys; from ft_lint.lint import lint_source; result = lint_source({source!r}, 'a.py');"
        "print(len(result.findings), *(name for name in sys.modules if name.startswith('ft_lint.observe.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1"]


def test_files_stay_readable(root: Path) -> None:
    """Nothing grows past what one sitting can take in."""
    long = {path.relative_to(root): n for path in SCRIPTS if (n := len(path.read_text().splitlines())) > 900}
    assert long == {}
