"""All operations of the library under ``torch`` that give tensors."""

from __future__ import annotations

from ft_lint.library import torch as library
from ft_lint.library.layer import Layer
from ft_lint.library.torch import (
    _creation,
    _elementwise,
    _indexing,
    _products,
    _reductions,
    _reshaping,
    _tensor,
    nn,
)
from ft_lint.library.torch.nn import functional

WITHOUT_EXAMPLES = {
    "torch.from_numpy": "takes NumPy's arrays, which are not followed",
    "torch.nn.ModuleDict": "has no forward",
    "torch.nn.ModuleList": "has no forward",
    "torch.nn.ParameterList": "has no forward",
    "torch.nn.ParameterDict": "has no forward",
}
_TABLES = (
    _creation.FUNCTIONS, _elementwise.TABLE, _reshaping.TABLE, _reshaping.FUNCTIONS, _reductions.TABLE,
    _reductions.FUNCTIONS, _products.TABLE, _products.FUNCTIONS, _indexing.TABLE, _indexing.FUNCTIONS,
)  # fmt: skip


def modelled() -> set[str]:
    """Their paths: functions of torch, methods that are no functions, layers and functions of ``torch.nn``."""
    functions = {f"torch.{name}" for table in _TABLES for name in table}
    methods = {f"torch.Tensor.{name}" for name in (*_reshaping.METHODS, *_creation.METHODS, *_tensor._DTYPES)}
    methods |= {f"torch.Tensor.{name}" for name in ("to", "type", "type_as", "size", "numel", "dim", "clone")}
    layers = {
        f"torch.nn.{name}"
        for name, found in vars(nn).items()
        if isinstance(found, type) and issubclass(found, Layer) and not name.startswith("_") and found is not Layer
    }
    twins = {f"torch.nn.functional.{name}" for name in functional.__all__}
    assert library is not None
    return (functions | methods | layers | twins) - set(WITHOUT_EXAMPLES)
