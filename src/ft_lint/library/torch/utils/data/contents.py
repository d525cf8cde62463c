"""What two datasets have to do with each other: whether one holds the other's items, whether they differ in length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ft_lint.library.torch.utils.data import length, same_data, share_out
from ft_lint.values.array import Array
from ft_lint.values.base import NONE, Choice, Constant, Unknown, Value, is_none, same
from ft_lint.values.callables import Function, Instance
from ft_lint.values.containers import Dict, List, Tuple
from ft_lint.values.training import Dataset, Rows, are_same_rows, draw_apart


def holds(whole: Value, part: Value) -> bool:
    """Whether one dataset surely has every item of another: it is that one, its twin, or what it was taken from."""
    pairs = ((one, up) for one in _joined(whole) for up in _taken_from(part))
    return any(
        (one is up and not is_none(one)) or _are_twins(one, up) or _is_made_from_part(one, up) for one, up in pairs
    )


def drawn_apart(left: Value, right: Value) -> tuple[Rows, Rows] | None:
    """The rows of two datasets, of the same data, that two random splits surely drew each on its own."""
    pairs = [(one, two) for one in _rows_of(left) for two in _rows_of(right) if _of_same_whole(one, two)]
    if isinstance(left, Dataset) and isinstance(right, Dataset) and not share_out(left, right):
        return None
    apart = all(one.drawing and two.drawing and draw_apart(one.drawing, two.drawing) for one, two in pairs)
    return pairs[0] if pairs and apart else None


def _rows_of(dataset: Value) -> list[Rows]:
    """The rows that a dataset gets its items from: what an object of the script holds, the indices of a subset."""
    held: list[Value | None] = []
    match dataset:
        case Instance(fields=fields):
            held += fields.values()
        case Dataset(arguments=arguments):
            held.append(arguments.get("indices"))
    drawn = [one.drawn if isinstance(one, Array) else one for one in held]
    return [one for one in drawn if isinstance(one, Rows)]


def _of_same_whole(left: Rows, right: Rows) -> bool:
    return left.whole is right.whole and left.version == right.version


def differ_in_length(left: Value, right: Value) -> bool:
    """Whether two datasets surely have different numbers of items."""
    mine, other = _count(left), _count(right)
    if mine is not None and other is not None:
        return mine != other
    return _is_split_off(left, right) or _is_split_off(right, left) or _are_uneven(left, right)


def are_apart(left: Value, right: Value) -> bool:
    """Whether two datasets surely hold other items: parts by other indices, or data of another name."""
    if not (isinstance(left, Dataset) and isinstance(right, Dataset)):
        return False
    if share_out(left, right):
        one, two = left.arguments.get("indices"), right.arguments.get("indices")
        return one is not None and two is not None and not same(one, two)
    if left.parent is not None or right.parent is not None or left.kind != right.kind:
        return False
    if not left.kind.startswith("torchvision.datasets."):
        return False
    from ft_lint.library.torchvision.datasets import is_as_published

    as_published = is_as_published(left) and is_as_published(right)
    return as_published and any(_differ(left, right, name) for name in ("root", "train", "split"))


def _count(dataset: Value) -> int | None:
    """How many items a dataset has: as the script shows, or as torchvision's documentation says of it as it comes."""
    from ft_lint.library.torchvision.datasets import published_length

    found = length(dataset)
    return published_length(dataset) if found is None and isinstance(dataset, Dataset) else found


def _is_split_off(part: Value, whole: Value) -> bool:
    """Whether one is a part that a random split made of the other, or of its twin, and not a whole one itself."""
    return any(up is whole or _are_twins(up, whole) for up in _split_from(part))


def _split_from(part: Value) -> Iterator[Value]:
    while isinstance(part, Dataset) and part.split is not None and part.parent is not None:
        part = part.parent
        yield part


def _taken_from(part: Value) -> Iterator[Value]:
    """A dataset, what its items are chosen from, and so on."""
    here: Value | None = part
    while here is not None:
        yield here
        here = here.base if isinstance(here, Dataset) else None


def _joined(whole: Value) -> Iterator[Value]:
    """A dataset, and those that it puts one behind the other."""
    yield whole
    match whole:
        case Dataset(kind="torch.utils.data.ConcatDataset", arguments={"datasets": Tuple(values=parts)}):
            for part in parts:
                yield from _joined(part)


def _are_twins(left: Value, right: Value) -> bool:
    """Whether two datasets that are no parts hold the same items, whatever their transforms."""
    if isinstance(left, Instance) and isinstance(right, Instance):
        return _are_made_alike(left, right)
    if not (isinstance(left, Dataset) and isinstance(right, Dataset)) or left.parent or right.parent:
        return False
    seen = _says_which(left) and _says_which(right)
    return seen and same_data(left, right) and not _may_be_set_apart(left, right)


def _are_made_alike(left: Instance, right: Instance) -> bool:
    """Whether two objects of one class of the script's were made from the same data, and whatever else says what they
    give, or hold the same.
    """
    if not _are_of_one_class(left, right):
        return False
    return _say_the_same(_given(left), _given(right)) or _say_the_same(left.fields, right.fields)


def _are_of_one_class(left: Instance, right: Instance) -> bool:
    """Whether two objects are of one class of the script's, all of which is seen."""
    open_ = left.cls is None or left.cls.is_open or "escaped" in {*left.fields, *right.fields}
    return not open_ and left.cls is right.cls


