"""The torch-free record of a real run, which claims read.

What it is made of (``ft_lint.observe.run``) is loaded when a claim is asked: a lint run asks none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ft_lint.observe.hub import *  # noqa: F403
    from ft_lint.observe.run import *  # noqa: F403
else:

    def __getattr__(name: str) -> object:
        from importlib import import_module

        for module in map(import_module, ("ft_lint.observe.run", "ft_lint.observe.hub")):
            if name in vars(module):
                return vars(module)[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
