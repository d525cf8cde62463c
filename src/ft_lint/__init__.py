"""ft_lint reads a fine-tuning script, runs it without torch, and names the mistakes that torch would confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ft_lint.lint import lint_source as lint_source

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """``lint_source`` on first use: who imports ft_lint for its version or its plugin pays for no more."""
    if name == "lint_source":
        from ft_lint.lint import lint_source

        return lint_source
    raise AttributeError(f"module 'ft_lint' has no attribute {name!r}")
