"""Scripts of several files: what other files hold is followed, and told where it stands."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from ft_lint import project
from ft_lint.cache import Cache
from ft_lint.config import Config
from ft_lint.library import find
from ft_lint.lint import lint_file, lint_source
from ft_lint.source import siblings
from scripts import run

MODEL = """
import torch
from torch import nn
from torchvision import models

LEARNING_RATE = 0.5
CLASSES = 3

class Net(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.fc = nn.Linear(features, CLASSES)

    def forward(self, x):
        return self.fc(x)

def build():
    return models.resnet18(weights="DEFAULT")
"""
HEAD = """
import torch
from torch import nn
{imports}
net = {build}()
net.fc = nn.Linear(100, 3)
net(torch.zeros(2, 3, 224, 224))
"""
"""A script with TUN204, if it is known that ``build`` gives a ResNet."""


def lay_out(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    (folder / ".git").mkdir(exist_ok=True)
    return folder


def told(folder: Path, *names: str, **given: object) -> list[str]:
    """What is found in these files, or in all: ``path:line code``."""
    settings = project.Settings(Config(root=folder, **given), isolated=True)  # type: ignore[arg-type]
    paths = [folder / name for name in names] or list(project.files([folder], settings))
    found = [(result.path, one) for result in project.check(paths, settings, 1) for one in result.findings]
    return [f"{Path(path).relative_to(folder).as_posix()}:{one.line} {one.code}" for path, one in found]


WAYS_TO_IMPORT = {
    "a name": ({"model.py": MODEL}, "from model import build", "build"),
    "a name by another one": ({"model.py": MODEL}, "from model import build as make", "make"),
    "a module": ({"model.py": MODEL}, "import model", "model.build"),
    "a module by another name": ({"model.py": MODEL}, "import model as m", "m.build"),
    "everything": ({"model.py": MODEL}, "from model import *", "build"),
    "a module of a package": ({"nets/__init__.py": "", "nets/res.py": MODEL}, "from nets.res import build", "build"),
    "a package's module": ({"nets/__init__.py": "", "nets/res.py": MODEL}, "from nets import res", "res.build"),
    "a dotted module": ({"nets/__init__.py": "", "nets/res.py": MODEL}, "import nets.res", "nets.res.build"),
    "a package without an __init__": ({"nets/res.py": MODEL}, "from nets.res import build", "build"),
    "what a package hands on": (
        {"nets/__init__.py": "from .res import build", "nets/res.py": MODEL},
        "from nets import build",
        "build",
    ),
    "what a package hands on, all of it": (
        {"nets/__init__.py": "from .res import *", "nets/res.py": MODEL},
        "from nets import build",
        "build",
    ),
    "modules that import each other": (
        {"a.py": "import b\nfrom model import build\n", "b.py": "import a\n", "model.py": MODEL},
        "import a",
        "a.build",
    ),
    "a function that imports": (
        {"a.py": "def make():\n    from model import build\n    return build()\n", "model.py": MODEL},
        "from a import make",
        "make",
    ),
    "a class that inherits": (
        {
            "base.py": "class Maker:\n    def build(self):\n        from model import build\n        return build()\n",
            "maker.py": "from base import Maker\nclass Own(Maker):\n    pass\n",
            "model.py": MODEL,
        },
        "from maker import Own",
        "Own().build",
    ),
    "by its name": ({"model.py": MODEL}, "import model", "getattr(model, 'build')"),
}


@pytest.mark.parametrize(("files", "imports", "build"), WAYS_TO_IMPORT.values(), ids=list(WAYS_TO_IMPORT))
def test_what_is_imported_is_followed(files: dict[str, str], imports: str, build: str, tmp_path: Path) -> None:
    lay_out(tmp_path, files | {"train.py": HEAD.format(imports=imports, build=build)})
    assert told(tmp_path, "train.py") == ["train.py:6 TUN204"]


PLACES = {
    "beside": ("train.py", "model.py", "from model import build"),
    "in a folder of the script's": ("scripts/train.py", "scripts/model.py", "from model import build"),
    "at the root of the repository": ("scripts/train.py", "model.py", "from model import build"),
    "in a src layout": ("scripts/train.py", "src/own/model.py", "from own.model import build"),
    "in a package around": ("own/train.py", "own/model.py", "from .model import build"),
    "in a package further up": ("own/run/train.py", "own/model.py", "from ..model import build"),
    "a package from its root": ("own/run/train.py", "own/model.py", "from own.model import build"),
}


@pytest.mark.parametrize(("script", "model", "imports"), PLACES.values(), ids=list(PLACES))
def test_modules_are_found_as_python_finds_them(script: str, model: str, imports: str, tmp_path: Path) -> None:
    lay_out(tmp_path, {script: HEAD.format(imports=imports, build="build"), model: MODEL})
    assert told(tmp_path, script) == [f"{script}:6 TUN204"]


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ('sys.path.append("lib"); print("x", "y")', ["TUN204"]),
        ('# sys.path.append("lib")', []),
        ("sys.path.append(lib)", []),
    ],
)
def test_what_a_script_adds_to_the_path_is_what_it_runs(line: str, codes: list[str], tmp_path: Path) -> None:
    files = {
        "lib/net.py": MODEL,
        "train.py": f"import sys\n{line}\n" + HEAD.format(imports="import net", build="net.build"),
    }
    assert [one.split()[1] for one in told(lay_out(tmp_path, files), "train.py")] == codes


def test_a_path_that_is_no_path_is_none(tmp_path: Path) -> None:
    added = "\n".join(f"sys.path.append('{name}')" for name in ("x" * 5_000, "a\\0b", "", "/", "lib/../.."))
    files = {"train.py": f"import sys\n{added}\n" + HEAD.format(imports="import net", build="net.build")}
    assert told(lay_out(tmp_path, files), "train.py") == []


@pytest.mark.parametrize(
    ("script", "added"),
    [
        ("train.py", 'sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib", "nets"))'),
        ("train.py", "sys.path.append('lib/nets')"),
        ("tools/train.py", 'sys.path.append("../lib/nets")'),
        ("tools/train.py", 'sys.path.append(os.path.join(BASE, "lib", "nets"))'),
    ],
)
def test_a_folder_that_is_added_to_the_path_is_looked_into(script: str, added: str, tmp_path: Path) -> None:
    files = {
        "lib/nets/net.py": MODEL,
        script: f"import os, sys\n{added}\n" + HEAD.format(imports="import net", build="net.build"),
    }
    assert told(lay_out(tmp_path, files), script) == [f"{script}:8 TUN204"]
    (tmp_path / script).write_text((tmp_path / script).read_text().replace("nets", "other"))
    siblings.forget()
    assert told(tmp_path, script) == []


def test_the_nearest_module_counts(tmp_path: Path) -> None:
    own = "from torchvision import models\ndef build():\n    raise NotImplementedError\n"
    files = {"run/train.py": HEAD.format(imports="from model import build", build="build"), "model.py": MODEL}
    lay_out(tmp_path, files | {"run/model.py": own})
    assert told(tmp_path, "run/train.py") == []


@pytest.mark.parametrize("package", ["code/nets", "code/src/nets"])
@pytest.mark.parametrize(("told_by", "finds"), [("setup.py", True), ("pyproject.toml", True), ("notes.txt", False)])
def test_a_folder_that_is_installed_is_looked_into(package: str, told_by: str, finds: bool, tmp_path: Path) -> None:
    files = {f"{package}/__init__.py": "", f"{package}/res.py": MODEL, f"code/{told_by}": ""}
    script = HEAD.format(imports="from nets.res import build", build="build")
    lay_out(tmp_path, {"runs/train.py": script, **files})
    assert bool(told(tmp_path, "runs/train.py")) is finds


def test_outside_the_repository_nothing_is_looked_for(tmp_path: Path) -> None:
    lay_out(tmp_path / "repository", {"train.py": HEAD.format(imports="from model import build", build="build")})
    (tmp_path / "model.py").write_text(MODEL)
    assert told(tmp_path / "repository", "train.py") == []


UNKNOWN = {
    "no such file": {},
    "no Python": {"model.py": "def build(:\n"},
    "not text": {"model.py": "# coding: nonsense\n"},
    "too large": {"model.py": MODEL + "#" * siblings.MOST_READ},
    "raises": {"model.py": MODEL + "raise ImportError\n"},
    "another name": {"model.py": "def make():\n    return 1\n"},
    "itself": {"model.py": "from model import build\n"},
}


@pytest.mark.parametrize("files", UNKNOWN.values(), ids=list(UNKNOWN))
def test_what_cannot_be_followed_stays_unknown(files: dict[str, str], tmp_path: Path) -> None:
    lay_out(tmp_path, files | {"train.py": HEAD.format(imports="from model import build", build="build")})
    settings = project.Settings(isolated=True)
    (result,) = project.check([tmp_path / "train.py"], settings, 1)
    assert (result.findings, result.problems) == ((), ())


def test_a_file_alone_is_all_that_a_pure_look_sees(tmp_path: Path) -> None:
    text = HEAD.format(imports="from model import build", build="build")
    lay_out(tmp_path, {"train.py": text, "model.py": MODEL})
    assert lint_source(text, str(tmp_path / "train.py")).findings == ()
    assert lint_file(tmp_path / "train.py").findings == ()


def test_constants_of_other_files_are_known(tmp_path: Path) -> None:
    files = {
        "config.py": "LR = 0.3\n",
        "train.py": """
            import torch, config
            from torchvision import models
            net = models.resnet18(weights="DEFAULT")
            optimizer = torch.optim.Adam(net.parameters(), lr=config.LR)
            net(torch.zeros(2, 3, 224, 224)).sum().backward()
            optimizer.step()
        """,
    }
    lay_out(tmp_path, files)
    assert told(tmp_path, "train.py") == ["train.py:5 TUN401"]
    (tmp_path / "config.py").write_text("LR = 1e-4\n")
    assert told(tmp_path, "train.py") == []


def test_what_is_set_in_a_module_stays_there(tmp_path: Path) -> None:
    files = {
        "config.py": "LR = 1e-4\n",
        "train.py": """
            import torch, config
            from torchvision import models
            config.LR = 0.3
            net = models.resnet18(weights="DEFAULT")
            optimizer = torch.optim.Adam(net.parameters(), lr=config.LR)
            net(torch.zeros(2, 3, 224, 224)).sum().backward()
            optimizer.step()
        """,
    }
    lay_out(tmp_path, files)
    assert told(tmp_path, "train.py") == ["train.py:6 TUN401"]


def test_the_main_part_of_another_file_does_not_run(tmp_path: Path) -> None:
    main = "if __name__ == '__main__':\n    raise SystemExit\n"
    lay_out(tmp_path, {"model.py": MODEL + main, "train.py": HEAD.format(imports="import model", build="model.build")})
    assert told(tmp_path, "train.py") == ["train.py:6 TUN204"]


def test_an_import_in_a_branch_leaves_the_module_as_it_is(tmp_path: Path) -> None:
    imports = "import sys\nif sys.argv[1]:\n    import model\n    model.build()\nimport model"
    lay_out(tmp_path, {"model.py": MODEL, "train.py": HEAD.format(imports=imports, build="model.build")})
    assert told(tmp_path, "train.py") == ["train.py:10 TUN204"]


def test_functions_of_other_files_are_not_run_for_themselves(tmp_path: Path) -> None:
    model = MODEL + "def wrong():\n    net = Net(4)\n    net.requires_grad = False\n    return net\n"
    lay_out(tmp_path, {"model.py": model, "train.py": "import torch\nfrom model import *\nprint(torch.zeros(2))\n"})
    assert told(tmp_path, "train.py", "model.py") == ["model.py:21 TUN301"]


def test_libraries_that_a_file_hands_on_are_known_in_code_that_nobody_calls(tmp_path: Path) -> None:
    files = {
        "net.py": "from torch import nn\nfrom torch.nn import functional as F\nclass Net(nn.Module):\n    pass\n",
        "train.py": """
            import torch
            import torch.nn.functional as F
            from net import *
            torch.manual_seed(0)

            class Head(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.fc = nn.Linear(4, 2)

                def training_step(self, x, y):
                    return F.cross_entropy(torch.softmax(self.fc(x), dim=-1), y)
        """,
    }
    lay_out(tmp_path, files)
    assert told(tmp_path, "train.py") == ["train.py:13 TUN601"]


TWO = {
    "model.py": """
        from torch import nn

        class Net(nn.Module):
            def __init__(self, classes):
                super().__init__()
                self.conv = nn.Conv2d(3, 16, 3)
                self.fc = nn.Linear(128, classes)

            def forward(self, x):
                x = self.conv(x).flatten(1)
                return self.fc(x)
    """,
    "train.py": """
        import torch
        from model import Net
        net = Net(3)
        net(torch.zeros(2, 3, 8, 8))
    """,
}
"""The mistake stands in ``model.py``; that it is one, only ``train.py`` shows."""


def test_what_a_script_shows_about_another_file_is_told_there(tmp_path: Path) -> None:
    lay_out(tmp_path, TWO)
    assert told(tmp_path) == ["model.py:11 TUN701"]
    assert told(tmp_path, "model.py") == []


def test_only_files_that_are_meant_are_told_about(tmp_path: Path) -> None:
    lay_out(tmp_path, TWO)
    assert told(tmp_path, "train.py") == []


def test_the_message_names_the_script(tmp_path: Path) -> None:
    lay_out(tmp_path, TWO)
    settings = project.Settings(isolated=True)
    *_, last = project.check(list(project.files([tmp_path], settings)), settings, 1)
    (finding,) = last.findings
    assert finding.message.endswith("(run by `train.py`)")
    assert finding.excerpt == ("        x = self.conv(x).flatten(1)",)
    assert finding.fix is None


def test_several_scripts_tell_it_once(tmp_path: Path) -> None:
    lay_out(tmp_path, TWO | {"test.py": TWO["train.py"], "again.ipynb": "{}"})
    assert told(tmp_path) == ["model.py:11 TUN701"]


def test_what_the_file_itself_shows_is_told_once(tmp_path: Path) -> None:
    alone = TWO["model.py"] + "\n        import torch\n        Net(3)(torch.zeros(2, 3, 8, 8))\n"
    lay_out(tmp_path, TWO | {"model.py": alone})
    assert told(tmp_path) == ["model.py:11 TUN701"]


def test_it_is_silenced_where_it_stands(tmp_path: Path) -> None:
    silent = TWO["model.py"].replace(".flatten(1)", ".flatten(1)  # noqa: TUN701")
    lay_out(tmp_path, TWO | {"model.py": silent})
    assert told(tmp_path) == []


@pytest.mark.parametrize("ignored", ["TUN701", "TUN7", "shapes"])
def test_the_settings_of_its_own_file_count(ignored: str, tmp_path: Path) -> None:
    lay_out(tmp_path, TWO)
    assert told(tmp_path, per_file_ignores=(("model.py", (ignored,)),)) == []
    assert told(tmp_path, per_file_ignores=(("train.py", (ignored,)),)) == []
    assert told(tmp_path, per_file_ignores=(("other.py", (ignored,)),)) == ["model.py:11 TUN701"]


def test_several_processes_find_the_same(tmp_path: Path) -> None:
    more = {f"more{i}.py": "import torch\n" for i in range(project.SERIAL_BELOW)}
    lay_out(tmp_path, TWO | more)
    settings = project.Settings(isolated=True)
    every = list(project.files([tmp_path], settings))
    one, two = (list(project.check(every, settings, jobs)) for jobs in (1, 2))
    assert one == two
    assert [finding.code for result in one for finding in result.findings] == ["TUN701"]


def test_a_fault_in_the_library_is_told_where_the_call_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(find("torch.nn.Linear"), "build", staticmethod(fails))
    files = {
        "head.py": "from torch import nn\n\ndef head(n):\n    return nn.Linear(n, n)\n",
        "train.py": "import torch\nfrom head import head\nhead(4)\n",
    }
    lay_out(tmp_path, files)
    (result,) = project.check([tmp_path / "train.py"], project.Settings(isolated=True), 1)
    (problem,) = result.problems
    assert (Path(problem.path).name, problem.line) == ("head.py", 4)


def test_a_notebook_is_followed_too(tmp_path: Path) -> None:
    import json

    text = HEAD.format(imports="from model import build", build="build")
    cells = [{"cell_type": "code", "source": text, "metadata": {}, "outputs": [], "execution_count": None}]
    lay_out(tmp_path, {"model.py": MODEL})
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "train.ipynb").write_text(json.dumps(notebook))
    assert told(tmp_path, "train.ipynb") == ["train.ipynb:6 TUN204"]


NO_SCRIPTS = {
    "definitions alone": "import torch\nfrom model import Net\ndef train():\n    Net(3)(torch.zeros(2, 3, 8, 8))\n",
    "what a package runs": "import torch\nfrom .model import Net\nNet(3)(torch.zeros(2, 3, 8, 8))\n",
}


@pytest.mark.parametrize(("name", "text"), [("train.py", NO_SCRIPTS["definitions alone"]),
                                            ("own/__init__.py", NO_SCRIPTS["what a package runs"])])  # fmt: skip
def test_files_that_are_no_scripts_are_looked_at_alone(name: str, text: str, tmp_path: Path) -> None:
    lay_out(tmp_path, {name: text, "model.py": TWO["model.py"], "own/model.py": TWO["model.py"]})
    assert told(tmp_path) == []


@pytest.mark.parametrize("work", ["Training().run()", "training = Training()\ntraining.run()"])
def test_a_file_that_puts_its_own_class_to_work_is_a_script(work: str, tmp_path: Path) -> None:
    text = f"""
from torch import nn
from model import build

class Training:
    def run(self):
        net = build()
        net.fc = nn.Linear(100, 3)
        net(self.images)

{work}
"""
    lay_out(tmp_path, {"train.py": text, "model.py": MODEL})
    assert told(tmp_path, "train.py") == ["train.py:8 TUN204"]


def test_a_script_too_long_with_other_files_is_checked_without(tmp_path: Path) -> None:
    endless = "def spend(x):\n" + "    x = x + 1\n" * 300 + "    return x\n" + "def build():\n    return None\n"
    script = "import torch\nfrom torch import nn\nfrom far import spend\nx = torch.zeros(2)\n" + "x = spend(x)\n" * 200
    lay_out(tmp_path, {"far.py": endless, "train.py": script + "nn.Linear(2, 2).requires_grad = False\n"})
    assert told(tmp_path, "train.py") == ["train.py:205 TUN301"]


# --- kept results ------------------------------------------------------------------------------------


def settle(folder: Path) -> None:
    """Make files look as if nobody had touched them for an hour."""
    long_ago = time.time_ns() - 3600 * 10**9
    for path in folder.rglob("*.py"):
        os.utime(path, ns=(long_ago, long_ago))


def kept(folder: Path) -> tuple[list[str], int]:
    """What is found with a cache, by a process of its own as it were, and how many files were really checked."""
    settings = project.Settings(Config(root=folder), isolated=True)
    checked = 0
    real = project.lint_bytes

    def counted(*given: object, **named: object) -> object:
        nonlocal checked
        checked += 1
        return real(*given, **named)  # type: ignore[arg-type]

    project.lint_bytes = counted  # type: ignore[assignment]
    try:
        every = list(project.files([folder], settings))
        results = list(project.check(every, settings, 1, Cache(folder / ".kept")))
    finally:
        project.lint_bytes = real
    return [f"{Path(r.path).name}:{one.line} {one.code}" for r in results for one in r.findings], checked


def test_kept_results_heed_what_was_followed(tmp_path: Path) -> None:
    lay_out(tmp_path, TWO)
    settle(tmp_path)
    assert kept(tmp_path) == (["model.py:11 TUN701"], 2)
    assert kept(tmp_path) == (["model.py:11 TUN701"], 0)
    (tmp_path / "model.py").write_text((tmp_path / "model.py").read_text().replace("128", "576"))
    assert kept(tmp_path) == ([], 2)


def test_kept_results_heed_a_module_that_comes_to_be(tmp_path: Path) -> None:
    lay_out(tmp_path, {"train.py": TWO["train.py"]})
    settle(tmp_path)
    assert kept(tmp_path) == ([], 1)
    assert kept(tmp_path) == ([], 0)
    lay_out(tmp_path, {"model.py": TWO["model.py"]})
    assert kept(tmp_path) == (["model.py:11 TUN701"], 2)


def test_kept_results_heed_a_module_that_is_gone(tmp_path: Path) -> None:
    lay_out(tmp_path, TWO)
    settle(tmp_path)
    assert kept(tmp_path)[0] == ["model.py:11 TUN701"]
    (tmp_path / "model.py").unlink()
    assert kept(tmp_path) == ([], 1)


def test_the_command_line_follows(tmp_path: Path) -> None:
    lay_out(tmp_path, TWO)
    shown = run("ft_lint", "check", "--isolated", "--output-format=concise", ".", cwd=tmp_path)
    assert shown.code == 1
    assert [line.partition(" ")[0] for line in shown.out] == ["model.py:11:13:"]


def test_what_is_followed_is_no_silence(tmp_path: Path) -> None:
    lay_out(tmp_path, {"model.py": MODEL, "train.py": HEAD.format(imports="from model import build", build="build")})
    followed = run("ft_lint", "check", "--isolated", "--why-silent", "train.py", cwd=tmp_path)
    assert not [line for line in followed.out if "build" in line]
    (tmp_path / "model.py").unlink()
    alone = run("ft_lint", "check", "--isolated", "--why-silent", "train.py", cwd=tmp_path)
    assert [line for line in alone.out if "build" in line]


def test_all_that_is_found_is_silenced(tmp_path: Path) -> None:
    lay_out(tmp_path, TWO)
    silenced = run("ft_lint", "check", "--isolated", "--add-noqa", ".", cwd=tmp_path)
    assert (silenced.code, silenced.err) == (0, ["1 finding silenced in 1 file"])
    assert "x = self.conv(x).flatten(1)  # noqa: TUN701" in (tmp_path / "model.py").read_text()
    assert run("ft_lint", "check", "--isolated", ".", cwd=tmp_path).code == 0


def test_fixing_leaves_what_is_shown_in_other_files(tmp_path: Path) -> None:
    lay_out(tmp_path, TWO)
    left = run("ft_lint", "check", "--isolated", "--fix", "--output-format=concise", ".", cwd=tmp_path)
    assert [line.partition(" ")[0] for line in left.out] == ["model.py:11:13:"]
    assert left.code == 1


HELPER = """
def train(model, opt, x, y, criterion):
    for _ in range(3):
        loss = criterion(model(x).softmax(1), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
"""
"""A file that names no framework; with cross entropy it has TUN601."""
TRAINS = """
import torch
from torch import nn
from helper import train
{imports}
model = nn.Linear(4, 3)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
train(model, opt, torch.randn(8, 4), torch.randint(0, 3, (8,)), {criterion})
"""
LOSSES = "from torch import nn\ncriterion = nn.CrossEntropyLoss()\n"
FOUND = {
    "a file without a framework": ({"losses.py": LOSSES}, "from losses import criterion", "criterion"),
    "a package that imports its module": (
        {"pk/__init__.py": "from . import losses\n", "pk/losses.py": LOSSES},
        "import pk",
        "pk.losses.criterion",
    ),
    "a package that imports its module by the package's name": (
        {"pk/__init__.py": "from pk import losses\n", "pk/losses.py": LOSSES},
        "import pk.losses",
        "pk.losses.criterion",
    ),
    "folders alone": ({"models/nets/losses.py": LOSSES}, "import models.nets.losses", "models.nets.losses.criterion"),
    "one of two files": (
        {"losses.py": LOSSES, "other.py": LOSSES},
        "import sys\nif sys.argv[1]:\n    from losses import criterion\nelse:\n    from other import criterion",
        "criterion",
    ),
    "what `__all__` lists": (
        {"losses.py": "__all__ = ['_loss']\n" + LOSSES.replace("criterion", "_loss")},
        "from losses import *",
        "_loss",
    ),
    "a file that is named like a library": ({"evaluate.py": LOSSES}, "from evaluate import criterion", "criterion"),
    "a chain of files": (
        {"m0.py": LOSSES, **{f"m{i}.py": f"from m{i - 1} import criterion\n" for i in range(1, 20)}},
        "from m19 import criterion",
        "criterion",
    ),
}


@pytest.mark.parametrize(("files", "imports", "criterion"), FOUND.values(), ids=list(FOUND))
def test_a_mistake_across_files_is_found(files: dict[str, str], imports: str, criterion: str, tmp_path: Path) -> None:
    script = TRAINS.format(imports=imports, criterion=criterion)
    lay_out(tmp_path, files | {"helper.py": HELPER, "train.py": script})
    assert told(tmp_path) == ["helper.py:4 TUN601"]


CHOSEN = "import {name}\ncriterion = nn.CrossEntropyLoss() if {name}.LOGITS else nn.NLLLoss()"
CORRECT = {
    "a module that another one changes when it is imported": (
        {"cfg.py": "LOGITS = True\n", "setup_run.py": "import cfg\ncfg.LOGITS = False\n"},
        "import setup_run\n" + CHOSEN.format(name="cfg"),
    ),
    "a package that changes a module": (
        {"cfg.py": "LOGITS = True\n", "pk/__init__.py": "import cfg\ncfg.LOGITS = False\n", "pk/sub.py": "V = 1\n"},
        "from pk.sub import V\n" + CHOSEN.format(name="cfg"),
    ),
    "a name as it was when it was imported": (
        {"cfg.py": "LOGITS = False\n"},
        "import cfg\nfrom cfg import LOGITS\ncfg.LOGITS = True\n"
        "criterion = nn.CrossEntropyLoss() if LOGITS else nn.NLLLoss()",
    ),
    "a module's own name": (
        {"cfg.py": "LOGITS = __name__ != 'cfg'\n"},
        CHOSEN.format(name="cfg"),
    ),
    "what `__all__` leaves out": (
        {"losses.py": "__all__ = ['other']\nother = 1\n" + LOSSES},
        "criterion = nn.NLLLoss()\nfrom losses import *",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "imports"), CORRECT.values(), ids=list(CORRECT))
def test_a_correct_project_has_no_such_finding(files: dict[str, str], imports: str, tmp_path: Path) -> None:
    script = TRAINS.format(imports=imports, criterion="criterion")
    lay_out(tmp_path, files | {"helper.py": HELPER, "train.py": script})
    assert "helper.py:4 TUN601" not in told(tmp_path)


def test_folders_of_data_hide_no_library(tmp_path: Path) -> None:
    script = "import torch\nfrom datasets import load_dataset\nrows = load_dataset('imdb', split='train')\n"
    script += "rows.map(lambda row: row)\nfor row in rows:\n    print(row)\n"
    lay_out(tmp_path, {"train.py": script, "datasets/a.csv": ""})
    assert told(tmp_path, "train.py") == ["train.py:4 TUN813"]


def test_a_module_comes_before_folders_nearer_by(tmp_path: Path) -> None:
    script = HEAD.format(imports="from model import build", build="build")
    lay_out(tmp_path, {"run/train.py": script, "run/model/weights.txt": "", "model.py": MODEL})
    assert told(tmp_path, "run/train.py") == ["run/train.py:6 TUN204"]


def test_what_runs_around_an_import_is_no_matter_to_the_module(tmp_path: Path) -> None:
    files = {
        "opts.py": """
            import argparse
            parser = argparse.ArgumentParser()
            parser.add_argument("--mode", default="train")
            args = parser.parse_args()
        """,
        "nets.py": """
            import torch
            from torch import nn
            from opts import args
            HEAD = nn.Softmax(1) if args.mode == "test" else nn.Identity()
            w = nn.Linear(4, 3)
            kept = w(torch.randn(8, 4))
        """,
        "train.py": """
            import torch
            from opts import args
            x, y = torch.randn(8, 4), torch.randint(0, 3, (8,))

            def test():
                with torch.no_grad():
                    from nets import HEAD, w
                    print(HEAD(w(x)))

            def train():
                from nets import HEAD, kept, w
                torch.nn.functional.cross_entropy(HEAD(w(x)), y).backward()
                kept.sum().backward()

            if args.mode == "test":
                test()
            else:
                train()
        """,
    }
    lay_out(tmp_path, files)
    assert told(tmp_path) == []


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    lay_out(tmp_path, {"train.py": HEAD.format(imports="from model import build", build="build")})
    os.mkfifo(tmp_path / "model.py")
    assert told(tmp_path, "train.py") == []


def test_a_link_counts_as_what_it_leads_to(tmp_path: Path) -> None:
    files = {"real/train.py": HEAD.format(imports="from model import build", build="build"), "real/model.py": MODEL}
    lay_out(tmp_path, files)
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "train.py").symlink_to(tmp_path / "real" / "train.py")
    assert told(tmp_path, "links/train.py") == ["links/train.py:6 TUN204"]


def test_kept_results_heed_a_package_that_gets_an_init(tmp_path: Path) -> None:
    files = {"losses/impl.py": LOSSES, "helper.py": HELPER}
    script = TRAINS.format(imports="from losses import criterion", criterion="criterion")
    lay_out(tmp_path, files | {"train.py": script})
    settle(tmp_path)
    assert kept(tmp_path)[0] == []
    lay_out(tmp_path, {"losses/__init__.py": "from .impl import criterion\n"})
    assert kept(tmp_path)[0] == ["helper.py:4 TUN601"]


@pytest.mark.parametrize("before", ["#" * siblings.MOST_READ, "x = 1\n" * 25_000, "# coding: nonsense\n"])
def test_kept_results_heed_a_file_that_could_not_be_followed(before: str, tmp_path: Path) -> None:
    script = TRAINS.format(imports="from losses import criterion", criterion="criterion")
    lay_out(tmp_path, {"losses.py": before + LOSSES, "helper.py": HELPER, "train.py": script})
    settle(tmp_path)
    assert kept(tmp_path)[0] == []
    (tmp_path / "losses.py").write_text(LOSSES)
    assert kept(tmp_path)[0] == ["helper.py:4 TUN601"]


def test_a_file_without_a_framework_is_silenced_too(tmp_path: Path) -> None:
    script = TRAINS.format(imports="from losses import criterion", criterion="criterion")
    lay_out(tmp_path, {"losses.py": LOSSES, "helper.py": HELPER, "train.py": script})
    assert run("ft_lint", "check", "--isolated", "--add-noqa", ".", cwd=tmp_path).code == 0
    assert run("ft_lint", "check", "--isolated", ".", cwd=tmp_path).code == 0
    assert "# noqa: TUN601" in (tmp_path / "helper.py").read_text()


@pytest.mark.parametrize(
    ("imports", "finds"),
    [
        ("from torchvision.models import *\nimport other", True),
        ("from torchvision.models import *\nfrom other import *", False),  # what that brings in is not known
        ("from helper import *\nimport other", True),
    ],
)
def test_a_star_counts_in_the_module_that_it_stands_in(imports: str, finds: bool, tmp_path: Path) -> None:
    files = {
        "train.py": HEAD.format(imports=imports, build="resnet18"),
        "other.py": "import torch\nfrom unknown import *\n",
        "helper.py": "import torch\nfrom torchvision.models import *\n",
    }
    lay_out(tmp_path, files)
    assert told(tmp_path, "train.py") == (["train.py:7 TUN204"] if finds else [])


BUILDER = """
from torch import nn

class Head(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, 3)

    def forward(self, x):
        return self.fc(x.flatten(1))

def run(net, images):
    return net(images)
"""
MAIN_PARTS = {
    "train.py": "from runner import train\n\nif __name__ == '__main__':\n    train(512)\n",
    "runner.py": "import builder\nfrom data import images\n\n"
    "def train(width):\n    builder.run(builder.Head(width), images())\n",
    "data.py": "import torch\n\ndef images():\n    return torch.zeros(4, 3, 8, 8)\n",
    "builder.py": BUILDER,
}


def test_a_main_part_is_followed_to_the_framework_behind_it(tmp_path: Path) -> None:
    lay_out(tmp_path, MAIN_PARTS)
    assert told(tmp_path) == ["builder.py:10 TUN701"]
    lay_out(tmp_path, {"train.py": MAIN_PARTS["train.py"].replace("512", "192")})
    assert told(tmp_path) == []


@pytest.mark.parametrize(
    "imports", ["import json, runner as other", "from runner import (\n    train,\n)", "from . import runner"]
)
def test_the_ways_in_which_a_main_part_imports(imports: str, tmp_path: Path) -> None:
    text = f"{imports}\n\nif __name__ == '__main__':\n    def"
    lay_out(tmp_path, {"train.py": text, "runner.py": "import torch\n"})
    settings = project.Settings(Config(root=tmp_path), isolated=True)
    (result,) = project.check([tmp_path / "train.py"], settings, 1)
    assert [one.message.partition(":")[0] for one in result.problems] == ["syntax error"]
    (tmp_path / "runner.py").write_text("import json\n")
    (result,) = project.check([tmp_path / "train.py"], settings, 1)
    assert result.problems == ()


def test_kept_results_heed_a_framework_that_comes_to_be_behind_a_main_part(tmp_path: Path) -> None:
    lay_out(tmp_path, MAIN_PARTS | {"runner.py": "def train(width):\n    print(width)\n"})
    settle(tmp_path)
    assert kept(tmp_path)[0] == []
    assert kept(tmp_path) == ([], 0)
    lay_out(tmp_path, {"runner.py": MAIN_PARTS["runner.py"]})
    assert kept(tmp_path)[0] == ["builder.py:10 TUN701"]


def test_modules_that_import_each_other_lead_nowhere(tmp_path: Path) -> None:
    files = {
        "train.py": "import a\n\nif __name__ == '__main__':\n    a.b()\n",
        "a.py": "import b\n",
        "b.py": "import a\n",
    }
    lay_out(tmp_path, files)
    assert told(tmp_path) == []
