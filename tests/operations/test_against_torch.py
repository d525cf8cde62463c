"""Random arguments: ft_lint and torch give the same shape and dtype, or both refuse."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings

from ft_lint.values.shape import evaluate, symbols_of
from operations import layer_examples, tensor_examples
from operations.catalogue import EXAMPLES
from operations.example import Example, Refusal, ours, torchs

COUNT = int(os.environ.get("FT_LINT_EXAMPLES", "200"))
"""Examples for each operation; nightly runs set 5000."""

_settings = settings(
    max_examples=COUNT, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
_modules = (tensor_examples, layer_examples)


@pytest.mark.parametrize("path", sorted(EXAMPLES))
def test_same_as_torch(path: str) -> None:
    @_settings
    @given(EXAMPLES[path])
    def check(example):
        expected, found = _answer(torchs, example), _answer(ours, example)
        assert _equal(found, expected, example.content), f"torch says {expected}, ft_lint {found}"

    check()


@pytest.mark.parametrize("path", sorted(EXAMPLES))
def test_never_wrong_on_a_symbolic_batch(path: str) -> None:
    @settings(_settings, max_examples=max(COUNT // 4, 25))
    @given(EXAMPLES[path])
    def check(example):
        try:
            expected = torchs(example)
        except Refusal:
            return
        found = ours(example, symbolic=True)
        assert _agrees(found, expected), f"torch says {expected}, ft_lint {found}"

    check()


def _answer(ask: Callable[[Example], object], example: Example) -> object:
    """What one of the two says, or the class Refusal."""
    try:
        return ask(example)
    except Refusal:
        return Refusal


def _equal(found: object, expected: object, content: bool) -> bool:
    match found, expected:
        case list(), list():
            return len(found) == len(expected) and all(
                _equal(a, b, content) for a, b in zip(found, expected, strict=True)
            )
        case tuple(), tuple() if content and isinstance(expected[0], tuple):
            return found[0] is not None and len(found[0]) == len(expected[0]) and found[1] == expected[1]
    return found == expected


def _agrees(found: object, expected: object) -> bool:
    """Whether what ft_lint knows is so; it may know less."""
    match found, expected:
        case list(), list():
            return len(found) == len(expected) and all(map(_agrees, found, expected))
        case (shape, dtype), (tuple() as sizes, str() as kind):
            return dtype in (None, kind) and (shape is None or _fits(shape, sizes))
    return True


def _fits(shape: tuple, sizes: tuple[int, ...]) -> bool:
    return len(shape) == len(sizes) and all(_is(dim, size) for dim, size in zip(shape, sizes, strict=True))


def _is(dim: object, size: int) -> bool:
    names = list(symbols_of(dim))
    if any("?" in name for name in names):
        return True
    return evaluate(dim, {name: int(name.removeprefix("n")) for name in names}) == size


def test_every_operation_has_examples() -> None:
    from operations.modelled import modelled

    missing = sorted(modelled() - set(EXAMPLES))
    assert not missing, f"without examples: {missing}"
    assert len(EXAMPLES) >= 200
