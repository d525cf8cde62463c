"""The head is replaced, the auxiliary head keeps its old classes and goes into the loss.

What it does
------------
Finds `inception_v3` and `googlenet` models whose `fc` is replaced while the auxiliary heads stay as they are, and
whose auxiliary outputs are used in a loss that is trained on.

Why it matters
--------------
The auxiliary loss compares labels of the new task with 1000 old classes. It is finite, since the new labels are
small numbers, so nothing is raised: it starts near ln 1000 = 6.9, sends its gradient through two thirds of the
backbone, and teaches it that the first few classes of ImageNet are the new ones.

How to mend it
--------------
Replace the auxiliary head as well: `model.AuxLogits.fc = nn.Linear(model.AuxLogits.fc.in_features, n)`, for
GoogLeNet `model.aux1.fc2` and `model.aux2.fc2`; or build the model with `aux_logits=False`.

What torch shows
----------------
The same labels are compared with n classes of the new head and with more classes of a head that was not built
again; that wider loss is larger, and its head gets gradients.

Known limits
------------
An auxiliary head whose output goes into no loss does no harm and is silent. Pretrained GoogLeNet drops its auxiliary
heads unless `aux_logits=True`. Segmentation models are not followed.

References
----------
https://github.com/pytorch/vision/issues/302
https://github.com/pytorch/tutorials/issues/468
https://github.com/yolomax/person-reid-lib/issues/3
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.models import LayerReplaced
from ft_lint.facts.optimization import Backward, LossComputed
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.module import Module, outputs_of, walk
from ft_lint.values.tensor import Tensor

IMAGENET = 1000
"""Classes of what the heads of pretrained models tell apart: who replaces one has others."""


class ForgottenAuxHead(Rule):
    """An auxiliary head of the old task."""

    code = "TUN205"
    level = Level.WARNING
    message = (
        "this head has {classes} classes and `{auxiliary}`, whose output goes into the loss, still has {old}: replace "
        "it too, or build the model with `aux_logits=False`"
    )
    uncounted = (
        "this head is a new one and `{auxiliary}`, whose output goes into the loss, still has the {old} classes of "
        "ImageNet: replace it too, or build the model with `aux_logits=False`"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Replaced heads beside auxiliary ones that are trained on."""
        for loss in facts.of(LossComputed):
            head = loss.input.answer_of if isinstance(loss.input, Tensor) else None
            output = loss.output
            trained = isinstance(output, Tensor) and any(b.goes_through(output) for b in facts.of(Backward))
            if head is None or not trained:
                continue
            for replaced in facts.before(loss).of(LayerReplaced):
                yield from self._forgotten(replaced, head)

    def _forgotten(self, replaced: LayerReplaced, head: Module) -> Iterator[Finding]:
        """A head was replaced in a model whose auxiliary head still has other classes."""
        found = replaced.module.architecture
        if found is None or not (found.auxiliary and found.heads) or replaced.name != found.head.child:
            return
        names = {name for name, module in walk(replaced.module) if module is head}
        auxiliary = [one for one in found.auxiliary if one.head in names]
        new, old = outputs_of(replaced.new), outputs_of(head)
        if not auxiliary or new == old or not isinstance(old, int):
            return
        if isinstance(new, int):
            yield self.finding(replaced, classes=new, auxiliary=auxiliary[0].head, old=old)
        elif new is not None and old == IMAGENET:
            yield self.finding(replaced, message=self.uncounted, auxiliary=auxiliary[0].head, old=old)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Labels of the new head are also compared with more classes, by a head that was not replaced."""
        placed = [event for event in run.at(line).of(observe.SubmoduleAssigned) if event.new is not None]
        widths = {p.shape[0] for event in placed for p in run.of_ids(event.parameters) if len(p.shape) == 1}
        losses = run.of(observe.LossCalled).where(
            lambda loss: loss.kind == "cross_entropy" and len(loss.input.shape) > 1
        )
        own = [loss for loss in losses if loss.input.shape[1] in widths]
        labels = {loss.target.fingerprint for loss in own if loss.target is not None}
        wider = [
            loss
            for loss in losses
            if loss.target is not None and loss.target.fingerprint in labels and loss.input.shape[1] > max(widths)
        ]
        if not wider:
            return Evidence(False, "the labels of a head placed here are compared with no other classes")
        old = max(loss.input.shape[1] for loss in wider)
        trained = any(p.gradients for p in run.parameters.values() if p.shape == (old,))
        first, auxiliary = own[0].value or 0.0, wider[0].value or 0.0
        figures = {"classes": max(widths), "old": old, "loss": round(first, 4), "auxiliary loss": round(auxiliary, 4)}
        why = f"an auxiliary head of {old} classes is trained on the labels: its loss is {auxiliary:.2f}"
        return Evidence(trained and auxiliary > first, why, figures)
