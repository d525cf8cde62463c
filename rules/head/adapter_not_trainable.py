"""A loaded adapter is frozen unless `is_trainable=True` is passed, so it cannot be trained further.

What it does
------------
Finds `PeftModel.from_pretrained(model, adapter)` without `is_trainable=True` whose model is then trained.

Why it matters
--------------
Adapters are loaded for inference: the model is frozen as with `get_peft_model`, and the adapter is, too. `backward()`
raises, for nothing requires gradients; trainers that compute their loss in other ways run to the end and change
nothing.

How to mend it
--------------
`PeftModel.from_pretrained(model, adapter, is_trainable=True)`.

What torch shows
----------------
`RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn`, or `ValueError: optimizer got an
empty parameter list`; of the adapter's parameters none requires gradients.

Known limits
------------
Silent after `set_adapter`, `load_adapter` and kin, which may switch adapters on, after `merge_and_unload`, and where
something else in the model trains.

References
----------
https://huggingface.co/docs/peft/package_reference/peft_model
https://github.com/huggingface/peft/issues/1340
https://github.com/huggingface/peft/issues/282
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.edits import with_keyword
from ft_lint.facts import Facts
from ft_lint.facts.hub import AdapterLoaded
from ft_lint.rule import Applicability, Evidence, Finding, Level, Rule
from ft_lint.values.base import truth

NOTHING_TO_TRAIN = r"does not require grad|empty parameter list"


class AdapterNotTrainable(Rule):
    """Training of an adapter that was loaded for inference."""

    code = "TUN214"
    level = Level.ERROR
    message = (
        "the adapter of `{model}` is loaded for inference and frozen, so training raises: pass `is_trainable=True`"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Frozen adapters through which a loss without any trainable parameter is back-propagated."""
        for loaded in facts.of(AdapterLoaded):
            if truth(loaded.trainable) is not False:
                continue
            losses = [b for b, f in facts.trained_through(loaded.made) if f.moment.order > loaded.moment.order]
            if losses and all(loss.reaches_nothing for loss in losses):
                edit = None if loaded.told else with_keyword(loaded.node, "is_trainable", "True")
                fix = self.fix("load it to be trained", edit) if edit is not None else None
                yield self.finding(loaded, model=facts.name_of(loaded.made, "model"), fix=fix)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """torch finds nothing to train, and nothing of the adapter loaded here requires gradients."""
        loaded = run.at(line).of(observe.hub.AdapterLoaded)
        frozen = [event for event in loaded if event.adapters and not event.trainable]
        told = run.exception.message.splitlines()[0] if run.exception is not None else ""
        figures: dict[str, int | str] = {
            "adapters' tensors": sum(len(event.adapters) for event in frozen),
            "raises": told[:60],
        }
        holds = bool(frozen) and re.search(NOTHING_TO_TRAIN, told) is not None
        return Evidence(holds, told[:90] or "torch finds something to train", figures)
