"""A layer that `forward` builds anew has fresh random weights in every pass and never trains.

What it does
------------
Finds layers with random weights that are constructed inside `forward`, run there and thrown away, and dropout layers
built there that also run in evaluation.

Why it matters
--------------
Every pass draws other weights, no optimizer ever sees them, and nothing is raised: the network learns to live with
noise. A fresh `nn.Dropout` is always in training mode, so it drops in evaluation too.

How to mend it
--------------
Build the layer in `__init__` and run it in `forward`; for dropout `F.dropout(x, p, training=self.training)` also does.

What torch shows
----------------
As many layers are built at the line as there are passes, each runs in one of them, and none of their weights ever
moves; dropout built there changes its input although the model around it is in evaluation mode.

Known limits
------------
A layer that is built once and kept, one whose weights are set by hand (a fixed filter) before or after it is put into
others, and normalization without trained weights are silent. Dropout in a script that never evaluates is silent.

References
----------
https://github.com/yangze0930/NTS-Net/issues/14
https://pytorch.org/docs/stable/notes/modules.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts, StateDictLoaded
from ft_lint.facts.models import BuiltInForward, Forward, Initialised, ModeSet, ParameterReplaced
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.module import Mode, is_drawn, mode_matters, modules_of, parameters_of


class LayerBuiltInForward(Rule):
    """A layer made for one pass."""

    code = "TUN209"
    level = Level.WARNING
    message = (
        "`{layer}` is built anew in every forward pass, so its weights are random each time and never train: "
        "build it in `__init__`"
    )
    message_dropout = (
        "`{layer}` is built in the forward pass, so it is always in training mode and drops in evaluation too: "
        "build it in `__init__`"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Layers that are built, run and thrown away in a forward pass."""
        kept = {id(built.node) for built in facts.of(BuiltInForward) if not _is_thrown_away(facts, built)}
        for built in facts.of(BuiltInForward):
            layer = built.module.kind.rpartition(".")[2]
            if id(built.node) in kept:
                continue
            if is_drawn(built.module):
                yield self.finding(built, layer=layer)
            elif not parameters_of(built.module) and mode_matters(built.module) and _evaluates(built):
                yield self.finding(built, message=self.message_dropout, layer=layer)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Layers built here inside a pass run in that pass alone and never move, or drop while the model evaluates."""
        built = run.at(line).of(observe.ModuleBuilt)
        passes = run.of(observe.ModuleCalled).where(lambda call: call.depth == 0)
        of = {b.module: p for b in built for p in passes if p.started < b.order < p.order}
        used: dict[int, set[int]] = {}
        weights = set()
        for call in passes:
            for inner in run.within(call).where(lambda inner: inner.module in of):
                used.setdefault(inner.module, set()).add(call.order)
                weights.add(inner.weight_sum)
        once = [module for module, where in used.items() if where == {of[module].order}]
        held = [p for module in once for p in run.of_ids(run.modules[module].parameters)]
        noisy = [c for c in run.of(observe.ModuleCalled) if c.module in once and c.noisy and not of[c.module].training]
        moved = sum(p.steps_moved for p in held)
        figures = {"built": len(of), "run once": len(once), "different weights": len(weights), "moved": moved}
        if held and len(once) == len(used) == len(weights) > 1 and not moved:
            return Evidence(True, f"{len(once)} layers with other weights each run once, none ever moves", figures)
        if noisy:
            return Evidence(True, f"drops in {len(noisy)} passes of a model in evaluation mode", figures)
        return Evidence(False, "no layer is built for one pass here" if not once else "it drops nothing", figures)


def _is_thrown_away(facts: Facts, built: BuiltInForward) -> bool:
    """Whether a layer runs in the pass that built it alone, as it was built, and its owner does not keep it."""
    own = {id(p) for p in parameters_of(built.module)}
    later = facts.after(built)
    calls = [call for call in later.of(Forward) if call.module is built.module]
    written = [p for f in later.of(Initialised) for p in f.parameters]
    parts = set(modules_of(built.module))  # of what is put into a Sequential, the weights are set before
    touched = any(id(p) in own for p in written) or any(f.module in parts for f in facts.of(ParameterReplaced))
    set_up = [f.module for f in later.of(ModeSet)] + [f.module for f in later.of(StateDictLoaded)]
    kept = any(call.registered or call.shelf for call in calls)
    same_pass = all(call.moment.calls == built.moment.calls and call.surely_when(built) for call in calls)
    return bool(calls) and same_pass and len(calls) == 1 and not (touched or built.module in set_up or kept)


def _evaluates(built: BuiltInForward) -> bool:
    return isinstance(built.mode, Mode) and not built.mode.training
