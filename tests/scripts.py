"""Small sources and subprocesses for the tests of command and plugin."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

FAULTY = "from torchvision import models\n\nmodel = models.resnet18(pretrained=True)\n"
"""Has one finding: TUN105 at the call, line 3, column 9."""

CLEAN = "from torchvision import models\n\nmodel = models.resnet18(weights=None)\n"


class Answer(NamedTuple):
    """Exit code, and the lines of standard output and standard error."""

    code: int
    out: list[str]
    err: list[str]


def run(*arguments: str | Path, given: bytes = b"", modules: Path | None = None, cwd: Path | None = None) -> Answer:
    """The answer of ``python -m <arguments>``; ``modules`` is a further folder to import from."""
    done = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        input=given,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(modules or ""), "PYTHONUTF8": "1"},
        cwd=cwd,
        timeout=120,
        check=False,
    )
    return Answer(done.returncode, done.stdout.decode().splitlines(), done.stderr.decode().splitlines())


def with_further_rules(folder: Path, *, failing: bool = True) -> Path:
    """A folder with an installed package of rules: TUN390, advice on every model built, and TUN391, which fails."""
    package = folder / "further" / "demo"
    package.mkdir(parents=True)
    (folder / "further" / "__init__.py").touch()
    (package / "__init__.py").write_text(_FURTHER + (_FAILING if failing else ""))
    about = folder / "further-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: further\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[ft_lint.rules]\ndemo = further.demo\n")
    return folder


_FURTHER = """
from ft_lint.facts import ModelBuilt
from ft_lint.rule import Evidence, Level, Rule


class BuiltModel(Rule):
    code = "TUN390"
    level = Level.ADVICE
    message = "a model is built"

    def check(self, facts):
        yield from (self.finding(fact) for fact in facts.of(ModelBuilt))

    def claim(self, run, line):
        return Evidence(True, "")
"""

_FAILING = """

class AlwaysFails(BuiltModel):
    code = "TUN391"
    level = Level.ADVICE

    def check(self, facts):
        raise ZeroDivisionError("never mind")
"""
