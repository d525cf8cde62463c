"""What a model of transformers gives: an object with tensors under names, which is also a tuple and a dict."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.library.transformers.widths import width_of
from ft_lint.values.base import NONE, Constant, Value, integer, is_none, text, truth
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Tuple
from ft_lint.values.hub import HubModel
from ft_lint.values.shape import Shape, unknown_dim
from ft_lint.values.tensor import shape_of

KIND = "transformers.ModelOutput"
_TENSORS = """logits last_hidden_state pooler_output encoder_last_hidden_state start_logits end_logits image_embeds
text_embeds logits_per_image logits_per_text prediction_logits""".split()
_SEVERAL = ("hidden_states", "attentions", "past_key_values", "decoder_hidden_states", "encoder_hidden_states")

_ENCODERS = frozenset(
    "albert bert camembert deberta deberta-v2 distilbert electra modernbert mpnet roberta xlm-roberta".split()
)
"""Architectures that read texts alone, whatever their arguments are called."""


def output(at: Site) -> Value:
    """The output of a forward pass: its tensors depend on all that the model got."""
    given = at.arguments.all()
    made = Instance(KIND, node=at.node)
    shapes = _shapes(at)
    for name in _TENSORS:
        made.fields[name] = at.result(shapes.get(name), *given, dtype="float32")
    made.arguments["in order"] = Tuple(tuple(map(Constant, _first_of(at))))
    for name in _SEVERAL:
        made.fields[name] = at.unknown("tensors of the layers", *given)
    labels = at.arguments.keywords.get("labels", NONE)
    if not at.arguments.complete or not is_none(labels):  # what is hidden has labels, where the script asks for a loss
        made.fields["loss"] = at.result((), *given, dtype="float32")
    else:
        made.fields["loss"] = at.unknown("the loss of a model that may have had no labels", *given)
    asked = _asked(at, "return_dict")
    return made if is_none(asked) or truth(asked) is not False else _parts(at, made)


def _asked(at: Site, name: str) -> Value:
    """A setting of the pass, else one of the model."""
    hub = at.module.hub if at.module is not None else None
    of_model = hub.settings.get(name, NONE) if hub is not None else NONE
    return at.arguments.keywords.get(name, of_model)


def _parts(at: Site, output: Instance) -> Value:
    """An output as a tuple, and whether that is all of it: layers may have been asked for."""
    parts = tuple(output.fields[name] for name in in_order(output))
    alone = all(is_none(one) or truth(one) is False for one in (_asked(at, name) for name in _OF_LAYERS))
    if not parts:
        return at.unknown("the parts of a model's output", *output.fields.values())
    return Tuple(parts, complete=alone)


_OF_LAYERS = ("output_hidden_states", "output_attentions")
"""Settings that put what all layers gave behind the rest."""


def in_order(output: Instance) -> list[str]:
    """The names of what an output surely begins with, as a tuple."""
    names = output.arguments.get("in order")
    return [name for one in names.values if (name := text(one)) is not None] if isinstance(names, Tuple) else []


_POOLING = ("albert", "bert", "camembert", "mpnet", "roberta", "xlm-roberta")


def _first_of(at: Site) -> tuple[str, ...]:
    """What an encoder, or a model for classification, gives first, unless it is told otherwise."""
    hub = at.module.hub if at.module is not None else None
    if hub is not None and not hub.is_headless:
        return _of_head(at, hub.cls or hub.asked)
    if hub is None or hub.model_type not in _ENCODERS:
        return ()
    pools = hub.model_type in _POOLING and "add_pooling_layer" not in hub.settings
    return ("last_hidden_state", "pooler_output") if pools else ("last_hidden_state",)


def _of_head(at: Site, name: str) -> tuple[str, ...]:
    """The loss where there are labels, and the scores."""
    if not at.arguments.complete or not name.endswith(("ForSequenceClassification", "ForTokenClassification")):
        return ()
    labels = at.arguments.keywords.get("labels", NONE)
    return ("logits",) if is_none(labels) else ("loss", "logits")


def _shapes(at: Site) -> dict[str, Shape]:
    """How many dimensions a text model's tensors have, and the first: the samples.

    Source: ``BaseModelOutputWithPooling`` and ``SequenceClassifierOutput`` in transformers' documentation.
    """
    hub = at.module.hub if at.module is not None else None
    if hub is not None and hub.cls in _OF_IMAGES:
        return _of_images(at, hub)
    ids = at.arguments.keywords.get("input_ids", NONE)
    if hub is None or (is_none(ids) and hub.model_type not in _ENCODERS):
        return {}
    known = shape_of(ids)
    if known is not None and len(known) != 2:
        return {}
    samples = known[0] if known is not None else unknown_dim()
    width = width_of(at.m, hub) or unknown_dim()
    name = hub.cls or hub.asked
    if name.endswith("ForSequenceClassification"):
        return {"logits": (samples, unknown_dim())}
    if name.endswith("ForTokenClassification"):
        return {"logits": (samples, unknown_dim(), unknown_dim())}
    if hub.is_headless:
        return {
            "last_hidden_state": (samples, unknown_dim(), width),
            "pooler_output": (samples, width),
        }
    return {}


_OF_IMAGES = frozenset("BeitModel CLIPVisionModel DeiTModel Dinov2Model SwinModel ViTModel".split())
"""Bodies that make one vector of each patch, and one of the image."""


def _of_images(at: Site, hub: HubModel) -> dict[str, Shape]:
    """Source: ``BaseModelOutputWithPooling`` and the pages of these models in transformers' documentation."""
    pixels = at.arguments.keywords.get("pixel_values", next(iter(at.arguments.positional), NONE))
    known, width = shape_of(pixels), width_of(at.m, hub) or unknown_dim()
    samples = known[0] if known is not None and len(known) == 4 else unknown_dim()
    return {"last_hidden_state": (samples, unknown_dim(), width), "pooler_output": (samples, width)}


class ModelOutput:
    """The methods of an output."""

    @staticmethod
    def __getitem__(at: Site, self: Instance, key: Value) -> Value:
        """An entry by its name; what stands at a place depends on what the model was asked for."""
        name, place = text(key), integer(key)
        if place is not None and 0 <= place < len(in_order(self)):
            name = in_order(self)[place]
        if name is not None and name in self.fields:
            return self.fields[name]
        return at.unknown("a part of a model's output", *self.fields.values())

    @staticmethod
    def values(at: Site, self: Instance, *args: Value) -> Value:
        """Its tensors and their names."""
        return at.unknown("the parts of a model's output", *self.fields.values())

    keys = items = get = values

    @staticmethod
    def to_tuple(at: Site, self: Instance) -> Value:
        """Its tensors in order."""
        return _parts(at, self)

    __iter__ = to_tuple
    """Before transformers 4 outputs were tuples; those of today give their names, which no layer takes."""
