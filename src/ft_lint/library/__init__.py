"""What calls of other libraries mean, laid out as their real import paths.

``ft_lint.library.torch.nn.functional`` holds what ``torch.nn.functional`` does, under torch's own
names and signatures.  Each function takes a :class:`ft_lint.library.site.Site` first.  What is not
here is not modelled: its result is unknown.
"""

from __future__ import annotations

import importlib
import inspect
import keyword
import re
from functools import lru_cache
from os import sep, walk  # names, for ``os`` and ``sys`` here are the modules of this package
from pathlib import Path
from sys import modules, stdlib_module_names
from typing import Any

from ft_lint.library.layer import Layer
from ft_lint.values.array import Array, Column, Estimator, Randomizer, Table
from ft_lint.values.base import Constant, Value
from ft_lint.values.containers import Dict, Iterator, List, Tuple
from ft_lint.values.hub import Encoding, TokenIds, Tokenizer
from ft_lint.values.picture import Picture
from ft_lint.values.tensor import Tensor, TensorShape
from ft_lint.values.training import Dataset, Loader, Optimizer, Parameters, Rows, Scaler, Scheduler, StateDict

__all__ = ["Layer", "canonical", "find", "is_harmless", "is_known", "is_library", "is_module_class", "type_path"]

_HERE = str(Path(__file__).parent)

_FRAMEWORKS = frozenset(
    """torch torchvision timm transformers peft accelerate trl lightning pytorch_lightning datasets torchmetrics
    apex""".split()
)
_HARMLESS = frozenset(
    """__future__ abc albumentations alive_progress argparse ast base64 builtins bz2 clearml collections comet_ml
    contextlib copy csv cv2 dataclasses datetime decimal dill easydict enum evaluate fastprogress functools
    fvcore gc getpass glob GPUtil gzip h5py hashlib heapq html humanize importlib inspect io itertools joblib
    json logging loguru math matplotlib mlflow multiprocessing neptune nltk numpy omegaconf operator os pandas
    pathlib pickle PIL platform plotly pprint prettytable progressbar psutil ptflops pynvml queue random re
    requests rich scipy seaborn shlex shutil signal simplejson skimage sklearn socket sqlite3 statistics stqdm
    string struct subprocess sys tabulate tempfile tensorboard tensorboardX termcolor textwrap thop threading
    time timeit torchinfo torchsummary torchviz tqdm traceback types typing typing_extensions unittest urllib
    uuid visdom wandb warnings yacs yaml zipfile""".split()
)
"""Packages whose functions do not change a model, an optimizer or their parameters."""

