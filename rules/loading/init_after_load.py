"""Weights that were loaded are initialised anew afterwards, so the model starts from noise.

What it does
------------
Finds initialisations (`nn.init`, `weight.data.normal_()`, `reset_parameters()`) that overwrite at least half of the
weight matrices that a model got from published weights or from `load_state_dict`.

Why it matters
--------------
`model.apply(init_weights)` reaches every layer of the model, the pretrained backbone too. The training then starts
from random weights, and nothing is raised: it only learns slowly and badly.

How to mend it
--------------
Initialise what is new alone (`model.fc.apply(init_weights)`), or initialise first and load afterwards.

What torch shows
----------------
At the reported line most of the loaded weight matrices change, and they are not loaded again.

Known limits
------------
Re-initialising the last layers is a known recipe, and silent: half of the matrices or more must be lost, and all of
those parts of the model that are not seen. Weights that a function gets from elsewhere are not known to be loaded, and
a method that nobody calls here overwrites nothing.

References
----------
https://github.com/ImCharlesY/AdaInt/pull/12
https://github.com/huggingface/picotron/issues/32
https://github.com/open-mmlab/mmpretrain/pull/318
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ft_lint import observe
from ft_lint.facts import Facts, StateDictLoaded
from ft_lint.facts.models import Initialised, ModelBuilt
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import truth
from ft_lint.values.module import parameters_of
from ft_lint.values.tensor import Parameter

COPIES = ("copy_", "set_", "data")
"""Ways of writing that bring weights from elsewhere."""


class InitAfterLoad(Rule):
    """Loaded weights that are thrown away."""

    code = "TUN108"
    level = Level.WARNING
    message = (
        "`{how}` overwrites {lost} of the {loaded} weight matrices that were loaded, so the model starts from noise: "
        "initialise the new layers alone, or load afterwards"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Initialisations of most of what was loaded."""
        sources: list[ModelBuilt | StateDictLoaded] = [*facts.of(ModelBuilt), *facts.of(StateDictLoaded)]
        for source in sources:
            held = _held(source)
            loaded = {id(p) for p in held if p.shape is not None and len(p.shape) > 1}
            unseen = {id(p) for p in held if p.rest}
            after = facts.after(source)
            again = [f for f in after.of(StateDictLoaded) if any(id(p) in loaded for p in f.parameters)]
            sure = (f for f in after.of(Initialised) if f.surely_when(source) and facts.together(source, f))
            fresh = [f for f in sure if f.how not in COPIES]
            lost = [(f, p) for f in fresh for p in f.parameters if id(p) in loaded]
            count = len({id(p) for _, p in lost})
            if not loaded or 2 * count < len(loaded):
                continue
            if any(f.moment.order > lost[-1][0].moment.order and f.surely_when(source) for f in again):
                continue
            if not unseen <= {id(p) for f in fresh for p in f.parameters}:
                continue
            first = lost[0][0]
            yield self.finding(facts.blamed(first), how=first.how, lost=count, loaded=len(loaded))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Most of the matrices that were loaded change here and are not loaded again."""
        written = [w for w in run.at(line).of(observe.Overwritten) if w.changed > 0 and _is_matrix(run, w.parameter)]
        lost = {w.parameter for w in written}
        if not written:
            return Evidence(False, "no loaded matrix is overwritten here", {"lost": 0})
        loads = run.of(observe.StateLoaded)
        sources = [{p.id for p in run.parameters.values() if p.pretrained}, *map(_parameters, loads.before(written[0]))]
        for source in sources:
            loaded = {i for i in source if _is_matrix(run, i)}
            again = [later for later in loads.after(written[-1]) if loaded & set(later.parameters)]
            figures = {"loaded": len(loaded), "lost": len(lost & loaded), "loaded again": len(again)}
            if loaded and 2 * len(lost & loaded) >= len(loaded) and not again:
                return Evidence(True, f"{len(lost & loaded)} of {len(loaded)} loaded matrices are lost", figures)
        return Evidence(False, f"{len(lost)} loaded matrices are overwritten here", {"lost": len(lost)})


def _held(source: ModelBuilt | StateDictLoaded) -> Sequence[Parameter]:
    """The weights that a call surely fills with those from elsewhere."""
    if isinstance(source, ModelBuilt):
        return [p for p in parameters_of(source.model) if p.pretrained is True]
    return source.parameters if truth(source.strict) is True else ()


def _parameters(load: observe.StateLoaded) -> set[int]:
    return set(load.parameters)


def _is_matrix(run: observe.Run, parameter: int) -> bool:
    return len(run.parameters[parameter].shape) > 1
