"""The linters that are compared: how each is called, and what its environment of its own holds."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

PACKAGES = {
    "bare": ("flake8",),
    "ours": (f"{ROOT}[server]",),
    "rivals": ("flake8", "torchfix", "torch-preflight", "ruff"),
}
"""Environments, with what is installed into one that has to be made."""


@dataclass(frozen=True)
class Tool:
    """One linter: ``arguments`` follow the program's name, ``anew`` makes it check what it has checked before."""

    environment: str
    program: str
    arguments: tuple[str, ...]
    module: bool = False
    anew: tuple[str, ...] = ()

    def command(self, environments: dict[str, Path], target: str, *more: str) -> list[str]:
        """The command that checks a target."""
        folder = environments[self.environment] / "bin"
        start = [str(folder / "python"), "-m", self.program] if self.module else [str(folder / self.program)]
        return [*start, *self.arguments, *more, target]


_FLAKE8 = ("--isolated", "-j1")
_CHECK = ("check", "--isolated", "--output-format=concise")
BARE = "flake8"
OURS = "ft_lint"
PLUGIN = "flake8 + ft_lint"
TOOLS = {
    BARE: Tool("bare", "flake8", _FLAKE8, module=True),
    OURS: Tool("ours", "ft_lint", _CHECK, module=True, anew=("--no-cache",)),
    PLUGIN: Tool("ours", "flake8", _FLAKE8, module=True, anew=("--tun-no-cache",)),
    "flake8 + TorchFix": Tool("rivals", "flake8", _FLAKE8, module=True),
    "torchfix": Tool("rivals", "torchfix", ("-j1",)),
    "torch-preflight": Tool("rivals", "torch-preflight", ("check",)),
    "ruff": Tool("rivals", "ruff", ("check", "--isolated", "--no-cache", "--quiet")),
}


def prepared(name: str, given: dict[str, Path], place: Path) -> Path:
    """The environment of this name: the one given, else one that is made (once) below ``place``."""
    if name in given:
        return given[name]
    folder = place / name
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [str(folder / "bin/python"), "-m", "pip", "install", "-q", *PACKAGES[name]]
        subprocess.run(install, check=True)
        (folder / "done").touch()
    return folder
