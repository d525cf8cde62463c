"""Arguments of a call, and how they meet parameters."""

from __future__ import annotations

import ast
import enum
import inspect
from collections.abc import Callable, Iterator
from dataclasses import field
from functools import cache, lru_cache
from types import FunctionType
from typing import Any, NamedTuple

from ft_lint.light import dataclass
from ft_lint.values.base import Constant, Unknown, Value
from ft_lint.values.containers import Dict, Tuple, new_list
from ft_lint.values.store import gate


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a call passes; ``complete`` is false where a ``*`` or ``**`` hides some of it.

    ``places`` are the nodes of the arguments, by position and by name; ``hidden`` is what is behind such a ``*``, which
    parameters it may be for is not known.
    """

    positional: tuple[Value, ...] = ()
    keywords: dict[str, Value] = field(default_factory=dict)
    complete: bool = True
    places: dict[int | str, ast.AST] = field(default_factory=dict)
    hidden: tuple[Value, ...] = ()

    def before(self, *values: Value) -> Arguments:
        """The same call with ``values`` in front, e.g. the receiver of a method."""
        moved = {key + len(values) if isinstance(key, int) else key: place for key, place in self.places.items()}
        return Arguments((*values, *self.positional), self.keywords, self.complete, moved, self.hidden)

    def all(self) -> tuple[Value, ...]:
        """Every value that is passed."""
        return (*self.positional, *self.keywords.values(), *self.hidden)


class Mismatch(Exception):
    """The arguments do not fit the parameters: Python would raise TypeError."""


_EMPTY = inspect.Parameter.empty
_SYNONYMS = {
    "dim": "axis",
    "keepdim": "keepdims",
    "other": "exponent",
    "input": "x",
    "split_size_or_sections": "split_size",
}
"""Names under which torch takes the same argument, most of them NumPy's."""


class _Kind(enum.IntEnum):
    """How an argument reaches a parameter."""

    ANYHOW = enum.auto()
    BY_PLACE = enum.auto()
    BY_NAME = enum.auto()
    REST = enum.auto()
    REST_BY_NAME = enum.auto()


class _Parameter(NamedTuple):
    """What binding needs to know of a parameter; `inspect` is too slow to be asked at every call."""

    name: str
    kind: _Kind
    default: Any
    synonym: str | None

    @property
    def required(self) -> bool:
        return self.default is _EMPTY


_KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: _Kind.BY_PLACE,
    inspect.Parameter.POSITIONAL_OR_KEYWORD: _Kind.ANYHOW,
    inspect.Parameter.KEYWORD_ONLY: _Kind.BY_NAME,
    inspect.Parameter.VAR_POSITIONAL: _Kind.REST,
    inspect.Parameter.VAR_KEYWORD: _Kind.REST_BY_NAME,
}


@cache
def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of a library function; `inspect` is slow, and there are a few hundred of them.

    One that is written as a text is ``signed``, to be read when somebody asks.
    """
    signed: Callable[[], inspect.Signature] | None = getattr(function, "signed", None)
    return inspect.signature(function) if signed is None else signed()


@cache
def _signature(function: Callable[..., Any]) -> tuple[_Parameter, ...]:
    if type(function) is FunctionType and not function.__dict__:
        return tuple(_declared(function))
    return tuple(
        _Parameter(one.name, _KINDS[one.kind], one.default, _SYNONYMS.get(one.name))
        for one in signature_of(function).parameters.values()
    )


def _declared(function: FunctionType) -> Iterator[_Parameter]:
    """The parameters of a plain function, as `inspect` gives them, but without its cost."""
    code = function.__code__
    first, count = code.co_posonlyargcount, code.co_argcount
    named = count + code.co_kwonlyargcount
    names, after = code.co_varnames, list(code.co_varnames[named:])
    defaults = function.__defaults__ or ()
    by_name = function.__kwdefaults__ or {}
    for place, name in enumerate(names[:count]):
        kind = _Kind.BY_PLACE if place < first else _Kind.ANYHOW
        late = place - (count - len(defaults))
        yield _Parameter(name, kind, defaults[late] if late >= 0 else _EMPTY, _SYNONYMS.get(name))
    if code.co_flags & inspect.CO_VARARGS:
        yield _Parameter(after.pop(0), _Kind.REST, _EMPTY, None)
    for name in names[count:named]:
        yield _Parameter(name, _Kind.BY_NAME, by_name.get(name, _EMPTY), _SYNONYMS.get(name))
    if code.co_flags & inspect.CO_VARKEYWORDS:
        yield _Parameter(after.pop(0), _Kind.REST_BY_NAME, _EMPTY, None)


@cache
def receiver_of(function: Callable[..., Any]) -> type[Value]:
    """Which values a library function takes in front, by its annotation: a method those of its class."""
    first = _signature(function)[1:2]
    found = function.__globals__.get(function.__annotations__.get(first[0].name, "")) if first else None
    return found if isinstance(found, type) and issubclass(found, Value) else Value


def bind_library(function: Callable[..., Any], leading: int, arguments: Arguments) -> tuple[list[Any], dict[str, Any]]:
    """Arguments for a library function whose first ``leading`` parameters are ours.

    Parameters that a hidden ``*args``/``**kwargs`` may fill are unknown, not at their default.
    Raises Mismatch where torch would raise TypeError.
    """
    given, named = arguments.positional, arguments.keywords
    plan = _plan(function, leading, len(given), tuple(named), arguments.complete)
    if isinstance(plan, str):
        raise Mismatch(plan)
    hidden = arguments.hidden
    positional = [Unknown(_HIDDEN, hidden) if place is None else given[place] for place in plan.positional]
    keywords = {name: Unknown(_HIDDEN, hidden) if key is None else named[key] for name, key in plan.keywords}
    return positional, keywords


def bind_by_name(function: Callable[..., Any], arguments: Arguments) -> dict[str, Any]:
    """Arguments for a library function by the names of its parameters, with their defaults.

    Raises Mismatch or TypeError where torch would raise TypeError.
    """
    positional, keywords = bind_library(function, 0, arguments)
    parameters = _signature(function)
    if any(one.kind in (_Kind.REST, _Kind.REST_BY_NAME) for one in parameters):
        bound = signature_of(function).bind(*positional, **keywords)
        bound.apply_defaults()
        return dict(bound.arguments)
    given = {one.name: value for one, value in zip(parameters, positional, strict=False)}
    return given | {one.name: keywords.get(one.name, one.default) for one in parameters[len(positional) :]}


_HIDDEN = "may be passed by `*` or `**`"


class _Plan(NamedTuple):
    """Which of a call's arguments goes where; None is one that may be hidden."""

    positional: tuple[int | None, ...]
    keywords: tuple[tuple[str, str | None], ...]


