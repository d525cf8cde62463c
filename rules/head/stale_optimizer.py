"""Parameters that come to be after the optimizer was built, or are left out of it, never train.

What it does
------------
Finds parameters that are put into a model after an optimizer was built over it (a new head, timm's
`reset_classifier`, `get_peft_model`, the model bound anew) while that optimizer goes on making the steps; and new
layers that no optimizer was given: `AdamW(model.bert.parameters())`, with a classifier beside `bert`.

Why it matters
--------------
An optimizer keeps the parameter objects that it was given. New ones get gradients in `backward()`, but `step()`
never touches them: the head stays as random as it was drawn, and nothing is raised. The old head, which the model
no longer has, is still in the optimizer.

How to mend it
--------------
Build the optimizer after the model is complete; or hand the new parameters over with
`optimizer.add_param_group({"params": model.fc.parameters()})`.

What torch shows
----------------
Over the whole run the new layer receives a gradient in every `backward()`, is in no optimizer, and its relative
move is exactly 0; in the repaired twins the same layer moves in every step.

Known limits
------------
Optimizers that are built by a framework after the model is complete (Lightning's `configure_optimizers`) are silent,
but where they leave a new layer out. What has weights from elsewhere may be left out. `layer.weight.data = ...` keeps
the parameter and is not a replacement.

References
----------
https://github.com/pytorch/pytorch/issues/54765
https://github.com/pytorch/pytorch/issues/14467
https://github.com/microsoft/nni/issues/4521
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeAlias

from ft_lint import observe
from ft_lint.facts import Facts, ancestors
from ft_lint.facts.hub import AdapterAdded
from ft_lint.facts.models import Forward, LayerReplaced, ModelRebound, ParameterReplaced
from ft_lint.facts.optimization import Backward, GroupAdded, OptimizerBuilt, Stepped
from ft_lint.facts.weights import StateDictLoaded
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.module import Module, is_drawn, modules_of, own_parameters, parameters_of, walk
from ft_lint.values.tensor import Parameter

Change: TypeAlias = LayerReplaced | ParameterReplaced | ModelRebound | AdapterAdded


class StaleOptimizer(Rule):
    """A replaced layer that the optimizer does not know."""

    code = "TUN201"
    level = Level.WARNING
    message = (
        "`{layer}` is replaced after `{optimizer}` was built, so it never trains: "
        "build the optimizer afterwards, or give it the new parameters with `add_param_group`"
    )

    adapters = (
        "the adapters of `{layer}` come to be after `{optimizer}` was built, so they never train: "
        "build the optimizer afterwards"
    )

    born = (
        "`{layer}` comes to be after `{optimizer}` was built, so it never trains: "
        "make it before, or give the optimizer its parameters with `add_param_group`"
    )

    renamed = (
        "`{optimizer}` holds no parameters of `{layer}`, and no other optimizer does, so it never trains: "
        "give them to the one that is stepped for it"
    )

    forgotten = (
        "`{optimizer}` does not hold `{layer}`, which is new, and no other optimizer does, so it stays as random as it "
        "was drawn: build `{optimizer}` with the parameters of the whole model"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Parameters that the optimizer which is stepped does not hold: born after it, or left out."""
        yield from self._born_later(facts)
        for built in facts.of(OptimizerBuilt):
            layer = _left_out(facts, built)
            if layer:
                optimizer = facts.name_of(built.optimizer, built.optimizer.kind)
                yield self.finding(built, message=self.forgotten, layer=layer, optimizer=optimizer)

    def _born_later(self, facts: Facts) -> Iterator[Finding]:
        adapted = {id(added.made) for added in facts.of(AdapterAdded)}
        rebound = [change for change in facts.of(ModelRebound) if id(change.new) not in adapted]
        replaced: list[Change] = [*facts.of(LayerReplaced), *facts.of(ParameterReplaced)]
        changes: list[Change] = [*replaced, *rebound, *facts.of(AdapterAdded)]
        for change in changes:
            earlier = list(facts.before(change).of(OptimizerBuilt))
            there = {id(built.optimizer) for built in earlier}
            if not any(id(step.optimizer) in there for step in facts.after(change).of(Stepped)):
                continue  # what trains was built with the new model at hand
            known = {id(p) for built in earlier for group in built.groups for p in group.parameters}
            if isinstance(change, ModelRebound) and _has_its_own(change, facts):
                continue
            for built in earlier:
                born = [p for p in _born(change, built) if id(p) not in known]
                if _is_stepped(facts, built, change) and facts.starved(born, since=change, new=_is_new(change)):
                    optimizer = facts.name_of(built.optimizer, built.optimizer.kind)
                    layer = _named(facts, change)
                    yield self.finding(change, message=self._words(change, layer), layer=layer, optimizer=optimizer)
                    break

    def _words(self, change: Change, layer: str) -> str | None:
        match change:
            case AdapterAdded():
                return self.adapters
            case ModelRebound(name=name) if layer != name:
                return self.renamed
            case LayerReplaced(old=None) | ParameterReplaced(old=None):
                return self.born
        return None

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """What came to be here, or was left out here, got gradients, was in no optimizer and never moved."""
        built = run.at(line).of(observe.OptimizerBuilt).first
        ids = run.born_at(line) if built is None else _there(run, built)
        born, left_out = run.of_ids(ids), run.left_out(ids)
        figures = {
            "parameters": len(born),
            "left out": len(left_out),
            "gradients": sum(p.gradients for p in left_out),
            "moved": sum(p.steps_moved for p in born),
        }
        if left_out:
            return Evidence(True, f"{len(left_out)} new parameters get gradients and never move", figures)
        why = "no parameter came to be here" if not born else "no new parameter with gradients is left out"
        return Evidence(False, why, figures)