_ALIASES = {
    "tensorboardX": "torch.utils.tensorboard",
    "pytorch_lightning": "lightning",
    "lightning.pytorch": "lightning",
    "lightning.LightningModule": "lightning.LightningModule",
    "torch.nn.modules.linear": "torch.nn",
    "torch.nn.modules.conv": "torch.nn",
    "torch.nn.modules.batchnorm": "torch.nn",
    "torch.nn.modules.loss": "torch.nn",
    "torch.nn.modules.activation": "torch.nn",
    "torch.nn.modules.module": "torch.nn",
    "torch.nn.modules": "torch.nn",
    "torch.nn.parameter": "torch.nn",
    "torch.cuda.FloatTensor": "torch.FloatTensor",
    "torch.cuda.DoubleTensor": "torch.DoubleTensor",
    "torch.cuda.HalfTensor": "torch.HalfTensor",
    "torch.cuda.LongTensor": "torch.LongTensor",
    "torch.cuda.IntTensor": "torch.IntTensor",
    "torch.cuda.BoolTensor": "torch.BoolTensor",
    "torch.cuda.ByteTensor": "torch.ByteTensor",
    "torch.cuda.amp": "torch.amp",
    "torch.nn.utils.clip_grad": "torch.nn.utils",
    "torch.amp.grad_scaler": "torch.amp",
    "torch.utils.data.dataloader": "torch.utils.data",
    "torch.utils.data.dataset": "torch.utils.data",
    "torch.utils.data.sampler": "torch.utils.data",
    "torch.utils.data.distributed": "torch.utils.data",
    "torch.optim.adam": "torch.optim",
    "torch.optim.adamw": "torch.optim",
    "torch.optim.sgd": "torch.optim",
    "torch.optim.optimizer": "torch.optim",
    "torch.autograd.grad_mode": "torch",
    "torch.functional": "torch",
    "itertools.chain.from_iterable": "itertools.from_iterable",
    "torch.autocast": "torch.amp.autocast",
    "apex.parallel.DistributedDataParallel": "torch.nn.DataParallel",
    "apex.parallel.convert_syncbn_model": "torch.nn.SyncBatchNorm.convert_sync_batchnorm",
    "apex.optimizers.FusedAdam": "torch.optim.AdamW",
    "torch.nn.parallel.DataParallel": "torch.nn.DataParallel",
    "torch.nn.parallel.DistributedDataParallel": "torch.nn.DataParallel",
    "torch.nn.parallel.distributed.DistributedDataParallel": "torch.nn.DataParallel",
    "torchvision.transforms.v2.functional": "torchvision.transforms.functional",
    "torchvision.transforms.transforms": "torchvision.transforms",
    "torchvision.models.resnet": "torchvision.models",
    "torchvision.models.vgg": "torchvision.models",
    "torchvision.models.densenet": "torchvision.models",
    "torchvision.models.inception": "torchvision.models",
    "torchvision.datasets.folder": "torchvision.datasets",
    "torchvision.datasets.mnist": "torchvision.datasets",
    "torchvision.datasets.cifar": "torchvision.datasets",
    "transformers.optimization": "transformers",
    "transformers.trainer": "transformers",
    "transformers.trainer_seq2seq": "transformers",
    "transformers.training_args": "transformers",
    "transformers.training_args_seq2seq": "transformers",
    "trl.trainer": "trl",
    "trl.trainer.sft_trainer": "trl",
    "trl.trainer.sft_config": "trl",
    "trl.trainer.dpo_trainer": "trl",
    "trl.trainer.dpo_config": "trl",
    "lightning.core.LightningModule": "lightning.LightningModule",
    "lightning.core.lightning.LightningModule": "lightning.LightningModule",
    "lightning.trainer.Trainer": "lightning.Trainer",
    "timm.layers.linear.Linear": "torch.nn.Linear",
    "timm.scheduler.cosine_lr": "timm.scheduler",
    "timm.scheduler.step_lr": "timm.scheduler",
    "timm.scheduler.multistep_lr": "timm.scheduler",
    "timm.scheduler.plateau_lr": "timm.scheduler",
    "timm.scheduler.poly_lr": "timm.scheduler",
    "timm.scheduler.tanh_lr": "timm.scheduler",
    "timm.scheduler.scheduler_factory": "timm.scheduler",
    "timm.models.create_model": "timm.create_model",
    "timm.models.factory.create_model": "timm.create_model",
    "timm.models.list_models": "timm.list_models",
    "tqdm.tqdm": "tqdm.tqdm",
    "tqdm.auto": "tqdm",
    "tqdm.notebook": "tqdm",
    "tqdm.autonotebook": "tqdm",
    "tqdm.std": "tqdm",
    "tqdm.tqdm_notebook": "tqdm.tqdm",
    "tqdm.tnrange": "tqdm.trange",
    "rich.progress.track": "tqdm.tqdm",
    "alive_progress.alive_it": "tqdm.tqdm",
    "progressbar.progressbar": "tqdm.tqdm",
    "fastprogress.fastprogress": "fastprogress",
    "fastprogress.progress_bar": "tqdm.tqdm",
    "fastprogress.master_bar": "tqdm.tqdm",
    "stqdm.stqdm": "tqdm.tqdm",
}


def is_library(path: str) -> bool:
    """Whether an import path belongs to a library that we know of (modelled or harmless)."""
    root = path.split(".")[0]
    return root in _FRAMEWORKS or root in _HARMLESS


def is_hidden_by_files(root: str) -> bool:
    """Whether people name files of their own like this library: of the others, which they train with, they do not."""
    return root == "datasets" or (root in _HARMLESS and root not in stdlib_module_names)


