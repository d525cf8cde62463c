"""The function of a pretrained model: how far a few steps move its features of one batch.

The model is asked a second time, so only models that cannot notice are: classes of a library, without hooks, on a
copy of the first batch that they were trained on.  Features are what the last pretrained layer gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import module as hooks
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils import _pytree as pytree

from ft_lint import observe
from ft_lint.verify.recorder import Recorder
from ft_lint.verify.watch.modules import tensors

STEPS = 4
"""Steps after which the features are compared."""


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Listen to the first training pass of pretrained weights and to the steps after it."""
    probe = _Probe(recorder)
    handles = [
        hooks.register_module_forward_hook(probe.meet, with_kwargs=True),
        register_optimizer_step_post_hook(probe.compare),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class _Probe:
    """The outermost library model with pretrained weights, a batch, and its first features of it."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.model: nn.Module | None = None
        self.batch: Any = ()
        self.first: list[Tensor] = []
        self.steps = 0

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def meet(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], _output: Any) -> None:
        """A module ran: is it the model to ask?"""
        if self.model is not None or not self.recorder.listening or not module.training or not torch.is_grad_enabled():
            return
        if _of_script(module) or not all(map(_of_script, self.recorder.calling)) or _may_notice(module):
            return
        if any(self.recorder.tally(parameter).origin for parameter in module.parameters()):
            with self.recorder.quietly():
                self.batch = pytree.tree_map_only(Tensor, lambda tensor: tensor.detach().clone(), (args, kwargs))
            self.model = module
            self.first = self._answer(module)

    def compare(self, optimizer: Optimizer, _args: Any, _kwargs: Any) -> None:
        """A step was made."""
        held = (parameter for group in optimizer.param_groups for parameter in group["params"])
        if self.model is None or self.steps >= STEPS or not any(self.recorder.tally(p).origin for p in held):
            return
        self.steps += 1
        now = self._answer(self.model)
        if [tensor.shape for tensor in now] == [tensor.shape for tensor in self.first]:
            with self.recorder.quietly():
                size = sum(float(old.square().sum()) for old in self.first) ** 0.5
                move = sum(float((new - old).square().sum()) for new, old in zip(now, self.first, strict=True)) ** 0.5
            self.recorder.write(
                observe.FunctionMoved,
                optimizer=self.recorder.things(optimizer),
                distance=move / size if size else 0.0,
            )

    def _answer(self, model: nn.Module) -> list[Tensor]:
        """What the last pretrained layer gives on the batch, with dropout off and batch norm on the batch's statistics."""
        features: list[Tensor] = []

        def note(_module: nn.Module, _inputs: Any, output: Any) -> None:
            features[:] = [tensor.clone() for tensor in tensors(output) if tensor.is_floating_point()]

        known = [
            m
            for m in model.modules()
            if any(self.recorder.tally(p).origin for p in m._parameters.values() if p is not None)
        ]
        handles = [module.register_forward_hook(note) for module in known]
        args, kwargs = self.batch
        with self.recorder.quietly(), torch.random.fork_rng(devices=[]), _undisturbed(model):
            model(*args, **kwargs)
        for handle in handles:
            handle.remove()
        return features


@contextmanager
def _undisturbed(model: nn.Module) -> Iterator[None]:
    """Dropout is off and batch norm works on copies of its statistics; afterwards all is as it was."""
    before = [(module, module.training, dict(module._buffers)) for module in model.modules()]
    try:
        for module, _, buffers in before:
            vars(module)["training"] = bool(getattr(module, "track_running_stats", False))
            module._buffers.update({name: None if kept is None else kept.clone() for name, kept in buffers.items()})
        yield
    finally:
        for module, training, buffers in before:
            vars(module)["training"] = training
            module._buffers.update(buffers)


def _of_script(module: nn.Module) -> bool:
    return type(module).__module__ == "__main__"


def _may_notice(model: nn.Module) -> bool:
    """Whether asking the model may have effects: code of the script inside, hooks, or compilation."""
    return type(model).__name__ == "OptimizedModule" or any(
        _of_script(module) or module._forward_hooks or module._forward_pre_hooks for module in model.modules()
    )
