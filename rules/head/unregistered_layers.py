"""Layers in a plain list or dict are no part of the module: they never train, move to a GPU or get saved.

What it does
------------
Finds layers that a module keeps in a plain list, tuple or dict and runs in its `forward`, where neither
`parameters()` nor `state_dict()` sees them.

Why it matters
--------------
torch registers modules that are assigned to an attribute themselves, not those inside a list. The optimizer never
gets their weights, `.to(device)` and `.eval()` pass them by, and the checkpoint lacks them. Nothing is raised.

How to mend it
--------------
Wrap them: `self.layers = nn.ModuleList([...])`, or `nn.ModuleDict({...})` for a dict.

What torch shows
----------------
The layers run in every forward pass and their weights get gradients; they are in no optimizer and never move.

Known limits
------------
Layers that are hidden on purpose are silent: frozen or pretrained ones (a teacher, a perceptual loss), and those that
an optimizer is given by hand or that the class's own `parameters()` returns, and copies of layers that the model has.

References
----------
https://github.com/pytorch/pytorch/issues/666
https://github.com/pytorch/pytorch/issues/1053
https://github.com/twitter/the-algorithm-ml/pull/136
https://pytorch.org/docs/stable/generated/torch.nn.ModuleList.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.edits import filled
from ft_lint.facts import Facts
from ft_lint.facts.models import AttributeSet, Forward
from ft_lint.facts.optimization import OptimizerBuilt, Stepped
from ft_lint.rule import Applicability, Evidence, Finding, Fix, Level, Rule
from ft_lint.syntax.written import source_of
from ft_lint.values.base import Value, options
from ft_lint.values.callables import Class
from ft_lint.values.containers import Dict, List
from ft_lint.values.module import Module, modules_of
from ft_lint.values.tensor import Parameter


class UnregisteredLayers(Rule):
    """Layers that torch does not see."""

    code = "TUN208"
    level = Level.WARNING
    message = (
        "`parameters()` does not see the layers in `{attribute}`, a plain {kind}: they never train and are not saved, "
        "use `nn.{container}`"
    )
    applicability = Applicability.UNSAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Containers of layers that `forward` runs and no optimizer holds."""
        told: set[tuple[int, str]] = set()
        for forward in facts.of(Forward):
            owner = forward.within[-1] if forward.within else None
            if owner is None or not forward.shelf or (id(owner), forward.shelf) in told:
                continue
            put = _assignment(facts, owner, forward)
            if put is None or _has_own_parameters(owner) or not _is_left_out(facts, forward):
                continue
            told.add((id(owner), forward.shelf))
            kind = _kind(put.value)
            container = "ModuleDict" if kind == "dict" else "ModuleList"
            attribute = f"{put.owner_text}.{put.name}"
            yield self.finding(put, attribute=attribute, kind=kind, container=container, fix=self._wrapped(put))

    def _wrapped(self, put: AttributeSet) -> Fix | None:
        """A list that is written out where it is assigned, wrapped."""
        text = source_of(put.place)
        if _kind(put.value) != "list" or not (text.startswith("[") and text.endswith("]")):
            return None
        wrapped = filled("torch.nn.ModuleList(_)", put.place)
        return self.fix("wrap the list in `nn.ModuleList`", wrapped, imports=("import torch",))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Layers that the owner runs and does not hold get gradients, are in no optimizer and never move."""
        owners = {event.owner for event in run.at(line).of(observe.ContainerSet)}
        hidden: set[int] = set()
        calls = run.of(observe.ModuleCalled)
        for call in calls.where(lambda call: call.module in owners):
            tree = {call.module, *run.modules[call.module].modules}
            hidden |= {inner.module for inner in run.within(call) if inner.module not in tree}
        ids = {i for module in hidden for i in run.modules[module].parameters}
        left_out = [p for p in run.left_out(ids) if not p.pretrained]
        figures = {"hidden layers": len(hidden), "parameters": len(ids), "left out": len(left_out)}
        if left_out:
            return Evidence(True, f"{len(left_out)} parameters get gradients and stay as they were drawn", figures)
        return Evidence(False, "no hidden layer is left out" if owners else "no container is set here", figures)


def _assignment(facts: Facts, owner: Module, forward: Forward) -> AttributeSet | None:
    """The last assignment that made the attribute a container, in the owner's own `__init__`."""
    puts = [p for p in facts.of(AttributeSet) if p.owner is owner and p.name == forward.shelf and p.building]
    return puts[-1] if puts else None


def _has_own_parameters(owner: Module) -> bool:
    bases = owner.cls.lineage() if owner.cls is not None else []
    names = ("parameters", "named_parameters", "__getattr__")
    return any(name in base.scope.names for base in bases if isinstance(base, Class) for name in names)


def _is_left_out(facts: Facts, forward: Forward) -> bool:
    """Whether the layer has weights to train and surely no optimizer gets them."""
    hidden = _trainable(facts, forward)
    if not hidden or any(p.pretrained is not False for p in hidden):
        return False
    registered = [part for outer in forward.within for part in modules_of(outer)]
    if any(part is forward.module or _is_copy(forward.module, part) for part in registered):
        return False
    if any(facts.of(Stepped)):
        return bool(facts.starved(hidden, since=forward))
    held = {id(p) for built in facts.of(OptimizerBuilt) for group in built.groups for p in group.parameters}
    return not any(id(p) in held for p in hidden) and all(built.complete for built in facts.of(OptimizerBuilt))


def _is_copy(layer: Module, of: Module) -> bool:
    """Whether a layer is a copy of another, made where that was: an old policy is not to train."""
    return layer.node is not None and layer.node is of.node and layer.kind == of.kind


def _trainable(facts: Facts, forward: Forward) -> list[Parameter]:
    """What required grad in the layer's own call, or in those of its parts."""
    parts = {id(part) for part in modules_of(forward.module)}
    calls = [f for f in facts.of(Forward) if f is forward or (id(f.module) in parts and forward.module in f.within)]
    return [p for call in calls for p in call.trainable]


def _kind(value: Value) -> str:
    kinds = {type(option) for option in options(value)}
    return "dict" if kinds == {Dict} else "list" if kinds == {List} else "tuple"
