"""A new head on an attribute that `forward` never reads is not part of the model's computation.

What it does
------------
Finds layers assigned to an attribute that the model's `forward` does not use: `vgg.fc`, `resnet.classifier`, a
torchvision name on a timm model, a `self.head` that one's own class forgets.

Why it matters
--------------
Python lets every attribute be set. The layer is registered, stands in `print(model)` and in the state dict, sits in
the optimizer, and is never called: the output keeps its old width (1000 classes), so the loss runs and nothing is
raised.

How to mend it
--------------
Assign to the attribute that the architecture reads: `fc` (ResNet, GoogLeNet, ShuffleNet), `classifier` (DenseNet),
`classifier[-1]` (VGG, MobileNet, EfficientNet), `heads.head` (ViT). timm: `model.reset_classifier(n)`.

What torch shows
----------------
The assigned layer is never called and never receives a gradient, while the model around it is called in every step
and gives outputs as wide as before (1000 for ImageNet weights).

Known limits
------------
A layer that a wrapper, the training loop or another method calls by itself is used, and silent; so are all parts of a
model that `forward` hands to somebody (`self.processor(self, x)`). In one's own class spare norms, attention
and pretrained models are silent, for they are no heads, and so is a spare head beside one that is called, or in a
model that nothing trains: it may be there for its features. Where a text chose the model (`if arch == "vgg16"`) and a
text chooses the layer (`if "resnet" in arch`), nothing is said.

References
----------
https://github.com/huggingface/pytorch-image-models/issues/1663
https://github.com/lightly-ai/lightly/issues/373
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ft_lint import observe
from ft_lint.facts import Facts, StateDictLoaded
from ft_lint.facts.models import AttributeSet, Forward, LayerReplaced, ModelBuilt
from ft_lint.library import canonical
from ft_lint.library._zoo.running import reads
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.values.base import Choice, Negation, Value
from ft_lint.values.callables import Reference
from ft_lint.values.module import Module, child_modules, modules_of, parameters_of
from ft_lint.values.tensor import Tensor


class UnusedHead(Rule):
    """A head that nobody calls."""

    code = "TUN202"
    level = Level.WARNING
    message = (
        "`forward` never reads `{attribute}`, so this layer has no effect and the output keeps its old width: "
        "assign it to the attribute that the model uses"
    )
    message_with_head = (
        "`forward` never reads `{attribute}`, so this layer has no effect and the output keeps its old width: "
        "this model's head is `{head}`"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Layers on attributes that no forward reads."""
        called = {id(forward.module) for forward in facts.of(Forward)}
        layers = list(facts.of(LayerReplaced))
        read = {id(put.node) for put in layers if any(id(part) in called for part in modules_of(put.new))}
        for put in layers:
            if id(put.node) in read or put.old is not None or not parameters_of(put.new) or _is_meant(facts, put):
                continue
            if _is_chosen_by_text(facts, put) or _has_another_place(put, layers) or _is_taken_apart(facts, put, layers):
                continue
            architecture = put.module.architecture
            if architecture is not None and architecture.heads:
                if put.name not in reads(put.module):
                    head = architecture.head.path
                    yield self.finding(put, message=self.message_with_head, attribute=put.target, head=head)
            elif _forgotten(facts, put, called):
                yield self.finding(put, attribute=put.target)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The layer assigned here is never called and gets no gradient, though its owner is called."""
        for assigned in run.at(line).of(observe.SubmoduleAssigned):
            if assigned.new is None or not assigned.parameters:
                continue
            gone = next(
                (event for event in run.after(assigned).of(observe.SubmoduleAssigned) if event.old == assigned.new),
                None,
            )
            later = (run.after(assigned).before(gone) if gone else run.after(assigned)).of(observe.ModuleCalled)
            owners = [call for call in later if call.module == assigned.parent]
            parts = {assigned.new, *run.modules[assigned.new].modules}
            used = [call for call in later if call.module in parts]
            gradients = sum(p.gradients for p in run.of_ids(assigned.parameters))
            width = owners[-1].outputs[0][-1] if owners and owners[-1].outputs and owners[-1].outputs[0] else 0
            figures = {"owner called": len(owners), "called": len(used), "gradients": gradients, "output width": width}
            if owners and not used and not gradients:
                return Evidence(True, f"never called in {len(owners)} passes; the output is {width} wide", figures)
            return Evidence(False, f"called {len(used)} times, {gradients} gradients", figures)
        return Evidence(False, "no layer with parameters is assigned here")


def _is_meant(facts: Facts, put: LayerReplaced) -> bool:
    """Whether the model is given another ``forward``, or a checkpoint that has weights for the layer too."""
    given = [change.owner for change in facts.of(AttributeSet) if change.name == "forward"]
    rewritten = any(owner is put.module or _is_its_class(owner, put.module) for owner in given)
    later = (loaded for loaded in facts.after(put).of(StateDictLoaded) if loaded.module is put.module)
    loads = (loaded for loaded in later if loaded.surely_when(put))  # not where training is resumed alone
    return rewritten or not all(loaded.gave_back for loaded in loads)


def _has_another_place(put: LayerReplaced, layers: Sequence[LayerReplaced]) -> bool:
    """Whether a model of a library has the layer as well: what it reads we do not see."""
    others = (one.module for one in layers if one.new is put.new and one.module is not put.module)
    return any(other.cls is None and other.architecture is None for other in others)


def _is_taken_apart(facts: Facts, put: LayerReplaced, layers: Sequence[LayerReplaced]) -> bool:
    """Whether the script never calls a model itself, but puts parts of it together anew."""
    own = (forward for forward in facts.of(Forward) if forward.module is put.module)
    if any(forward.node is not put.module.node for forward in own):  # where it was built it is but tried out
        return False
    parts = {id(child) for _, child in child_modules(put.module)}
    anew = (one.new for one in layers if one.new is not put.module and one.module is not put.module)
    return any(id(part) in parts for new in anew for _, part in child_modules(new))


def _is_chosen_by_text(facts: Facts, put: LayerReplaced) -> bool:
    """Whether a text chose the model and a text chooses this layer: the two mostly know of each other.

    ``if arch == "vgg16": ... else: ...``, and then ``if "resnet" in arch: model.fc = ...``.
    """
    built = next((one for one in facts.of(ModelBuilt) if one.model is put.module), None)
    if built is None:
        return False
    before, here = dict(built.moment.path), dict(put.moment.path)
    chosen = partial(_asks_for_text, facts)
    return any(map(chosen, before)) and any(map(chosen, here.keys() - before))


def _asks_for_text(facts: Facts, condition: Value) -> bool:
    match condition:
        case Choice(of, if_true, if_false):
            return any(_asks_for_text(facts, part) for part in (of, if_true, if_false))
        case Negation(of):
            return _asks_for_text(facts, of)
    return condition in facts.by_text


def _is_its_class(value: Value, module: Module) -> bool:
    path = module.class_path
    return isinstance(value, Reference) and path is not None and canonical(path) == value.path


def _forgotten(facts: Facts, put: LayerReplaced, called: set[int]) -> bool:
    """Whether a class of the script is run to its end and never reads the layer.

    Inside the class itself only a head beside a pretrained backbone counts, and only where no other head is called
    and the model is trained: other spare layers are clutter, not a mistake of fine-tuning.
    """
    owner = put.module
    ran = any(forward.module is owner for forward in facts.of(Forward))
    if owner.cls is None or owner.rest is not None or not ran or owner.may_read(put.name):
        return False
    if owner.cls.speaks_of(put.name) or not _may_be_head(put.new):
        return False
    inside = put.building or put.target == f"self.{put.name}"
    if not inside:
        return True
    if not facts.trained_through(owner):  # it may be there for its features
        return False
    if _feeds_another(facts, owner):
        return False
    others = [child for name, child in child_modules(owner) if name != put.name and _may_be_head(child)]
    headed = any(id(part) in called for other in others for part in modules_of(other))
    return not headed and any(p.pretrained for p in parameters_of(owner))


def _feeds_another(facts: Facts, model: Module) -> bool:
    """Whether what a model gives goes into another one that is trained: a branch is there for its features."""
    own = {forward for forward in facts.of(Forward) if forward.root is model}
    others = (one for one in facts.of(Forward) if one.root is not model and (one.trainable or one.maybe))
    return any(isinstance(given, Tensor) and not own.isdisjoint(given.graph) for one in others for given in one.inputs)


def _may_be_head(layer: Module) -> bool:
    """Whether a layer can give another width, as norms and attention cannot, and is new, as a spare backbone is not."""
    pending, seen = [layer], set()
    while pending:
        here = pending.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        if here.cls is not None or here.kind in _CONTAINERS:
            pending += (part for _, part in child_modules(here))
        elif here.kind in _WIDENING and not any(weight.pretrained for weight in parameters_of(here)):
            return True
    return False


_CONTAINERS = ("torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict")
_WIDENING = ("torch.nn.Linear", "torch.nn.Bilinear", "torch.nn.LazyLinear", *(f"torch.nn.Conv{n}d" for n in (1, 2, 3)))
"""Layers that give as many features as they are asked for."""
