"""A run on its way from a script's process to the verifier, which takes nothing from it but what a run is made of."""

from __future__ import annotations

import io
import pickle
from typing import Any, BinaryIO

from ft_lint.observe import event, hub
from ft_lint.observe import run as record
from ft_lint.observe.run import Run

_MODULES = {module.__name__: module for module in (record, event, hub)}


def write(run: Run, stream: BinaryIO) -> None:
    """Send a run."""
    pickle.dump(run, stream)


def read(data: bytes) -> Run | None:
    """The run that was sent; None where a script has sent something else."""
    try:
        run = _Reader(io.BytesIO(data)).load()
    except (pickle.UnpicklingError, EOFError):
        return None
    return run if isinstance(run, Run) else None


class _Reader(pickle.Unpickler):
    """Knows the classes of records by name and nothing else: a pickle may ask for any function and call it."""

    def find_class(self, module: str, name: str) -> Any:
        """The class; what else is asked for is refused."""
        found = vars(_MODULES[module]).get(name) if module in _MODULES else None
        if isinstance(found, type) and found.__module__ in _MODULES:
            return found
        raise pickle.UnpicklingError(f"no part of a record: {module}.{name}")
