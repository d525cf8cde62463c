"""The head of a model of transformers has fewer classes than the labels, or a single one for two classes.

What it does
------------
Finds models for classification whose labels surely go beyond their head: labels 0 to 2 and the default of two classes,
labels that count from 1, an `id2label` that names fewer classes than `num_labels` says; and `num_labels=1` with the
labels 0 and 1.

Why it matters
--------------
`num_labels` is 2 unless it is given, whatever the data has. torch raises at the first label beyond the head, on a GPU
as a device-side assert. With `num_labels=1` nothing is raised: transformers takes the labels for numbers and trains a
regression, whose `argmax` is always class 0. Where `num_labels` and `id2label` disagree, `from_pretrained` goes by
`id2label`.

How to mend it
--------------
`num_labels=` the largest label plus one, and 2 for two classes.

What torch shows
----------------
`IndexError: Target 2 is out of bounds.` from a model with two classes; or a model with one output that is called with
whole labels of two kinds.

Known limits
------------
Labels must be written out (lists, tensors, tables made of them), and the checkpoint be known to come without a head.
A head with too many classes is harmless and silent.

References
----------
https://huggingface.co/docs/transformers/tasks/sequence_classification
https://huggingface.co/docs/transformers/main_classes/configuration
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.hub import LabelsGiven
from ft_lint.facts.models import LayerReplaced, ModelBuilt
from ft_lint.library.transformers.batches import hub_of, is_part, largest_label, two_classes, unwrapped
from ft_lint.library.transformers.models import classes, named_classes
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.callables import Instance
from ft_lint.values.module import Module


class NumLabelsMismatch(Rule):
    """A head that the labels do not fit."""

    code = "TUN613"
    level = Level.ERROR
    message = (
        "the labels go up to {label} and `{model}` has {classes} classes, so torch raises: pass `num_labels={needed}`"
    )
    named = "`num_labels={label}` and the {classes} names of `id2label` disagree: the head of `{model}` gets {classes}"
    single = (
        "`{model}` has one output, so the labels 0 and 1 are silently taken for numbers (regression): "
        "pass `num_labels={needed}`"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Models whose settings disagree, and those that get labels which they have no class for."""
        built = {id(fact.model): fact for fact in facts.of(ModelBuilt)}
        for made in built.values():
            yield from self._disagreeing(made)
        for given in facts.of(LabelsGiven):
            hub, fact = hub_of(given.model), built.get(id(unwrapped(given.model)))
            if hub is None or fact is None or "problem_type" in hub.settings or not _is_as_built(facts, fact.model):
                continue
            label, count = largest_label(given.labels), classes(hub)
            if count == 1 and two_classes(given.labels):
                yield self.finding(fact, message=self.single, model=hub.asked, classes=1, needed=2)
            elif label is not None and count is not None and 1 < count <= label:
                yield self.finding(fact, model=hub.asked, label=label, classes=count, needed=label + 1)

    def _disagreeing(self, built: ModelBuilt) -> Iterator[Finding]:
        """A model that is loaded with names for fewer classes than it is to have."""
        hub = built.model.hub
        if hub is None or hub.labels is None or not hub.complete or not built.path.endswith("from_pretrained"):
            return
        named = named_classes(hub)
        if named is not None and 0 < named < hub.labels:
            yield self.finding(built, message=self.named, model=hub.asked, label=hub.labels, classes=named)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The model that is built here has no class for a label, or one output for whole labels of two kinds."""
        models = run.modules_built_at(line)
        read = [event for event in run.of(observe.LabelsRead) if event.model in models]
        beyond = [event for event in read if event.raised and event.high >= event.classes > 1]
        alone = [event for event in read if event.classes == 1 and not event.floating and event.distinct == 2]
        told = run.exception is not None and "out of bounds" in run.exception.message
        figures = {
            "labels beyond": max((int(event.high) for event in beyond), default=-1),
            "classes": max((event.classes for event in read), default=0),
            "calls with one output for two classes": len(alone),
        }
        why = (
            f"{figures['classes']} classes, label {figures['labels beyond']} beyond, {len(alone)} calls with one output"
        )
        return Evidence(bool(beyond and told) or bool(alone), why, figures)


def _is_as_built(facts: Facts, model: Module) -> bool:
    """Whether the head and the number of classes are surely those that the model was built with."""
    config = model.fields.get("config")
    settings = config.fields if isinstance(config, Instance) else {}
    told = {"num_labels", "escaped", "id2label", "problem_type"} & {*model.fields, *settings}
    return not told and not any(is_part(fact.module, model) for fact in facts.of(LayerReplaced))
