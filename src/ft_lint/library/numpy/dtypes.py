"""The dtypes of arrays, by the names that torch has for them too."""

from __future__ import annotations

from ft_lint.values.base import Value, text
from ft_lint.values.callables import Reference

_OF_PATHS = {
    "builtins.float": "float64", "builtins.int": "int64", "builtins.bool": "bool", "numpy.float": "float64",
    "numpy.float_": "float64", "numpy.double": "float64", "numpy.single": "float32", "numpy.half": "float16",
    "numpy.int": "int64", "numpy.int_": "int64", "numpy.bool_": "bool",
}  # fmt: skip
_OF_TEXTS = {"float": "float64", "int": "int64", "double": "float64", "f": "float32", "f4": "float32", "<f4": "float32"}
_DTYPES = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")


def dtype_of(value: Value | None) -> str | None:
    """The dtype that an argument such as ``np.float32``, ``float`` or "float32" names; None where it names none."""
    path = value.path if isinstance(value, Reference) else ""
    written = text(value) or ""
    name = _OF_PATHS.get(path) or _OF_TEXTS.get(written) or path.removeprefix("numpy.") or written
    return name if name in _DTYPES else None
