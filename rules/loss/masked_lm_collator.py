"""`DataCollatorForLanguageModeling` masks words for a model that predicts the next one, or the reverse.

What it does
------------
Finds `DataCollatorForLanguageModeling` with its default `mlm=True` that feeds a causal model (GPT-2, Llama, a
`...ForCausalLM`), or whose tokenizer has no mask token; and one with `mlm=False` that feeds a `...ForMaskedLM`.

Why it matters
--------------
With `mlm=True` labels are kept for 15 % of the tokens alone, and most of these are replaced in the input: a causal
model learns little, from corrupted text. A tokenizer without a mask token is refused when the collator is built. With
`mlm=False` a masked model is shown the very words that it has to tell, learns to copy, and its loss falls all the same.

How to mend it
--------------
`mlm=False` for causal models, the default for masked ones.

What torch shows
----------------
`ValueError: This tokenizer does not have a mask token ...` where the collator is built; or a causal model whose labels
are not what stands in its input; or a masked model whose labels all do.

Known limits
------------
Collators that are handed on to other frameworks' trainers, and classes of the script's own, are silent.

References
----------
https://huggingface.co/docs/transformers/main_classes/data_collator
https://github.com/tloen/alpaca-lora/issues/412
https://github.com/awslabs/fortuna/pull/82
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.edits import with_keyword
from ft_lint.facts import Facts
from ft_lint.facts.hub import Collated, CollatorBuilt
from ft_lint.library.site import passed
from ft_lint.library.transformers.batches import hub_of
from ft_lint.library.transformers.collators import LANGUAGE_MODELING, masks_words, path_of, tokenizer_of
from ft_lint.library.transformers.tokenizers import masks
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Fix, Level, Rule
from ft_lint.values.base import text
from ft_lint.values.callables import Instance


class MaskedLmCollator(Rule):
    """Masked words for a causal model, or whole texts for a masked one."""

    code = "TUN610"
    level = Level.WARNING
    message = "the collator masks words (`mlm=True`) and `{model}` predicts the next one: pass `mlm=False`"
    refused = (
        "the collator masks words (`mlm=True`) and the tokenizer of `{checkpoint}` has no mask token: it raises, "
        "pass `mlm=False`"
    )
    shown = "with `mlm=False` `{model}` is shown the very words that it has to fill in: leave out `mlm=False`"
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Collators that their tokenizer, or the model that they feed, does not suit."""
        for built in facts.of(CollatorBuilt):
            tokenizer = tokenizer_of(built.collator)
            if tokenizer is not None and masks(tokenizer) is False and _masks(built.collator) is True:
                fix, checkpoint = self._unmasked(built.collator), text(tokenizer.checkpoint)
                yield self.finding(built, message=self.refused, checkpoint=checkpoint, fix=fix)
        for fed in facts.of(Collated):
            hub = hub_of(fed.model)
            if hub is None or not isinstance(fed.collator, Instance) or fed.collator.node is None:
                continue
            match _masks(fed.collator):
                case True if hub.is_causal:
                    yield self.finding(fed.collator.node, model=hub.asked, fix=self._unmasked(fed.collator))
                case False if hub.is_masked:
                    yield self.finding(fed.collator.node, message=self.shown, model=hub.asked)

    def _unmasked(self, collator: Instance) -> Fix | None:
        place = passed(collator.places.get("mlm"))
        edit = Edit("False", place) if place is not None else with_keyword(collator.node, "mlm", "False")
        return self.fix("do not mask words", edit) if edit is not None else None

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The collator is refused here, or a model gets labels that do not suit it from the one built here."""
        raised = run.exception
        if raised is not None and raised.at(line) and "does not have a mask token" in raised.message:
            return Evidence(True, f"{raised.type}: {raised.message[:60]}", {"raises": raised.type})
        read = run.of(observe.LabelsRead).where(lambda event: event.counted > 0) if run.reached(line) else ()
        counted = {"causal": 0, "masked": 0}
        hidden = {"causal": 0, "masked": 0}
        for event in read:
            kind = "masked" if run.modules[event.model].kind.endswith("ForMaskedLM") else "causal"
            counted[kind] += event.counted
            hidden[kind] += event.counted - event.copied
        holds = hidden["causal"] > 0 or (counted["masked"] > 0 and hidden["masked"] == 0)
        figures = {f"{kind} labels": counted[kind] for kind in counted}
        figures |= {f"hidden from the {kind} model": hidden[kind] for kind in hidden}
        return Evidence(holds, ", ".join(f"{name}: {value}" for name, value in figures.items()), figures)


def _masks(collator: Instance) -> bool | None:
    """Whether a collator for language modelling masks words; None for other collators, and where it is not known."""
    return masks_words(collator) if path_of(collator) == LANGUAGE_MODELING else None
