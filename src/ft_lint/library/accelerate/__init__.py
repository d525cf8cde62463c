"""``accelerate``: what was prepared, and what goes through the accelerator."""

from __future__ import annotations

from ft_lint.facts.hub import AccumulationLeft, BackwardAccelerated, Prepared
from ft_lint.library.remembered import remembered
from ft_lint.library.site import Site
from ft_lint.library.torch.nn.utils import clip_grad_norm_, clip_grad_value_
from ft_lint.library.torch.optim import backward_through
from ft_lint.values.base import NONE, TRUE, Constant, Value
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Tuple


class Accelerator:
    """``Accelerator``."""

    @staticmethod
    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        """``Accelerator(gradient_accumulation_steps=1, ...)``."""
        return remembered(at, "accelerate.Accelerator", args, kwargs)

    @staticmethod
    def prepare(at: Site, self: Instance, *args: Value, **kwargs: Value) -> Value:
        """``prepare(model, optimizer, ...)``: wrappers around what it gets, in that order."""
        if not at.arguments.complete:
            at.m.store.write(self.fields, "escaped", TRUE)
        result = args[0] if len(args) == 1 else Tuple(args, at.arguments.complete)
        at.emit(Prepared, accelerator=self, values=args, result=result)
        return result

    prepare_model = prepare_optimizer = prepare_scheduler = prepare_data_loader = prepare

    @staticmethod
    def accumulate(at: Site, self: Instance, *models: Value) -> Value:
        """``with accelerator.accumulate(model)``."""
        return Instance("accelerate.Accumulation", arguments={"accelerator": self}, node=at.node)

    @staticmethod
    def backward(at: Site, self: Instance, loss: Value, **kwargs: Value) -> Value:
        """``backward(loss)``: divides the loss by the number of accumulation steps."""
        at.emit(BackwardAccelerated, accelerator=self, backward=backward_through(at, loss, "loss"))
        return NONE

    @staticmethod
    def clip_grad_norm_(at: Site, self: Instance, parameters: Value, max_norm: Value, norm_type: Value = NONE) -> Value:
        """``clip_grad_norm_(parameters, max_norm)``: of gradients that are unscaled before."""
        return clip_grad_norm_(at, parameters, max_norm)

    @staticmethod
    def clip_grad_value_(at: Site, self: Instance, parameters: Value, clip_value: Value) -> Value:
        """``clip_grad_value_(parameters, clip_value)``."""
        return clip_grad_value_(at, parameters, clip_value)

    @staticmethod
    def unwrap_model(at: Site, self: Instance, model: Value, *args: Value, **kwargs: Value) -> Value:
        """What was prepared; the same for a tensor that is gathered from one process."""
        return model

    gather = gather_for_metrics = reduce = unwrap_model

    @staticmethod
    def print(at: Site, self: Instance, *args: Value, **kwargs: Value) -> Value:
        """Tells something, or waits."""
        return NONE

    log = wait_for_everyone = init_trackers = end_training = save_state = load_state = free_memory = print
    register_for_checkpointing = set_seed = print


class Accumulation:
    """What ``accumulate`` gives: inside it, prepared optimizers step at the last of the steps alone."""

    @staticmethod
    def __enter__(at: Site, self: Instance) -> Value:
        """The body begins."""
        at.m.store.write(self.fields, "entered", Constant(len(at.m.facts.all)))
        return NONE

    @staticmethod
    def __exit__(at: Site, self: Instance) -> Value:
        """The body has ended."""
        began = self.fields["entered"]
        inside = at.m.facts.all[began.value :] if isinstance(began, Constant) else []
        accelerator = self.arguments["accelerator"]
        if isinstance(accelerator, Instance):
            at.emit(AccumulationLeft, accelerator=accelerator, inside=tuple(inside))
        return NONE
