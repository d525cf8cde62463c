"""``trl``: trainers and their settings, which extend those of ``transformers``."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.library.transformers.trainer import Trainer, arguments, build
from ft_lint.values.base import Value

_TRAINERS = ("SFT", "DPO", "Reward", "GRPO", "KTO", "ORPO", "CPO", "RLOO", "PRM")


def _settings(name: str) -> type:
    """A class of training arguments."""

    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        return arguments(at, f"trl.{name}", args, kwargs)

    return type(name, (), {"construct": staticmethod(construct)})


def _trainer(name: str) -> type:
    """A class of trainers."""

    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        return build(at, f"trl.{name}", args, kwargs)

    return type(name, (Trainer,), {"construct": staticmethod(construct)})


for _name in _TRAINERS:
    globals()[f"{_name}Config"] = _settings(f"{_name}Config")
    globals()[f"{_name}Trainer"] = _trainer(f"{_name}Trainer")
