"""``Trainer`` and ``TrainingArguments``: the loop is its own, so what it does is written down as the framework's."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ft_lint.facts.hub import ArgumentsBuilt, MetricsReturned, ModelSaved, TrainerBuilt, TrainerEvaluated, TrainerRan
from ft_lint.facts.optimization import OptimizerBuilt
from ft_lint.interpreter.attributes import read, required
from ft_lint.interpreter.gradients import forget
from ft_lint.library.remembered import remember, remembered
from ft_lint.library.site import Site
from ft_lint.library.torch.optim import Optimizer, backward_through
from ft_lint.library.transformers.batches import batch_of, note_batch, row_of
from ft_lint.library.transformers.collators import note_padding
from ft_lint.values.array import array
from ft_lint.values.base import FALSE, NONE, Constant, Fields, Items, Unknown, Value, integer, is_none, text, truth
from ft_lint.values.callables import Bound, Class, Function, Instance
from ft_lint.values.containers import Dict, Tuple
from ft_lint.values.hub import Tokenizer
from ft_lint.values.module import Mode, Module, modules_of, parameters_of
from ft_lint.values.shape import unknown_dim
from ft_lint.values.training import Group
from ft_lint.values.training import Optimizer as OptimizerValue

if TYPE_CHECKING:
    from ft_lint.interpreter.machine import Machine


class TrainingArguments:
    """``TrainingArguments`` and the classes made from it: settings."""

    @staticmethod
    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        """``TrainingArguments(output_dir, ...)``."""
        return arguments(at, "transformers.TrainingArguments", args, kwargs)

    @staticmethod
    def __init__(at: Site, self: Instance, *args: Value, **kwargs: Value) -> Value:  # type: ignore[misc]
        """A class of the script's own: a dataclass whose fields come on top of these."""
        remember(at, self, "transformers.TrainingArguments", args, kwargs)
        self.fields.update(kwargs)
        at.emit(ArgumentsBuilt, arguments=self)
        return NONE


class Seq2SeqTrainingArguments(TrainingArguments):
    """``Seq2SeqTrainingArguments``."""

    @staticmethod
    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        """``Seq2SeqTrainingArguments(output_dir, ...)``."""
        return arguments(at, "transformers.Seq2SeqTrainingArguments", args, kwargs)


