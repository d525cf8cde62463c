"""Tables of ``datasets``, where a script has it loaded: which method made which, and what is read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from ft_lint.observe.hub import TableMade, TableRead
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder

METHODS = (
    "map",
    "filter",
    "select",
    "shuffle",
    "sort",
    "shard",
    "rename_column",
    "rename_columns",
    "remove_columns",
    "select_columns",
    "add_column",
    "cast",
    "cast_column",
    "class_encode_column",
    "flatten",
    "with_format",
    "with_transform",
    "train_test_split",
)
"""Methods that give a new table, or new tables by their splits."""


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to tables and to dicts of them."""
    with ExitStack() as stack:
        package = sys.modules.get("datasets")
        if package is not None:
            for kind in (vars(package)["Dataset"], vars(package)["DatasetDict"]):
                for name in METHODS:
                    if hasattr(kind, name):
                        stack.enter_context(replaced(kind, name, _recording_method(recorder, name)))
            for name in ("__getitem__", "__getitems__", "__iter__"):
                stack.enter_context(replaced(vars(package)["Dataset"], name, _recording_read(recorder)))
        yield


def _recording_method(recorder: Recorder, how: str) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            made = original(self, *args, **kwargs)
            for before, after in _pairs(self, made):
                recorder.write(
                    TableMade,
                    table=recorder.things(before),
                    made=recorder.things(after),
                    how=how,
                    differs=before._fingerprint != after._fingerprint,
                )
            return made

        return method

    return wrap


def _pairs(before: Any, after: Any) -> Iterator[tuple[Any, Any]]:
    """Each table with the one made from it; a split's parts are all made from the one table."""
    if not isinstance(after, dict):
        yield before, after
        return
    for name, table in after.items():
        yield (before[name] if isinstance(before, dict) and name in before else before), table


def _recording_read(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def read(self: Any, *args: Any) -> Any:
            recorder.write(TableRead, table=recorder.things(self))
            return original(self, *args)

        return read

    return wrap
