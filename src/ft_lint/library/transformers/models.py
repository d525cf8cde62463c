"""Models and configurations of transformers: loaded from a checkpoint, or built from a configuration.

What a checkpoint is, its id tells (:mod:`checkpoints`); which parts its class has, the table of architectures.  The
body's inside is not followed.
"""

from __future__ import annotations

import re
from typing import Any

from ft_lint.facts.hub import EmbeddingsResized, ModelSaved
from ft_lint.facts.models import ModelBuilt
from ft_lint.interpreter.signature import Arguments
from ft_lint.library.site import Site, builds
from ft_lint.library.torch.dtypes import dtype_of
from ft_lint.library.torch.nn.modules.module import Module as TorchModule
from ft_lint.library.torch.nn.modules.module import cast, restored
from ft_lint.library.transformers.architectures import Head, ModelClass, architecture, of_class
from ft_lint.library.transformers.checkpoints import is_body_alone, is_random, model_type
from ft_lint.library.transformers.tokenizers import build as build_tokenizer
from ft_lint.library.transformers.widths import width_of
from ft_lint.values.base import NONE, Constant, Value, boolean, integer, is_none, number, text, truth
from ft_lint.values.callables import Class, Function, Instance
from ft_lint.values.containers import Dict
from ft_lint.values.hub import HubModel
from ft_lint.values.module import Mode, Module, modules_of, parameters_of
from ft_lint.values.names import WORDS, Words
from ft_lint.values.shape import unknown_dim
from ft_lint.values.tensor import Dimension, new_parameter

_MODEL = r"transformers\.(?!DataCollator|PreTrained)\w*?(?:Model|For[A-Z]\w*|ModelWith\w+|LMHeadModel)"
_CONFIG = r"transformers\.\w+Config(\.from_pretrained)?"


def is_model_class(path: str) -> bool:
    """Whether a path names a class of models, e.g. ``transformers.BertForMaskedLM``."""
    return re.fullmatch(_MODEL, path) is not None


def gives_loss(hub: HubModel) -> bool | None:
    """Whether a model computes a loss from its batch; None where its class is not in the table, or makes its own."""
    known = of_class(hub.cls) if hub.cls is not None else None
    if known is None:
        return None
    if any(name in known.forward for name in ("labels", "return_loss", "start_positions", "next_sentence_label")):
        return True
    return False if hub.is_headless else None


def drops(hub: HubModel) -> bool | None:
    """Whether a model drops out in training mode; None where its class is not in the table or settings decide."""
    known = of_class(hub.cls) if hub.cls is not None else None
    rates = [number(value) for name, value in hub.settings.items() if "drop" in name]
    told = hub.complete and all(rate is not None and rate > 0 for rate in rates)
    return known.drops if known is not None and told else None


def named_classes(hub: HubModel) -> int | None:
    """How many classes ``id2label`` names; None where it is not given or not written out."""
    found = hub.settings.get("id2label")
    return len(found.entries) if isinstance(found, Dict) and found.complete else None


def classes(hub: HubModel) -> int | None:
    """How many classes the head of a model for classification has; None where that is not known.

    ``num_labels``, or the names in ``id2label``, or transformers' default of two for a checkpoint without a head.
    """
    if not hub.complete or not (hub.cls or hub.asked).endswith("Classification"):
        return None
    told = [name for name in ("num_labels", "id2label") if name in hub.settings]
    if not told:
        return 2 if is_body_alone(text(hub.checkpoint) or "") else None
    counts = {hub.labels if name == "num_labels" else named_classes(hub) for name in told}
    return counts.pop() if len(counts) == 1 else None


def build(at: Site, path: str, arguments: Any) -> Value | None:
    """A model, configuration or tokenizer, where ``path`` makes one; None where it makes something else."""
    if re.fullmatch(_CONFIG, path):
        return _config(at, path, arguments)
    if (tokenizer := build_tokenizer(at, path, arguments)) is not None:
        return tokenizer
    owner, _, how = path.rpartition(".")
    if how == "from_pretrained" and is_model_class(owner):
        return _pretrained(at, owner, arguments)
    if how == "from_config" and is_model_class(owner):
        return _fresh(at, owner, arguments)
    if is_model_class(path) and not path.startswith("transformers.Auto"):
        return _fresh(at, path, arguments)
    return None


