"""Padding is left in the labels, so the model is trained to write padding.

What it does
------------
Follows what a tokenizer gives when it pads, or what the script pads itself (`ids + [0] * missing`), `input_ids` or the
numbers of the targets, into the `labels` of a causal or sequence-to-sequence model: through `map`, a dataset's
`__getitem__`, a collate function, or straight into the call.

Why it matters
--------------
The loss leaves out -100 and nothing else. Where texts are short and `max_length` is not, most labels are padding: the
loss looks excellent since padding is easy to tell, the text is hardly learnt, and the model writes padding, or
end-of-sequence where that is the padding.

How to mend it
--------------
Put -100 where `attention_mask` is 0: `labels = labels.masked_fill(mask == 0, -100)`, or in lists
`[t if m else -100 for t, m in zip(ids, mask)]`. Or do not pad before the batch is made: `DataCollatorForSeq2Seq` pads
labels with -100, and `DataCollatorForLanguageModeling(mlm=False)` makes the labels itself.

What torch shows
----------------
The model is called with labels in which padding is counted, as many as the figure says.

Known limits
------------
Silent where something writes into the labels, whatever it is, and where it is not known whether a tokenizer padded:
`padding=True` pads single texts not at all.

References
----------
https://huggingface.co/docs/transformers/tasks/language_modeling
https://github.com/huggingface/trl/pull/1625
https://github.com/axolotl-ai-cloud/axolotl/pull/2227
https://github.com/meta-llama/llama-cookbook/issues/74
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.hub import LabelsGiven, LabelsSet
from ft_lint.facts.models import Forward
from ft_lint.facts.optimization import Backward
from ft_lint.library.transformers.batches import hub_of
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.hub import TokenIds


class PaddingInLabels(Rule):
    """Labels that count padding."""

    code = "TUN611"
    level = Level.WARNING
    message = "these labels hold padding, so `{model}` is trained to write padding: put -100 in its places"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Padded numbers of texts that a language model is trained on as they are."""
        trained = {id(f.node) for b in facts.of(Backward) for f in b.forwards if isinstance(f, Forward)}
        for given in facts.of(LabelsGiven):
            hub, labels = hub_of(given.model), given.labels
            if hub is None or not (hub.is_causal or hub.is_sequence_to_sequence) or id(given.node) not in trained:
                continue
            if isinstance(labels, TokenIds) and labels.padded is True and not labels.changes:
                yield self.finding(_place(facts, given), model=hub.asked)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """A model gets labels that count padding, and this line is what made them labels."""
        read = list(run.of(observe.LabelsRead)) if run.reached(line) else []
        padded, counted = sum(event.padded for event in read), sum(event.counted for event in read)
        figures = {"padding counted": padded, "labels counted": counted}
        return Evidence(padded > 0, f"{padded} of {counted} labels in the loss are padding", figures)


def _place(facts: Facts, given: LabelsGiven) -> ast.AST:
    """Where the numbers were made labels, else the call's argument."""
    labels = given.labels
    made = (fact.node for fact in facts.of(LabelsSet) if isinstance(labels, TokenIds) and labels.shares(fact.labels))
    return next(made, given.place or given.node)
