"""``torchvision.transforms.functional``: what a step makes of one image.

An image is a :class:`Picture` (PIL) or a :class:`Tensor` of shape ``(..., channels, height, width)``.  Each function
raises Refused for what torchvision refuses, and knows nothing of an image that is neither.
"""

from __future__ import annotations

import dataclasses

from ft_lint.interpreter.items import items_of
from ft_lint.library.site import Refused, Site, dims_of
from ft_lint.light import replace
from ft_lint.values.base import NONE, Constant, Value, constant, integer, is_none, number, truth
from ft_lint.values.callables import Reference
from ft_lint.values.picture import Picture
from ft_lint.values.shape import Dim, Shape, add, equal, unknown_dim
from ft_lint.values.tensor import Tensor

Image = Picture | Tensor


def _shape(img: Image) -> Shape | None:
    known = img.shape
    return known if known is not None and len(known) >= 3 else None


def same(at: Site, img: Value) -> Value:
    """A step that keeps shape and kind."""
    match img:
        case Picture():
            return img
        case Tensor():
            return replace(at.result(img.shape, img), prepared=img.prepared)
    return at.unknown("an image that we do not know", img)


def _sized(at: Site, img: Value, height: Dim, width: Dim, *, equal_sizes: bool = True) -> Value:
    """The same image in another size; ``equal_sizes``: which is that of every image."""
    match img:
        case Picture(shape=shape, prepared=prepared):
            varied = prepared.varied and not equal_sizes
            return Picture((shape[0], height, width), replace(prepared, varied=varied))
        case Tensor(prepared=prepared):
            known = _shape(img)
            result = at.result((*known[:-2], height, width) if known else None, img)
            if prepared is None:
                return result
            varied = prepared.varied and not equal_sizes
            return replace(result, prepared=replace(prepared, varied=varied))
    return at.unknown("an image that we do not know", img)


def _sides(img: Value) -> tuple[Dim, Dim]:
    known = _shape(img) if isinstance(img, Picture | Tensor) else None
    return (known[-2], known[-1]) if known else (unknown_dim(), unknown_dim())


def _pair(at: Site, size: Value) -> tuple[Dim, Dim] | None:
    """``size`` as height and width; None where it is one number or unknown."""
    found = dims_of(at, size)
    return (found[0], found[1]) if found is not None and len(found) == 2 else None


def resize(
    at: Site,
    img: Value,
    size: Value,
    interpolation: Value = NONE,
    max_size: Value = NONE,
    antialias: Value = NONE,
) -> Value:
    """``resize``: two numbers are height and width, one is the shorter side (torchvision's documentation)."""
    pair = _pair(at, size)
    if pair is not None:
        return _sized(at, img, *pair)
    height, width = _sides(img)
    found = dims_of(at, size)
    shorter = found[0] if found is not None and len(found) == 1 else None
    misplaced = (integer(interpolation) or 0) > 5  # ``Resize(64, 64)``: Pillow has six filters
    if isinstance(shorter, int) and is_none(max_size) and not misplaced:
        if isinstance(height, int) and isinstance(width, int):
            longer = int(shorter * max(height, width) / min(height, width))
            sides = (longer, shorter) if height > width else (shorter, longer)
            return _sized(at, img, *sides, equal_sizes=False)
        if equal(height, width):
            return _sized(at, img, shorter, shorter, equal_sizes=False)
    return _sized(at, img, unknown_dim(), unknown_dim(), equal_sizes=False)


def center_crop(at: Site, img: Value, output_size: Value) -> Value:
    """``center_crop``: what is too small is padded."""
    sides = _square(at, output_size)
    return _sized(at, img, *sides)


def _square(at: Site, size: Value) -> tuple[Dim, Dim]:
    found = dims_of(at, size)
    if found is None or len(found) not in (1, 2):
        return unknown_dim(), unknown_dim()
    return found[0], found[-1]


def random_crop(at: Site, img: Value, size: Value, padding: Value = NONE, pad_if_needed: Value = NONE) -> Value:
    """What ``RandomCrop`` does: refuses images that are smaller than the crop."""
    height, width = _square(at, size)
    padded = img if is_none(padding) else pad(at, img, padding)
    if truth(pad_if_needed) in (None, False) or is_none(pad_if_needed):
        for have, want in zip(_sides(padded), (height, width), strict=True):
            if isinstance(have, int) and isinstance(want, int) and have < want:
                raise Refused("random_crop", f"a crop of {want} from an image of {have}", img)
    return _sized(at, img, height, width)


def random_resized_crop(at: Site, img: Value, size: Value) -> Value:
    """What ``RandomResizedCrop`` does."""
    return _sized(at, img, *_square(at, size))


def pad(at: Site, img: Value, padding: Value, fill: Value = NONE, padding_mode: Value = NONE) -> Value:
    """``pad``: one number for all sides, two for left/right and top/bottom, four for each (torchvision)."""
    found = dims_of(at, padding)
    height, width = _sides(img)
    match found:
        case [every]:
            left = top = right = bottom = every
        case [left, top]:
            right, bottom = left, top
        case [left, top, right, bottom]:
            pass
        case _:
            return _sized(at, img, unknown_dim(), unknown_dim(), equal_sizes=False)
    return _sized(at, img, add(height, add(top, bottom)), add(width, add(left, right)), equal_sizes=False)