def _config(at: Site, path: str, arguments: Any) -> Instance:
    """A configuration: its settings, and the model type where a checkpoint's id tells it."""
    given, places = dict(arguments.keywords), _named(arguments.places)
    made = Instance(
        path.removesuffix(".from_pretrained"),
        arguments=given,
        node=at.node,
        places=places,
        complete=arguments.complete,
    )
    if path.endswith(".from_pretrained"):
        name = _checkpoint(arguments)
        given["pretrained_model_name_or_path"] = name
    return made


def _named(places: dict[int | str, Any]) -> dict[str, Any]:
    return {str(key): place for key, place in places.items() if isinstance(key, str)}


def _checkpoint(arguments: Any) -> Value:
    """The id or folder that ``from_pretrained`` is given."""
    given: Value = arguments.keywords.get("pretrained_model_name_or_path", NONE)
    return arguments.positional[0] if arguments.positional else given


def _pretrained(at: Site, owner: str, arguments: Any) -> Module:
    """``from_pretrained``: in evaluation mode (``PreTrainedModel.from_pretrained``'s documentation)."""
    name = _checkpoint(arguments)
    hub = _known(at, owner, arguments, name)
    return _made(at, f"{owner}.from_pretrained", hub, pretrained=_has_weights(name))


def _fresh(at: Site, owner: str, arguments: Any) -> Module:
    """A model with weights drawn at random, in training mode."""
    hub = _known(at, owner, arguments, NONE)
    loads = at.m.state.get(_LOADING)
    return _made(at, owner, hub, pretrained=False if loads is None else _has_weights(loads))


_LOADING = "checkpoint of transformers"
"""The state that holds the checkpoint whose weights a model of the script's own gets once it is built."""


def _has_weights(checkpoint: Value) -> bool | None:
    return None if is_random(text(checkpoint) or "") else True


def _known(at: Site, owner: str, arguments: Any, name: Value) -> HubModel:
    asked = owner.rpartition(".")[2]
    config = at.m.store.resolve(arguments.keywords.get("config", NONE))
    if name is NONE and arguments.positional:
        config = at.m.store.resolve(arguments.positional[0])
    settings = {key: at.m.store.resolve(value) for key, value in arguments.keywords.items() if key != "config"}
    places, complete = _named(arguments.places), arguments.complete
    source = name
    if isinstance(config, Instance):
        settings = config.arguments | {str(key): value for key, value in config.fields.items()} | settings
        places, complete = config.places | places, complete and config.complete and "escaped" not in config.fields
        source = name if name is not NONE else config.arguments.get("pretrained_model_name_or_path", NONE)
    elif config is not NONE:
        complete = False
    kind = model_type(text(source) or "")
    cls = _class_of(asked, kind)
    return HubModel(asked, cls, kind or _type_of(cls), name, settings, places, complete)


def _class_of(asked: str, kind: str | None) -> str | None:
    """The class that an ``Auto`` class picks for a model type; a class that is named itself stays."""
    if not asked.startswith("Auto"):
        return asked if of_class(asked) is not None else None
    known = architecture(kind) if kind is not None else None
    picked = known.autos.get(asked, ()) if known is not None else ()
    return picked[0] if len(picked) == 1 else None


def _type_of(cls: str | None) -> str | None:
    known = of_class(cls) if cls is not None else None
    return known.model_type if known is not None else None


def _made(at: Site, path: str, hub: HubModel, pretrained: bool | None) -> Module:
    cls = of_class(hub.cls) if hub.cls is not None else None
    whole = cls is not None and cls.base is not None
    model = Module(
        kind=path.removesuffix(".from_pretrained"),
        arguments=dict(hub.settings),
        rest=None if whole else new_parameter(rest=True, pretrained=pretrained),
        pretrained=pretrained,
        node=at.node,
        hub=hub,
    )
    model.fields["mode"] = Mode(not path.endswith(".from_pretrained"))
    if hub.checkpoint is not NONE:
        model.arguments["pretrained_model_name_or_path"] = hub.checkpoint
    if cls is not None and cls.base is not None:
        _grow(model, cls, hub, pretrained)
    elif cls is not None:
        _with_words(model, cls, "")
    _load_in(at, model, hub)
    if (stochastic := drops(hub)) is not None:
        model.fields["stochastic"] = boolean(stochastic)
    width = width_of(at.m, hub)
    settings = hub.settings if width is None else {"hidden_size": Constant(width)} | hub.settings
    config = Instance("transformers.PretrainedConfig", arguments=dict(settings), node=at.node)
    model.fields["config"] = config
    model.fields["generation_config"] = Instance("transformers.GenerationConfig", node=at.node)
    at.emit(ModelBuilt, model=model, path=path, arguments=model.arguments, places=hub.places)
    at.m.models.append(model)
    return model


