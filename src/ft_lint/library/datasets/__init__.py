"""``datasets``: tables of examples, and which rows of which data a table holds.

A table is a :class:`ft_lint.values.training.Dataset` of kind ``datasets.Dataset`` whose ``parent`` is what it was made
from; ``arguments["how"]`` names the method.  Every method gives a new table and leaves its own as it is, but for
``set_format`` and ``reset_format`` (documentation of ``datasets``, "Process").
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ft_lint.facts.data import DatasetBuilt
from ft_lint.library.datasets.rows import SLICED
from ft_lint.library.site import Site
from ft_lint.library.torch.utils.data import randomness
from ft_lint.values.base import FALSE, NONE, Constant, Value, is_none, text
from ft_lint.values.callables import Instance
from ft_lint.values.containers import Dict
from ft_lint.values.training import Dataset as Table
from ft_lint.values.training import Drawing, Randomness

TABLE = "datasets.Dataset"
TABLES = "datasets.DatasetDict"


def load_dataset(at: Site, path: Value, name: Value = NONE, *, split: Value = NONE, **settings: Value) -> Value:
    """``load_dataset("imdb")``: all splits, or the one that ``split`` names, as in ``"train[:80%]"``."""
    told = {"path": path, "name": name, **settings}
    if is_none(split):
        return Instance(TABLES, arguments=told, node=at.node)
    asked = text(split)
    if asked is None or "+" in asked:
        return _table(at, {**told, "split": split, "how": Constant("load")})
    whole, part = re.fullmatch(SLICED, asked), asked.partition("[")[0]
    loaded = _table(at, {**told, "split": Constant(part), "how": Constant("load")})
    if whole is None or "[" not in asked:
        return loaded
    return _made(at, loaded, "slice", {"slice": Constant(asked.partition("[")[2].rstrip("]"))})


def _table(at: Site, arguments: dict[str, Value], parent: Value | None = None) -> Table:
    made = Table(TABLE, arguments, parent=parent, node=at.node)
    at.emit(DatasetBuilt, dataset=made)
    return made


def _made(at: Site, table: Value, how: str, arguments: dict[str, Value], **where: object) -> Table:
    made = Table(TABLE, {"how": Constant(how), **arguments}, parent=table, node=at.node, **where)  # type: ignore[arg-type]
    at.emit(DatasetBuilt, dataset=made)
    return made


def concatenate_datasets(at: Site, dsets: Value, **settings: Value) -> Value:
    """``concatenate_datasets([a, b])``: the rows of several tables."""
    return _table(at, {"how": Constant("concatenate"), "parts": dsets})


def _method(how: str) -> Callable[..., Value]:
    """A method that gives a table whose rows are those of its own, or some of them."""

    def call(at: Site, self: Table, *args: Value, **settings: Value) -> Value:
        passed = dict(zip(("first", "second"), args, strict=False))
        return _made(at, self, how, {**passed, **settings})

    return call


def _map(at: Site, self: Value, function: Value = NONE, **settings: Value) -> Value:
    """``map(function)``: the function runs on an example, or a batch of them, that we do not know."""
    gives = _applied(at, function, settings.get("batched", FALSE))
    if isinstance(self, Table):
        return _made(at, self, "map", {"function": function, "gives": gives, **settings})
    return _each(at, self, "map", {"function": function, "gives": gives, **settings})


def _applied(at: Site, function: Value, batched: Value) -> Value:
    from ft_lint.interpreter.calls import call
    from ft_lint.interpreter.signature import Arguments

    if is_none(function):
        return NONE
    example = Dict({}, {"incomplete": Constant(True), "batched": batched})
    return at.m.store.resolve(call(at.m, function, Arguments((example,)), at.node))


class Dataset:
    """The methods of a table."""

    map = staticmethod(_map)
    filter = staticmethod(_method("filter"))
    select = staticmethod(_method("select"))
    shuffle = staticmethod(_method("shuffle"))
    sort = staticmethod(_method("sort"))
    shard = staticmethod(_method("shard"))
    take = staticmethod(_method("take"))
    skip = staticmethod(_method("skip"))
    rename_column = staticmethod(_method("rename_column"))
    rename_columns = staticmethod(_method("rename_columns"))
    remove_columns = staticmethod(_method("remove_columns"))
    select_columns = staticmethod(_method("select_columns"))
    add_column = staticmethod(_method("add_column"))
    cast = staticmethod(_method("cast"))
    cast_column = staticmethod(_method("cast_column"))
    class_encode_column = staticmethod(_method("class_encode_column"))
    flatten = staticmethod(_method("flatten"))
    with_format = staticmethod(_method("with_format"))
    with_transform = staticmethod(_method("with_transform"))

    @staticmethod
    def set_format(at: Site, self: Value, *args: Value, **settings: Value) -> Value:
        """In place."""
        return NONE

    reset_format = set_transform = save_to_disk = push_to_hub = to_csv = to_json = set_format

    @staticmethod
    def train_test_split(
        at: Site, self: Value, *args: Value, generator: Value = NONE, seed: Value = NONE, **settings: Value
    ) -> Value:
        """Two tables that share no row, as ``train`` and ``test``."""
        drawn = Drawing(Randomness(seed) if not is_none(seed) else randomness(at, generator))
        made = Instance(TABLES, arguments={"how": Constant("train_test_split"), "first": self}, node=at.node)
        for part, name in enumerate(("train", "test")):
            made.fields[name] = _made(at, self, "train_test_split", {}, part=part, split=drawn)
        return made

    @staticmethod
    def from_dict(at: Site, mapping: Value, *args: Value, **settings: Value) -> Value:
        """A table made from columns, from a list of rows, or from files."""
        return _table(at, {"how": Constant("from"), "first": mapping})

    from_list = from_pandas = from_csv = from_json = from_generator = from_parquet = from_text = from_dict


IterableDataset = Dataset


def _each(at: Site, tables: Value, how: str, arguments: dict[str, Value]) -> Value:
    """The same method for every split."""
    if not isinstance(tables, Instance):
        return at.unknown("a method of something unknown", tables)
    made = Instance(TABLES, arguments={"how": Constant(how), "of": tables, **arguments}, node=at.node)
    for name, table in tables.fields.items():
        made.fields[name] = _made(at, at.m.store.resolve(table), how, arguments)
    return made


def _each_method(how: str) -> Callable[..., Value]:
    def call(at: Site, self: Value, *args: Value, **settings: Value) -> Value:
        return _each(at, self, how, {**dict(zip(("first", "second"), args, strict=False)), **settings})

    return call


class DatasetDict:
    """Tables by the names of splits."""

    map = staticmethod(_map)
    filter = staticmethod(_each_method("filter"))
    shuffle = staticmethod(_each_method("shuffle"))
    sort = staticmethod(_each_method("sort"))
    rename_column = staticmethod(_each_method("rename_column"))
    rename_columns = staticmethod(_each_method("rename_columns"))
    remove_columns = staticmethod(_each_method("remove_columns"))
    select_columns = staticmethod(_each_method("select_columns"))
    cast = staticmethod(_each_method("cast"))
    cast_column = staticmethod(_each_method("cast_column"))
    class_encode_column = staticmethod(_each_method("class_encode_column"))
    flatten = staticmethod(_each_method("flatten"))
    with_format = staticmethod(_each_method("with_format"))
    with_transform = staticmethod(_each_method("with_transform"))
    set_format = reset_format = set_transform = save_to_disk = push_to_hub = staticmethod(Dataset.set_format)

    @staticmethod
    def construct(at: Site, splits: Value = NONE, **settings: Value) -> Value:
        """``DatasetDict({"train": a, "test": b})``."""
        made = Instance(TABLES, arguments={"how": Constant("dict")}, node=at.node)
        if isinstance(splits, Dict):
            made.fields.update(splits.entries)
        made.fields.update(settings)
        return made

    @staticmethod
    def __getitem__(at: Site, self: Instance, key: Value) -> Value:
        """One split: the same table each time."""
        name = text(key)
        if name is None or "escaped" in self.fields:
            return at.unknown("a split that we do not know", self)
        if name not in self.fields:
            at.m.store.write(self.fields, name, _split(at, self, name))
        return at.m.store.resolve(self.fields[name])

    @staticmethod
    def __setitem__(at: Site, self: Instance, key: Value, value: Value) -> Value:
        """``tables["train"] = table``."""
        name = text(key)
        if name is None:
            at.m.store.write(self.fields, "escaped", Constant(True))
        else:
            at.m.store.write(self.fields, name, value)
        return NONE

    @staticmethod
    def pop(at: Site, self: Instance, key: Value) -> Value:
        """The split, which is no longer there."""
        return DatasetDict.__getitem__(at, self, key)

    @staticmethod
    def from_csv(at: Site, *args: Value, **settings: Value) -> Value:
        """Tables from files."""
        return Instance(TABLES, arguments={"how": Constant("from")}, node=at.node)

    from_json = from_parquet = from_text = from_csv


IterableDatasetDict = DatasetDict


def _split(at: Site, tables: Instance, name: str) -> Value:
    """A split that nobody has asked for yet."""
    of = tables.arguments.get("of")
    if isinstance(of, Instance):
        passed = {key: value for key, value in tables.arguments.items() if key not in ("of", "how")}
        how = text(tables.arguments["how"]) or ""
        made = Table(
            TABLE,
            {"how": Constant(how), **passed},
            parent=DatasetDict.__getitem__(at, of, Constant(name)),
            node=tables.node,
        )
        at.emit(DatasetBuilt, dataset=made)
        return made
    if "path" in tables.arguments:
        return _table(at, {**tables.arguments, "split": Constant(name), "how": Constant("load")})
    return at.unknown("a split that we do not know", tables)
