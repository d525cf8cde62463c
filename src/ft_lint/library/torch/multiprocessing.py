"""``torch.multiprocessing``: a function of the script in several processes."""

from __future__ import annotations

from ft_lint.interpreter.calls import call
from ft_lint.interpreter.items import items_of
from ft_lint.interpreter.signature import Arguments
from ft_lint.library.site import Site
from ft_lint.values.base import NONE, UnknownNumber, Value


def spawn(
    at: Site, fn: Value, args: Value = NONE, nprocs: Value = NONE, join: Value = NONE, *rest: Value, **settings: Value
) -> Value:
    """``spawn(worker, args=(n, args), nprocs=n)``: each process runs ``worker(rank, n, args)``.

    Source: https://docs.pytorch.org/docs/stable/multiprocessing.html#torch.multiprocessing.spawn.spawn
    """
    found = items_of(at.m, args)
    given = found.values if found is not None and found.complete else None
    rank = UnknownNumber("the number of a process")
    passed = Arguments((rank, *(given or ())), complete=given is not None or args is NONE)
    return call(at.m, fn, passed, at.node)
