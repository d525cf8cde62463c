"""``nn.Module``: a tree of children and parameters, as torch keeps it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import field
from typing import TYPE_CHECKING

from ft_lint.light import dataclass
from ft_lint.values.base import TRUE, Choice, Comparable, Fields, Value, new_layout, number, options, truth
from ft_lint.values.shape import Dim
from ft_lint.values.tensor import Parameter, new_parameter, shape_of

if TYPE_CHECKING:
    from ft_lint.library._zoo.architecture import Architecture, Flow
    from ft_lint.values.callables import Class
    from ft_lint.values.hub import HubModel


@dataclass(frozen=True, slots=True, eq=False)
class Mode(Comparable):
    """Training or evaluation mode, the call that set it (None: as built) and the module that it was called on."""

    training: bool
    node: ast.AST | None = None
    setter: Value | None = None

    def same_as(self, other: Value) -> bool:
        """Whether ``other`` is the same mode set by the same call."""
        return isinstance(other, Mode) and other.training == self.training and other.node is self.node


AS_BUILT = Mode(True)
"""The mode of what nobody has put into one: one object, so that a branch which sets many modes is soon joined."""


ADAPTER = "peft.Adapter"
"""The kind of the module that stands for all that an adapter puts into a model."""

_AROUND = {"peft.PeftModel": "base_model", "peft.BaseTuner": "model"}
"""Modules that pass on what they do not have themselves, and the child that they pass it on to."""
_ALL_PARTS = frozenset(("children", "modules", "named_children", "_modules"))
"""Attributes through which all parts of a module are read."""


@dataclass(frozen=True, slots=True, eq=False)
class Module(Value):
    """A module of the script.

    ``kind`` is the library path (``torch.nn.Linear``, ``torchvision.models.resnet18``) or the name of
    the script's own class.  ``children``, ``parameters`` and ``fields`` are written through the store;
    ``fields`` holds ``mode`` and plain attributes, and ``borrowed`` where ``rest`` is another module's.
    ``rest`` stands for all parameters that we do not see; it is None where the tree is complete.  ``reads``
    gathers the attributes that its own methods read, and ``_modules`` where they hand it to somebody who may
    read any.
    """

    kind: str
    cls: Class | None = None
    arguments: dict[str, Value] = field(default_factory=dict)
    children: Fields = field(default_factory=new_layout)
    parameters: Fields = field(default_factory=new_layout)
    fields: Fields = field(default_factory=dict)
    rest: Parameter | None = None
    pretrained: bool | None = False
    architecture: Architecture | None = None
    """The zoo's entry behind it, for a model from torchvision or timm."""
    hub: HubModel | None = None
    """Where it comes from, for a model of transformers."""
    flow: Flow | None = None
    """The shapes that a part of such a model was seen to take and give."""
    node: ast.AST | None = None
    reads: set[str] = field(default_factory=set)

    @property
    def mode(self) -> Value:
        """A :class:`Mode` or a choice of modes."""
        return self.fields["mode"]

    def may_read(self, name: str) -> bool:
        """Whether its own methods, as far as they ran, read a part or may have: they went through all, say.

        What the script itself reads, and the class does not have as we see it, counts, too.
        """
        return name in self.reads or not self.reads.isdisjoint(_ALL_PARTS)

    @property
    def inside(self) -> Module | None:
        """The model that a ``DataParallel`` or the like is wrapped around; None for all other modules."""
        held = self.children.get("module") if self.kind.endswith(".container.Wrapper") else None
        return held if isinstance(held, Module) else None

    @property
    def passes_on(self) -> Module | None:
        """The child that has the attributes which this module does not have itself; None for almost all modules."""
        held = self.children.get(_AROUND.get(self.kind, ""))
        return held if isinstance(held, Module) else None

    @property
    def wrapped(self) -> Module | None:
        """The model that a ``PeftModel`` is put around; None for all other modules."""
        inner = self.passes_on
        return None if inner is None else (inner.passes_on or inner)

    @property
    def class_path(self) -> str | None:
        """The import path of a library's class whose object it is; None where we do not know.

        ``torchvision.models.vgg16`` is the function that built it, not its class.
        """
        if self.architecture is not None:
            return self.architecture.class_name
        if self.hub is not None:
            return None if self.hub.cls is None else f"transformers.{self.hub.cls}"
        return self.kind if self.kind.rpartition(".")[2][:1].isupper() else None

    @property
    def complete(self) -> bool:
        """Whether the tree below is all there is."""
        return all(module.rest is None for module in modules_of(self))


