"""A fault stays where it is: it costs one rule on one file, or one call, and is told once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import Any, NoReturn

import pytest

from ft_lint import registry
from ft_lint.interpreter import calls
from ft_lint.library import find
from ft_lint.lint import Result, lint_file
from ft_lint.source.problem import Fault
from scripts import run

FIXTURES = Path(__file__).parents[1] / "fixtures"
SCRIPTS = (
    FIXTURES / "head/stale_optimizer/bad_flat.py",
    FIXTURES / "loss/softmax_before_cross_entropy/bad_flat.py",
    FIXTURES / "optimizer/large_lr/bad_flat.py",
)


class Injected(Exception):
    """What nothing else raises."""


def _fails(*arguments: object, **keywords: object) -> NoReturn:
    from test_faults import Injected

    raise Injected("injected")


def _lint(path: Path) -> Result:
    return lint_file(path, registry.EVERYTHING)


def _bad_fixture(rule: registry.Rule) -> Path:
    folder = FIXTURES / rule.family() / rule.name().replace("-", "_")
    return next(
        path for path in sorted(folder.glob("bad*.py")) if any(f.code == rule.code for f in _lint(path).findings)
    )


@pytest.mark.parametrize("rule", registry.rules(), ids=lambda rule: rule.code)
def test_a_rule_that_fails_costs_itself(rule: registry.Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _bad_fixture(rule)
    before = _lint(path)
    monkeypatch.setattr(type(rule), "check", _fails)
    after = _lint(path)
    assert after.findings == tuple(finding for finding in before.findings if finding.code != rule.code)
    (problem,) = after.problems
    assert problem.fault is Fault.INTERNAL
    assert problem.path == str(path)
    assert problem.message.startswith(
        f"{rule.code} ({rule.name()}) failed here (Injected: injected, at test_faults.py:"
    )
    assert "please report this line with the file (ft_lint " in problem.message


@contextmanager
def _failing(function: FunctionType) -> Iterator[None]:
    """Within it a function raises, wherever it is held already; one of a function within another, too."""
    code = function.__code__
    function.__code__ = _fails.__code__.replace(co_freevars=code.co_freevars)
    try:
        yield
    finally:
        function.__code__ = code


def _called(path: Path) -> list[FunctionType]:
    """The library functions that a script calls, by name."""
    found: dict[str, FunctionType] = {}
    real = calls.call_library

    def recording(m: Any, function: Callable[..., Any], *others: Any, **named: Any) -> Any:
        if isinstance(function, FunctionType):
            found.setdefault(function.__qualname__, function)
        return real(m, function, *others, **named)

    calls.call_library = recording
    try:
        _lint(path)
    finally:
        calls.call_library = real
    return list(found.values())


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.parent.name)
def test_a_library_function_that_fails_costs_its_calls(path: Path) -> None:
    before = {(finding.code, finding.line) for finding in _lint(path).findings}
    functions = _called(path)
    assert len(functions) > 5
    assert any(function.__closure__ for function in functions)
    for function in functions:
        with _failing(function):
            after = _lint(path)
        told = [problem for problem in after.problems if f"the library's `{function.__qualname__}`" in problem.message]
        assert len(told) == 1, function
        assert told[0].fault is Fault.INTERNAL
        assert 0 < told[0].line <= len(path.read_text().splitlines())
        assert {(finding.code, finding.line) for finding in after.findings} <= before, function
    assert _lint(path).problems == ()


LAYERS = """import torch
from torchvision import models

net = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.MultiheadAttention(4, 2))
model = models.resnet18(pretrained=True)
"""


@pytest.mark.parametrize(
    ("made", "method"),
    [("torch.nn.Linear", "build"), ("torch.nn.Sequential", "fill"), ("torch.nn.MultiheadAttention", "fill")],
)
def test_a_layer_that_cannot_be_made_costs_its_calls(
    made: str, method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "layers.py"
    path.write_text(LAYERS)
    monkeypatch.setattr(find(made), method, staticmethod(_fails))
    after = _lint(path)
    assert [finding.code for finding in after.findings] == ["TUN105"]
    (problem,) = after.problems
    assert problem.message.startswith(f"the library's `{made}` failed here (Injected: injected, at ")
    assert problem.line == 4


FAILING_RULE = """
from ft_lint.cli import main
from ft_lint.registry import rules

def fails(self, facts):
    raise RuntimeError("injected")

next(type(rule) for rule in rules() if rule.code == "TUN201").check = fails
main()
"""


def test_the_command_goes_on_and_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "failing.py").write_text(FAILING_RULE)
    files = [str(path) for path in SCRIPTS]
    whole = run("ft_lint", "check", "--isolated", "--no-cache", "--output-format=concise", *files)
    broken = run("failing", "check", "--isolated", "--no-cache", "--output-format=concise", *files, modules=tmp_path)
    assert any(" TUN201 " in line for line in whole.out)
    assert (whole.code, whole.err) == (1, [])
    assert broken.out == [line for line in whole.out if " TUN201 " not in line]
    assert broken.code == 2
    assert len(broken.err) == len(files)
    for line, path in zip(broken.err, files, strict=True):
        assert line.startswith(f"{path}: error: TUN201 (stale-optimizer) failed here (RuntimeError: injected, at ")
        assert "please report this line with the file" in line
