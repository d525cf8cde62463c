"""Layers and functions from signatures written as Python writes them, and what they compute."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any

from ft_lint.library.layer import Layer
from ft_lint.library.site import Site
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


def layer(
    text: str, run: Run, weights: Weights | None = None, *, inputs: str = "input", stochastic: bool = False
) -> type[Layer]:
    """A layer with torch's own constructor ``text``.

    ``weights(**arguments)`` gives the names and shapes of its parameters, or raises Refused; ``run(at, *inputs,
    **arguments)`` its output.  ``at.module`` is the layer.
    """
    name, parameters = read(text)
    _, taken = read(f"forward({inputs})")
    inputs_of, needed = inspect.Signature(taken), {one.name for one in parameters}

    def build(**arguments: Any) -> dict[str, Shape | None]:
        return weights(**arguments) if weights is not None else {}

    def forward(at: Site, module: Module, *given: Value, **named: Value) -> Value:
        bound = inputs_of.bind(*given, **named)
        bound.apply_defaults()
        if not needed <= module.arguments.keys():  # a class of the script that nobody builds
            return at.result(None, *given, *named.values())
        here = at if at.module is module else dataclasses.replace(at, module=module)  # ``super().forward(x)``
        return run(here, **bound.arguments, **module.arguments)

    build.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    own = [inspect.Parameter("at", _EITHER), inspect.Parameter("module", _EITHER, annotation="Module")]
    forward.__signature__ = inspect.Signature([*own, *taken])  # type: ignore[attr-defined]
    body = {"build": staticmethod(build), "forward": staticmethod(forward), "stochastic": stochastic}
    return type(name, (Layer,), body | {"__doc__": f"``nn.{text}``."})


def function(text: str, run: Run) -> Run:
    """A function with torch's own signature ``text``."""
    name, parameters = read(text)
    signature = inspect.Signature(parameters)

    def call(at: Site, *given: Value, **named: Value) -> Value:
        bound = signature.bind(*given, **named)
        bound.apply_defaults()
        return run(at, **bound.arguments)

    call.__signature__ = inspect.Signature([inspect.Parameter("at", _EITHER), *parameters])  # type: ignore[attr-defined]
    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"``F.{text}``."
    return call


def layers(*made: type[Layer]) -> dict[str, type[Layer]]:
    """Some layers by their names."""
    return {one.__name__: one for one in made}


def functions(*made: Run) -> dict[str, Run]:
    """Some functions by their names."""
    return {one.__name__: one for one in made}
