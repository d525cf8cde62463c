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


DRAWN = """
import numpy as np
import pandas as pd
import torch
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision import datasets, transforms

from project import prepared, seed

class Rows(Dataset):
    def __init__(self, frame, transform=None):
        self.frame = frame.reset_index(drop=True)
        self.transform = transform
    def __len__(self):
        return len(self.frame)
    def __getitem__(self, index):
        row = self.frame.iloc[index]
        return torch.tensor([row.a, row.b]), int(row.y)

class Pairs(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x, y
    def __len__(self):
        return len(self.y)
    def __getitem__(self, index):
        return torch.tensor(self.x[index]), int(self.y[index])

frame, x, y = pd.read_csv("all.csv"), np.load("x.npy"), np.load("y.npy")
{split}
net = nn.Linear(2, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(3):
    net.train()
    for rows, kinds in DataLoader(train_set, 32, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(rows), kinds).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        for rows, kinds in DataLoader(val_set, 32):
            print((net(rows).argmax(1) == kinds).float().mean())
"""
"""Data that ``split`` divides into ``train_set`` and ``val_set``, for rules about splits."""


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
from ft_lint.facts.models import ModelBuilt
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
