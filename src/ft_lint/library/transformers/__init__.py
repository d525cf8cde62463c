"""``transformers``: models whose inside is not followed; ``from_pretrained`` gives evaluation mode."""

from __future__ import annotations

import re
from typing import Any

from ft_lint.facts import ModelBuilt
from ft_lint.library.site import Site
from ft_lint.values.base import Value
from ft_lint.values.module import Mode, Module
from ft_lint.values.tensor import new_parameter

_LOADER = re.compile(r"transformers\.(\w*Model\w*|\w+For\w+)\.from_pretrained")


def is_loader(path: str) -> bool:
    """Whether a path is ``from_pretrained`` of a model class."""
    return _LOADER.fullmatch(path) is not None


def from_pretrained(at: Site, path: str, arguments: Any) -> Value:
    """A pretrained model in evaluation mode (``PreTrainedModel.from_pretrained``'s documentation)."""
    model = Module(
        kind=path.removesuffix(".from_pretrained"),
        arguments=dict(arguments.keywords),
        rest=new_parameter(rest=True, pretrained=True),
        pretrained=True,
        node=at.node,
    )
    model.fields["mode"] = Mode(False)
    if arguments.positional:
        model.arguments["pretrained_model_name_or_path"] = arguments.positional[0]
    at.emit(ModelBuilt, model=model, path=path, arguments=model.arguments, places={})
    at.m.models.append(model)
    return model