SIZES = frozenset(
    """in_features out_features in_channels out_channels num_features num_classes embed_dim embedding_dim num_embeddings
    input_size hidden_size hidden_dim""".split()
)
"""What layers and models of all libraries call the sizes of their weights: numbers, and no part of a module."""


def further_children(module: Module) -> None:
    """Further children may follow that we do not see."""
    if module.rest is None:
        object.__setattr__(module, "rest", new_parameter(rest=True, pretrained=None))


def unseen_part(module: Module) -> Module:
    """What stands for any of the parts of a module that we do not see: some of its parameters, we do not know which."""
    fields: Fields = {"mode": module.mode, "borrowed": TRUE}
    return Module(kind="?", rest=module.rest, fields=fields, pretrained=module.pretrained)


def child_modules(module: Module) -> Iterator[tuple[str, Module]]:
    """The children, by name; each way of a choice."""
    for name, value in module.children.items():
        if isinstance(value, Module):
            yield str(name), value
        elif isinstance(value, Choice):
            yield from ((str(name), option) for option in options(value) if isinstance(option, Module))


def modules_of(module: Module) -> list[Module]:
    """The module and all below it, each once, in the order in which ``modules()`` gives them."""
    found: list[Module] = []
    seen: set[int] = set()
    pending = [module]
    while pending:
        here = pending.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        found.append(here)
        for value in reversed(here.children.values()):
            if isinstance(value, Module):
                pending.append(value)
            elif isinstance(value, Choice):
                pending += [option for option in reversed(options(value)) if isinstance(option, Module)]
    return found


def is_within(part: Module, module: Module) -> bool:
    """Whether a module is another one or below it; the nearest are looked at first, as most are near."""
    if part is module:
        return True
    seen: set[int] = set()
    level = [module]
    while level:
        below: list[Module] = []
        for here in level:
            if id(here) in seen:
                continue
            seen.add(id(here))
            for value in here.children.values():
                if value is part:
                    return True
                if isinstance(value, Module):
                    below.append(value)
                elif isinstance(value, Choice):
                    found = [option for option in options(value) if isinstance(option, Module)]
                    if any(option is part for option in found):
                        return True
                    below += found
        level = below
    return False


def walk(module: Module, prefix: str = "") -> Iterator[tuple[str, Module]]:
    """The module and all below it with their dotted names, as ``named_modules`` gives them."""
    seen: set[int] = set()
    pending = [(prefix, module)]
    while pending:
        name, here = pending.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        yield name, here
        if here.children:
            below = [(f"{name}.{child}" if name else child, value) for child, value in child_modules(here)]
            pending += reversed(below)


def named_parameters(module: Module) -> Iterator[tuple[str | None, Parameter]]:
    """All parameters with their dotted names, each once; the name of a stand-in is None."""
    seen: set[int] = set()
    for name, here in walk(module):
        for key, value in here.parameters.items():
            for option in options(value):
                if isinstance(option, Parameter) and id(option) not in seen:
                    seen.add(id(option))
                    yield (f"{name}.{key}" if name else str(key)), option
        if here.rest is not None and id(here.rest) not in seen:
            seen.add(id(here.rest))
            yield None, here.rest


