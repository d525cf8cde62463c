"""Weights of timm: the model that was just built, filled from its name; a head of another width stays new."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from timm.models import _builder
from torch import nn

from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder
from ft_lint.verify.standins.seeded import as_if_trained, drawn_for


@contextmanager
def stand_in(recorder: Recorder) -> Iterator[None]:
    """Answer timm's ``load_pretrained``."""
    with replaced(_builder, "load_pretrained", _filling(recorder)):
        yield


def _filling(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(_original: Any) -> Any:
        def load_pretrained(model: nn.Module, pretrained_cfg: Any = None, num_classes: int = 1000, **_: Any) -> None:
            about = pretrained_cfg or {}
            name = str(about.get("architecture") or type(model).__name__)
            classifier = about.get("classifier") or ()
            heads = (classifier,) if isinstance(classifier, str) else tuple(classifier)
            new_head = num_classes != about.get("num_classes", 1000)
            known = {
                key: parameter
                for key, parameter in model.named_parameters()
                if not (new_head and any(key.startswith(f"{head}.") for head in heads))
            }
            with recorder.quietly(), drawn_for(name):
                for parameter in known.values():
                    parameter.copy_(_shuffled(parameter))
                as_if_trained(model)
            recorder.mark_pretrained(known.values(), name)
            if "mean" in about and "std" in about:
                recorder.statistics[name] = tuple(about["mean"]), tuple(about["std"])
            recorder.weights_loaded(model, name)

        return load_pretrained

    return wrap


def _shuffled(weight: Any) -> Any:
    """Other weights of the same distribution."""
    flat = weight.detach().flatten()
    return flat[flat.new_empty(flat.numel()).uniform_().argsort()].view_as(weight)
