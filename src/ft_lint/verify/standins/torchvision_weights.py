"""Weights of torchvision: a model of the same architecture, initialised from the address."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torchvision import models
from torchvision.models import _api as api

from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder
from ft_lint.verify.standins.seeded import as_if_trained, drawn_for
from ft_lint.verify.watch.states import PRETRAINED


@contextmanager
def stand_in(recorder: Recorder) -> Iterator[None]:
    """Answer ``load_state_dict_from_url`` for torchvision's addresses."""

    def wrap(_original: Any) -> Callable[..., Any]:
        def load_state_dict_from_url(url: str, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
            return state_of(recorder, url)

        return load_state_dict_from_url

    with replaced(api, "load_state_dict_from_url", wrap), replaced(torch.hub, "load_state_dict_from_url", wrap):
        yield


def state_of(recorder: Recorder, url: str) -> dict[str, Any]:
    """The state dict that stands for the weights at an address."""
    name, weights = _owner(url)
    with recorder.quietly(), drawn_for(url):
        _remember_images(recorder, name, weights)
        model = _build(name, len(weights.meta["categories"]))
        as_if_trained(model)
        state: dict[str, Any] = model.state_dict()
        for tensor in state.values():
            setattr(tensor, PRETRAINED, name)
    return state


def _remember_images(recorder: Recorder, name: str, weights: Any) -> None:
    """Note the mean and deviation of the images that the weights were trained on; detection models have none."""
    preset = weights.transforms()
    if hasattr(preset, "mean") and hasattr(preset, "std"):
        recorder.statistics[name] = tuple(preset.mean), tuple(preset.std)


def _owner(url: str) -> tuple[str, Any]:
    """The model and the weights entry that an address belongs to."""
    for name in models.list_models():
        for weights in models.get_model_weights(name):
            if weights.url == url:
                return name, weights
    raise LookupError(f"no torchvision weights at {url}")


def _build(name: str, classes: int) -> torch.nn.Module:
    """The architecture with random weights; auxiliary heads as the published weights have them."""
    builder = models.get_model_builder(name)
    known = inspect.signature(builder).parameters
    options: dict[str, Any] = {"weights": None, "num_classes": classes}
    if "weights_backbone" in known:
        options["weights_backbone"] = None
    if name in ("googlenet", "inception_v3"):
        options.update(aux_logits=True, init_weights=False)
    model: torch.nn.Module = builder(**options)
    return model
