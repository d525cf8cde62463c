"""Facts about what Hugging Face's libraries do: checkpoints, tokenizers, adapters, trainers."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ft_lint.facts.moment import Fact
from ft_lint.light import dataclass
from ft_lint.values.base import NONE, Value

if TYPE_CHECKING:
    from ft_lint.values.callables import Instance
    from ft_lint.values.hub import TokenIds, Tokenizer
    from ft_lint.values.module import Module
    from ft_lint.values.tensor import Parameter


@dataclass(frozen=True, slots=True, eq=False)
class TrainerBuilt(Fact):
    """A ``transformers.Trainer``, or one of a class made from it, was built.

    What it got stands in ``trainer`` by the names of its parameters: ``model``, ``args``, ``train_dataset`` ...
    """

    trainer: Instance

    def got(self, name: str) -> Value:
        """What an argument is; Python's None where it was not given."""
        return self.trainer.given(name) or NONE

    def place(self, name: str) -> ast.AST | None:
        """Where an argument stands."""
        return self.trainer.places.get(name)


@dataclass(frozen=True, slots=True, eq=False)
class TrainerRan(Fact):
    """``trainer.train()``: what it does itself (modes, gradients, steps) is written down as the framework's."""

    trainer: Instance


@dataclass(frozen=True, slots=True, eq=False)
class TrainerEvaluated(Fact):
    """``trainer.evaluate()`` or ``predict()``, or an evaluation that comes with training."""

    trainer: Instance


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingsResized(Fact):
    """``model.resize_token_embeddings(size)``."""

    model: Module
    size: Value


@dataclass(frozen=True, slots=True, eq=False)
class TokenizerSet(Fact):
    """An attribute of a tokenizer was set, e.g. ``tokenizer.pad_token = tokenizer.eos_token``."""

    tokenizer: Tokenizer
    name: str
    value: Value


@dataclass(frozen=True, slots=True, eq=False)
class ArgumentsBuilt(Fact):
    """``TrainingArguments``, or a class made from it, was built."""

    arguments: Instance


@dataclass(frozen=True, slots=True, eq=False)
class MetricsReturned(Fact):
    """A function that a trainer was given as ``compute_metrics`` returned; the node is its ``return``."""

    value: Value
    trainer: Instance


@dataclass(frozen=True, slots=True, eq=False)
class Prepared(Fact):
    """``accelerator.prepare(...)`` wrapped ``values``; what it gave is ``result``."""

    accelerator: Instance
    values: tuple[Value, ...]
    result: Value


@dataclass(frozen=True, slots=True, eq=False)
class BackwardAccelerated(Fact):
    """``accelerator.backward(loss)`` made a backward pass."""

    accelerator: Instance
    backward: Fact


@dataclass(frozen=True, slots=True, eq=False)
class AccumulationLeft(Fact):
    """The body of ``with accelerator.accumulate(...)`` ended; ``inside`` is what happened in it."""

    accelerator: Instance
    inside: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, eq=False)
class TokenizerLoaded(Fact):
    """A tokenizer was made from a checkpoint."""

    tokenizer: Tokenizer


@dataclass(frozen=True, slots=True, eq=False)
class PaddingAsked(Fact):
    """A tokenizer was asked to pad, by itself or through a collator that was called.

    ``can`` is whether it has a token to pad with; None where that is not known.
    """

    tokenizer: Tokenizer
    can: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class TokensAdded(Fact):
    """Tokens were added to a tokenizer: ``new`` are those that it surely did not have."""

    tokenizer: Tokenizer
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CollatorBuilt(Fact):
    """A collator of transformers was built."""

    collator: Instance


@dataclass(frozen=True, slots=True, eq=False)
class Collated(Fact):
    """A model got batches that a collator made of rows like ``row``.

    ``collator`` is what puts rows together, Python's None for the default.
    """

    collator: Value
    row: Value
    model: Module


@dataclass(frozen=True, slots=True, eq=False)
class LabelsSet(Fact):
    """The numbers of texts were made the ``labels`` of an example or a batch."""

    labels: TokenIds


@dataclass(frozen=True, slots=True, eq=False)
class LabelsGiven(Fact):
    """A model of transformers was called with ``labels``; ``place`` is where the call has them."""

    model: Module
    labels: Value
    place: ast.AST | None


@dataclass(frozen=True, slots=True, eq=False)
class TokensRead(Fact):
    """A model of transformers read the numbers that a tokenizer gave."""

    model: Module
    tokenizer: Tokenizer


@dataclass(frozen=True, slots=True, eq=False)
class AdapterAdded(Fact):
    """Adapters were put into ``model``, by ``get_peft_model`` or a trainer; ``made`` is what is used from then on.

    ``adapters`` are their parameters, ``kept`` those of trainable copies that stand for parts of the model from now on
    (``modules_to_save``).  ``idle`` are parts of the model that have random weights and are frozen now, by name.
    ``asked`` are the names in ``target_modules``, or one regular expression; () where none are given, None where not
    known.
    """

    model: Module
    config: Value
    made: Module
    adapters: tuple[Parameter, ...]
    kept: tuple[Parameter, ...]
    idle: Mapping[str, tuple[Parameter, ...]]
    asked: tuple[str, ...] | str | None


@dataclass(frozen=True, slots=True, eq=False)
class AdapterLoaded(Fact):
    """``PeftModel.from_pretrained(model, ...)`` put the adapters of a checkpoint into ``model`` and gave ``made``.

    ``told``: the script says itself whether they are to be ``trainable``.
    """

    model: Module
    made: Module
    trainable: Value
    told: bool
    adapters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True, eq=False)
class AdapterUnloaded(Fact):
    """The method ``how`` took the adapters out of ``model``, merged or not, and gave ``base``, the model inside."""

    model: Module
    base: Module
    how: str


@dataclass(frozen=True, slots=True, eq=False)
class PreparedForKbit(Fact):
    """``prepare_model_for_kbit_training(model)`` froze everything, among it ``adapters`` that were to train."""

    model: Module
    adapters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ModelSaved(Fact):
    """A model was written to files or to the hub: by its own method, by a trainer, or by ``torch.save``."""

    model: Module
    how: str
