"""What a model of transformers gives: an object with tensors under names, which is also a tuple and a dict."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import NONE, Value, is_none, text
from ft_lint.values.callables import Instance

KIND = "transformers.ModelOutput"
_TENSORS = """logits last_hidden_state pooler_output encoder_last_hidden_state start_logits end_logits image_embeds
text_embeds logits_per_image logits_per_text prediction_logits""".split()
_SEVERAL = ("hidden_states", "attentions", "past_key_values", "decoder_hidden_states", "encoder_hidden_states")


def output(at: Site) -> Value:
    """The output of a forward pass: its tensors depend on all that the model got."""
    given = at.arguments.all()
    made = Instance(KIND, node=at.node)
    for name in _TENSORS:
        made.fields[name] = at.result(None, *given, dtype="float32")
    for name in _SEVERAL:
        made.fields[name] = at.unknown("tensors of the layers", *given)
    labels = at.arguments.keywords.get("labels", NONE)
    if not at.arguments.complete or not is_none(labels):  # what is hidden has labels, where the script asks for a loss
        made.fields["loss"] = at.result((), *given, dtype="float32")
    else:
        made.fields["loss"] = at.unknown("the loss of a model that may have had no labels", *given)
    return made


class ModelOutput:
    """The methods of an output."""

    @staticmethod
    def __getitem__(at: Site, self: Instance, key: Value) -> Value:
        """An entry by its name; what stands at a place depends on what the model was asked for."""
        name = text(key)
        if name is not None and name in self.fields:
            return self.fields[name]
        return at.unknown("a part of a model's output", *self.fields.values())

    @staticmethod
    def to_tuple(at: Site, self: Instance, *args: Value) -> Value:
        """Its tensors in order."""
        return at.unknown("the parts of a model's output", *self.fields.values())

    keys = values = items = get = to_tuple
