"""``PIL.Image``: opening and converting images."""

from __future__ import annotations

from ft_lint.interpreter.items import dimension
from ft_lint.library.site import Site, dims_of
from ft_lint.values.base import NONE, Value, text
from ft_lint.values.containers import Tuple
from ft_lint.values.picture import Picture
from ft_lint.values.shape import unknown_dim

_CHANNELS = {"RGB": 3, "L": 1, "1": 1, "RGBA": 4, "CMYK": 4, "I": 1, "F": 1, "P": 1, "YCbCr": 3, "HSV": 3, "LA": 2}
"""Channels of a mode (Pillow's documentation, Concepts: Modes)."""


def open_(at: Site, fp: Value, mode: Value = NONE, formats: Value = NONE) -> Value:
    """``Image.open``: neither the size nor the channels are known."""
    return Picture((unknown_dim(), unknown_dim(), unknown_dim()))


def fromarray(at: Site, obj: Value, mode: Value = NONE) -> Value:
    """``Image.fromarray``."""
    return Picture((unknown_dim(), unknown_dim(), unknown_dim()))


def new(at: Site, mode: Value, size: Value, color: Value = NONE) -> Value:
    """``Image.new(mode, (width, height))``."""
    sides = dims_of(at, size)
    width, height = sides if sides is not None and len(sides) == 2 else (unknown_dim(), unknown_dim())
    return Picture((_CHANNELS.get(text(mode) or "", unknown_dim()), height, width))


class Image:
    """The methods of an image."""

    @staticmethod
    def convert(at: Site, self: Picture, mode: Value = NONE, *args: Value, **kwargs: Value) -> Value:
        """``convert(mode)``: other channels."""
        channels = _CHANNELS.get(text(mode) or "", unknown_dim())
        return Picture((channels, *self.shape[1:]), self.prepared)

    @staticmethod
    def resize(at: Site, self: Picture, size: Value, *args: Value, **kwargs: Value) -> Value:
        """``resize((width, height))``."""
        sides = dims_of(at, size)
        width, height = sides if sides is not None and len(sides) == 2 else (unknown_dim(), unknown_dim())
        return Picture((self.shape[0], height, width))

    @staticmethod
    def crop(at: Site, self: Picture, box: Value = NONE, *args: Value, **kwargs: Value) -> Value:
        """``crop(box)``."""
        return Picture((self.shape[0], unknown_dim(), unknown_dim()))

    thumbnail = rotate = transpose = crop

    @staticmethod
    def copy(at: Site, self: Picture) -> Value:
        """A copy."""
        return self

    @staticmethod
    def size(at: Site, self: Picture) -> Value:
        """Width and height."""
        return Tuple((dimension(self.shape[2]), dimension(self.shape[1])))