def arguments(at: Site, path: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Instance:
    """Training arguments of a library's own class."""
    made = remembered(at, path, args, kwargs)
    at.emit(ArgumentsBuilt, arguments=made)
    return made


def truth_of_setting(arguments: Instance, name: str) -> bool | None:
    """Whether a switch is on; off where it is not given, None where it is not known."""
    given = arguments.given(name)
    return False if given is None else truth(given)


class EarlyStoppingCallback:
    """``EarlyStoppingCallback``."""

    @staticmethod
    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        """``EarlyStoppingCallback(early_stopping_patience=1, ...)``."""
        return remembered(at, "transformers.EarlyStoppingCallback", args, kwargs)


class Trainer:
    """``Trainer``."""

    @staticmethod
    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        """``Trainer(model, args, ...)``."""
        return build(at, "transformers.Trainer", args, kwargs)

    @staticmethod
    def __init__(at: Site, self: Instance, *args: Value, **kwargs: Value) -> Value:  # type: ignore[misc]
        """``super().__init__(model, args, ...)`` of a class of the script."""
        begin(at, self, self.library or "transformers.Trainer", args, kwargs)
        return NONE

    @staticmethod
    def train(at: Site, self: Instance, *args: Value, **kwargs: Value) -> Value:
        """Train: the modes, gradients and steps are the trainer's."""
        run(at, self)
        return at.unknown("the metrics of a training")

    @staticmethod
    def evaluate(at: Site, self: Instance, *args: Value, **kwargs: Value) -> Value:
        """Evaluate, in evaluation mode and without gradients."""
        evaluate(at, self)
        return at.unknown("metrics")

    predict = evaluate

    @staticmethod
    def save_model(at: Site, self: Instance, *args: Value, **kwargs: Value) -> Value:
        """Writes the model to files."""
        model = at.m.store.resolve(self.given("model") or NONE)
        if isinstance(model, Module):
            at.emit(ModelSaved, model=model, how="save_model")
        return NONE

    push_to_hub = save_model

    @staticmethod
    def save_state(at: Site, self: Instance, *args: Value, **kwargs: Value) -> Value:
        """Writes other files, or adds something that is told of the training."""
        return NONE

    log = log_metrics = save_metrics = add_callback = remove_callback = create_model_card = save_state


class Seq2SeqTrainer(Trainer):
    """``Seq2SeqTrainer``."""

    @staticmethod
    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        """``Seq2SeqTrainer(model, args, ...)``."""
        return build(at, "transformers.Seq2SeqTrainer", args, kwargs)


def build(at: Site, path: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Instance:
    """A trainer of a library's own class."""
    made = Instance(path, node=at.node, complete=at.arguments.complete)
    begin(at, made, path, args, kwargs)
    return made


def begin(at: Site, made: Instance, path: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> None:
    """What the ``__init__`` of a trainer leaves behind: its arguments, some of them as attributes."""
    remember(at, made, path, args, kwargs)
    if not at.arguments.complete:
        object.__setattr__(made, "complete", False)
    for name in ("model", "args", "train_dataset", "eval_dataset", "data_collator", "processing_class"):
        if name in made.arguments:
            made.fields[name] = made.arguments[name]
    at.emit(TrainerBuilt, trainer=made)
    tokenizer = at.m.store.resolve(made.arguments.get("processing_class", NONE))
    if path.startswith("trl.") and isinstance(tokenizer, Tokenizer):  # it sets a token to pad with where there is none
        at.m.store.write(tokenizer.fields, "pad_token", Unknown("the trainer sets it"))


def run(at: Site, trainer: Instance) -> None:
    """One step of the loop, which stands for all, and the evaluation that comes with it.

    Source: ``Trainer._inner_training_loop`` and ``Trainer.training_step`` in transformers' documentation.
    """
    at.emit(TrainerRan, trainer=trainer)
    model = at.m.store.resolve(trainer.given("model") or NONE)
    if isinstance(model, Module) and trainer.complete:
        _step(at, trainer, model)
    if _evaluates(trainer):
        evaluate(at, trainer)
    _forget_mode(at.m, trainer)


def _step(at: Site, trainer: Instance, model: Module) -> None:
    """Training mode, the loss, the gradients, a step."""
    m = at.m
    m.framework += 1
    _set_mode(m, model, training=True)
    optimizer = _optimizer(at, trainer, model)
    loss = _loss(at, trainer, model, "train_dataset")
    if optimizer is not None:
        forget(m, parameters_of(model), optimizer, at.node)
    backward_through(at, loss, "loss")
    if optimizer is not None:
        Optimizer.step(at, optimizer)
        forget(m, parameters_of(model), optimizer, at.node)
    m.framework -= 1


def _set_mode(m: Machine, model: Module, *, training: bool) -> None:
    mode = Mode(training)
    for part in modules_of(model):
        m.store.write(part.fields, "mode", mode)


def evaluate(at: Site, trainer: Instance) -> None:
    """A pass over data to evaluate on: evaluation mode, no gradients, then the metrics (``Trainer.evaluate``)."""
    m = at.m
    at.emit(TrainerEvaluated, trainer=trainer)
    model = m.store.resolve(trainer.given("model") or NONE)
    if isinstance(model, Module) and trainer.complete:
        m.framework += 1
        _set_mode(m, model, training=False)
        with m.setting("grad", FALSE):
            _loss(at, trainer, model, "eval_dataset")
        m.framework -= 1
    _judge(at, trainer)
    _forget_mode(m, trainer)


def _evaluates(trainer: Instance) -> bool:
    """Whether it surely evaluates while it trains."""
    arguments = trainer.given("args")
    wanted = arguments.given("eval_strategy") if isinstance(arguments, Instance) else None
    return wanted is not None and text(wanted) != "no" and not isinstance(wanted, Unknown)


def _judge(at: Site, trainer: Instance) -> None:
    """Run what computes the metrics on predictions that we do not know."""
    from ft_lint.interpreter.calls import call
    from ft_lint.interpreter.signature import Arguments

    judge = at.m.store.resolve(trainer.given("compute_metrics") or NONE)
    function = judge.function if isinstance(judge, Bound) else judge
    if not isinstance(function, Function) or function in at.m.judged:
        return
    at.m.judged[function] = trainer
    predictions = Instance("transformers.EvalPrediction", fields=_judged(at.m, trainer), node=at.node)
    given = call(at.m, judge, Arguments((predictions,)), at.node)
    if isinstance(function.node, ast.Lambda):
        at.m.emit(MetricsReturned, function.node.body, value=at.m.store.resolve(given), trainer=trainer)


def _judged(m: Machine, trainer: Instance) -> Fields:
    """The arrays that a model for classification gives: scores (N, classes) of float32, and labels (N,) of int64.

    Source: ``EvalPrediction`` and ``Trainer.evaluation_loop`` in transformers' documentation.
    """
    model = m.store.resolve(trainer.given("model") or NONE)
    hub = model.hub if isinstance(model, Module) else None
    if hub is None or not (hub.cls or hub.asked).endswith(_OF_SAMPLES) or hub.labels == 1:
        return {}
    if not is_none(trainer.given("preprocess_logits_for_metrics") or NONE) or not hub.complete:
        return {}
    if any(name.startswith("output_") for name in hub.settings):
        return {}  # what all layers gave comes along
    samples, classes = unknown_dim(), hub.labels or unknown_dim()
    return {"predictions": array((samples, classes), "float32"), "label_ids": array((samples,), "int64")}


_OF_SAMPLES = ("ForSequenceClassification", "ForImageClassification", "ForAudioClassification")


class EvalPrediction:
    """What ``compute_metrics`` gets: ``predictions, labels = given`` works as well as its attributes."""

    @staticmethod
    def __iter__(at: Site, self: Instance) -> Value:
        """The predictions, and the labels."""
        if not self.fields:
            return at.unknown("what a trainer evaluates", self)
        return Tuple((self.fields["predictions"], self.fields["label_ids"]))

    @staticmethod
    def __getitem__(at: Site, self: Instance, index: Value) -> Value:
        """``given[0]`` are the predictions."""
        place = integer(index)
        name = ("predictions", "label_ids")[place] if place in (0, 1) else ""
        return self.fields.get(name) or at.unknown("what a trainer evaluates", self)


def _forget_mode(m: Machine, trainer: Instance) -> None:
    """Afterwards the model is in the mode of the last thing done with it: training, or an evaluation."""
    model = m.store.resolve(trainer.given("model") or NONE)
    for part in modules_of(model) if isinstance(model, Module) else ():
        m.store.write(part.fields, "mode", Unknown("the trainer sets the mode"))


def _loss(at: Site, trainer: Instance, model: Module, data: str) -> Value:
    """The loss of a batch that we do not know: what the model gives, or the script's own ``compute_loss``."""
    from ft_lint.interpreter.calls import call, call_module
    from ft_lint.interpreter.signature import Arguments

    inputs = _batch(at, trainer, model, data)
    if overrides(trainer, "compute_loss"):
        given = Arguments((model, inputs), {})
        return call(at.m, read(at.m, trainer, "compute_loss", at.node), given, at.node)
    given = Arguments(keywords=dict(inputs.entries), complete=False)
    answer = at.m.store.resolve(call_module(at.m, model, given, at.node))
    return answer.fields["loss"] if isinstance(answer, Instance) and "loss" in answer.fields else answer


def _batch(at: Site, trainer: Instance, model: Module, data: str) -> Dict:
    """What is known of a batch, as the trainer's collator makes it of rows of ``data``, one of its datasets.

    Source: ``Trainer.__init__``: without a collator, ``DataCollatorWithPadding`` where there is a tokenizer.
    """
    m = at.m
    unknown = Dict(flags={"incomplete": Constant(True)})
    own = any(overrides(trainer, name) for name in ("get_train_dataloader", "_prepare_inputs", "training_step"))
    if own or trainer.library not in ("transformers.Trainer", "transformers.Seq2SeqTrainer"):
        return unknown
    collator = m.store.resolve(trainer.given("data_collator") or NONE)
    tokenizer = m.store.resolve(trainer.given("processing_class") or trainer.given("tokenizer") or NONE)
    if is_none(collator) and isinstance(tokenizer, Tokenizer):
        collator = Instance("transformers.DataCollatorWithPadding", arguments={"tokenizer": tokenizer})
    row = row_of(m, trainer.given(data) or NONE, at.node)
    note_padding(m, collator, at.node)
    note_batch(m, collator, row, model, at.node)
    return batch_of(m, collator, row, at.node) or unknown


def overrides(trainer: Instance, method: str) -> bool:
    """Whether the trainer's class is the script's and has a method of its own, so that the library's does not count."""
    return trainer.cls is not None and trainer.cls.defines(method)


_KINDS = {
    "adafactor": "Adafactor",
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "lion_32bit": "Lion",
    "lion_8bit": "Lion",
    "paged_lion_32bit": "Lion",
}


def _optimizer(at: Site, trainer: Instance, model: Module) -> OptimizerValue | None:
    """The optimizer that was handed over, else the one that the arguments ask for; None where that is not known.

    A trainer keeps its own for whatever it trains later (``Trainer.create_optimizer``).
    """
    kept = at.m.store.resolve(trainer.fields.get("optimizer", NONE))
    if not is_none(kept):
        return kept if isinstance(kept, OptimizerValue) else None
    given = at.m.store.resolve(trainer.given("optimizers") or NONE)
    if isinstance(given, Tuple) and given.values and isinstance(at.m.store.resolve(given.values[0]), OptimizerValue):
        found = at.m.store.resolve(given.values[0])
        return found if isinstance(found, OptimizerValue) else None
    arguments = at.m.store.resolve(trainer.given("args") or NONE)
    if not (is_none(given) or isinstance(given, Tuple)) or not isinstance(arguments, Instance):
        return None
    if any(overrides(trainer, name) for name in ("create_optimizer", "create_optimizer_and_scheduler")):
        return None
    built = _built(at, arguments, model)
    at.m.store.write(trainer.fields, "optimizer", built)
    return built


def _built(at: Site, arguments: Instance, model: Module) -> OptimizerValue:
    """Source: ``Trainer.get_optimizer_cls_and_kwargs``; the default is AdamW with ``learning_rate=5e-5``."""
    asked = text(arguments.given("optim") or Constant("adamw_torch"))
    kind = _KINDS.get(asked or "", "AdamW" if asked and "adamw" in asked else "")
    whole = arguments.complete and arguments.cls is None
    default: Value = Constant(5e-5) if whole and arguments.kind.startswith("transformers.") else Unknown("the rate")
    rate = arguments.given("learning_rate") or default
    place = arguments.places.get("learning_rate")
    trained = tuple(p for p in parameters_of(model) if required(at.m, p) is not False)
    options = {"lr": at.m.store.resolve(rate), "momentum": Constant(0.0)}
    group = Group(trained, True, options, {"lr": place} if place is not None else {}, parameters_of(model))
    made = OptimizerValue(kind, {"groups": Items((group,))}, node=at.node)
    at.emit(OptimizerBuilt, optimizer=made, groups=(group,), complete=True)
    return made
