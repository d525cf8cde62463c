"""A learning rate this large destroys the pretrained weights in its first steps.

What it does
------------
Compares the learning rate of the group that holds pretrained, trainable weights with a bound for the optimizer and
the kind of model: 1e-3 for Adam and its kin (3e-4 for BERT-like encoders), 0.1 for SGD with momentum, 1.0 without,
1e-2 for Adafactor, 3e-4 for Lion (1e-4 for encoders), and 1e-2 for LoRA's adapters with Adam and its kin. Only rates
strictly above the bound are reported.

Why it matters
--------------
Adam moves every weight by about the learning rate in its first steps, whatever the gradient. Weights of pretrained
layers are small (a few hundredths), so a rate of 0.01 changes them by a quarter of their size at once: what they
knew is gone, and training starts from worse than random.

How to mend it
--------------
Take the recipe of the model: 2e-5 to 5e-5 for BERT, 1e-4 to 1e-3 for a convolutional network with Adam, 1e-3 to
1e-2 for SGD with momentum. Give the new head a group of its own if it should learn faster.

What torch shows
----------------
The largest step of the run moves the median pretrained weight matrix by this share of its norm: 0.02 % to 1.5 % at
recommended rates (Adam 1e-4, AdamW 2e-5 on BERT, SGD 0.005), 4 % to 240 % at reported ones (AdamW 0.005: 4 %, AdamW
0.001 on BERT: 5 %, Adam 0.01: 24 %, Adam 0.1: 240 %, SGD 0.8 with momentum: 145 %). The claim asks for 3 %.

What that does to what a model knew is measured on two real pretrained models, each trained for 30 steps on something
else. A sentence encoder (MiniLM) that found the paraphrase of 100 % of forty sentences still finds 100 % after AdamW at
2e-5 and 70 % at 3e-4, the bound, but 22 % at 0.001 and 0 % at 0.003; 100 % after SGD with momentum at 0.01, and 3 %,
which is chance, at 0.2. An image classifier (EfficientNet-Lite0) that named 88 % of twenty-five views of photographs
names 92 % after AdamW at 1e-4 and 84 % at 0.001, the bound, but 20 % at 0.002 and none at 0.01; 92 % after SGD with
momentum at 0.001, and none at 0.2.

With LoRA the pretrained weights stay, and what is added to them counts. In the small models that stand in for real
ones, whose matrices are 32 wide, one step of the adapters changes the median adapted weight by 0.9 % of its norm at
3e-4, by 5 % at 0.001, by 85 % at 0.03 and by 310 % at 0.05; the claim asks for 30 %. (Rows 768 wide have about five
times the norm, so the same step is about a fifth of it.)

The table and the plot are `docs/large-lr.md` and `docs/large-lr.svg` in the source tree;
`python -m ft_lint.verify.sweep` writes them anew.

Known limits
------------
Silent where only a new head trains, where a scheduler multiplies the rate (of OneCycleLR its `max_lr` counts), for
layer-wise decay, for prompts, prefixes and vectors (IA3, VeRA), which take larger rates, for LoRA on a base that was
never trained, and where the rate is not known.

The bounds come from public recipes and from 918 constant rates in public repositories. In the sweep most is still known
at Adam's bounds (70 % and 84 %) and little at the next rate above. SGD does harm below its bounds too, where the rule
is silent: with momentum, 0.03 left 70 % and 20 % of the answers and 0.1 next to none; without, 0.3 left next to none.

References
----------
https://arxiv.org/abs/1810.04805
https://arxiv.org/abs/1905.05583
https://github.com/facebookarchive/fb.resnet.torch/issues/125
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts, ancestors
from ft_lint.facts.hub import AdapterAdded
from ft_lint.facts.models import ModelBuilt
from ft_lint.facts.optimization import OptimizerBuilt, SchedulerBuilt, Stepped
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import number, text
from ft_lint.values.callables import Instance
from ft_lint.values.module import parameters_of
from ft_lint.values.tensor import Parameter
from ft_lint.values.training import Group, Scheduler

DESTRUCTIVE_MOVE = 0.03
"""Relative move of the median pretrained matrix in one step: twice the largest seen at recommended rates (0.015),
below the least seen at reported ones (0.040)."""


DESTRUCTIVE_MOVE_OF_LORA = 0.3
"""What adapters add to the median weight under them in one step, relative to its norm, in the small stand-ins: six
times the largest seen at usual rates (0.05 at 0.001), below the least seen at large ones (0.85 at 0.03)."""


class LargeLr(Rule):
    """A learning rate that is too large for pretrained weights."""

    code = "TUN401"
    level = Level.WARNING
    message = (
        "lr={lr} is large for pretrained weights (above {bound}): "
        "it overwrites in a few steps what they know, take a smaller rate or a group of its own for the new head"
    )

    of_lora = (
        "lr={lr} is large for LoRA (above {bound}): "
        "in a few steps the adapters outweigh what the model knows, take 1e-4 to 5e-4"
    )

    of_cycle = (
        "max_lr={lr} is large for pretrained weights (above {bound}): "
        "before the rate goes down it overwrites what they know, take a smaller one"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Groups with pretrained trainable weights and a rate above the bound."""
        encoders, adapters = _bert_like(facts), _lora(facts)
        for built in facts.of(OptimizerBuilt):
            first = next((s for s in facts.after(built).of(Stepped) if s.optimizer is built.optimizer), None)
            cycle = _cycle(facts, built)
            if first is None or (cycle is None and _is_scaled(facts, built)):
                continue
            moving = {id(p) for p in (*first.moved, *first.by_setting) if p.pretrained}
            lora = {id(p) for p in first.moved} & adapters
            groups = built.optimizer.groups()
            if len({number(group.options.get("lr")) for group in groups}) > 2:
                continue
            for group in groups:
                kind = built.optimizer.kind
                lr = number(group.options.get("lr") if cycle is None else cycle.arguments["max_lr"])
                tuned = [p for p in group.parameters if id(p) in moving]
                adapted = not tuned and any(id(p) in lora for p in group.parameters)
                bound = _bound(kind, group, tuned, encoders) if tuned else _bound_of_lora(kind) if adapted else None
                if lr is not None and bound is not None and lr > bound:
                    message = self.of_cycle if cycle is not None else self.of_lora if adapted else None
                    at = _place(built, group, cycle)
                    yield self.finding(at, message=message, lr=lr, bound=bound, optimizer=kind)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """A step of the optimizer built here moves the pretrained weights by more than fine-tuning should."""
        built = {event.optimizer for event in run.at(line).of(observe.OptimizerBuilt)}
        steps = run.of(observe.Stepped).where(lambda step: not built or step.optimizer in built)
        largest = max((step.pretrained_move for step in steps), default=0.0)
        drift = max((step.pretrained_drift for step in steps), default=0.0)
        adapted = run.of(observe.AdapterStepped).where(lambda step: not built or step.optimizer in built)
        added = max((step.share for step in adapted), default=0.0)
        figures = {
            "largest step": round(largest, 4),
            "drift": round(drift, 4),
            "largest step of adapters": round(added, 4),
            "steps": len(steps),
        }
        holds = largest > DESTRUCTIVE_MOVE or added > DESTRUCTIVE_MOVE_OF_LORA
        what = "adapters change the median weight" if added > largest else "the median pretrained matrix moves"
        return Evidence(holds, f"in one step {what} by {max(largest, added):.2%} of its norm", figures)


