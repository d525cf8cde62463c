"""`load_state_dict` is given a path, a module or an uncalled method, or such a method is saved as if it were weights.

What it does
------------
Finds arguments of `load_state_dict` that are surely no dict of tensors: a path, a module, `model.parameters()`, or
`model.state_dict` without parentheses; and the same method handed to `torch.save`, alone or in a dict.

Why it matters
--------------
Loading raises. Saving does not: pickle writes the bound method with the whole model behind it, and the mistake shows
when somebody tries to load the file, often after the training that it was to keep.

How to mend it
--------------
`model.load_state_dict(torch.load(path))`; `other.state_dict()` for a module; parentheses for the method.

What torch shows
----------------
`TypeError: Expected state_dict to be dict-like, got <class 'str'>.` (or a path, a module, a method); for a method that
is saved, the file holds a method and no tensors.

Known limits
------------
What comes out of `torch.load` is not followed: a whole model, or a checkpoint that holds the weights under a key.

References
----------
https://pytorch.org/tutorials/beginner/saving_loading_models.html
https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.load_state_dict
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.edits import filled
from ft_lint.facts import Facts, Saved, StateDictLoaded
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Level, Rule
from ft_lint.values.base import UnknownText, Value, text
from ft_lint.values.callables import Bound, Instance
from ft_lint.values.containers import Dict
from ft_lint.values.module import Module, may_be_anything
from ft_lint.values.training import Parameters


class NotAStateDict(Rule):
    """Something else where a dict of tensors belongs."""

    code = "TUN103"
    level = Level.ERROR
    message = "`load_state_dict` takes a dict of tensors and gets {got}, so it raises: write `{instead}`"
    message_saved = (
        "this saves the method `{method}`, not the weights, which no `load_state_dict` takes: write `{method}()`"
    )
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Things that are loaded or saved in place of a state dict."""
        for loaded in facts.of(StateDictLoaded):
            got = _described(loaded.state)
            if got is not None and all(_described(f.state) for f in facts.at(loaded) if f.excludes(loaded)):
                instead = _INSTEAD[got].format(loaded.written)
                imports = ("import torch",) if got == "a path" else ()
                whole = got != "parameters" and loaded.place is not None
                edit = filled(_INSTEAD[got].format("_"), loaded.place)
                fix = self.fix(f"write `{instead}`", edit, imports=imports) if whole else None
                yield self.finding(loaded, got=got, instead=instead, fix=fix)
        for saved in facts.of(Saved):
            for value in saved.value.entries.values() if isinstance(saved.value, Dict) else (saved.value,):
                if _is_method(value):
                    method = saved.written if value is saved.value else "state_dict"
                    edit = filled("_()", saved.place) if value is saved.value else Edit("")
                    yield self.finding(
                        saved,
                        message=self.message_saved,
                        method=method,
                        fix=self.fix(f"write `{method}()`", edit),
                    )

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """torch refuses what it gets here, or the file written here holds methods and no weights."""
        methods = sum(saved.methods for saved in run.at(line).of(observe.Saved))
        if methods:
            return Evidence(True, f"the file holds {methods} method(s) in place of weights", {"methods": methods})
        raised = run.exception
        if raised is None or not raised.at(line):
            return Evidence(False, "nothing raises here", {"methods": methods})
        holds = raised.type == "TypeError" and "dict-like" in raised.message
        return Evidence(holds, f"{raised.type}: {raised.message}", {"methods": methods})


_INSTEAD = {
    "a path": "torch.load({0})",
    "a module": "{0}.state_dict()",
    "a method": "{0}()",
    "parameters": "model.state_dict()",
}


def _described(value: Value) -> str | None:
    """What a value is that torch takes for no state dict; None where it may be one."""
    if text(value) is not None or isinstance(value, UnknownText):
        return "a path"
    match value:
        case Instance(kind="pathlib.Path"):
            return "a path"
        case Module() as module if not may_be_anything(module):
            return "a module"
        case Parameters():
            return "parameters"
    return "a method" if _is_method(value) else None


def _is_method(value: Value) -> bool:
    return isinstance(value, Bound) and value.name == "state_dict" and isinstance(value.receiver, Module)
