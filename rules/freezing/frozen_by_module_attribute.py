"""`module.requires_grad = ...` sets a plain attribute; the module's parameters do not change.

What it does
------------
Finds assignments to `requires_grad` of a module, where only parameters and tensors have that property.

Why it matters
--------------
Nothing is raised. With `False` the layers that were to be frozen go on training; with `True` a frozen head stays
frozen.

How to mend it
--------------
Call the method: `module.requires_grad_(False)`; or loop over `module.parameters()`.

What torch shows
----------------
Right after the assignment the parameters' `requires_grad` differ from the value that was set. With `False` they get
gradients in every `backward()` and move; with `True` they take part in the forward pass and get none.

Known limits
------------
Classes that give `requires_grad` a meaning (a property) are silent, and so are parameters, tensors and layers that
are replaced right afterwards. What a name gives in a module that is not seen (`model.logit_scale` of a checkpoint with
an unknown structure) may be a parameter and is silent.

References
----------
https://discuss.pytorch.org/t/requires-grad-doesnt-propagate-to-the-parameters-of-the-module/9979
https://github.com/CSCYQJ/MICCAI23-ProtoContra-SFDA/issues/18
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts, ancestors
from ft_lint.facts.models import AttributeSet, Frozen, LayerReplaced, Unfrozen
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import truth
from ft_lint.values.module import Module, parameters_of


class FrozenByModuleAttribute(Rule):
    """A module frozen in name only."""

    code = "TUN301"
    level = Level.WARNING
    message = (
        "`{module}` is a module: setting its `requires_grad` changes none of its parameters, "
        "call `{module}.requires_grad_(...)` instead"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """`requires_grad` set on modules."""
        for change in facts.of(AttributeSet):
            wanted = truth(change.value)
            if change.name != "requires_grad" or not isinstance(change.owner, Module) or change.building:
                continue
            replaced = any(put.old is change.owner for put in facts.after(change).of(LayerReplaced))
            if wanted is None or replaced or _is_of_parameters(facts, change) or _is_done_next(facts, change, wanted):
                continue
            if (not wanted) in change.trainable:
                yield self.finding(change, module=change.owner_text)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The parameters keep another `requires_grad`, and training shows it."""
        told = run.at(line).of(observe.AttributeSet).where(lambda a: a.on_module and a.name == "requires_grad")
        for event in told:
            other = [i for i, flag in zip(event.parameters, event.trainable, strict=True) if flag != bool(event.value)]
            trained = sum(p.gradients > 0 for p in run.of_ids(other))
            parts = {event.owner, *run.modules[event.owner].modules}
            called = any(call.module in parts for call in run.after(event).of(observe.ModuleCalled))
            figures = {"parameters": len(event.parameters), "unlike the value": len(other), "got gradients": trained}
            if other and not event.value and trained:
                return Evidence(True, f"{trained} parameters go on getting gradients", figures)
            if other and event.value and called and not trained:
                raises = {"raises": run.exception.type} if run.exception else {}
                return Evidence(True, f"{len(other)} parameters stay frozen", {**figures, **raises})
        if told:
            return Evidence(False, "the parameters are as the value says, or take no part", figures)
        return Evidence(False, "no module gets the attribute here")


def _is_of_parameters(facts: Facts, change: AttributeSet) -> bool:
    """Whether the same line sets a parameter's flag as well: of a class that has one where another has a module."""
    return any(one.node is change.node for kind in (Frozen, Unfrozen) for one in facts.of(kind))


def _is_done_next(facts: Facts, change: AttributeSet, wanted: bool) -> bool:
    """Whether the same function goes on to set the flag of all of the module's parameters."""
    later: Iterator[Frozen | Unfrozen] = iter(facts.after(change).of(Unfrozen if wanted else Frozen))
    done = {id(one) for fact in later if fact.moment.calls == change.moment.calls for one in fact.parameters}
    parameters = parameters_of(change.owner) if isinstance(change.owner, Module) else ()
    return bool(parameters) and all(any(id(one) in done for one in ancestors(p)) for p in parameters)