_ADAM_FAMILY = ("Adam", "AdamW", "NAdam", "RAdam", "RMSprop")
_SCALING = ("LambdaLR", "MultiplicativeLR", "OneCycleLR", "CyclicLR")
_ENCODERS = r"(?i)bert|electra|xlm|mpnet|longformer|camembert"


def _bound(kind: str, group: Group, tuned: list[Parameter], encoders: set[int]) -> float | None:
    """The largest rate that is still common practice; None where none is known (rules.md, TUN401)."""
    encoder = any(id(ancestor) in encoders for p in tuned for ancestor in ancestors(p))
    if kind in _ADAM_FAMILY:
        return 3e-4 if encoder else 1e-3
    if kind == "Lion":
        return 1e-4 if encoder else 3e-4
    if kind == "SGD":
        momentum = group.options.get("momentum")
        given = 0.0 if momentum is None else number(momentum)
        return None if given is None else (0.1 if given > 0 else 1.0)
    return 1e-2 if kind == "Adafactor" else None


def _bound_of_lora(kind: str) -> float | None:
    return 1e-2 if kind in _ADAM_FAMILY else None


def _lora(facts: Facts) -> set[int]:
    """The adapters of low rank in models that know something; prompts and vectors (IA3, VeRA) take larger rates."""
    found: set[int] = set()
    for added in facts.of(AdapterAdded):
        knows = any(p.pretrained for p in parameters_of(added.model))
        if knows and isinstance(added.config, Instance) and added.config.kind == "peft.LoraConfig":
            found |= {id(p) for p in added.adapters}
    return found


def _place(built: OptimizerBuilt, group: Group, cycle: Scheduler | None) -> ast.AST:
    """Where the rate is written."""
    if cycle is not None:
        return cycle.places.get("max_lr", cycle.node or built.node)
    return group.places.get("lr", built.node)


def _cycle(facts: Facts, built: OptimizerBuilt) -> Scheduler | None:
    """The one schedule that replaces the rate, where it leads to one that is given for all groups."""
    made = [one.scheduler for one in facts.after(built).of(SchedulerBuilt)]
    mine = [one for one in made if one.optimizer is built.optimizer]
    leads = len(mine) == 1 and mine[0].kind == "OneCycleLR" and "max_lr" in mine[0].arguments
    return mine[0] if leads else None


def _is_scaled(facts: Facts, built: OptimizerBuilt) -> bool:
    """Whether a scheduler multiplies or replaces the rate."""
    return any(
        made.scheduler.optimizer is built.optimizer and made.scheduler.kind in _SCALING
        for made in facts.after(built).of(SchedulerBuilt)
    )


def _bert_like(facts: Facts) -> set[int]:
    """The parameters of encoders that are fine-tuned at smaller rates."""
    found: set[int] = set()
    for built in facts.of(ModelBuilt):
        if built.path.startswith("transformers."):
            checkpoint = text(built.arguments.get("pretrained_model_name_or_path")) or ""
            if re.search(_ENCODERS, f"{built.path} {checkpoint}"):
                found |= {id(p) for p in parameters_of(built.model)}
    return found