def is_harmless(path: str) -> bool:
    """Whether a function that is not modelled surely leaves models and optimizers as they are."""
    root = path.split(".")[0]
    return root in _HARMLESS or path.startswith(_HARMLESS_PATHS) or _is_of_bar(path)


def _is_of_bar(path: str) -> bool:
    """Whether a method is that of a progress bar, which we take for what it is put around."""
    owner, _, name = path.rpartition(".")
    return name in _OF_BARS and owner in _WRAPPED_BY_BARS


_OF_BARS = frozenset(
    "set_description set_description_str set_postfix set_postfix_str update refresh display write unpause".split()
)
_WRAPPED_BY_BARS = ("torch.utils.data.DataLoader", "builtins.generator", "builtins.list")
_HARMLESS_PATHS = (
    "torch.utils.tensorboard",
    "torch.manual_seed",
    "torch.nn.init.",
    "torch.backends",
    "torch.cuda.",
    "torch.save",
    "torch.load",
    "torch.distributed",
    "torch.initial_seed",
    "torch.device",
    "torch.set_",
    "torch.get_",
    "torch.Generator",
    "torch.random",
    "torch.profiler",
    "torchvision.transforms",
    "torchvision.utils",
    "torchvision.io",
    "torchmetrics",
    "timm.data.",
    "timm.list_",
    "timm.is_model",
    "timm.loss.",
    "timm.utils.accuracy",
    "timm.utils.AverageMeter",
)


_EXPORTING = ("transformers", "peft", "trl", "datasets", "accelerate")
"""Libraries that export their classes at the top, while scripts also import them from where they are defined."""


@lru_cache(maxsize=4096)
def canonical(path: str) -> str:
    """The one path by which a thing is known here, e.g. ``torch.cuda.amp.autocast`` -> ``torch.amp.autocast``."""
    parts = path.split(".")
    if parts[0] in _EXPORTING:  # the class is known at the top, too, wherever it is defined
        public = next((place for place, part in enumerate(parts) if part[:1].isupper()), 1)
        parts = [parts[0], *parts[public:]] if public > 1 else parts
        path = ".".join(parts)
    for end in range(len(parts), 0, -1):
        replacement = _ALIASES.get(".".join(parts[:end]))
        if replacement is not None and replacement != ".".join(parts[:end]):
            return canonical(".".join([replacement, *parts[end:]]))
    return path


@lru_cache(maxsize=1)
def _modules() -> frozenset[str]:
    """The names of all modules of the library package: a script's own names are never looked up as files."""
    found = set()
    for folder, _, files in walk(_HERE):  # half as long as ``Path.rglob``
        package = __name__ + folder.removeprefix(_HERE).replace(sep, ".")
        found |= {f"{package}.{file[:-3]}".removesuffix(".__init__") for file in files if file.endswith(".py")}
    return frozenset(found)


@lru_cache(maxsize=4096)
def find(path: str) -> Any:
    """What the library package holds under a canonical path, else None.

    A name that would hide one of Python's own stands there with an underscore behind it.
    """
    here: Any = modules[__name__]
    name: str | None = __name__
    if path.startswith("transformers."):
        path = _FAMILY.sub("transformers.PreTrainedModel", path)
    for part in path.split("."):
        name = f"{name}.{part}" if name is not None and f"{name}.{part}" in _modules() else None
        if name is not None:
            here = modules.get(name) or importlib.import_module(name)
            continue
        here = _member(here, part)
        if isinstance(here, staticmethod):
            here = here.__func__
        if here is None or getattr(here, "__module__", __name__).startswith("ft_lint.values"):
            return None
    return here if _is_entry(here) else None


_FAMILY = re.compile(r"^transformers\.(?!TF|Flax)\w+PreTrainedModel(?=\.|$)")
"""The base class of one architecture's models, e.g. ``BertPreTrainedModel``: it adds nothing that we follow."""


def _member(owner: Any, name: str) -> Any:
    """A name of a module or class, here or in what the class extends; None where there is none."""
    classes = owner.__mro__[:-1] if isinstance(owner, type) else (owner,)
    for names in (getattr(one, "__dict__", {}) for one in classes):
        found = names.get(name, names.get(f"{name}_") if _is_pythons_own(name) else None)
        if found is not None:
            return found
    return None