def _load_in(at: Site, model: Module, hub: HubModel) -> None:
    """The dtype that the weights are asked for in; ``auto``, the default, is that of the checkpoint."""
    given = hub.settings.get("dtype", hub.settings.get("torch_dtype"))
    dtype = text(given) or dtype_of(given) if given is not None else None
    if dtype in ("half", "float16", "torch.float16"):
        cast(at, model, "float16")


def _grow(model: Module, cls: ModelClass, hub: HubModel, pretrained: bool | None) -> None:
    """The body, and a child for each attribute that holds a part of the head."""
    model.children[str(cls.base)] = _with_words(_part(model, pretrained), cls, str(cls.base))
    # DistilBERT's ``pre_classifier`` is as new as the ``classifier`` behind it; a layer before words is not
    classifies = any(cls.label_heads) and not any(head.kind == "vocabulary" for head in cls.heads)
    for name in dict.fromkeys(head.name for head in cls.heads):
        heads = [head for head in cls.heads if head.name == name]
        fresh = any(head.kind == "labels" for head in heads) or classifies
        given = (False if _draws_head(hub) else None) if pretrained and fresh else pretrained
        alone = heads[0] if len(heads) == 1 and heads[0].path == name else None
        linear = alone is not None and alone.in_features is not None
        part = _linear(model, alone, hub, given) if linear and alone else _part(model, given)
        model.children[name] = _with_words(part, cls, name)


def _with_words(part: Module, cls: ModelClass, name: str) -> Module:
    """A part of a model of this class that knows what the names of its parameters are made of."""
    if name in cls.words:
        part.fields[WORDS] = Words(cls.words[name])
    return part


def _draws_head(hub: HubModel) -> bool:
    """Whether the checkpoint surely has no weights for the layer that makes classes: it is drawn at random then."""
    return is_body_alone(text(hub.checkpoint) or "") or truth(hub.settings.get("ignore_mismatched_sizes")) is True


def _part(model: Module, pretrained: bool | None) -> Module:
    """A part whose inside is not followed."""
    rest = new_parameter(rest=True, pretrained=pretrained)
    return Module(f"{model.kind}.?", rest=rest, pretrained=pretrained, fields={"mode": model.mode})


def _linear(model: Module, head: Head, hub: HubModel, pretrained: bool | None) -> Module:
    """A linear head; its sizes are those of the checkpoint, of which only ``num_labels`` may be known."""
    wanted = integer(hub.settings.get("num_labels")) if head.kind == "labels" else None
    return Module(
        "torch.nn.Linear",
        arguments={
            "in_features": Dimension(unknown_dim()),
            "out_features": hub.settings["num_labels"] if wanted is not None else Dimension(unknown_dim()),
        },
        rest=new_parameter(rest=True, pretrained=pretrained),
        pretrained=pretrained,
        fields={"mode": model.mode},
    )


def _takes(cls: Class, name: str) -> bool:
    """Whether the ``__init__`` of a class of the script's own has a parameter of that name."""
    from ft_lint.interpreter.records import initializer

    found = initializer(cls)
    given = found.node.args if isinstance(found, Function) else None
    return given is not None and any(one.arg == name for one in (*given.args, *given.kwonlyargs))


