"""A backbone with random weights is frozen, so the head trains on features of noise.

What it does
------------
Finds models of torchvision and timm that are built without weights, never loaded, and frozen but for their head.

Why it matters
--------------
Since torchvision 0.13 a builder without `weights=` gives random weights, as timm's does without `pretrained=True`.
Freezing them keeps them random for good: the head can only learn what a random projection lets through, and nothing
is raised.

How to mend it
--------------
Ask for weights: `resnet18(weights="DEFAULT")`, `timm.create_model(name, pretrained=True)`; or load a checkpoint before
the freeze.

What torch shows
----------------
The weights built at the line are neither published nor loaded, require no gradient and never move, while others do.

Known limits
------------
Silent where the weights are chosen by a setting whose default may be overruled, where a state dict is loaded into the
model or around it, if only on the way of a branch that a setting's default does not take, where the model goes to a
function that the linter cannot see, and where a model of the same architecture gets weights, with which the random one
is compared.

References
----------
https://pytorch.org/vision/stable/models.html
https://pytorch.org/tutorials/beginner/transfer_learning_tutorial.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts, LoadingSkipped, StateDictLoaded
from ft_lint.facts.models import Forward, Frozen, Initialised, ModelBuilt
from ft_lint.facts.optimization import Backward, Stepped
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import Constant
from ft_lint.values.module import modules_of, named_parameters, parameters_of
from ft_lint.values.tensor import Parameter

SOURCES = ("weights", "pretrained", "weights_backbone", "pretrained_backbone", "checkpoint_path")


class FrozenRandomBackbone(Rule):
    """Random weights that are kept random."""

    code = "TUN107"
    level = Level.WARNING
    message = (
        "`{model}` is built with random weights and frozen, so the head trains on noise: "
        "ask for pretrained weights, or load a checkpoint before the freeze"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Backbones without weights that are frozen when the training goes through them."""
        for built in facts.of(ModelBuilt):
            given = [built.arguments[name] for name in SOURCES if name in built.arguments]
            body = _backbone(built)
            if not body or any(isinstance(value, Constant) and value.default for value in given):
                continue
            later = facts.after(built)
            if any(s.module is None or built.model in modules_of(s.module) for s in later.of(LoadingSkipped)):
                continue
            frozen = {id(p) for f in later.of(Frozen) if f.surely_when(built) for p in f.parameters}
            filled = {id(p) for f in later.of(StateDictLoaded) if not f.gave_back for p in f.parameters}
            filled |= {id(p) for f in later.of(Initialised) for p in f.parameters}
            if (
                body <= frozen
                and not body & filled
                and _runs_frozen(facts, built, body)
                and not _is_baseline(facts, built)
            ):
                yield self.finding(built, model=_name(built))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Nine in ten weights built here stay as random as they were drawn, while others train."""
        held = {i for module in run.modules_built_at(line) for i in run.modules[module].parameters}
        put = {i for event in run.of(observe.SubmoduleAssigned) if not event.at(line) for i in event.parameters}
        loaded = {i for load in run.of(observe.StateLoaded) for i in load.parameters}
        own = [p for p in run.of_ids(held) if p.id not in put or not p.requires_grad]
        random = [p for p in own if not p.pretrained and p.id not in loaded]
        still = [p for p in random if not p.requires_grad and not p.steps_moved]
        trained = sum(p.steps_moved > 0 for p in run.parameters.values())
        figures = {"built": len(own), "random and frozen": len(still), "trained": trained}
        holds = bool(still) and trained > 0 and 10 * len(still) > 9 * len(own)
        return Evidence(holds, f"{len(still)} of {len(own)} weights stay random while {trained} train", figures)


def _backbone(built: ModelBuilt) -> set[int]:
    """The random parameters before the head; empty where some of them have weights, or we do not see all."""
    model, architecture = built.model, built.model.architecture
    if model.pretrained is not False or architecture is None or not architecture.heads or model.rest is not None:
        return set()
    heads = tuple(f"{head.path}." for head in (*architecture.heads, *architecture.auxiliary_heads))
    first = tuple(f"{path.partition('.')[0]}." for path in heads)
    body = [p for name, p in named_parameters(model) if name is not None and not name.startswith((*heads, *first))]
    return {id(p) for p in body} if all(p.pretrained is False for p in body) else set()


def _runs_frozen(facts: Facts, built: ModelBuilt, body: set[int]) -> bool:
    """Whether the model surely runs with all of its body frozen, and something else is trained."""
    calls = [f for f in facts.after(built).of(Forward) if f.module is built.model]
    trained = [p for backward in facts.after(built).of(Backward) for p in backward.trainable]
    return bool(calls) and bool(trained) and not any(_touches(body, f.trainable + f.maybe) for f in calls)


def _is_baseline(facts: Facts, built: ModelBuilt) -> bool:
    """Whether a model of the same architecture gets weights from a file or from training, to be compared with it."""
    others = (one.model for one in facts.of(ModelBuilt) if one.model is not built.model)
    alike = {id(p) for one in others if one.architecture is built.model.architecture for p in parameters_of(one)}
    gained = {id(p) for loaded in facts.of(StateDictLoaded) for p in loaded.parameters}
    gained |= {id(p) for step in facts.of(Stepped) for p in step.moved}
    body = {id(p) for p in parameters_of(built.model)}
    return bool((alike & gained) - body)


def _touches(body: set[int], parameters: tuple[Parameter, ...]) -> bool:
    return any(id(p) in body for p in parameters)


def _name(built: ModelBuilt) -> str:
    architecture = built.model.architecture
    return architecture.name if architecture is not None else built.path.rpartition(".")[2]
