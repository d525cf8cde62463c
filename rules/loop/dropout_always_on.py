"""Functional dropout that does not know of evaluation mode.

What it does
------------
Finds `F.dropout` and kin without `training=`, and `F.scaled_dot_product_attention` with a constant rate, inside a
`forward` that runs in evaluation mode.

Why it matters
--------------
A function cannot see the mode of the module that calls it: `F.dropout(x)` drops always, `training=True` is its default.
After `model.eval()` half the units still go missing, so that validation is worse than the model is and a prediction
differs from call to call.

How to mend it
--------------
`F.dropout(x, p, training=self.training)`, or an `nn.Dropout` built in `__init__`. For attention,
`dropout_p=self.p if self.training else 0.0`.

What torch shows
----------------
The call on the reported line alters its input while the module that makes it is in evaluation mode.

Known limits
------------
`training=True` that the script writes itself is taken for meant (Monte Carlo dropout), and so is any dropout in a class
that is called a prenet: Tacotron's is to go on when it speaks. A model that this file builds and only ever trains is
silent; one that it only defines is not, even where other files only train it. The generator of pix2pix, which drops out
as its noise, is reported.

References
----------
https://arxiv.org/abs/1712.05884 (section 2.2: dropout in the prenet of Tacotron 2 at inference time)
https://arxiv.org/abs/1611.07004 (section 3.2: dropout as the noise of pix2pix, at training and test time)
https://github.com/delip/PyTorchNLPBook/issues/28
https://github.com/rixwew/pytorch-fm/issues/21
https://github.com/pytorch/pytorch/issues/11999
https://github.com/pytorch/pytorch/issues/124464
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.edits import with_keyword
from ft_lint.facts import Facts
from ft_lint.facts.models import DropoutApplied
from ft_lint.rule import Applicability, Evidence, Finding, Fix, Level, Rule
from ft_lint.values.base import Constant, Value, number, options, truth
from ft_lint.values.module import Mode, Module

ATTENTION = "scaled_dot_product_attention"


class DropoutAlwaysOn(Rule):
    """Dropout that goes on in evaluation mode."""

    code = "TUN508"
    level = Level.WARNING
    message = (
        "`{function}` cannot see the module's mode and drops out in evaluation too, so predictions are random: "
        "pass `{mend}`"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Functions that drop out in a module in evaluation mode, unasked."""
        for dropout in facts.of(DropoutApplied):
            in_evaluation = isinstance(dropout.mode, Mode) and not dropout.mode.training
            meant = dropout.given or _is_prenet(dropout.module)
            if in_evaluation and not meant and truth(dropout.training) and not _is_off(dropout.rate):
                owner = dropout.receiver or "self"
                rate = f"dropout_p=p if {owner}.training else 0.0"
                mend = rate if dropout.name == ATTENTION else f"training={owner}.training"
                yield self.finding(dropout, function=dropout.name, mend=mend, fix=self._with_mode(dropout))

    def _with_mode(self, dropout: DropoutApplied) -> Fix | None:
        if dropout.name == ATTENTION or dropout.receiver is None:
            return None
        edit = with_keyword(dropout.node, "training", f"{dropout.receiver}.training")
        return self.fix(f"pass `training={dropout.receiver}.training`", edit) if edit is not None else None

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """A dropout called on this line alters its input in evaluation mode, and the script did not ask for that."""
        calls = run.of(observe.DropoutCalled).where(lambda call: call.directly_at(line) and call.in_training is False)
        dropped = [call for call in calls if call.dropped and not call.asked]
        figures = {"calls in evaluation": len(calls), "dropped": len(dropped)}
        return Evidence(bool(dropped), f"{len(dropped)} of {len(calls)} calls in evaluation mode dropped", figures)


def _is_off(rate: Value) -> bool:
    """Whether nothing is dropped out, whatever the user asks for, or what we do not know decides that."""
    ways = (one for one in options(rate) if not (isinstance(one, Constant) and one.default))
    return any(number(one) == 0 for one in ways)


def _is_prenet(module: Module | None) -> bool:
    """Whether a module is by its name what Tacotron calls so: its dropout is what makes speech vary."""
    return module is not None and module.cls is not None and "prenet" in module.cls.name.lower()
