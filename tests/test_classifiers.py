"""Whole classifiers: ft_lint infers from their source what torch gives, layer by layer."""

from __future__ import annotations

import inspect
import re
import runpy
from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn

from ft_lint.facts.tensors import ShapeRefused
from ft_lint.interpreter.journal import journal_of
from ft_lint.shapes import shapes_of
from ft_lint.syntax.parse import parse

HERE = Path(__file__).parent / "classifiers"


def _shown(value: object) -> str:
    if isinstance(value, torch.Tensor):
        return str(tuple(value.shape)) if value.dim() != 1 else f"({value.shape[0]},)"
    if isinstance(value, tuple | list):
        return "(" + ", ".join(map(_shown, value)) + ")"
    return "?"


def _called_in_torch(path: Path) -> tuple[list[tuple[str, str, str, str]], dict[str, object]]:
    """Name, class, input and output of each layer in the order of the calls, and the script's names at the end."""
    calls: list[tuple[nn.Module, str, str]] = []

    def note(module: nn.Module, args: tuple[object, ...], output: object) -> None:
        calls.append((module, ", ".join(_shown(one) for one in args), _shown(output)))

    with nn.modules.module.register_module_forward_hook(note):
        names = runpy.run_path(str(path))
    dotted = {module: name for name, module in names["model"].named_modules()}
    return [(dotted[module] or "(whole)", type(module).__name__, a, b) for module, a, b in calls], names


@pytest.mark.parametrize("path", sorted(HERE.glob("*.py")), ids=lambda path: path.stem)
def test_layer_by_layer(path: Path) -> None:
    expected, names = _called_in_torch(path)
    found = shapes_of(path.read_text(encoding="utf-8"), path.name)
    (model,) = found.models
    assert [(row.name or "(whole)", row.kind, row.input, row.output) for row in model.layers] == expected
    assert model.parameters == sum(parameter.numel() for parameter in names["model"].parameters())
    last = {row.name: row for row in found.tensors}
    for name, value in names.items():
        if isinstance(value, torch.Tensor) and not name.startswith("_"):
            assert last[name].shape == tuple(value.shape)
            assert last[name].dtype == str(value.dtype).removeprefix("torch.")


ARCHITECTURES = ("resnet18", "vgg16", "densenet121", "mobilenet_v3_large", "efficientnet_b0", "vit_b_16")
FEED = """
from torch.utils.data import DataLoader
from torchvision.datasets import FakeData
from torchvision.transforms import ToTensor
net = {name}()
for images, _ in DataLoader(FakeData(100, transform=ToTensor()), batch_size=32):
    output = net(images)
"""


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_torchvisions_own_sources(name: str) -> None:
    source = inspect.getsource(inspect.getmodule(inspect.unwrap(getattr(torchvision.models, name))))
    source = re.sub(r"^from \.\.", "from torchvision.", source, flags=re.MULTILINE)
    source = re.sub(r"^from \.(?=\w)", "from torchvision.models.", source, flags=re.MULTILINE)
    parsed = parse(source + FEED.format(name=name), f"{name}.py", None)
    machine, journal = journal_of(parsed.tree)
    outputs = [entry.value for entry in journal.entries if entry.name == "output"]
    assert [str(dim) for dim in outputs[-1].shape] == ["B", "1000"]
    assert not list(machine.facts.of(ShapeRefused))
    assert outputs[-1].dtype == "float32"