_PYTHONS = frozenset(vars(importlib.import_module("builtins")))


def _is_pythons_own(name: str) -> bool:
    return name in _PYTHONS or keyword.iskeyword(name) or name in stdlib_module_names


def _is_entry(found: Any) -> bool:
    """Whether something stands for a library's own: a class, or a function from its call to a value."""
    if isinstance(found, type):
        return True
    code = getattr(found, "__code__", None)
    return code is not None and code.co_varnames[:1] == ("at",) and found.__annotations__.get("return") == "Value"


_MODULE_CLASSES = ("torch.nn.Module", "lightning.LightningModule", "transformers.PreTrainedModel")


def is_known(path: str) -> bool:
    """Whether the library package has what a library path names: in a function, a class or the table of models."""
    found = find(path)
    if found is not None:
        return str(getattr(found, "__module__", "")).startswith(__name__)  # and is nothing that its own code imports
    if not path.startswith("torchvision.models."):
        return False
    from ft_lint.library.torchvision.models import is_model

    return is_model(path)


def is_module_class(path: str) -> bool:
    """Whether a library path names a class of ``nn.Module``."""
    name = path.rpartition(".")[2]
    if path in _MODULE_CLASSES:
        return True
    if path.startswith("transformers."):
        from ft_lint.library.transformers.models import is_model_class

        return is_model_class(path)
    found = find(path)
    if isinstance(found, type):
        return issubclass(found, Layer)
    torch_layer = path.startswith("torch.nn.") and path.count(".") == 2 and name[:1].isupper()
    model = path.startswith("timm.models.") and name.endswith("Model")
    zoo = path.startswith("torchvision.models.") and name[:1].isupper() and not name.endswith("Weights")
    return (torch_layer and name not in ("Parameter", "ParameterList")) or model or zoo


def members_of(path: str) -> tuple[str, ...]:
    """The members of a library's enum, e.g. of ``torchvision.models.ResNet18_Weights``; none where we do not know."""
    enum = path.rpartition(".")[2]
    if not (path.startswith("torchvision.models.") and enum.endswith("_Weights")):
        return ()
    from ft_lint.library.torchvision.models.table import architecture, weights_enums

    found = architecture(weights_enums().get(enum, ""))
    return tuple(member.name for member in found.weights) if found is not None else ()


def needs_no_arguments(path: str) -> bool:
    """Whether a library's layer can be built without arguments, e.g. ``torch.nn.Identity``."""
    layer = find(path)
    if not (isinstance(layer, type) and issubclass(layer, Layer)):
        return False
    parameters = inspect.signature(layer.build).parameters.values()
    return all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)


def type_path(value: Value) -> str | None:
    """Under which path the methods of a value are found."""
    match value:
        case Tensor():
            return "torch.Tensor"
        case Picture():
            return "PIL.Image.Image"
        case Optimizer():
            return "torch.optim.Optimizer"
        case Scheduler():
            return "torch.optim.lr_scheduler.LRScheduler"
        case Loader():
            return "torch.utils.data.DataLoader"
        case Dataset(kind="datasets.Dataset"):
            return "datasets.Dataset"
        case Dataset():
            return "torch.utils.data.Dataset"
        case StateDict():
            return "torch.StateDict"
        case Rows():
            return "sklearn.model_selection.Rows"
        case Scaler():
            return "torch.amp.GradScaler"
        case Tokenizer():
            return "transformers.PreTrainedTokenizerBase"
        case Encoding():
            return "transformers.BatchEncoding"
        case TokenIds():
            return "transformers.TokenIds"
        case List():
            return "builtins.list"
        case Dict():
            return "builtins.dict"
        case Tuple() | TensorShape():
            return "builtins.tuple"
        case Parameters() | Iterator():
            return "builtins.generator"
        case Table():
            return "pandas.DataFrame"
        case Column():
            return "pandas.Series"
        case Array():
            return "numpy.ndarray"
        case Randomizer():
            return "numpy.random.Generator"
        case Estimator():
            return "sklearn.base.TransformerMixin"
        case Constant(str()):
            return "builtins.str"
    return None
