"""Which modules of a model ``target_modules`` names.

Source: ``check_target_module_exists`` in peft: a list's entry is a module's name or the end of its path, a string is a
regular expression for the whole path; ``all-linear`` stands for every linear layer but the output's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ft_lint.library.peft.module_names import Names, names
from ft_lint.library.transformers.architectures import ModelClass, architecture, of_class
from ft_lint.light import dataclass
from ft_lint.values.base import truth
from ft_lint.values.hub import HubModel
from ft_lint.values.module import Module, walk

_MAPPED = {"mixtral": {"gate", "w1", "w2", "w3"}, "qwen2_moe": {"gate", "gate_proj", "up_proj", "down_proj"}}
"""Names of version 4 that peft maps onto the experts' parameters of version 5 (``_MOE_TARGET_MODULE_MAPPING``)."""

_USUAL = frozenset(
    """q_proj k_proj v_proj o_proj out_proj gate_proj up_proj down_proj gate_up_proj qkv_proj query key value dense
    query_key_value c_attn c_proj c_fc fc1 fc2 q_lin k_lin v_lin out_lin lin1 lin2 Wqkv wi wo wi_0 wi_1 w1 w2 w3
    dense_h_to_4h dense_4h_to_h query_proj key_proj value_proj in_proj""".split()
)
"""Names of linear layers that adapters are usually put into, in one architecture or another."""

_WORD = r"[A-Za-z]\w+"
_PLAIN = r"[\w.]+"


@dataclass(frozen=True, slots=True)
class Unmet:
    """Names that no module bears, while ``others`` do; ``offered`` are those of the linear layers.

    ``as_list``: it is one plain string, and a module of that name is there: a list was meant.
    ``renamed``: modules had these names in version 4 of transformers.
    """

    missing: tuple[str, ...]
    others: tuple[str, ...]
    offered: tuple[str, ...]
    as_list: bool = False
    renamed: bool = False


def unmet(model: Module, asked: tuple[str, ...] | str) -> Unmet | None:
    """What is asked for in vain; None where nothing is, or where that is not certain."""
    hub = model.hub
    cls = of_class(hub.cls) if hub is not None and hub.cls is not None else None
    known = names(cls.model_type) if cls is not None else None
    if hub is None or cls is None or known is None or not asked or _has_own_code(hub):
        return None
    own = {part for path, _ in walk(model) for part in path.split(".")}
    if isinstance(asked, str):
        return _unmet_pattern(cls, known, own, asked)
    missing = tuple(name for name in asked if _is_absent(cls, known, own, name))
    others = tuple(name for name in asked if _last(name) in cls.linear_names)
    if not missing or (not others and len(missing) < len(asked)):
        return None
    return Unmet(missing, others, offered(cls), renamed=any(known.knew(_last(name)) for name in missing))


def reaches(asked: tuple[str, ...] | str | None, name: str) -> bool:
    """Whether a part of the model, named by its path, may get adapters; None is asked where that is not known."""
    match asked:
        case None:
            return True
        case str():
            return asked.lower() == "all-linear" or name in re.findall(_WORD, asked)
    return any(name == one or name.endswith(f".{one}") or one.startswith(f"{name}.") for one in asked)


def without_default(model: Module) -> Unmet | None:
    """A model whose type peft has no ``target_modules`` for, so that they must be given; None for all others."""
    cls = of_class(model.hub.cls) if model.hub is not None and model.hub.cls is not None else None
    kind = architecture(cls.model_type) if cls is not None else None
    if cls is None or kind is None or kind.lora_targets is not None or names(kind.model_type) is None:
        return None
    return Unmet((), (), offered(cls))


def offered(cls: ModelClass) -> tuple[str, ...]:
    """The names of the linear layers of a model's body."""
    heads = {head.path for head in cls.heads}
    return tuple(dict.fromkeys(_last(path) for path in cls.linears if path not in heads and _last(path) != "*"))


def _has_own_code(hub: HubModel) -> bool:
    """Whether the model's code may come from the hub, and not from transformers."""
    given = hub.settings.get("trust_remote_code")
    return given is not None and truth(given) is not False


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _is_absent(cls: ModelClass, known: Names, own: Iterable[str], name: str) -> bool:
    """Whether surely no module is called so: neither in this class, nor in any that its source describes."""
    last = _last(name)
    mapped = last in _MAPPED.get(cls.model_type, ())
    return not (last.isdigit() or last in cls.linear_names or known.knows(last) or last in own or mapped)


def _unmet_pattern(cls: ModelClass, known: Names, own: set[str], asked: str) -> Unmet | None:
    """One string: it must match the whole path of a module."""
    if asked.lower() == "all-linear" or len(asked) > 200:
        return None
    if re.fullmatch(_PLAIN, asked) and "." not in asked:
        whole = asked in cls.linears or asked in own
        return None if whole else Unmet((asked,), (), offered(cls), as_list=asked in cls.linear_names)
    words = set(re.findall(_WORD, asked))
    absent = [word for word in words if _is_absent(cls, known, own, word)]
    ends = [word for word in words if word in _USUAL]
    if not ends or set(ends) - set(absent):
        return None
    return Unmet((asked,), (), offered(cls), renamed=any(known.knew(word) for word in ends))
