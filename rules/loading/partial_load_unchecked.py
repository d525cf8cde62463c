"""`load_state_dict(strict=False)` without a look at its result hides that weights were not loaded.

What it does
------------
Finds `load_state_dict(..., strict=False)` whose result is thrown away. Advice, for what is missing may be meant; a dict
that surely has no name in common with the model (a checkpoint that was not indexed) is a warning.

Why it matters
--------------
`strict=False` skips every name that does not fit. With a prefix too many (`module.`, `model.`), or a whole checkpoint
instead of the weights in it, nothing at all is loaded and nothing is said: the model stays random.

How to mend it
--------------
Keep the result and look at it: `result = model.load_state_dict(state, strict=False)`, then
`assert not result.unexpected_keys` and print `result.missing_keys`.

What torch shows
----------------
The result that was thrown away names tensors that were missing, or that nobody asked for; `strict=False` does not
forgive other shapes, which raise.

Known limits
------------
What comes out of `torch.load` is not followed, so most of these findings are advice. A state dict that the same script
takes from a model is silent. So is the last line of a cell of a notebook, which shows the report.

References
----------
https://github.com/pytorch/examples/issues/1029
https://github.com/pytorch/pytorch/issues/141256
https://github.com/stefanopini/simple-HRNet/issues/79
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts, StateDictLoaded
from ft_lint.facts.results import ResultDropped
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import truth
from ft_lint.values.containers import Dict
from ft_lint.values.module import named_parameters
from ft_lint.values.training import StateDict


class PartialLoadUnchecked(Rule):
    """A report that nobody reads."""

    code = "TUN101"
    level = Level.ADVICE
    message = (
        "`{model}.load_state_dict(strict=False)` skips every name that does not fit, and its report is thrown away: "
        "keep it, and look at `missing_keys` and `unexpected_keys`"
    )
    message_nothing = (
        "no key of this dict ({keys}) is a parameter of `{model}`, so `strict=False` loads nothing: "
        "load the weights that lie under one of them"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Loads that may be partial, with their results dropped."""
        dropped = {id(fact.value) for fact in facts.of(ResultDropped) if not fact.displayed}
        for loaded in facts.of(StateDictLoaded):
            if truth(loaded.strict) is not False or id(loaded.result) not in dropped:
                continue
            if isinstance(loaded.state, StateDict):
                continue
            keys = _foreign_keys(loaded)
            if keys:
                text = ", ".join(f'"{key}"' for key in keys[:3])
                message = self.message_nothing
                yield self.finding(loaded, level=Level.WARNING, message=message, keys=text, model=loaded.receiver)
            else:
                yield self.finding(loaded, model=loaded.receiver)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The report that is thrown away here names tensors that did not fit."""
        loads = run.at(line).of(observe.StateLoaded)
        missing, unexpected = sum(load.missing for load in loads), sum(load.unexpected for load in loads)
        dropped = run.statements.get(line, line) in run.discarded
        figures = {"loads": len(loads), "missing": missing, "unexpected": unexpected}
        if not loads or not dropped:
            return Evidence(False, "the report is kept" if loads else "nothing is loaded here", figures)
        return Evidence(missing + unexpected > 0, f"{missing} tensors missing, {unexpected} given in vain", figures)


def _foreign_keys(loaded: StateDictLoaded) -> list[str]:
    """The keys of a dict that is wholly known and has no name in common with the model."""
    state = loaded.state
    if not (isinstance(state, Dict) and state.complete and loaded.module.complete):
        return []
    keys = [str(key) for key in state.entries]
    names = {name for name, _ in named_parameters(loaded.module)}
    known = any(isinstance(value, StateDict) for value in state.entries.values())
    return keys if known and not names & set(keys) else []
