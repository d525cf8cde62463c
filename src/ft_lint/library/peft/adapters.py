"""What adapters do to a model: they are put into it in place, and all else in it is frozen.

Source: ``BaseTuner.inject_adapter``, ``PeftModel.__init__`` and ``ModulesToSaveWrapper`` in peft's documentation; which
modules a task trains along with its adapters, ``PeftModelForSequenceClassification`` and kin say.
"""

from __future__ import annotations

from ft_lint.facts.hub import AdapterAdded, AdapterLoaded, AdapterUnloaded, PreparedForKbit
from ft_lint.interpreter.attributes import required
from ft_lint.interpreter.items import items_of
from ft_lint.library.copy import deepcopy
from ft_lint.library.site import Site
from ft_lint.values.base import MISSING, NONE, TRUE, Fields, Unknown, Value, boolean, is_none, number, text, truth
from ft_lint.values.callables import Instance, Reference
from ft_lint.values.module import ADAPTER, AS_BUILT, Mode, Module, child_modules, modules_of, parameters_of, walk
from ft_lint.values.tensor import Grad, Parameter, new_parameter

PROMPTS = ("PromptTuning", "PrefixTuning", "PromptEncoder", "MultitaskPromptTuning", "CPT")
"""Adapters that are vectors in front of the input, beside the model and not in it."""

_TRAINED_BY_TASK = {
    "SEQ_CLS": ("classifier", "score"),
    "TOKEN_CLS": ("classifier", "score"),
    "QUESTION_ANS": ("qa_outputs",),
}
_TASKS = ("", "CAUSAL_LM", "SEQ_2_SEQ_LM", "FEATURE_EXTRACTION", *_TRAINED_BY_TASK)


def adapt(at: Site, model: Module, config: Value, wrap: bool, whole: Value = TRUE) -> Module:
    """Put adapters into ``model``: gives the ``PeftModel`` around it, or itself where none is asked for.

    ``whole`` is ``autocast_adapter_dtype``: whether the adapters are made float32 over weights of half precision.
    """
    config = at.m.store.resolve(config)
    old = parameters_of(model)
    saved = _saved(at, config)
    _freeze(at, old, saved is not None and _biases(config) is False)
    kept = _keep(at, model, saved or ())
    trains = _trains(config)
    adapter = _part(trains, config, at, _as_under(model) if truth(whole) is False else None)
    if _is_prompt(config) and wrap:
        made = _wrapper(at, model, {"prompt_encoder": adapter})
    else:
        at.m.store.write(model.children, _free_name(model), adapter)
        made = _wrapper(at, model, {}) if wrap else model
    at.emit(
        AdapterAdded,
        model=model,
        config=config,
        made=made,
        adapters=parameters_of(adapter),
        kept=kept,
        idle=_idle(at, model) if saved is not None else {},
        asked=_names(at, config, "target_modules"),
    )
    return made


def load(at: Site, model: Module, trainable: Value) -> Module:
    """Adapters from a checkpoint: in evaluation mode unless they are loaded to be trained.

    The checkpoint may hold parts of the model (``modules_to_save``), which then train along.
    """
    if not at.arguments.complete:
        trainable = Unknown("it may be passed by `**`")
    _freeze(at, parameters_of(model), True)
    adapter = _part(trainable, NONE, at)
    at.m.store.write(model.children, _free_name(model), adapter)
    made = _wrapper(at, model, {})
    known, told = truth(trainable), at.value_of("is_trainable") is not None
    for part in modules_of(made):
        if known is not True:
            mode: Value = Mode(False) if known is False else Unknown("an adapter may be loaded to be trained")
            at.m.store.write(part.fields, "mode", mode)
        if known is not False and part.pretrained is False and part is not adapter:
            for parameter in parameters_of(part):
                at.m.store.write(parameter.fields, "requires_grad", Unknown("the adapter may come with this part"))
    at.emit(AdapterLoaded, model=model, made=made, trainable=trainable, told=told, adapters=parameters_of(adapter))
    return made


