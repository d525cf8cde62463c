"""Whatever a script gives to an operation that we model, on whatever it calls it, nothing in ft_lint fails."""

from __future__ import annotations

import functools
import importlib
import inspect
import keyword
import pkgutil
import random
from collections.abc import Iterator
from functools import cache

import pytest

from ft_lint import library, registry
from ft_lint.interpreter.signature import _signature as parameters_of
from ft_lint.interpreter.signature import signature_of
from ft_lint.library import find
from ft_lint.lint import lint_source
from ft_lint.source.problem import Fault

START = """
import argparse, collections, functools
import numpy, pandas, sklearn
import accelerate, datasets, lightning, peft, PIL, timm, torch, torchvision, tqdm, transformers, trl
unknown = input()
tensor = torch.zeros(2, 3)
image = torch.zeros(2, 3, 32, 32)
linear = torch.nn.Linear(3, 3)
resnet = torchvision.models.resnet18()
sgd = torch.optim.SGD(linear.parameters(), lr=0.1)
steps = torch.optim.lr_scheduler.StepLR(sgd, 1)
rows = torch.utils.data.TensorDataset(tensor)
loader = torch.utils.data.DataLoader(rows)
tokenizer = transformers.AutoTokenizer.from_pretrained("x")
bert = transformers.AutoModel.from_pretrained("bert-base-uncased")
parser = argparse.ArgumentParser()
either = linear if unknown else 1
array = numpy.zeros((4, 3))
table = pandas.read_csv("x")
column = table["y"]
class Plain: pass
class Net(torch.nn.Module): pass
class Odd(linear): pass
def function(*a, **b): return a
"""
VALUES = (
    *"unknown tensor image linear resnet sgd steps rows loader tokenizer bert parser either".split(),
    *"Plain Net Odd function Plain() Net() True None (1) (-1) (0.5) '' 'a' ... (10**30) float('nan')".split(),
    *"[] {} () (1,2) [tensor,tensor] {'a':tensor} [linear] [1,'a',None] {1:2} range(3) iter([tensor])".split(),
    *"linear.parameters() linear.weight linear.state_dict() tensor.shape torch torch.float32 torch.nn.Linear".split(),
    *"tokenizer('a') dict list str int".split(),
    *"array table column column.values (array>0) numpy.ones(3) table.iloc array[0,0] (array,array) [array]".split(),
    "sklearn.preprocessing.StandardScaler()",
    "(lambda: 1)",
    "(x := 1)",
)
INHERITED = (
    "pass",
    "def __init__(self, *a, **k): super().__init__()",
    "def __init__(self, *a, **k): super().__init__(*a, **k)",
    "def __init__(self): self.fc = linear",
    "def forward(self, *x): return super().forward(*x)",
)
ROUNDS = 3
AT_ONCE = 100


@cache
def _operations() -> tuple[str, ...]:
    """Each path under which the library package holds what a library holds."""
    return tuple(path for path in _paths() if not any(map(keyword.iskeyword, path.split("."))))


def _paths() -> Iterator[str]:
    for info in pkgutil.walk_packages(library.__path__, f"{library.__name__}."):
        module = info.name.removeprefix(f"{library.__name__}.")
        for name in sorted(vars(importlib.import_module(info.name))):
            path = f"{module}.{name}"
            found = find(path)
            if name.startswith("_") or found is None or not _is_the_librarys(found):
                continue
            yield path
            yield from (f"{path}.{method}" for method in _methods(path))


def _methods(path: str) -> list[str]:
    """The names of a class's methods, but for those with which a layer is made."""
    found = find(path)
    if not isinstance(found, type):
        return []
    names = [name for name in dir(found) if not name.startswith("_") and name not in ("build", "fill")]
    return [name for name in names if (method := find(f"{path}.{name}")) is not None and _is_the_librarys(method)]


def _is_the_librarys(found: object) -> bool:
    """Whether it takes what a script gives; our own functions beside take plain Python."""
    if isinstance(found, type):
        return True
    taken = list(signature_of(found).parameters.values())[1:]  # type: ignore[arg-type]
    plain = ("str", "int", "bool", "dict", "tuple", "Shape", "Node", "Callable", "Architecture")
    return not any(str(one.annotation).startswith(plain) for one in taken)


