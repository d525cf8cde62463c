"""dtypes: which one an operation gives (torch's documentation, "Type promotion" in Tensor Attributes)."""

from __future__ import annotations

from collections.abc import Sequence

from ft_lint.values.base import Constant, Value, is_none, options, text
from ft_lint.values.callables import Instance, Reference
from ft_lint.values.tensor import Dimension, Tensor

_CATEGORIES = {
    "bool": 0,
    **dict.fromkeys(("uint8", "int8", "int16", "int32", "int64"), 1),
    **dict.fromkeys(("float16", "bfloat16", "float32", "float64"), 2),
    **dict.fromkeys(("complex64", "complex128"), 3),
}
_ORDER = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64",
    "complex64", "complex128",
)  # fmt: skip
_NAMES = {
    "float": "float32", "double": "float64", "half": "float16", "long": "int64", "int": "int32", "short": "int16",
    "cfloat": "complex64", "cdouble": "complex128",
}  # fmt: skip
OF_CLASSES = {
    "FloatTensor": "float32", "DoubleTensor": "float64", "HalfTensor": "float16", "LongTensor": "int64",
    "IntTensor": "int32", "BoolTensor": "bool", "ByteTensor": "uint8",
}  # fmt: skip
"""The dtypes of the old classes of tensors."""
_PYTHON = {bool: "bool", int: "int64", float: "float32"}
_OF_TYPES = {"builtins.float": "float32", "builtins.int": "int64", "builtins.bool": "bool"}


def dtype_of(value: Value | None) -> str | None:
    """The dtype that an argument such as ``torch.long`` names; None where it names none."""
    if not isinstance(value, Reference):
        return None
    name = value.path.removeprefix("torch.")
    found = _NAMES.get(name, name)
    return found if found in _CATEGORIES else None


def dtype_of_type(value: Value) -> str | None:
    """The dtype that ``type(...)`` asks for: ``torch.long``, ``torch.LongTensor`` or "torch.cuda.LongTensor"."""
    named = value.path if isinstance(value, Reference) else text(value) or ""
    name = named.removeprefix("torch.").removeprefix("cuda.")
    return dtype_of(value) or OF_CLASSES.get(name)


def dtype_asked(given: Value, own: str | None) -> str | None:
    """The dtype of a result: ``own`` where the argument ``dtype`` is not given, None where nobody knows what it is."""
    return own if is_none(given) else dtype_of(given)


def is_device(value: Value) -> bool:
    """Whether an argument of ``to`` is a device on every way, or a flag, and surely no dtype."""
    return all(
        isinstance(one, Constant) or (isinstance(one, Instance) and one.kind == "torch.device")
        for one in options(value)
    )


def python_dtype(value: Value) -> str | None:
    """The dtype of a tensor made of a Python number."""
    if isinstance(value, Dimension):
        return "int64"
    return _PYTHON.get(type(value.value)) if isinstance(value, Constant) else None


def is_floating(dtype: str) -> bool:
    """Whether a dtype is a floating one."""
    return _CATEGORIES[dtype] == 2


def is_whole(dtype: str) -> bool:
    """Whether a dtype holds whole numbers or truths."""
    return _CATEGORIES[dtype] < 2


def promote(left: str, right: str) -> str:
    """``torch.promote_types``."""
    if left == right:
        return left
    low, high = sorted(
        (left, right), key=lambda name: (_CATEGORIES[name], _ORDER.index(name) if name in _ORDER else 99)
    )
    if _CATEGORIES[high] == 3:
        return "complex128" if "float64" in (low, high) or "complex128" in (low, high) else "complex64"
    if (low, high) == ("uint8", "int8"):
        return "int16"
    if (low, high) == ("float16", "bfloat16"):
        return "float32"
    return high


def _rank(dtype: str) -> tuple[int, int]:
    return _CATEGORIES[dtype], _ORDER.index(dtype)


def result_type(operands: Sequence[Value]) -> str | None:
    """``torch.result_type`` of tensors and numbers; None where a dtype is unknown.

    Tensors with dimensions count before those without, and these before Python's numbers, unless the later ones are
    of a higher category (bool, whole, floating).
    """
    groups: dict[int, str] = {}
    for operand in operands:
        rank: int
        if isinstance(operand, Tensor):
            if operand.shape is None:
                return _unless_alike(operands)
            rank, dtype = (0 if operand.shape else 1), operand.dtype
        else:
            rank, dtype = 2, python_dtype(operand)
        if dtype is None or dtype not in _CATEGORIES:
            return None
        groups[rank] = promote(groups[rank], dtype) if rank in groups else dtype
    return _combined(groups.get(0), _combined(groups.get(1), groups.get(2)))


def _unless_alike(operands: Sequence[Value]) -> str | None:
    """Of tensors of unknown rank: the dtype that all share."""
    found = {operand.dtype if isinstance(operand, Tensor) else python_dtype(operand) for operand in operands}
    return found.pop() if len(found) == 1 else None


def _combined(higher: str | None, lower: str | None) -> str | None:
    if higher is None or lower is None:
        return higher or lower
    return promote(higher, lower) if _CATEGORIES[lower] > _CATEGORIES[higher] else higher