_NORMS = frozenset(f"torch.nn.{name}" for name in ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"))
_RATES = {
    **{f"torch.nn.{kind}Dropout": "p" for kind in ("", "Alpha", "FeatureAlpha")},
    **{f"torch.nn.Dropout{rank}d": "p" for rank in (1, 2, 3)},
    **{f"torch.nn.{name}": "dropout" for name in ("TransformerEncoderLayer", "TransformerDecoderLayer", "Transformer")},
    "torchvision.ops.StochasticDepth": "p",
}
"""Layers that drop out unless told not to, and the argument that holds the rate."""
_WITH_DROPOUT = frozenset(f"torch.nn.{name}" for name in ("LSTM", "GRU", "RNN", "MultiheadAttention"))
_STOCHASTIC = _NORMS | frozenset(_RATES) | _WITH_DROPOUT


def mode_matters(module: Module) -> bool | None:
    """Whether training mode changes what the module computes (dropout, batch norm); None: not known.

    Dropout of rate 0 does nothing; recurrent layers and attention drop out only where they are told to.
    """
    found = [depends_on_mode(part) for part in modules_of(module)]
    if True in found:
        return True
    return False if None not in found and module.complete else None


def depends_on_mode(part: Module) -> bool | None:
    """Whether training mode changes what this layer itself computes; None: not known."""
    if "stochastic" in part.fields:
        return truth(part.fields["stochastic"])
    if part.cls is not None and not _STOCHASTIC.isdisjoint(part.cls.library_bases()):
        return None
    if part.kind in _NORMS:
        return truth(_setting(part, "track_running_stats")) is not False
    if part.kind in _RATES:
        rate = number(part.arguments.get(_RATES[part.kind]))
        return rate is None or rate > 0
    if part.kind in _WITH_DROPOUT:
        rate = number(part.arguments.get("dropout"))
        several = part.kind.endswith(".MultiheadAttention") or number(part.arguments.get("num_layers")) != 1
        return several and rate is not None and rate > 0
    return False


def outputs_of(module: Module) -> Dim | None:
    """How many features or channels the last layer with weights gives; None where that is not known."""
    weights = [shape_of(part.parameters.get("weight")) for part in modules_of(module) if "weight" in part.parameters]
    last = weights[-1] if weights and module.complete else None
    return last[0] if last else None


def keeps_statistics(module: Module) -> bool:
    """Whether a module has running statistics that each pass in training mode updates."""
    name = module.kind.rpartition(".")[2]
    own = module.cls is None and name.startswith(("BatchNorm", "SyncBatchNorm"))  # timm's BatchNormAct2d, too
    return own and truth(_setting(module, "track_running_stats")) is not False


def _setting(layer: Module, name: str) -> Value | None:
    """What a layer was built with, or what was set since."""
    return layer.fields.get(name, layer.arguments.get(name))


_DRAWN = ("Linear", "Bilinear", "Conv", "Embedding", "RNN", "LSTM", "GRU", "MultiheadAttention", "Transformer")


def is_drawn(module: Module) -> bool:
    """Whether the weights of a fresh module are drawn at random; those of a normalization are not."""
    return any(
        part.kind.startswith("torch.nn.") and part.kind.rpartition(".")[2].startswith(_DRAWN) and part.parameters
        for part in modules_of(module)
    )


def has_parameters(module: Module) -> bool:
    """Whether there are parameters in the tree at this moment."""
    return next(named_parameters(module), None) is not None


def parameters_of(module: Module) -> tuple[Parameter, ...]:
    """All parameters of the tree at this moment."""
    found = {id(parameter): parameter for here in modules_of(module) for parameter in own_parameters(here)}
    return tuple(found.values())


def own_parameters(module: Module) -> Iterator[Parameter]:
    """The parameters that belong to a module itself, and what stands for those that we do not see."""
    for value in module.parameters.values():
        if isinstance(value, Parameter):
            yield value
        elif isinstance(value, Choice):
            yield from (option for option in options(value) if isinstance(option, Parameter))
    if module.rest is not None:
        yield module.rest


def may_be_anything(module: Module) -> bool:
    """Whether this stands for what a name gives in a module that we do not see: a module, a parameter or neither."""
    return module.rest is not None and module.rest.split_from is not None