def _is_new(change: Change) -> bool:
    """Whether a statement builds what it gives a name: ``model.head = nn.Linear(768, 2).cuda()``, ``model = Net()``."""
    if not isinstance(change, LayerReplaced | ModelRebound) or not isinstance(change.node, ast.Assign):
        return False
    return change.new.node is not None and any(part is change.new.node for part in ast.walk(change.node.value))


def _named(facts: Facts, change: Change) -> str:
    """What the script calls the thing that is new."""
    match change:
        case ModelRebound(name=name, new=new):
            return facts.name_of(new, name)
        case AdapterAdded(made=made, model=model):
            return facts.name_of(made, facts.name_of(model, "model"))
        case LayerReplaced(target=target) | ParameterReplaced(target=target):
            return target


def _born(change: Change, built: OptimizerBuilt) -> list[Parameter]:
    """The parameters that come with a change of a model over which the optimizer was built, and were not in it before:
    a wrapper brings none.
    """
    if isinstance(change, AdapterAdded):
        return [*change.adapters, *change.kept] if _is_of(built, change.model) else []
    if isinstance(change, ParameterReplaced):
        return [change.new] if _is_of(built, change.module) else []
    owners = (change.old,) if isinstance(change, ModelRebound) else (change.module, change.old)
    if not any(_is_of(built, owner) for owner in owners if isinstance(owner, Module)):
        return []
    before = {id(p) for p in parameters_of(change.old)} if isinstance(change.old, Module) else set()
    return [p for p in parameters_of(change.new) if id(p) not in before]


def _has_its_own(change: ModelRebound, facts: Facts) -> bool:
    """Whether an optimizer, built before or afterwards, holds parameters of the new model that the old one does not
    share: one that was built for it, if only for a part.
    """
    held = {id(p) for built in facts.of(OptimizerBuilt) for group in built.groups for p in group.parameters}
    old = {id(p) for p in parameters_of(change.old)}
    return any(id(p) in held and id(p) not in old for p in parameters_of(change.new))


def _is_stepped(facts: Facts, built: OptimizerBuilt, change: Change) -> bool:
    """Whether the optimizer is there wherever the change is made, or is one of those that are stepped on every way."""
    if built.surely_when(change):
        return True
    alike = (one.optimizer for one in facts.before(change).of(OptimizerBuilt) if _born(change, one))
    return facts.are_stepped_whenever(alike, change)


def _is_of(built: OptimizerBuilt, module: Module) -> bool:
    """Whether the optimizer was given parameters of this module."""
    held = {id(p) for group in built.groups for p in group.parameters}
    return any(id(ancestor) in held for p in parameters_of(module) for ancestor in ancestors(p))


def _there(run: observe.Run, built: observe.OptimizerBuilt) -> tuple[int, ...]:
    """The parameters of the run but for those that came to be after an optimizer was built."""
    later = run.after(built)
    born = {one.parameter for one in later.of(observe.ParameterAssigned)}
    born |= {parameter for one in later.of(observe.SubmoduleAssigned) for parameter in one.parameters}
    return tuple(parameter for parameter in run.parameters if parameter not in born)


def _left_out(facts: Facts, built: OptimizerBuilt) -> str:
    """What the script calls a new layer of the model behind an optimizer that no optimizer holds; empty if none.

    A layer that another optimizer holds of another model of the kind is left to a later phase.
    """
    held = {id(p) for one in facts.of(OptimizerBuilt) for group in one.groups for p in group.parameters}
    held |= {id(p) for added in facts.of(GroupAdded) for p in added.group.parameters}
    later = facts.after(built)
    if all(id(p) in held for backward in later.of(Backward) for p in backward.trainable):
        return ""
    known = held | {id(p) for loaded in facts.of(StateDictLoaded) for p in loaded.parameters if not loaded.gave_back}
    known |= {id(p) for put in later.of(LayerReplaced) for p in parameters_of(put.new)}
    known |= {id(p) for bound in later.of(ModelRebound) for p in parameters_of(bound.new)}
    known |= {id(put.new) for put in later.of(ParameterReplaced)}
    passes = [f for b in facts.of(Backward) for f in b.forwards if isinstance(f, Forward)]
    roots = dict.fromkeys(f.root for f in sorted(passes, key=lambda one: one.moment.order))
    layers = [layer for root in roots for layer in modules_of(root)]
    trained = {id(one.node) for one in layers if any(id(p) in held for p in own_parameters(one))}
    for root in roots:
        if not _is_of(built, root):
            continue
        for name, layer in walk(root):
            own = parameters_of(layer)
            new = bool(own) and is_drawn(layer) and not any(p.pretrained or p.rest or id(p) in known for p in own)
            if new and id(layer.node) not in trained and len(facts.starved(own, since=built)) == len(own):
                return f"{facts.name_of(root, 'model')}.{name}"
    return ""
