"""The ids of checkpoints that transformers' configurations name as their own."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from ft_lint.library.transformers import checkpoints

_NAMED = re.compile(r'@auto_docstring\((?:.*,\s*)?checkpoint="([^"]+)"')


def harvest() -> dict[str, str]:
    """Ids with the model type of the configuration that names them; ids that several name are left out."""
    found: dict[str, set[str]] = {}
    for model_type in CONFIG_MAPPING:
        config = CONFIG_MAPPING[model_type]
        named = _NAMED.search(inspect.getsource(config))
        if named is not None:
            found.setdefault(named[1], set()).add(model_type)
    return {name: kinds.pop() for name, kinds in found.items() if len(kinds) == 1}


def rewrite() -> Path:
    """Write the table anew; gives its path."""
    checkpoints.write(checkpoints.PATH, harvest())
    return checkpoints.PATH
