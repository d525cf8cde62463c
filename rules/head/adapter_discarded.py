"""What `get_peft_model` or `merge_and_unload` gives is dropped, and the wrong model is saved.

What it does
------------
Finds `get_peft_model(model, config)` as a statement of its own when `model` is saved later, and
`model.merge_and_unload()` as a statement of its own when the wrapper `model` is saved later.

Why it matters
--------------
Both work in place on the layers and give a new outer object. After the first, `model` holds adapters but is no
`PeftModel`: it is saved with keys such as `q_proj.base_layer.weight` and `q_proj.lora_A.default.weight`, and whoever
loads that gets freshly drawn layers. After the second, the wrapper has no adapters any more: what is saved is an
adapter without a single tensor, and the training is lost.

How to mend it
--------------
`model = get_peft_model(model, config)`; `model = model.merge_and_unload()`.

What torch shows
----------------
The file that is written holds adapters' tensors in a model that is no `PeftModel`, or no tensors at all.

Known limits
------------
Silent where nothing is saved: the model trains, and computes the same, in either case. `torch.save` is not looked at.

References
----------
https://github.com/huggingface/peft/issues/2032
https://huggingface.co/docs/peft/developer_guides/checkpoint
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.edits import bound_to_its_argument, bound_to_its_owner
from ft_lint.facts import Facts
from ft_lint.facts.hub import AdapterAdded, AdapterUnloaded, ModelSaved
from ft_lint.facts.results import ResultDropped
from ft_lint.rule import Applicability, Evidence, Finding, Level, Rule


class AdapterDiscarded(Rule):
    """The model with adapters, or the merged one, that nobody keeps."""

    code = "TUN213"
    level = Level.WARNING
    message = (
        "`{call}` gives the model to go on with and it is dropped, so `{model}` is saved without its adapter: "
        "write `{model} = ...`"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Dropped results after which the object that was passed in, or called, is saved."""
        dropped = {id(fact.node) for fact in facts.of(ResultDropped)}
        for added in facts.of(AdapterAdded):
            if id(added.node) in dropped and _is_saved(facts, added, added.model):
                edit, name = bound_to_its_argument(added.node), facts.name_of(added.model, "model")
                fix = self.fix("keep what it gives", edit) if edit is not None else None
                yield self.finding(added, call="get_peft_model", model=name, fix=fix)
        for unloaded in facts.of(AdapterUnloaded):
            if id(unloaded.node) in dropped and _is_saved(facts, unloaded, unloaded.model):
                edit, name = bound_to_its_owner(unloaded.node), facts.name_of(unloaded.model, "model")
                fix = self.fix("keep what it gives", edit) if edit is not None else None
                yield self.finding(unloaded, call=unloaded.how, model=name, fix=fix)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """What is saved afterwards is a bare model full of adapters' tensors, or an adapter without tensors."""
        added = {event.model for event in run.at(line).of(observe.hub.AdapterAdded)}
        tuners = {event.tuner for event in run.at(line).of(observe.hub.AdapterUnloaded)}
        saved = run.of(observe.hub.ModelSaved)
        foreign = [event for event in saved if event.module in added and not event.wrapped and event.adapters]
        hollow = [event for event in saved if event.wrapped and not event.tensors]
        empty = [event for event in hollow if tuners & set(run.modules[event.module].modules)]
        figures = {
            "adapters' tensors in a bare model": max((event.adapters for event in foreign), default=0),
            "empty adapters": len(empty),
        }
        why = f"{len(foreign)} bare models are saved with adapters' tensors, {len(empty)} adapters without any"
        return Evidence(bool(foreign or empty), why, figures)


def _is_saved(facts: Facts, since: AdapterAdded | AdapterUnloaded, model: object) -> bool:
    return any(saved.model is model for saved in facts.after(since).of(ModelSaved))
