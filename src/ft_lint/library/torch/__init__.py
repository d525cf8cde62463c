"""``torch``: creation, operations, gradient modes."""

from __future__ import annotations

import dataclasses

from ft_lint.facts import Saved
from ft_lint.library.site import Site
from ft_lint.library.torch import _creation, _elementwise, _indexing, _products, _reductions, _reshaping
from ft_lint.library.torch._tensor import Methods, convert, detach, numel
from ft_lint.light import replace
from ft_lint.values.base import FALSE, NONE, TRUE, Constant, Value, truth
from ft_lint.values.callables import GradMode, Instance
from ft_lint.values.containers import Tuple
from ft_lint.values.tensor import Tensor as _Tensor
from ft_lint.values.training import Randomness
from ft_lint.values.training import StateDict as _StateDict

for _table in (
    _creation.FUNCTIONS, _elementwise.TABLE, _reshaping.TABLE, _reshaping.FUNCTIONS, _reductions.TABLE,
    _reductions.FUNCTIONS, _products.TABLE, _products.FUNCTIONS, _indexing.TABLE, _indexing.FUNCTIONS,
):  # fmt: skip
    globals().update(_table)


def no_grad(at: Site, orig_func: Value = NONE) -> Value:
    """``torch.no_grad()``."""
    return GradMode(FALSE, at.node)


def inference_mode(at: Site, mode: Value = TRUE) -> Value:
    """``torch.inference_mode()``."""
    enabled = truth(mode)
    return GradMode(FALSE if enabled is not False else TRUE, at.node)


def enable_grad(at: Site, orig_func: Value = NONE) -> Value:
    """``torch.enable_grad()``."""
    return GradMode(TRUE, at.node)


def set_grad_enabled(at: Site, mode: Value) -> Value:
    """``torch.set_grad_enabled(mode)``: holds at once, and until the end of a ``with``."""
    before = at.m.state["grad"]
    made = GradMode(mode, at.node, before)
    at.m.store.write(at.m.state, "grad", mode)
    at.m.store.write(at.m.state, "grad switch", made)
    return made


def compile_(at: Site, model: Value = NONE, **options: Value) -> Value:
    """``torch.compile(model)``: calls and assignments reach the model itself."""
    return model


def save(at: Site, obj: Value, f: Value = NONE, *args: Value, **kwargs: Value) -> Value:
    """``torch.save``: what a state dict holds at this moment is on disk."""
    from ft_lint.library.torch.nn.modules.module import use_state

    use_state(at, obj, "saved")
    at.emit(Saved, value=obj, path=f, place=at.value_of("obj"), written=at.written("obj"))
    return NONE


def manual_seed(at: Site, seed: Value) -> Value:
    """``torch.manual_seed(seed)``: sets the state of torch's own generator, which comes back."""
    at.m.store.write(at.m.state, "random", Randomness(seed))
    return at.unknown("torch's own generator")


class device:
    """``torch.device``: a place, of which nothing more is asked than that it is one."""

    @staticmethod
    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        """``torch.device("cuda")``."""
        return Instance("torch.device", node=at.node)


class Generator:
    """``torch.Generator``: random numbers of its own, with a fixed seed until it is given one."""

    @staticmethod
    def construct(at: Site, device: Value = NONE) -> Value:
        """A generator with torch's default seed."""
        return Instance("torch.Generator", fields={"random": Randomness(Constant(_DEFAULT_SEED))}, node=at.node)

    @staticmethod
    def manual_seed(at: Site, self: Instance, seed: Value) -> Value:
        """Set its state; it comes back itself."""
        at.m.store.write(self.fields, "random", Randomness(seed))
        return self


_DEFAULT_SEED = 67280421310721


def is_tensor(at: Site, obj: Value) -> Value:
    """``torch.is_tensor``."""
    return TRUE if isinstance(obj, _Tensor) else at.unknown("is_tensor of something unknown")


class StateDict:
    """The methods of a state dict."""

    @staticmethod
    def copy(at: Site, self: _StateDict) -> Value:
        """A shallow copy: the same tensors."""
        return self

    @staticmethod
    def update(at: Site, self: _StateDict, *others: Value, **entries: Value) -> Value:
        """Other tensors in the place of some, as from a checkpoint of the body."""
        at.m.store.write(self.fields, "altered", TRUE)
        return NONE

    @staticmethod
    def items(at: Site, self: _StateDict) -> Value:
        """Names and tensors; each tensor stands for the whole here."""
        from ft_lint.values.containers import Iterator

        name = at.m.same_unknown(("state name", self), "a name in a state dict")
        return Iterator(complete=False, each=Tuple((name, self)), of=self)

    @staticmethod
    def values(at: Site, self: _StateDict) -> Value:
        """The tensors."""
        from ft_lint.values.containers import Iterator

        return Iterator(complete=False, each=self, of=self)

    @staticmethod
    def keys(at: Site, self: _StateDict) -> Value:
        """The names."""
        return at.m.same_unknown(("state names", self), "the names in a state dict")

    @staticmethod
    def clone(at: Site, self: _StateDict) -> Value:
        """A tensor of it, copied."""
        return replace(self, live=False)

    @staticmethod
    def detach(at: Site, self: _StateDict) -> Value:
        """A tensor of it, detached: the same memory."""
        return self

    @staticmethod
    def cpu(at: Site, self: _StateDict) -> Value:
        """A tensor of it on the CPU: the same memory there, a copy of what was on a GPU."""
        return at.unknown("`.cpu()` copies on a GPU alone")

    @staticmethod
    def to(at: Site, self: _StateDict, *args: Value, **kwargs: Value) -> Value:
        """A tensor of it elsewhere: a copy or not, as devices will have it."""
        return at.unknown("`.to()` may copy")


clone = convert
Tensor = Methods
