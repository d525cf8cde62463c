"""`pad_token = eos_token` with the language modelling collator: the end of a text is never learnt.

What it does
------------
Finds `tokenizer.pad_token = tokenizer.eos_token` where texts that surely end with the end-of-sequence token reach a
model through `DataCollatorForLanguageModeling(mlm=False)` of the same tokenizer.

Why it matters
--------------
The collator makes the labels, and puts -100 wherever the input is the padding token. With one token for both, the real
ends of texts go with the padding: the model is never told to stop, and after fine-tuning it writes on and on.

How to mend it
--------------
A padding token of its own: `tokenizer.add_special_tokens({"pad_token": "[PAD]"})` with
`model.resize_token_embeddings(len(tokenizer))`, or one that the vocabulary has and texts do not (`<unk>` of Llama,
`<|padding|>` of Pythia). Or make the labels from the attention mask and pad them with `DataCollatorForSeq2Seq`.

What torch shows
----------------
The end-of-sequence tokens that stand in the texts themselves, and that none of them is counted in the loss.

Known limits
------------
Where it is not seen that texts end with the token (`text + tokenizer.eos_token`, `add_eos_token=True`, its number put
behind the others) the rule is silent: without it in the texts there is nothing to learn, as in blocks of running text.
So it is after `if tokenizer.pad_token is None` where the checkpoint is not one that is known to have no padding token.

References
----------
https://github.com/huggingface/transformers/issues/23530
https://github.com/huggingface/transformers/issues/22794
https://github.com/huggingface/trl/issues/976
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.hub import Collated, TokenizerSet
from ft_lint.library.transformers.collators import LANGUAGE_MODELING, masks_words, path_of, tokenizer_of
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Dict
from ft_lint.values.hub import SpecialToken, mentions


class EosMaskedAsPadding(Rule):
    """Ends of texts that go with the padding."""

    code = "TUN612"
    level = Level.WARNING
    message = (
        "`{tokenizer}` pads with its end-of-sequence token, and the collator leaves padding out of the loss: "
        "the ends of texts are never learnt"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Tokenizers whose padding is the end of texts that reach a model through the collator."""
        for fed in facts.of(Collated):
            if not _hides_padding(fed) or not _ends(fed):
                continue
            tokenizer = tokenizer_of(fed.collator)
            told = [fact for fact in facts.before(fed).of(TokenizerSet) if fact.tokenizer is tokenizer]
            padding = [fact for fact in told if fact.name in ("pad_token", "pad_token_id")]
            last = padding[-1] if padding else None
            if last is None or not last.surely_when(fed):
                continue  # many a checkpoint has a padding token of its own
            if isinstance(last.value, SpecialToken) and last.value.name == "eos":
                yield self.finding(last, tokenizer=facts.name_of(last.tokenizer, "tokenizer"))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """End-of-sequence tokens stand in the texts, and none of them is in the loss."""
        read = list(run.of(observe.LabelsRead)) if run.reached(line) else []
        ends, counted = sum(event.ends for event in read), sum(event.ends_counted for event in read)
        figures = {"ends of texts": ends, "in the loss": counted}
        return Evidence(ends > 0 and counted == 0, f"{counted} of {ends} ends of texts are in the loss", figures)


def _hides_padding(fed: Collated) -> bool:
    """Whether the collator makes labels for the next word, and hides padding in them."""
    collator = fed.collator
    return isinstance(collator, Instance) and path_of(collator) == LANGUAGE_MODELING and masks_words(collator) is False


def _ends(fed: Collated) -> bool:
    """Whether the rows surely hold the token that ends a text."""
    return isinstance(fed.row, Dict) and mentions(fed.row.entries.get("input_ids"), "eos")
