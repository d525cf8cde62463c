"""``trl``: trainers and their settings, which extend those of ``transformers``."""

from __future__ import annotations

from ft_lint.library.peft.adapters import adapt
from ft_lint.library.site import Site
from ft_lint.library.transformers.arguments import HfArgumentParser
from ft_lint.library.transformers.trainer import Trainer, arguments, build
from ft_lint.values.base import NONE, Value, is_none
from ft_lint.values.callables import Instance
from ft_lint.values.module import Module

_TRAINERS = ("SFT", "DPO", "Reward", "GRPO", "KTO", "ORPO", "CPO", "RLOO", "PRM")


def _settings(name: str) -> type:
    """A class of training arguments."""

    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        return arguments(at, f"trl.{name}", args, kwargs)

    return type(name, (), {"construct": staticmethod(construct)})


def _trainer(name: str) -> type:
    """A class of trainers."""

    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        made = build(at, f"trl.{name}", args, kwargs)
        _put_adapters_in(at, made)
        return made

    return type(name, (Trainer,), {"construct": staticmethod(construct)})


def _put_adapters_in(at: Site, trainer: Instance) -> None:
    """With ``peft_config=`` a trainer puts adapters into its model itself."""
    model, config = (at.m.store.resolve(trainer.given(name) or NONE) for name in ("model", "peft_config"))
    if isinstance(model, Module) and not is_none(config):
        trainer.fields["model"] = adapt(at, model, config, wrap=True)


for _name in _TRAINERS:
    globals()[f"{_name}Config"] = _settings(f"{_name}Config")
    globals()[f"{_name}Trainer"] = _trainer(f"{_name}Trainer")


class TrlParser(HfArgumentParser):
    """``TrlParser``."""

    parse_args_and_config = HfArgumentParser.parse_args_into_dataclasses
