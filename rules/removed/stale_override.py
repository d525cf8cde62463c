"""A method of `Trainer` is overridden with a signature that the library calls no more.

What it does
------------
Finds methods of classes that extend `Trainer` (also `Seq2SeqTrainer`, `SFTTrainer` ...) which take what an earlier
release of transformers passed and not what it passes now: `compute_loss(self, model, inputs, return_outputs=False)`,
`training_step(self, model, inputs)`, `log(self, logs)`.

Why it matters
--------------
Since 4.46 the training loop passes `num_items_in_batch`, since 4.47 `log` gets the start time: `train()` raises
TypeError at its first step.

How to mend it
--------------
Take the new argument: `compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None)`. With gradient
accumulation a loss of one's own should divide by it, see the documentation of `Trainer.compute_loss`.

What torch shows
----------------
`train()` raises `TypeError: T.compute_loss() got an unexpected keyword argument 'num_items_in_batch'`.

Known limits
------------
Only calls that a class makes of its own methods are known, in the releases that were read; a method that takes
`**kwargs` is right. Decorated methods, methods whose caller is overridden too, and classes with a second base from
outside the file are silent. Which version counts comes from `--target-version`, else from the requirements of the
project.

References
----------
https://github.com/huggingface/transformers/issues/36331
https://huggingface.co/docs/transformers/main_classes/trainer
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.library.releases import Call, Calls, calls_of
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Fix, Level, Rule, Where
from ft_lint.uses import MethodOverridden


class StaleOverride(Rule):
    """A method that the library now calls with other arguments."""

    code = "TUN903"
    level = Level.ERROR
    message = (
        "since transformers {since} the trainer passes `{argument}` to `{method}`, which does not take it: TypeError"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Overridden methods that fit what an earlier release passed, and not what this one passes."""
        for method in facts.of(MethodOverridden):
            history = calls_of(method.base, method.method, facts.targets)
            if not any(_fits(method, old) for old in history[:-1]):
                continue
            now = history[-1]
            refused = [call for call in now.calls if not _takes(method, call)]
            if refused and not method.beside & _callers(history):
                argument = _missing(method, refused[0], now)
                since = next(one for one in history if not _fits(method, one) and _passes(one, argument))
                yield self.finding(
                    method,
                    method=method.method,
                    argument=argument,
                    since=".".join(since.first.split(".")[:2]),
                    fix=self._taking(method, argument),
                )

    def _taking(self, method: MethodOverridden, argument: str) -> Fix | None:
        """The new parameter behind the others, where none stands behind them that has to be last."""
        anchor = method.last
        if anchor is None or argument in method.positional:
            return None
        return self.fix(f"take `{argument}`", Edit(f", {argument}=None", anchor, Where.BEHIND))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The library's call of this method raises TypeError."""
        raised = run.exception
        holds = raised is not None and raised.refuses_call_of(line)
        told = f"TypeError: {raised.message}" if raised and holds else "nobody's arguments are refused here"
        return Evidence(holds, told, {})


def _takes(method: MethodOverridden, call: Call) -> bool:
    return method.takes(call.positional, call.keywords)


def _callers(history: tuple[Calls, ...]) -> frozenset[str]:
    """The methods that ever made the call, and ``train`` around them all: one of the script's own calls as it likes."""
    return frozenset({"train", *(call.caller for calls in history for call in calls.calls)})


def _fits(method: MethodOverridden, calls: Calls) -> bool:
    return bool(calls.calls) and all(_takes(method, call) for call in calls.calls)


def _missing(method: MethodOverridden, call: Call, now: Calls) -> str:
    """The first argument of a call that the method has no place for."""
    unknown = [name for name in call.keywords if name not in (*method.positional, *method.keyword_only)]
    return unknown[0] if unknown else now.parameters[min(len(method.positional), call.positional - 1)]


def _passes(calls: Calls, argument: str) -> bool:
    return argument in calls.parameters
