"""``peft``: adapters are new parameters; the model that they are put into is frozen."""

from __future__ import annotations

from ft_lint.library.peft.adapters import adapt, add_unknown, load, prepare, settle_all, unload, unseen
from ft_lint.library.remembered import remembered
from ft_lint.library.site import Site
from ft_lint.library.transformers.models import PreTrainedModel
from ft_lint.values.base import FALSE, NONE, TRUE, Value
from ft_lint.values.module import Module


def get_peft_model(at: Site, model: Value, peft_config: Value = NONE, *args: Value, **kwargs: Value) -> Value:
    """``get_peft_model(model, config)``: adapters inside ``model``, which itself stops training."""
    if not isinstance(model, Module):
        return at.unknown("adapters in something unknown", model)
    return adapt(at, model, peft_config, wrap=True, whole=kwargs.get("autocast_adapter_dtype", TRUE))


def prepare_model_for_kbit_training(at: Site, model: Value, *args: Value, **kwargs: Value) -> Value:
    """Freezes all that the model holds, adapters too, and gives the model back."""
    return prepare(at, model) if isinstance(model, Module) else model


prepare_model_for_int8_training = prepare_model_for_kbit_training


class PeftModel(PreTrainedModel):
    """``PeftModel``; what it does not have itself, the model inside it has."""

    @staticmethod
    def construct(at: Site, model: Value, peft_config: Value = NONE, *args: Value, **kwargs: Value) -> Value:
        """``PeftModel(model, config)``, as ``get_peft_model`` does."""
        return get_peft_model(at, model, peft_config, **kwargs)

    @staticmethod
    def from_pretrained(
        at: Site,
        model: Value,
        model_id: Value = NONE,
        adapter_name: Value = NONE,
        is_trainable: Value = FALSE,
        **kwargs: Value,
    ) -> Value:
        """``PeftModel.from_pretrained(model, id)``: adapters that are frozen unless ``is_trainable`` is true."""
        return load(at, model, is_trainable) if isinstance(model, Module) else at.unknown("an adapter", model)

    @staticmethod
    def merge_and_unload(at: Site, self: Module, *args: Value, **kwargs: Value) -> Value:
        """The model inside, with the adapters added to its weights."""
        return unload(at, self, "merge_and_unload")

    @staticmethod
    def unload(at: Site, self: Module, *args: Value, **kwargs: Value) -> Value:
        """The model inside, as it was."""
        return unload(at, self, "unload")

    @staticmethod
    def get_base_model(at: Site, self: Module) -> Value:
        """The model inside, with the adapters in it."""
        return self.wrapped or at.unknown("the model inside", self)

    @staticmethod
    def print_trainable_parameters(at: Site, self: Module, *args: Value, **kwargs: Value) -> Value:
        """Prints."""
        return NONE

    merge_adapter = unmerge_adapter = print_trainable_parameters
    create_or_update_model_card = print_trainable_parameters

    @staticmethod
    def get_nb_trainable_parameters(at: Site, self: Module) -> Value:
        """Two numbers."""
        return at.unknown("numbers of parameters")

    @staticmethod
    def disable_adapter(at: Site, self: Module) -> Value:
        """A context manager under which the adapters do nothing; whether they train is as before."""
        return at.unknown("adapters switched off")

    @staticmethod
    def set_adapter(at: Site, self: Module, *args: Value, **kwargs: Value) -> Value:
        """Another adapter becomes the active one, which is then trainable."""
        settle_all(at, self, "another adapter is made active")
        return NONE

    delete_adapter = set_requires_grad = set_adapter

    @staticmethod
    def add_adapter(at: Site, self: Module, *args: Value, **kwargs: Value) -> Value:
        """A further adapter, of which it depends on others whether it trains."""
        settle_all(at, self, "a further adapter is added")
        add_unknown(at, self)
        return NONE

    load_adapter = add_weighted_adapter = add_adapter


class PeftMixedModel(PeftModel):
    """``PeftMixedModel``."""


class AutoPeftModel(PeftModel):
    """``AutoPeftModel``: loads the model of an adapter as well."""

    @staticmethod
    def from_pretrained(  # type: ignore[override]
        at: Site,
        pretrained_model_name_or_path: Value = NONE,
        adapter_name: Value = NONE,
        is_trainable: Value = FALSE,
        **kwargs: Value,
    ) -> Value:
        """``AutoPeftModelForCausalLM.from_pretrained(id)``."""
        return load(at, unseen(), is_trainable)


for _task in ("CausalLM", "SequenceClassification", "Seq2SeqLM", "TokenClassification", "QuestionAnswering"):
    globals()[f"PeftModelFor{_task}"] = type(f"PeftModelFor{_task}", (PeftModel,), {})
    globals()[f"AutoPeftModelFor{_task}"] = type(f"AutoPeftModelFor{_task}", (AutoPeftModel,), {})
PeftModelForFeatureExtraction = PeftModel


def _config(name: str) -> type:
    """A class of settings of an adapter."""

    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        return remembered(at, f"peft.{name}", args, kwargs)

    return type(name, (), {"construct": staticmethod(construct)})


_CONFIGS = """LoraConfig AdaLoraConfig LoHaConfig LoKrConfig IA3Config OFTConfig BOFTConfig VeraConfig LNTuningConfig
FourierFTConfig HRAConfig VBLoRAConfig MissConfig RandLoraConfig PolyConfig PromptTuningConfig PrefixTuningConfig
PromptEncoderConfig MultitaskPromptTuningConfig CPTConfig AdaptionPromptConfig""".split()
for _name in _CONFIGS:
    globals()[_name] = _config(_name)
