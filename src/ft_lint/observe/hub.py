"""What Hugging Face's libraries did in a real run."""

from __future__ import annotations

from ft_lint.light import dataclass
from ft_lint.observe.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMade(Event):
    """A method of a table of ``datasets``, named ``how``, gave the table ``made``, which differs from its own if
    ``differs``."""

    table: int
    made: int
    how: str
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRead(Event):
    """Rows were taken from a table of ``datasets``."""

    table: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentsBuilt(Event):
    """``TrainingArguments`` were built, or refused what they got (``raised``)."""

    arguments: int
    raised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerBuilt(Event):
    """A trainer was built with ``arguments``, or refused what it got (``raised``)."""

    trainer: int
    arguments: int
    raised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingEnded(Event):
    """``trainer.train()`` ended after ``steps`` steps, or raised."""

    trainer: int
    steps: int
    raised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationEnded(Event):
    """A trainer's loop over data to evaluate on or to predict for ended, or raised."""

    trainer: int
    raised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorBuilt(Event):
    """An ``Accelerator`` was built that accumulates gradients over ``steps`` backward passes."""

    accelerator: int
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LossDivided(Event):
    """``accelerator.backward`` divided a loss by its steps; ``backward`` is the order of the pass that it then made."""

    accelerator: int
    backward: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerBuilt(Event):
    """A tokenizer was built, as loading one does."""

    tokenizer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensRead(Event):
    """A model of transformers read ``read`` numbers that ``tokenizer`` gave.

    ``foreign`` of them mean something else in the vocabulary of the model's own checkpoint, and ``beyond`` have no row
    in its embedding.  ``tokenizer`` is -1, and nothing foreign, where no tokenizer gave them.
    """

    model: int
    tokenizer: int
    read: int
    foreign: int
    beyond: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelsRead(Event):
    """A model of transformers with ``classes`` classes was called with labels, from ``low`` to ``high``.

    ``floating``: they are no whole numbers; ``distinct``: how many there are.  Of labels that are tokens: ``counted``
    are in the loss (not -100), ``padded`` of these are padding and ``copied`` of them equal the input at their place;
    ``ends`` end-of-sequence tokens stand in the text itself, ``ends_counted`` of them are in the loss.
    """

    model: int
    classes: int
    low: float
    high: float
    distinct: int
    floating: bool
    counted: int
    padded: int
    copied: int
    ends: int
    ends_counted: int
    raised: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterConfigBuilt(Event):
    """A configuration of peft was built."""

    config: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterAdded(Event):
    """Adapters of ``config`` were put into the module ``model``, or peft refused to (``raised``).

    ``hit`` are the names of the modules that got one, ``missed`` those in ``target_modules`` that none of them bears.
    ``adapters`` are the parameters that were put in (ids), ``idle`` those with random values that require no gradient
    and that nothing stands in for.
    """

    config: int
    model: int
    hit: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    adapters: tuple[int, ...] = ()
    idle: tuple[int, ...] = ()
    raised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterLoaded(Event):
    """``PeftModel.from_pretrained`` ended: the ids of the adapters' parameters, and of those that require gradients."""

    adapters: tuple[int, ...]
    trainable: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedForKbit(Event):
    """``prepare_model_for_kbit_training`` ended: adapters (ids) that required gradients before, and after."""

    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSaved(Event):
    """``save_pretrained`` of a model ended: how many tensors the files hold, and how many of these are adapters'.

    ``wrapped``: the model is a ``PeftModel``, which writes its adapters alone.
    """

    module: int
    tensors: int
    adapters: int
    wrapped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterStepped(Event):
    """A step of an optimizer changed what adapters add to the weights under them.

    ``share`` is that change relative to the norm of the weight, for the median weight.
    """

    optimizer: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterUnloaded(Event):
    """``merge_and_unload`` or ``unload`` took the adapters out of what ``tuner`` put them into, in place."""

    tuner: int
