"""Whether a file can hold anything that a rule speaks about; asked before the file is parsed.

Every rule needs a value that came from one of the frameworks, and a value can only come from there through
an import in the same file, or in one of the project's that it imports (see ``ft_lint.source.leads``).
"""

from __future__ import annotations

import re

FRAMEWORKS = ("torch", "lightning", "transformers", "timm", "peft", "accelerate", "trl", "datasets")
"""Parts of the names of modules that rules and library know (``torchvision``, ``pytorch_lightning`` ... included)."""

_BYTES = tuple(name.encode() for name in FRAMEWORKS)
_IMPORT = re.compile(r"\b(?:from|import)\b(?:[^\n#]|\\\r?\n)*(?:" + "|".join(FRAMEWORKS) + ")")


def mentions_framework(data: bytes) -> bool:
    """Whether the name of a framework stands anywhere in the file."""
    return any(name in data for name in _BYTES)


def imports_framework(text: str) -> bool:
    """Whether a framework's name follows ``from`` or ``import`` in one statement.

    Also true for comments and strings that look so; never false where there is such an import.
    """
    return any(name in text for name in FRAMEWORKS) and _IMPORT.search(text) is not None