def _call(path: str, drawn: random.Random) -> str:
    """A call of an operation, or of what has its name on something else, with arguments that may fit or not."""
    given = [drawn.choice((*VALUES, "*unknown")) for _ in range(drawn.choice((0, 1, 1, 2, 2, 3, 4)))]
    found = find(path)
    named = [] if isinstance(found, type) else list(signature_of(found).parameters)[1:]
    named = [name for name in named if name not in ("self", "args", "kwargs") and not keyword.iskeyword(name)]
    some = drawn.sample(named, min(len(named), drawn.choice((0, 1, 2))))
    given += [f"{name}={drawn.choice(VALUES)}" for name in some]
    given += drawn.choice(([], [], [], ["**unknown"]))
    owner = drawn.choice(VALUES) if drawn.random() < 0.3 else path.rpartition(".")[0]
    after = drawn.choice(("", "", "(tensor)", ".x", "[0]", ".shape", ".parameters()"))
    return f"{owner}.{path.rpartition('.')[2].removesuffix('construct')}({', '.join(given)}){after}\n"


def _subclass(path: str, drawn: random.Random) -> str:
    """A class of the script's own that extends one of the library's, an object of it, and what is done with that."""
    own, others = _methods(path), [one.rpartition(".")[2] for one in drawn.sample(_operations(), 4)]
    methods = [*drawn.sample(own, min(8, len(own))), *(name for name in others if not keyword.iskeyword(name))]
    calls = [f"made.{name}({drawn.choice(('', *VALUES, '*unknown', 'tensor, tensor'))})\n" for name in methods]
    made = f"made = Own({drawn.choice(('', *VALUES, '*unknown'))})\n"
    return f"class Own({path}):\n    {drawn.choice(INHERITED)}\n{made}{''.join(calls)}made({drawn.choice(VALUES)})\n"


def _faults(text: str) -> list[str]:
    problems = lint_source(START + text, "x.py", selection=registry.EVERYTHING).problems
    assert all(problem.fault is Fault.INTERNAL for problem in problems), problems
    lines = [*(START + text).splitlines(), "(somewhere)"]
    return [f"{problem.message}: {lines[problem.line - 1]}" for problem in problems]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_arguments_of_any_kind(number: int) -> None:
    drawn = random.Random(number)
    calls = [_call(path, drawn) for path in _operations() if not path.endswith(".construct")]
    assert len(calls) > 3000
    pages = ["".join(calls[at : at + AT_ONCE]) for at in range(0, len(calls), AT_ONCE)]
    assert [fault for page in pages for fault in _faults(page)] == []


@pytest.mark.parametrize("number", range(ROUNDS))
def test_classes_of_ones_own(number: int) -> None:
    drawn = random.Random(number)
    classes = [_subclass(path, drawn) for path in _operations() if isinstance(find(path), type)]
    assert len(classes) > 300
    pages = ["".join(classes[at : at + AT_ONCE]) for at in range(0, len(classes), AT_ONCE)]
    assert [fault for page in pages for fault in _faults(page)] == []


def test_parameters_are_those_that_inspect_gives() -> None:
    functions = [found for path in _operations() if not isinstance(found := find(path), type)]
    assert len(functions) > 3000
    for function in functions:
        expected = [(one.name, one.default) for one in signature_of(function).parameters.values()]
        assert [(one.name, one.default) for one in parameters_of(function)] == expected


def _real(path: str) -> object | None:
    """What a path names in the library itself; None where this release has no such thing."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        try:
            return functools.reduce(getattr, parts[length:], importlib.import_module(".".join(parts[:length])))
        except (ImportError, AttributeError):
            continue
    return None


LOSSES = ("torch.nn.CTCLoss.forward", "torch.nn.PoissonNLLLoss.forward")
"""What is fed to them has names of its own, by which nobody calls them."""


def _refused(path: str) -> list[str]:
    """The arguments of a library's function that ours would not take."""
    found, there = find(path), _real(path)
    if isinstance(found, type) or isinstance(there, type) or not callable(there) or path in LOSSES:
        return []
    try:
        real = inspect.signature(there).parameters.values()
    except (TypeError, ValueError):  # it is written in C
        return []
    taken = list(signature_of(found).parameters.values())[1:]  # type: ignore[arg-type]
    kinds = {one.kind for one in taken}
    if inspect.Parameter.VAR_KEYWORD in kinds:
        return []
    ours = parameters_of(found)  # type: ignore[arg-type]
    names = {"self", "cls", *(name for one in ours for name in (one.name, one.synonym))}
    named = [one for one in real if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
    named = [one for one in named if one.kind is one.KEYWORD_ONLY or one.VAR_POSITIONAL not in kinds]
    return [one.name for one in named if one.name not in names and not one.name.startswith("_")]


def test_what_a_library_takes_is_taken() -> None:
    """A call with more arguments than ours takes is not followed, and takes along what we know of its object."""
    refused = {path: names for path in _operations() if (names := _refused(path))}
    assert refused == {}
