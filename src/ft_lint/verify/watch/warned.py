"""Warnings: every call of ``warnings.warn``, also those that a filter hides."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ft_lint import observe
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to ``warnings.warn``."""
    with replaced(warnings, "warn", _recording_warn(recorder)):
        yield


def _recording_warn(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def warn(message: Any, category: Any = None, stacklevel: int = 1, *args: Any, **kwargs: Any) -> None:
            kind = type(message) if isinstance(message, Warning) else category or UserWarning
            recorder.write(observe.WarningIssued, category=kind.__name__, text=str(message))
            original(message, category, stacklevel + 1, *args, **kwargs)

        return warn

    return wrap