def _is_made_from_part(whole: Value, part: Value) -> bool:
    """Whether an object of one of the script's classes was made from rows that a split drew of what the other was."""
    if not (isinstance(whole, Instance) and isinstance(part, Instance) and _are_of_one_class(whole, part)):
        return False
    mine, theirs = _given(whole), _given(part)
    drawn = [name for name in mine if name in theirs and _is_drawn_from(theirs[name], mine[name])]
    rest = [{name: value for name, value in each.items() if name not in drawn} for each in (mine, theirs)]
    return bool(drawn) and _agree(*rest)


def _is_drawn_from(rows: Value, whole: Value) -> bool:
    """Whether rows are a part that a split drew of something."""
    drawn = rows.drawn if isinstance(rows, Array) else rows
    return isinstance(drawn, Rows) and drawn.drawing is not None and drawn.whole is whole


def _given(dataset: Instance) -> dict[str, Value]:
    """What an object was made with, by the attributes that keep it, else by the parameters that took it."""
    held = ((name, value) for name, value in dataset.fields.items() if not isinstance(value, Constant))  # many are True
    kept = {id(value): name for name, value in held}
    return {kept.get(id(value), _parameter(dataset, key)): value for key, value in dataset.made_with}


def _parameter(dataset: Instance, key: int | str) -> str:
    """The name of an argument; of one that ``*args`` takes, or a class further up, its place."""
    made = dataset.cls.scope.names.get("__init__") if dataset.cls is not None else None
    if isinstance(key, str) or not isinstance(made, Function):
        return str(key)
    names = [one.arg for one in (*made.node.args.posonlyargs, *made.node.args.args)][1:]
    return names[key] if key < len(names) else str(key)


def _say_the_same(mine: Mapping[str, Value], theirs: Mapping[str, Value]) -> bool:
    """Whether two objects have the same of these, transforms apart, and some of it is data."""
    return _agree(mine, theirs) and any(_are_same_data(mine[name], theirs[name], name) for name in _telling(mine))


def _agree(mine: Mapping[str, Value], theirs: Mapping[str, Value]) -> bool:
    """Whether two objects have the same of these, transforms apart."""
    names = _telling(mine)
    return names == _telling(theirs) and all(
        _are_same_data(mine[name], theirs[name]) or same(mine[name], theirs[name]) for name in names
    )


def _telling(held: Mapping[str, Value]) -> list[str]:
    """The names of what says which items an object gives: of all but transforms."""
    return [name for name, value in held.items() if not _speaks_of(name, _TRANSFORMS) and not _is_transform(value)]


def _is_transform(value: Value) -> bool:
    return isinstance(value, Instance) and value.kind.startswith(("torchvision.transforms.", "albumentations."))


def _speaks_of(name: str, words: tuple[str, ...]) -> bool:
    return any(word in name.lower() for word in words)


_TRANSFORMS = ("transform", "augment", "tfm")
_DATA = ("data", "df", "frame", "csv", "file", "path", "root", "dir", "image", "img", "sample", "text", "sentence")


def _are_same_data(left: Value, right: Value, name: str = "data") -> bool:
    """Whether two values are the same array, table, list or dataset, the same rows of one, or something unknown that
    goes by the ``name`` of data.
    """
    match left, right:
        case ((Array(drawn=Rows() as one) | (Rows() as one)), (Array(drawn=Rows() as two) | (Rows() as two))):
            return are_same_rows(one, two) or left is right
        case Dataset(), Dataset() if _are_twins(left, right):
            return True
    known = isinstance(left, Array | List | Dict | Dataset)
    return left is right and (known or (type(left) in (Unknown, Choice) and _speaks_of(name, _DATA)))


def _may_be_set_apart(left: Dataset, right: Dataset) -> bool:
    """Whether settings of two names, whose defaults happen to be alike, say which items two datasets have."""
    mine, theirs = ({one for value in data.arguments.values() for one in _defaults(value)} for data in (left, right))
    return mine != theirs


def _defaults(value: Value) -> Iterator[str | int]:
    """The settings that an argument is, or is put together from, by their names, else each by itself."""
    match value:
        case Constant(default=str() as name):
            yield name
        case Constant(default=True):
            yield id(value)
        case Tuple(values=parts) | Instance(kind="pathlib.Path", arguments={"parts": Tuple(values=parts)}):
            for part in parts:
                yield from _defaults(part)


def _says_which(dataset: Dataset) -> bool:
    """Whether the script shows which items a dataset holds."""
    if not dataset.kind.startswith("torchvision.datasets."):
        return True
    from ft_lint.library.torchvision.datasets import says_which

    return says_which(dataset)


def _are_uneven(left: Value, right: Value) -> bool:
    """Whether two are parts of one random split which the script gives different lengths."""
    if not (isinstance(left, Dataset) and isinstance(right, Dataset)) or left.split is not right.split:
        return False
    one, two = left.arguments.get("length", NONE), right.arguments.get("length", NONE)
    return left.split is not None and left.part != right.part and not same(one, two)


def _differ(left: Dataset, right: Dataset, name: str) -> bool:
    """Whether an argument of two datasets is surely not the same."""
    one, two = left.arguments.get(name), right.arguments.get(name)
    return isinstance(one, Constant) and isinstance(two, Constant) and bool(one.value != two.value)
