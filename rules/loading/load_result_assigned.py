"""`model = model.load_state_dict(...)` binds the keys that did not fit, not the model.

What it does
------------
Finds results of `load_state_dict` that are called as a model, or asked for an attribute that only a model has.

Why it matters
--------------
`load_state_dict` loads in place and returns a pair of lists, `missing_keys` and `unexpected_keys`. The name that
held the model now holds that pair, and the next use of it raises.

How to mend it
--------------
Drop the assignment: `model.load_state_dict(...)`. To see what did not fit, give the result a name of its own.

What torch shows
----------------
`TypeError: '_IncompatibleKeys' object is not callable`, `AttributeError: '_IncompatibleKeys' object has no attribute
'eval'`, or `TypeError: cannot assign ... _IncompatibleKeys as child module` where the target is a layer of a module.

Known limits
------------
A result that is bound to the model's name and never used as one is silent, and so are models that the linter cannot
see, e.g. the argument of a function that nobody calls.

References
----------
https://github.com/lukemelas/EfficientNet-PyTorch/issues/119
https://github.com/torchgeo/torchgeo/pull/1503
https://github.com/Lightning-AI/pytorch-lightning/issues/12336
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts, StateDictLoaded
from ft_lint.facts.models import ChildRefused
from ft_lint.facts.results import Misused, ResultNamed
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Fix, Level, Rule


class LoadResultAssigned(Rule):
    """The keys that did not fit, taken for the model."""

    code = "TUN102"
    level = Level.ERROR
    message = (
        "`load_state_dict` returns the keys that did not fit, not the model, so `{use}` raises: "
        "load in place, without the assignment"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Results of `load_state_dict` that are used as models."""
        for loaded in facts.of(StateDictLoaded):
            misused = [f.use for f in facts.after(loaded).of(Misused) if f.value is loaded.result]
            refused = [f.target for f in facts.after(loaded).of(ChildRefused) if f.value is loaded.result]
            uses = [*(f"{target} = ..." for target in refused), *misused]
            if uses:
                named = next((f for f in facts.after(loaded).of(ResultNamed) if f.value is loaded.result), None)
                yield self.finding(named or loaded, use=uses[0], fix=self._in_place(loaded, named))

    def _in_place(self, loaded: StateDictLoaded, named: ResultNamed | None) -> Fix | None:
        """The call alone, where the target is what it is called on."""
        if named is None or named.target != loaded.receiver:
            return None
        return self.fix("load in place", Edit(loaded.node, named.node))

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """What was loaded here ends in an exception that names the type of the result."""
        loads = run.at(line).of(observe.StateLoaded)
        raised = run.exception
        if not loads or raised is None:
            return Evidence(False, "nothing raises" if loads else "nothing is loaded here", {"loads": len(loads)})
        holds = "IncompatibleKeys" in raised.message
        return Evidence(holds, f"{raised.type}: {raised.message}", {"loads": len(loads)})
