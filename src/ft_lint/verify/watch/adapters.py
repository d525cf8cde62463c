"""Adapters of peft, where a script has it loaded: what they are put into, what trains, what is saved."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from ft_lint.observe.hub import (
    AdapterAdded,
    AdapterConfigBuilt,
    AdapterLoaded,
    AdapterStepped,
    AdapterUnloaded,
    ModelSaved,
    PreparedForKbit,
)
from ft_lint.verify.patching import replaced
from ft_lint.verify.recorder import Recorder

MARKS = ("lora_", "ia3_", "vera_", "prompt_encoder", "hada_", "oft_")
"""Parts of the names of parameters that peft puts into a model."""


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to configurations, to what makes a ``PeftModel``, and to what writes models to files."""
    if "peft" not in sys.modules:
        yield
        return
    peft, transformers = import_module("peft"), import_module("transformers")
    tuner = import_module("peft.tuners.tuners_utils").BaseTuner
    steps = _Steps(recorder)
    with ExitStack() as stack:
        for owner, name, wrap in (
            (peft.PeftConfig, "__post_init__", _recording_config(recorder)),
            (peft.PeftModel, "__init__", _recording_wrapper(recorder)),
            (peft.PeftModel, "from_pretrained", _recording_load(recorder)),
            (peft.PeftModel, "save_pretrained", _recording_save(recorder)),
            (tuner, "merge_and_unload", _recording_unload(recorder)),
            (tuner, "unload", _recording_unload(recorder)),
            (transformers.PreTrainedModel, "save_pretrained", _recording_save(recorder)),
            (peft, "prepare_model_for_kbit_training", _recording_preparation(recorder)),
        ):
            stack.enter_context(replaced(owner, name, wrap))
        stack.callback(register_optimizer_step_pre_hook(steps.begin).remove)
        stack.callback(register_optimizer_step_post_hook(steps.end).remove)
        yield


def _is_adapter(name: str) -> bool:
    return any(mark in name for mark in MARKS)


def _adapters(recorder: Recorder, model: nn.Module, trainable: bool = False) -> tuple[int, ...]:
    return tuple(
        recorder.parameters(p)
        for name, p in model.named_parameters()
        if _is_adapter(name) and (p.requires_grad or not trainable)
    )


def _recording_config(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def post_init(self: Any) -> None:
            original(self)
            recorder.write(AdapterConfigBuilt, config=recorder.things(self))

        return post_init

    return wrap


def _recording_wrapper(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def init(self: Any, model: Any, peft_config: Any, *args: Any, **kwargs: Any) -> None:
            asked = getattr(peft_config, "target_modules", None)
            names = () if isinstance(asked, str) else tuple(asked or ())
            done = False
            try:
                original(self, model, peft_config, *args, **kwargs)
                done = True
            finally:
                hit = tuple(getattr(self.base_model, "targeted_module_names", ())) if done else ()
                recorder.write(
                    AdapterAdded,
                    config=recorder.things(peft_config),
                    model=recorder.modules(model),
                    hit=hit,
                    missed=tuple(sorted(n for n in names if not any(h == n or h.endswith(f".{n}") for h in hit))),
                    adapters=_adapters(recorder, self) if done else (),
                    idle=_idle(recorder, self) if done else (),
                    raised=not done,
                )

        return init

    return wrap


def _idle(recorder: Recorder, model: nn.Module) -> tuple[int, ...]:
    """Random values that stay: in a model that is pretrained otherwise, and with nothing that stands in for them."""
    named = [(name, p) for name, p in model.named_parameters() if not _is_adapter(name)]
    if not any(recorder.tally(p).origin for _, p in named):
        return ()
    alone = [(name, p) for name, p in named if "original_module" not in name and "base_layer" not in name]
    return tuple(recorder.parameters(p) for _, p in alone if not p.requires_grad and not recorder.tally(p).origin)


def _recording_load(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def from_pretrained(cls: Any, /, *args: Any, **kwargs: Any) -> Any:
            made = original.__func__(cls, *args, **kwargs)
            held, trainable = _adapters(recorder, made), _adapters(recorder, made, trainable=True)
            recorder.write(AdapterLoaded, adapters=held, trainable=trainable)
            return made

        return classmethod(from_pretrained)

    return wrap


def _recording_preparation(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def prepare(model: Any, *args: Any, **kwargs: Any) -> Any:
            before = _adapters(recorder, model, trainable=True)
            made = original(model, *args, **kwargs)
            recorder.write(PreparedForKbit, before=before, after=_adapters(recorder, model, trainable=True))
            return made

        return prepare

    return wrap


def _recording_unload(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def unload(self: Any, *args: Any, **kwargs: Any) -> Any:
            base = original(self, *args, **kwargs)
            recorder.write(AdapterUnloaded, tuner=recorder.modules(self))
            return base

        return unload

    return wrap


def _recording_save(recorder: Recorder) -> Callable[[Any], Any]:
    def wrap(original: Any) -> Any:
        def save(self: Any, save_directory: Any, *args: Any, **kwargs: Any) -> Any:
            answer = original(self, save_directory, *args, **kwargs)
            names = _written(Path(save_directory))
            recorder.write(
                ModelSaved,
                module=recorder.modules(self),
                tensors=len(names),
                adapters=sum(map(_is_adapter, names)),
                wrapped=type(self).__name__.startswith("PeftModel"),
            )
            return answer

        return save

    return wrap


def _written(folder: Path) -> list[str]:
    """The names of the tensors in a folder's files."""
    from safetensors import safe_open

    names: list[str] = []
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            names += file.keys()
    return names


class _Steps:
    """Steps that are under way: what the adapters added to the weights before."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.before: dict[int, list[tuple[Any, str, Tensor]]] = {}

    def begin(self, optimizer: Optimizer, _args: Any, _kwargs: Any) -> None:
        """A step is about to be made."""
        held = {id(p) for group in optimizer.param_groups for p in group["params"]}
        with self.recorder.quietly():
            self.before[id(optimizer)] = [
                (layer, name, layer.get_delta_weight(name).clone())
                for layer in _adapted(self.recorder)
                for name in layer.active_adapters
                if any(id(p) in held for key, p in layer.named_parameters() if _is_adapter(key))
            ]

    def end(self, optimizer: Optimizer, _args: Any, _kwargs: Any) -> None:
        """A step was made."""
        with self.recorder.quietly():
            shares = [
                float((layer.get_delta_weight(name) - old).norm() / layer.get_base_layer().weight.norm())
                for layer, name, old in self.before.pop(id(optimizer), [])
            ]
        if shares:
            thing = self.recorder.things(optimizer)
            self.recorder.write(AdapterStepped, optimizer=thing, share=median(shares))


def _adapted(recorder: Recorder) -> list[Any]:
    """The linear layers with LoRA that the run knows."""
    linear = vars(import_module("peft.tuners.lora"))["Linear"]
    return [module for _, module in recorder.modules.things() if isinstance(module, linear)]
