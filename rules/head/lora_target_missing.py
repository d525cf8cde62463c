"""`target_modules` names layers that this architecture does not have.

What it does
------------
Compares the names in `target_modules` with those of the model's layers: `q_proj` for GPT-2, whose attention is one
`c_attn`; `query` for Llama; a plain string where a list was meant, for a string is a regular expression that must match
the whole path; and no names at all for an architecture for which peft has no default.

Why it matters
--------------
If no layer bears any of the names, `get_peft_model` raises. If some do, peft says nothing: fewer layers are adapted
than the script asks for, and the rest of the list does nothing.

How to mend it
--------------
Name the layers of the architecture (`print(model)` shows them), or write `target_modules="all-linear"`.

What torch shows
----------------
`ValueError: Target modules {'v_proj', 'q_proj'} not found in the base model. Please check the target modules and try
again.`; or an adapted model in which some of the names stand on no layer.

Known limits
------------
The names are those of transformers 5: since then the layers of ViT, DeiT, BEiT, Swin and DINOv2 are called `q_proj`,
`k_proj`, `v_proj`, `o_proj`, `fc1` and `fc2`; with an older version the old names are right, and the message says so.
Silent for models with code of their own (`trust_remote_code=True`), for models put together from others (vision and
language), and for checkpoints whose architecture is not known. Which layers of a kind `layers_to_transform` takes is
not looked at. Experts of Mixtral and Qwen2-MoE are no layers any more but parameters (`target_parameters`); peft maps
the old names onto them.

References
----------
https://huggingface.co/docs/peft/developer_guides/troubleshooting
https://github.com/hiyouga/LlamaFactory/issues/1785
https://github.com/huggingface/peft/issues/758
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.hub import AdapterAdded
from ft_lint.library.peft.targets import Unmet, unmet, without_default
from ft_lint.library.releases import newest
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.callables import Instance


class LoraTargetMissing(Rule):
    """Adapters for layers that are not there."""

    code = "TUN211"
    level = Level.ERROR
    message = "`{cls}` has no layer called {missing}, so peft raises: its layers are {offered}"
    some = "`{cls}` has no layer called {missing}, so nothing is adapted there: its layers are {offered}"
    renamed = (
        "`{cls}` has no layer called {missing} since transformers 5, so peft raises: its layers are {offered} now "
        "(with an older transformers the old names are right)"
    )
    pattern = (
        "a string is a pattern for a layer's whole path, so {missing} matches nothing and peft raises: give a list"
    )
    none = "peft knows no `target_modules` for `{cls}` and raises: name some of {offered}, or ask for `all-linear`"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Configurations whose names the model's architecture does not have."""
        seen: set[int] = set()
        for added in facts.of(AdapterAdded):
            config = added.config
            if not isinstance(config, Instance) or config.node is None or id(config.node) in seen:
                continue
            found = _unmet(added, config)
            if found is None or (found.renamed and not _has_new_names(facts)):
                continue
            seen.add(id(config.node))
            missing, offered = _listed(found.missing), _listed(found.offered)
            level = Level.WARNING if found.others else Level.ERROR
            cls = added.model.hub.cls if added.model.hub is not None else ""
            message = self._message(found)
            yield self.finding(config.node, level=level, message=message, cls=cls, missing=missing, offered=offered)

    def _message(self, found: Unmet) -> str:
        if not found.missing:
            return self.none
        if found.as_list:
            return self.pattern
        return self.some if found.others else self.renamed if found.renamed else self.message

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """peft raises for the configuration built here, or adapts nothing under some of the names it was given."""
        built = {event.config for event in run.at(line).of(observe.hub.AdapterConfigBuilt)}
        added = [event for event in run.of(observe.hub.AdapterAdded) if event.config in built]
        told = run.exception.message if run.exception is not None else ""
        refused = any(event.raised for event in added) and ("arget" in told and "modules" in told)
        vain = sorted({name for event in added for name in event.missed}) if not refused else []
        hit = max((len(event.hit) for event in added), default=0)
        figures = {"raises": int(refused), "layers adapted": hit, "names without a layer": len(vain)}
        why = told[:90] if refused else f"{hit} layers are adapted, none for {vain}"
        return Evidence(refused or bool(vain), why, figures)


def _unmet(added: AdapterAdded, config: Instance) -> Unmet | None:
    """What a configuration asks of a model in vain."""
    if added.asked is None or config.given("target_parameters") is not None:
        return None
    if not added.asked:
        return without_default(added.model) if config.kind == "peft.LoraConfig" else None
    found = unmet(added.model, added.asked)
    by_default = added.model.hub is not None and getattr(added.model.hub.checkpoint, "default", False)
    return None if found is not None and found.others and by_default else found


def _has_new_names(facts: Facts) -> bool:
    """Whether the project's transformers has the names of today: between 5.4 and 5.9 vision models changed theirs."""
    version = newest("transformers", facts.targets)
    return version is not None and version >= (5, 9)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