@lru_cache(maxsize=16_384)
def _plan(
    function: Callable[..., Any], leading: int, count: int, names: tuple[str, ...], complete: bool
) -> _Plan | str:
    """How so many values by position and these by name meet a function's parameters, or why they do not."""
    positional: list[int | None] = []
    keywords: dict[str, str | None] = {}
    rest = list(range(count))
    named = dict.fromkeys(names)
    for parameter in _signature(function)[leading:]:
        name, kind, _, synonym = parameter
        if kind is _Kind.REST:
            positional += rest
            rest = []
        elif kind is _Kind.REST_BY_NAME:
            keywords |= {one: one for one in named}
            named = {}
        elif rest and kind is not _Kind.BY_NAME:
            if name in named and kind is _Kind.ANYHOW:
                return f"several values for `{name}`"
            positional.append(rest.pop(0))
        elif kind is _Kind.BY_PLACE:
            if parameter.required and complete:
                return f"missing argument `{name}`"
            positional.append(None)
        elif name in named:
            del named[name]
            keywords[name] = name
        elif kind is _Kind.ANYHOW and synonym is not None and synonym in named:
            del named[synonym]
            keywords[name] = synonym
        elif not complete:
            keywords[name] = None
        elif parameter.required:
            return f"missing argument `{name}`"
    if rest or named:
        return "too many arguments" if rest else f"unexpected argument `{next(iter(named))}`"
    return _Plan(tuple(positional), tuple(keywords.items()))


def place_of(function: Callable[..., Any], leading: int, arguments: Arguments, name: str) -> ast.AST | None:
    """The node of the argument that fills the parameter ``name``, if the call writes one."""
    if name in arguments.places:
        return arguments.places[name]
    names = [parameter.name for parameter in _signature(function)[leading:]]
    return arguments.places.get(names.index(name)) if name in names else None


def bind_script(parameters: ast.arguments, defaults: dict[str, Value], arguments: Arguments) -> dict[str, Value]:
    """The names that a function of the script starts with; what is not passed is unknown."""
    rest, named = list(arguments.positional), dict(arguments.keywords)
    bound: dict[str, Value] = {}
    for parameter in (*parameters.posonlyargs, *parameters.args):
        name = parameter.arg
        if rest:
            bound[name] = rest.pop(0)
        elif name in named:
            bound[name] = named.pop(name)
        else:
            bound[name] = _absent(name, defaults, arguments)
    if parameters.vararg is not None:
        bound[parameters.vararg.arg] = Tuple(tuple(rest), arguments.complete)
    for parameter in parameters.kwonlyargs:
        name = parameter.arg
        bound[name] = named.pop(name) if name in named else _absent(name, defaults, arguments)
    if parameters.kwarg is not None:
        extra = Dict(dict(named))
        extra.places.update({name: arguments.places[name] for name in named if name in arguments.places})
        if not arguments.complete:
            extra.flags["incomplete"] = new_list()
        bound[parameters.kwarg.arg] = extra
    return bound


def misfits(parameters: ast.arguments, defaults: dict[str, Value], arguments: Arguments, leading: int = 0) -> bool:
    """Whether a call passes too little, openly or hidden, for a function of the script, or what that does not take.

    The first ``leading`` parameters are not the call's to fill: ``self``.
    """
    if not arguments.complete:
        return False
    by_place = [*parameters.posonlyargs, *parameters.args][leading:]
    if parameters.vararg is None and len(arguments.positional) > len(by_place):
        return True
    named = {one.arg for one in (*by_place, *parameters.kwonlyargs)}
    if parameters.kwarg is None and not arguments.keywords.keys() <= named:
        return True
    wanted = (one.arg for one in (*by_place[len(arguments.positional) :], *parameters.kwonlyargs))
    return any(name not in arguments.keywords and name not in defaults for name in wanted)


def _absent(name: str, defaults: dict[str, Value], arguments: Arguments) -> Value:
    default = defaults.get(name)
    if default is not None and arguments.complete:
        return default
    unknown = Unknown(f"argument `{name}` is not known", arguments.hidden)
    if isinstance(default, Constant) and isinstance(default.value, float) and not arguments.hidden:
        # nobody calls it here: a rate is what it is by default; one that is off may be switched on
        return Constant(default.value, default=True) if default.value else gate(unknown, unknown, default)
    return unknown