def _freeze(at: Site, model: Module, name: str) -> Value:
    """Freeze a part of the body that goes by this name."""
    from ft_lint.interpreter.attributes import read
    from ft_lint.interpreter.writing import set_requires_grad

    cls = of_class(model.hub.cls) if model.hub is not None and model.hub.cls is not None else None
    body = read(at.m, model, cls.base, at.node) if cls is not None and cls.base is not None else model
    part = read(at.m, body, name, at.node)
    if isinstance(part, Module):
        set_requires_grad(at.m, parameters_of(part), False, at.node)
        return NONE
    return at.unknown("a part that is frozen", model)


class PreTrainedModel(TorchModule):
    """The methods that transformers adds to a module."""

    @staticmethod
    def __init__(at: Site, self: Module, config: Value = NONE, *args: Value, **given: Value) -> Value:  # type: ignore[misc]
        """``super().__init__(config)`` of a class of the script's own."""
        at.m.store.write(self.fields, "config", config)
        return NONE

    @staticmethod
    @builds
    def from_pretrained(
        at: Site, cls: Class, pretrained_model_name_or_path: Value, *args: Value, config: Value = NONE, **given: Value
    ) -> Value:
        """``OurModel.from_pretrained(id)``: built with the checkpoint's configuration, filled, in evaluation mode.

        What its ``__init__`` has no parameter for is a setting of the configuration.
        """
        own = {name: value for name, value in given.items() if _takes(cls, name)}
        if is_none(config):
            settings = {name: value for name, value in given.items() if name not in own}
            named = {"pretrained_model_name_or_path": pretrained_model_name_or_path, **settings}
            config = Instance("transformers.PretrainedConfig", arguments=named, node=at.node)
        with at.m.setting(_LOADING, pretrained_model_name_or_path):
            made = restored(at, cls, Arguments((config, *args), own, at.arguments.complete))
        for part in modules_of(made) if isinstance(made, Module) else ():
            at.m.store.write(part.fields, "mode", Mode(False))
        return made

    @staticmethod
    def resize_token_embeddings(at: Site, self: Module, new_num_tokens: Value = NONE, **settings: Value) -> Value:
        """``resize_token_embeddings(n)``: the parameters stay the objects that they are."""
        at.emit(EmbeddingsResized, model=self, size=new_num_tokens)
        return at.unknown("the embedding of words", self)

    @staticmethod
    def save_pretrained(at: Site, self: Module, *args: Value, **kwargs: Value) -> Value:
        """Writes files."""
        at.emit(ModelSaved, model=self, how="save_pretrained")
        return NONE

    @staticmethod
    def push_to_hub(at: Site, self: Module, *args: Value, **kwargs: Value) -> Value:
        """Writes files elsewhere."""
        at.emit(ModelSaved, model=self, how="push_to_hub")
        return NONE

    @staticmethod
    def add_adapter(at: Site, self: Module, adapter_config: Value, *args: Value, **kwargs: Value) -> Value:
        """``model.add_adapter(config)``: peft's adapters, in place."""
        from ft_lint.library.peft.adapters import adapt

        adapt(at, self, adapter_config, wrap=False)
        return NONE

    @staticmethod
    def gradient_checkpointing_enable(at: Site, self: Module, *args: Value, **kwargs: Value) -> Value:
        """Changes no weight and no mode."""
        return NONE

    post_init = init_weights = gradient_checkpointing_disable = gradient_checkpointing_enable
    activation_checkpointing_enable = enable_input_require_grads = tie_weights = gradient_checkpointing_enable

    @staticmethod
    def freeze_encoder(at: Site, self: Module) -> Value:
        """``model.freeze_encoder()``: of Whisper and its kin."""
        return _freeze(at, self, "encoder")

    @staticmethod
    def freeze_feature_encoder(at: Site, self: Module) -> Value:
        """``model.freeze_feature_encoder()``: the convolutions of Wav2Vec2 and its kin."""
        return _freeze(at, self, "feature_extractor")

    freeze_feature_extractor = freeze_feature_encoder

    @staticmethod
    def num_parameters(at: Site, self: Module, *args: Value, **kwargs: Value) -> Value:
        """How many."""
        return at.unknown("a number of parameters")

    get_memory_footprint = num_parameters

    @staticmethod
    def generate(at: Site, self: Module, *args: Value, **kwargs: Value) -> Value:
        """Tokens, without gradients; every pass of the model runs in the mode that it is in."""
        return at.unknown("generated tokens")
