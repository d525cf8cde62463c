"""The class is taken as the place of the largest of one output, or of the largest along the wrong dimension.

What it does
------------
Finds `argmax`, `max(dim)` and `topk(1)` over a dimension of size 1 of what a model gives, along the batch, or over
everything at once.

Why it matters
--------------
The largest of one number is always at place 0: every sample is called negative, the accuracy is the share of
negatives and stands still, whatever is learnt. Along the batch there is one answer for each class instead of one
for each sample; without a dimension there is a single one. As long as shapes broadcast nothing is raised.

How to mend it
--------------
With one output use a threshold, `(logits > 0)` or `(torch.sigmoid(logits) > 0.5)`; with several, `argmax(dim=1)`.

What torch shows
----------------
All places that are found on the reported line are 0 while the samples differ, or there are not as many as samples.

Known limits
------------
The best class of a single image, votes of several models, and rankings over samples are right and silent. So are
batches of one sample, as `label.item()` shows them to be. `argmax` in a `compute_metrics` function is not followed.

References
----------
https://github.com/meta-pytorch/captum/issues/1122
https://github.com/alexander-rakhlin/CNN-for-Sentence-Classification-in-Keras/issues/39
https://github.com/Zasder3/train-CLIP/issues/6
https://pytorch.org/docs/stable/generated/torch.argmax.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.tensors import NumberTaken, PlacesChosen
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.shape import equal


class ArgmaxOfOneLogit(Rule):
    """A choice among one."""

    code = "TUN609"
    level = Level.WARNING
    message = (
        "`{call}` chooses among one output, so every sample gets class 0: compare with a threshold, `(logits > 0)`"
    )
    ALONG_BATCH = "`{call}` gives one answer for each class, not for each sample: use `argmax(dim=1)`"
    OVER_ALL = "`{call}` without a dimension gives one answer for the whole batch: use `argmax(dim=1)`"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Choices among one output, or along the wrong dimension."""
        told = {id(chosen): words for chosen in facts.of(PlacesChosen) if (words := self._words(facts, chosen))}
        for chosen in facts.on_every_way(chosen for chosen in facts.of(PlacesChosen) if id(chosen) in told):
            yield self.finding(chosen, call=chosen.call, message=told[id(chosen)])

    def _words(self, facts: Facts, chosen: PlacesChosen) -> str | None:
        """What is wrong with a choice among a model's outputs."""
        shape = chosen.input.shape
        if chosen.input.answer_of is None or shape is None or len(shape) < 2:
            return None
        if chosen.dim not in (0, None) and shape[chosen.dim] == 1:
            return self.message
        loader = chosen.input.batch_of
        drawn = (loader is not None and loader.batch != 1) or (isinstance(shape[0], int) and shape[0] > 1)
        several = len(shape) == 2 and equal(shape[-1], 1) is False and shape[0] != 1
        if not several or chosen.dim not in (0, None) or not drawn or _is_of_one(facts, chosen):
            return None
        return self.ALONG_BATCH if chosen.dim == 0 else self.OVER_ALL

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """Every choice made here among a model's outputs is 0, or there are not as many choices as samples."""
        choices = run.at(line).of(observe.ArgmaxCalled).where(lambda choice: choice.directly_at(line))
        outputs = {shape for call in run.calls() for shape in call.outputs}
        among_outputs = [choice for choice in choices if choice.input in outputs and choice.input[0] > 1]
        if not among_outputs:
            return Evidence(False, "no choice among a model's outputs is made here", {"choices": len(choices)})
        constant = all(_is_among_one(choice) and choice.low == choice.high == 0 for choice in among_outputs)
        astray = [choice for choice in among_outputs if choice.dim in (0, None) and choice.input[-1] > 1]
        figures: dict[str, float | int | str] = {"choices": len(among_outputs)}
        if run.exception is not None:
            figures["raises"] = run.exception.type
        if constant:
            return Evidence(True, f"all of {len(among_outputs)} choices are 0", figures)
        if not astray:
            return Evidence(False, "the choices differ, and there is one for each sample", figures)
        samples, answers = astray[0].input[0], astray[0].output[0] if astray[0].output else 1
        figures |= {"samples": samples, "answers": answers}
        return Evidence(True, f"{answers} answers for {samples} samples", figures)


def _is_of_one(facts: Facts, chosen: PlacesChosen) -> bool:
    """Whether batches of the same loader have a single number each, as the script asks for it."""
    taken = (one for one in facts.of(NumberTaken) if one.moment.loops and one.moment.loops[-1].over_batches)
    return any(chosen.input.batch_of in one.loaders for one in taken)


def _is_among_one(choice: observe.ArgmaxCalled) -> bool:
    return choice.dim not in (0, None) and choice.input[choice.dim] == 1