def unseen() -> Module:
    """A pretrained model that an adapter's checkpoint names."""
    made = Module("transformers.?", rest=new_parameter(rest=True, pretrained=True), pretrained=True)
    made.fields["mode"] = Mode(False)
    return made


def unload(at: Site, wrapper: Module, how: str) -> Value:
    """Take the adapters out again, in place; the model inside stays frozen."""
    base = wrapper.wrapped
    if base is None:
        return at.unknown("the model without adapters", wrapper)
    for name, child in list(child_modules(base)):
        if child.kind == ADAPTER:
            at.m.store.write(base.children, name, MISSING)
    at.emit(AdapterUnloaded, model=wrapper, base=base, how=how)
    return base


def prepare(at: Site, model: Module) -> Module:
    """``prepare_model_for_kbit_training``: everything is frozen."""
    adapters = tuple(p for p in adapters_of(model) if required(at.m, p) is True)
    _freeze(at, parameters_of(model), True)
    for parameter in parameters_of(model):
        at.m.store.write(parameter.fields, "dtype", Unknown("what is not quantised is made float32"))
    at.emit(PreparedForKbit, model=model, adapters=adapters)
    return model


def settle_all(at: Site, wrapper: Module, why: str) -> None:
    """Whether the adapters train is not known any more."""
    for parameter in adapters_of(wrapper):
        at.m.store.write(parameter.fields, "requires_grad", Unknown(why))


def add_unknown(at: Site, wrapper: Module) -> None:
    """A further adapter of which nothing is known."""
    base = wrapper.wrapped or wrapper
    at.m.store.write(base.children, _free_name(base), _part(Unknown("an adapter"), NONE, at))


def adapters_of(model: Module) -> tuple[Parameter, ...]:
    """The parameters of all adapters in a model."""
    return tuple(p for part in modules_of(model) if part.kind == ADAPTER for p in parameters_of(part))


def task_of(config: Value) -> str | None:
    """The task that a config names, "" for none, and None where it is not known."""
    given = config.given("task_type") if isinstance(config, Instance) and config.complete else None
    match given:
        case None:
            return "" if isinstance(config, Instance) and config.complete else None
        case Reference(path):
            task = path.rpartition(".")[2]
            return task if task in _TASKS else None
    if is_none(given):
        return ""
    found = text(given)
    return found if found in _TASKS else None


def _saved(at: Site, config: Value) -> tuple[str, ...] | None:
    """The names of the modules that train along with the adapters; None where these are not known."""
    task = task_of(config)
    if task is None or not isinstance(config, Instance) or "escaped" in config.fields:
        return None
    given = at.m.store.resolve(config.given("modules_to_save") or NONE)
    named = () if is_none(given) else _strings(at, given)
    return None if named is None else (*named, *_TRAINED_BY_TASK.get(task, ()))


def _strings(at: Site, value: Value) -> tuple[str, ...] | None:
    """The strings of a list, tuple or set; None where one is not known."""
    items = items_of(at.m, value)
    found = [text(at.m.store.resolve(item)) for item in items.values] if items is not None else []
    if items is None or not items.complete or None in found:
        return None
    return tuple(one for one in found if one is not None)


def _names(at: Site, config: Value, name: str) -> tuple[str, ...] | str | None:
    """What a config asks for by name: a list's strings, one string; () where it does not, None where not known."""
    if not isinstance(config, Instance) or not config.complete or "escaped" in config.fields:
        return None
    given = at.m.store.resolve(config.given(name) or NONE)
    if is_none(given):
        return ()
    return text(given) or _strings(at, given) or None


def _biases(config: Value) -> bool | None:
    """Whether a config trains biases of the model; None where that is not known."""
    given = config.given("bias") if isinstance(config, Instance) else None
    if given is None or is_none(given):
        return False
    told = text(given)
    return None if told is None else told != "none"