def any_size(at: Site, img: Value, *args: Value) -> Value:
    """A step that may change the size in a way that we do not follow."""
    return _sized(at, img, unknown_dim(), unknown_dim(), equal_sizes=False)


def to_grayscale(at: Site, img: Value, num_output_channels: Value = NONE) -> Value:
    """``to_grayscale``: 1 or 3 channels; a tensor must have 1 or 3."""
    count: Dim = 1 if is_none(num_output_channels) else integer(num_output_channels) or unknown_dim()
    match img:
        case Picture(shape=shape, prepared=prepared):
            return Picture((count, *shape[1:]), prepared)
        case Tensor(shape=shape, prepared=prepared):
            known = _shape(img)
            result = at.result((*known[:-3], count, *known[-2:]) if known else None, img)
            return replace(result, prepared=prepared)
    return at.unknown("an image that we do not know", img)


def rgb(at: Site, img: Value) -> Value:
    """``grayscale_to_rgb``: three channels."""
    return to_grayscale(at, img, Constant(3))


def to_tensor(at: Site, pic: Value) -> Value:
    """``to_tensor``: a float tensor in [0, 1]; refuses tensors."""
    match pic:
        case Tensor(assumed=False):
            raise Refused("to_tensor", "it takes a PIL image and gets a tensor", pic)
        case Picture(shape=shape, prepared=prepared):
            return Tensor(shape=shape, dtype="float32", prepared=prepared)
    return Tensor(shape=(unknown_dim(), unknown_dim(), unknown_dim()), dtype=None, certain=False)


def pil_to_tensor(at: Site, pic: Value) -> Value:
    """``pil_to_tensor``: a tensor of bytes; refuses tensors."""
    match pic:
        case Tensor(assumed=False):
            raise Refused("pil_to_tensor", "it takes a PIL image and gets a tensor", pic)
        case Picture(shape=shape, prepared=prepared):
            return Tensor(shape=shape, dtype="uint8", prepared=prepared)
    return at.unknown("an image that we do not know", pic)


def to_pil_image(at: Site, pic: Value, mode: Value = NONE) -> Value:
    """``to_pil_image``: refuses PIL images."""
    match pic:
        case Picture():
            raise Refused("to_pil_image", "it takes a tensor and gets a PIL image", pic)
        case Tensor(shape=shape, prepared=prepared) if shape is not None and len(shape) == 3:
            return Picture(shape, prepared) if prepared else Picture(shape)
    return Picture((unknown_dim(), unknown_dim(), unknown_dim()))


def convert_image_dtype(at: Site, image: Value, dtype: Value = NONE) -> Value:
    """``convert_image_dtype``: refuses PIL images."""
    match image:
        case Picture():
            raise Refused("convert_image_dtype", "it takes a tensor and gets a PIL image", image)
        case Tensor(shape=shape, prepared=prepared):
            found = dtype.path.removeprefix("torch.") if isinstance(dtype, Reference) else None
            wanted = "float32" if is_none(dtype) else {"float": "float32"}.get(found or "", found)
            return replace(at.result(shape, image), prepared=prepared, dtype=wanted)  # a dict may name one by its kind
    return at.unknown("an image that we do not know", image)


def normalize(at: Site, tensor: Value, mean: Value, std: Value, inplace: Value = NONE) -> Value:
    """``normalize``: refuses PIL images, whole numbers, and more means than channels."""
    match tensor:
        case Picture():
            raise Refused("normalize", "it takes a tensor and gets a PIL image", tensor)
        case Tensor(dtype=dtype) if dtype is not None and not dtype.startswith(("float", "bfloat", "complex")):
            raise Refused("normalize", f"it takes a float tensor and gets {dtype}", tensor)
        case Tensor():
            known = _shape(tensor)
            for given in (mean, std):
                items = items_of(at.m, given)
                count = len(items.values) if items is not None and items.complete else None
                channels = known[-3] if known else None
                if count is not None and count > 1 and isinstance(channels, int) and channels != count:
                    why = f"it has {count} means and the images have {channels} channel{'s' * (channels != 1)}"
                    raise Refused("normalize", why, tensor, gets=channels, takes=count)
            return same(at, tensor)
    return at.unknown("an image that we do not know", tensor)


def normalize_v2(at: Site, tensor: Value, mean: Value, std: Value) -> Value:
    """``v2.Normalize``: one channel becomes as many as there are means."""
    known, items = _shape(tensor) if isinstance(tensor, Tensor) else None, items_of(at.m, mean)
    count = len(items.values) if items is not None and items.complete else None
    if isinstance(tensor, Tensor) and known and known[-3] == 1 and count is not None and count > 1:
        return replace(tensor, shape=(*known[:-3], count, *known[-2:]))
    return normalize(at, tensor, mean, std)


def erase(at: Site, img: Value, *args: Value) -> Value:
    """``erase``, as ``RandomErasing`` uses it: refuses PIL images."""
    if isinstance(img, Picture):
        raise Refused("erase", "it takes a tensor and gets a PIL image", img)
    return same(at, img)


def scaled(value: Value) -> float | None:
    """A number among a transform's settings."""
    return number(value) if constant(value) is not None else None


hflip = vflip = same
