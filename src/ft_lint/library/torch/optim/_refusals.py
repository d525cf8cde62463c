"""What torch's optimizers refuse instead of parameters."""

from __future__ import annotations

import ast

from ft_lint.facts.optimization import OptimizerRefused
from ft_lint.interpreter.items import items_of
from ft_lint.library.site import Site, passed
from ft_lint.syntax.written import source_of
from ft_lint.values.base import Unknown, Value
from ft_lint.values.callables import Bound, Class
from ft_lint.values.containers import Dict, Iterator, List, Tuple
from ft_lint.values.module import Module
from ft_lint.values.training import Parameters, StateDict

_PARAMETERS = ("parameters", "named_parameters")


def refuse_others(at: Site, kind: str, params: Value) -> None:
    """Write down that torch refuses ``params``, where it surely does."""
    given = at.arguments.places.get(0) or at.arguments.places.get("params")
    node = passed(given)
    params = at.m.store.resolve(params)
    found = _refused(params) or _refused_item(at, params)
    if found is None:
        return
    what, error, instead = found
    plain = node is not None and isinstance(node, ast.Name | ast.Attribute)
    text = f"{source_of(node)}{instead}" if instead and plain and node is not None else ""
    at.emit(OptimizerRefused, kind=kind, what=what, error=error, instead=text, place=node)


def _refused(params: Value) -> tuple[str, str, str] | None:
    """What stands in the place of parameters, the error, and what is missing behind it."""
    match params:
        case Module() if not _gives_parameters(params):
            return "a module", "TypeError", ".parameters()"
        case Bound(receiver=Module(), name=name) if name in _PARAMETERS:
            return f"the method `{name}` itself", "TypeError", "()"
        case StateDict():
            return "a state dict", "TypeError", ""
        case Dict() if params.complete:
            return "a dict alone", "TypeError", ""
    return None


def _refused_item(at: Site, params: Value) -> tuple[str, str, str] | None:
    """The same for what a list of parameters or groups holds."""
    match params:
        case Iterator(values=values, complete=True) | Tuple(values=values, complete=True):
            pass
        case List():
            items = items_of(at.m, params)
            values = items.values if items is not None and items.complete else ()
        case _:
            return None
    for value in map(at.m.store.resolve, values):
        match value:
            case Dict(entries=entries) if value.complete and "params" not in entries:
                return 'a group without the key "params"', "KeyError", ""
            case Dict(entries=entries) if "params" in entries:
                inner = _refused(at.m.store.resolve(entries["params"]))
                if inner is not None:
                    return f"{inner[0]} in a group", inner[1], ""
            case Module(kind=kind) if not kind.endswith("?"):  # what we do not see may be a parameter
                return "modules in a list", "TypeError", ""
            case Parameters():
                return "several `parameters()` in a list", "TypeError", ""
    return None


def _gives_parameters(module: Module) -> bool:
    """Whether iterating over a module may give parameters: some of torch's do, and a class of the script's own may."""
    lineage = module.cls.lineage() if module.cls is not None else []
    own = module.cls is not None and module.cls.defines("__iter__")
    unseen = any(isinstance(base, Unknown) for base in lineage)
    kinds = [module.kind, *(module.cls.library_bases() if module.cls is not None else ())]
    return own or unseen or any(kind.rpartition(".")[2] in ("ParameterList", "ParameterDict", "?") for kind in kinds)
