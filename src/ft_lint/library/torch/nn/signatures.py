"""Layers and functions from signatures written as Python writes them, and what they compute."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ft_lint.library.layer import Layer
from ft_lint.library.site import Site
from ft_lint.light import replace
from ft_lint.values.base import Constant, Value
from ft_lint.values.module import Module
from ft_lint.values.shape import Shape

Run = Callable[..., Value]
Weights = Callable[..., dict[str, "Shape | None"]]

_EITHER = inspect.Parameter.POSITIONAL_OR_KEYWORD


@functools.cache
def read(text: str) -> tuple[str, tuple[inspect.Parameter, ...]]:
    """The name and parameters of ``name(a, b=1)``; defaults are constants."""
    definition = ast.parse(f"def {text}: ...").body[0]
    assert isinstance(definition, ast.FunctionDef)
    given = definition.args
    positional = [*given.posonlyargs, *given.args]
    defaults = [inspect.Parameter.empty] * (len(positional) - len(given.defaults)) + list(
        map(_constant, given.defaults)
    )
    found = [inspect.Parameter(a.arg, _EITHER, default=d) for a, d in zip(positional, defaults, strict=True)]
    for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        value = inspect.Parameter.empty if default is None else _constant(default)
        found.append(inspect.Parameter(argument.arg, inspect.Parameter.KEYWORD_ONLY, default=value))
    return definition.name, tuple(found)


def _constant(node: ast.expr) -> Any:
    return Constant(ast.literal_eval(node))


class _Constructor:
    """``Layer.build`` of a written signature, which is read when it is asked for: most layers are in no script."""

    def __init__(self, text: str, weights: Weights | None) -> None:
        self._text = text
        self._weights = weights

    @functools.cached_property
    def __signature__(self) -> inspect.Signature:
        return inspect.Signature(read(self._text)[1])

    def __call__(self, **arguments: Any) -> dict[str, Shape | None]:
        return self._weights(**arguments) if self._weights is not None else {}


@functools.cache
def _inputs(text: str) -> tuple[tuple[inspect.Parameter, ...], inspect.Signature]:
    """The inputs of a ``forward``, and its signature in the library package."""
    _, taken = read(f"forward({text})")
    own = [inspect.Parameter("at", _EITHER), inspect.Parameter("module", _EITHER, annotation="Module")]
    return taken, inspect.Signature([*own, *taken])


def _by_name(
    parameters: Sequence[inspect.Parameter], given: Sequence[Value], named: Mapping[str, Value]
) -> dict[str, Value]:
    """Arguments that fit the parameters, by name and with their defaults."""
    found = {one.name: value for one, value in zip(parameters, given, strict=False)}
    return found | {one.name: named.get(one.name, one.default) for one in parameters[len(given) :]}


def layer(
    text: str,
    run: Run,
    weights: Weights | None = None,
    *,
    inputs: str = "input",
    stochastic: bool = False,
    methods: Mapping[str, Callable[..., Value]] | None = None,
) -> type[Layer]:
    """A layer with torch's own constructor ``text``.

    ``weights(**arguments)`` gives the names and shapes of its parameters, or raises Refused; ``run(at, *inputs,
    **arguments)`` its output.  ``at.module`` is the layer.  ``methods`` are further ones, of the class.
    """
    taken, signature = _inputs(inputs)
    build = _Constructor(text, weights)

    def forward(at: Site, module: Module, *given: Value, **named: Value) -> Value:
        if build.__signature__.parameters.keys() != module.arguments.keys():  # not its own
            return at.result(None, *given, *named.values())
        here = at if at.module is module else replace(at, module=module)  # ``super().forward(x)``
        return run(here, **_by_name(taken, given, named), **module.arguments)

    forward.__signature__ = signature  # type: ignore[attr-defined]
    body = {"build": build, "forward": staticmethod(forward), "stochastic": stochastic}
    body |= {name: staticmethod(method) for name, method in (methods or {}).items()}
    return type(text.partition("(")[0], (Layer,), body | {"__doc__": f"``nn.{text}``."})


def function(text: str, run: Run) -> Run:
    """A function with torch's own signature ``text``, which is read when it is asked for."""

    def call(at: Site, *given: Value, **named: Value) -> Value:
        return run(at, **_by_name(read(text)[1], given, named))

    def signed() -> inspect.Signature:
        return inspect.Signature([inspect.Parameter("at", _EITHER), *read(text)[1]])

    call.signed = signed  # type: ignore[attr-defined]
    call.__name__ = call.__qualname__ = text.partition("(")[0]
    call.__doc__ = f"``F.{text}``."
    return call


def layers(*made: type[Layer]) -> dict[str, type[Layer]]:
    """Some layers by their names."""
    return {one.__name__: one for one in made}


def functions(*made: Run) -> dict[str, Run]:
    """Some functions by their names."""
    return {one.__name__: one for one in made}
