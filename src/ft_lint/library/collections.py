"""``collections``."""

from __future__ import annotations

from ft_lint.interpreter.items import iterate
from ft_lint.library.builtins import dict_
from ft_lint.library.site import Site
from ft_lint.values.base import NONE, TRUE, Constant, Value
from ft_lint.values.containers import Dict, Tuple
from ft_lint.values.training import StateDict


def OrderedDict(at: Site, items: Value = NONE, **entries: Value) -> Value:  # noqa: N802
    """``OrderedDict([(name, value), ...])``."""
    if isinstance(items, Dict | StateDict):
        return dict_.construct(at, items, **entries)
    found = iterate(at.m, items, at.node) if items is not NONE else None
    made = Dict(dict(entries))
    for value in found.values if found is not None else ():
        match value:
            case Tuple((Constant(str() as name), entry)):
                made.entries[name] = entry
            case _:
                made.flags["incomplete"] = TRUE
    if found is not None and not found.complete:
        made.flags["incomplete"] = TRUE
    return made


def defaultdict(at: Site, *args: Value, **kwargs: Value) -> Value:
    """``defaultdict``: entries come to be when asked for."""
    made = Dict()
    made.flags["incomplete"] = TRUE
    return made