def _trains(config: Value) -> Value:
    """Whether the adapters of a config train: all do, unless they are for inference."""
    given = config.given("inference_mode") if isinstance(config, Instance) else NONE
    found = False if given is None else truth(given)
    whole = isinstance(config, Instance) and config.complete
    return boolean(not found) if whole and found is not None else Unknown("a config that is not known")


def _as_under(model: Module) -> Value | None:
    """The dtype of the weights that adapters are put on, which they take where they are not to be float32."""
    casts = [parameter.fields.get("dtype") for parameter in parameters_of(model)]
    return casts[0] if casts and all(one is casts[0] for one in casts) else Unknown("the weights differ")


def _is_prompt(config: Value) -> bool:
    return isinstance(config, Instance) and config.kind.rpartition(".")[2].removesuffix("Config") in PROMPTS


def _freeze(at: Site, parameters: tuple[Parameter, ...], surely: bool) -> None:
    setting: Value = Grad(False, at.node) if surely else Unknown("a config that is not known trains some of it")
    for parameter in parameters:
        at.m.store.write(parameter.fields, "requires_grad", setting)


def _keep(at: Site, model: Module, names: tuple[str, ...]) -> tuple[Parameter, ...]:
    """Put a trainable copy in the place of each module whose path ends so, as ``ModulesToSaveWrapper`` does.

    ``pre_classifier`` ends with ``classifier``, too.
    """
    found: list[Parameter] = []
    for path, owner in list(walk(model)):
        for name, child in list(child_modules(owner)):
            whole = f"{path}.{name}" if path else name
            if child.kind == ADAPTER or not whole.endswith(names):
                continue
            copied = deepcopy(at, child)
            assert isinstance(copied, Module)
            for parameter in parameters_of(copied):
                at.m.store.write(parameter.fields, "requires_grad", Grad(True, at.node))
            at.m.store.write(owner.children, name, copied)
            found += parameters_of(copied)
    return tuple(found)


def _part(trains: Value, config: Value, at: Site, cast: Value | None = None) -> Module:
    """What stands for all that is put in, in float32 unless ``cast``: it drops out where the config says so."""
    known = truth(trains)
    wanted: Value = Unknown("it is not known whether the adapter trains") if known is None else Grad(known, at.node)
    made = Module(ADAPTER, rest=new_parameter(rest=True, required=wanted, cast=cast), node=at.node)
    made.fields["mode"] = AS_BUILT
    rate = config.given("lora_dropout") if isinstance(config, Instance) else NONE
    dropout = 0.0 if rate is None else number(rate)
    made.fields["stochastic"] = Unknown("the adapter's dropout") if dropout is None else boolean(dropout > 0)
    return made


def _wrapper(at: Site, model: Module, beside: dict[str, Module]) -> Module:
    """The ``PeftModel`` around a model: built in training mode, while the model keeps its own."""
    inner = model
    if not beside:
        inner = Module("peft.BaseTuner", children={"model": model}, pretrained=model.pretrained, node=at.node)
        inner.fields["mode"] = AS_BUILT
    made = Module(
        "peft.PeftModel",
        children={"base_model": inner, **beside},
        pretrained=model.pretrained,
        hub=model.hub,
        node=at.node,
    )
    made.fields["mode"] = AS_BUILT
    return made


def _free_name(model: Module) -> str:
    """A name for what stands for adapters, which no attribute can have."""
    return f"<adapter {sum(child.kind == ADAPTER for _, child in child_modules(model))}>"


def _idle(at: Site, model: Module) -> dict[str, tuple[Parameter, ...]]:
    """The parts with random weights that are now frozen in a model which is pretrained otherwise, by their names."""
    if not any(parameter.pretrained for parameter in parameters_of(model)):
        return {}
    found: dict[str, tuple[Parameter, ...]] = {}
    for name, child in child_modules(model):
        held = parameters_of(child)
        fresh = bool(held) and child.kind != ADAPTER and all(p.pretrained is False for p in held)
        if fresh and all(required(at.m, p) is False for p in held):
            found[name] = held
    return found
