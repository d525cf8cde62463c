"""Which operations have random examples: each under torch's own path."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from operations.example import Example

Examples = st.SearchStrategy[Example]
EXAMPLES: dict[str, Examples] = {}


def operation(*paths: str) -> Callable[[Callable[..., Example]], Callable[..., Example]]:
    """Registers ``function(draw, name)``, which draws an example of an operation, for each of its paths.

    A path is ``torch.cat``, ``torch.Tensor.view``, ``torch.nn.Linear`` or ``torch.nn.functional.relu``; ``name`` is how
    an expression calls it: ``torch.cat``, ``.view``, ``nn.Linear``, ``F.relu``.
    """

    def register(function: Callable[..., Example]) -> Callable[..., Example]:
        for path in paths:
            if path in EXAMPLES:
                raise ValueError(f"{path} has two strategies")
            EXAMPLES[path] = st.composite(function)(_short(path))
        return function

    return register


def _short(path: str) -> str:
    for prefix, short in (("torch.Tensor", ""), ("torch.nn.functional", "F"), ("torch.nn", "nn")):
        if path.startswith(prefix + "."):
            return short + path.removeprefix(prefix)
    return path
