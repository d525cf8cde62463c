"""Objects of libraries that matter for what they were built with: settings, collators, trainers."""

from __future__ import annotations

from ft_lint.library.argument_names import parameters
from ft_lint.library.site import Site
from ft_lint.values.base import Value
from ft_lint.values.callables import Instance


def remembered(at: Site, path: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Instance:
    """An object of the library class at ``path`` with its arguments by the names of the parameters."""
    made = Instance(path, node=at.node, complete=at.arguments.complete)
    remember(at, made, path, args, kwargs)
    return made


def remember(at: Site, made: Instance, path: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> None:
    """Keep what the ``__init__`` of a class at ``path`` is given in the object: one of it, or of a class above it.

    ``self`` is not among ``args``.  Names of positional arguments are the newest release's.
    """
    known = parameters(path)
    names = known.positional if known is not None else ()
    made.arguments.update(zip(names, args, strict=False))
    made.arguments.update(kwargs)
    skipped = len(at.arguments.positional) - len(args)
    for key, place in at.arguments.places.items():
        name = key if isinstance(key, str) else names[key - skipped] if 0 <= key - skipped < len(names) else None
        if name is not None:
            made.places[name] = place
