"""What a model of transformers is fed with: rows of a dataset, what a collator makes of them, and the call itself."""

from __future__ import annotations

import ast

from ft_lint.facts import Facts
from ft_lint.facts.hub import Collated, LabelsGiven, TokensRead
from ft_lint.interpreter.items import items_of
from ft_lint.interpreter.machine import Machine
from ft_lint.interpreter.signature import Arguments
from ft_lint.library.datasets.rows import columns, is_table
from ft_lint.library.torch.utils.data.collate import item
from ft_lint.library.tracing import loaders_of
from ft_lint.library.transformers.collators import collated, tokenizer_of
from ft_lint.values.base import NONE, Constant, Items, Unknown, Value, is_none
from ft_lint.values.callables import Bound, Class, Function, Instance, Partial
from ft_lint.values.containers import Dict, List, new_list
from ft_lint.values.hub import HubModel, TokenIds, Tokenizer
from ft_lint.values.module import Module, modules_of
from ft_lint.values.tensor import Tensor
from ft_lint.values.training import Dataset


def unwrapped(model: Module) -> Module:
    """The model itself, behind an adapter's wrapper."""
    inner = model.wrapped or (model.children.get("base_model") if model.hub is None else None)
    return unwrapped(inner) if isinstance(inner, Module) else model


def is_part(part: Module, model: Module) -> bool:
    """Whether a module is a model, or inside it."""
    return any(inner is part for inner in modules_of(model))


def hub_of(module: Module) -> HubModel | None:
    """Where a model comes from, also behind an adapter's wrapper."""
    return unwrapped(module).hub


def row_of(m: Machine, dataset: Value, node: ast.AST) -> Value:
    """What a row of a dataset looks like."""
    dataset = m.store.resolve(dataset)
    if is_table(dataset):
        return columns(dataset) or Unknown("a row of a table")
    if isinstance(dataset, List):
        return _row_of_list(m, dataset)
    return item(m, dataset, node) if isinstance(dataset, Dataset | Instance) else Unknown("a row")


def _row_of_list(m: Machine, dataset: List) -> Value:
    """The first row; labels are those of all rows, where they are written out."""
    items = items_of(m, dataset)
    if items is None or not items.values:
        return Unknown("a row of a list")
    first = m.store.resolve(items.values[0])
    if not isinstance(first, Dict) or not items.complete:
        return first
    rows = [one for value in items.values if isinstance(one := m.store.resolve(value), Dict)]
    entries = dict(first.entries)
    for name in ("label", "labels"):
        values = tuple(m.store.resolve(row.entries[name]) for row in rows if name in row.entries)
        if name in entries and len(values) == len(items.values) and all(isinstance(one, Constant) for one in values):
            entries[name] = new_list(values)
    return Dict(entries, dict(first.flags))


def batch_of(m: Machine, collator: Value, row: Value, node: ast.AST) -> Dict | None:
    """The batch that a collator makes of rows like ``row``: a library's, or a function of the script."""
    from ft_lint.interpreter.calls import call

    collator = m.store.resolve(collator)
    if not _is_of_the_script(collator):
        return collated(collator, row)
    made = m.store.resolve(call(m, collator, Arguments((new_list((row,), complete=False),)), node))
    return made if isinstance(made, Dict) else None


def _is_of_the_script(collator: Value) -> bool:
    match collator:
        case Function() | Bound(function=Function()):
            return True
        case Partial(function=inner):
            return _is_of_the_script(inner)
        case Instance(cls=Class() as cls):
            return cls.defines("__call__")
    return False


def note_batch(m: Machine, collator: Value, row: Value, model: Module, node: ast.AST) -> None:
    """Write down what a model is fed with."""
    m.emit(Collated, node, collator=m.store.resolve(collator), row=row, model=model)
    ids = row.entries.get("input_ids") if isinstance(row, Dict) else None
    if isinstance(ids, TokenIds):
        m.emit(TokensRead, node, model=model, tokenizer=ids.tokenizer)


def note_call(m: Machine, model: Module, arguments: Arguments, node: ast.AST) -> None:
    """Write down what a model of transformers is called with."""
    labels = m.store.resolve(arguments.keywords.get("labels", NONE))
    if not is_none(labels):
        m.emit(LabelsGiven, node, model=model, labels=labels, place=arguments.places.get("labels"))
    first = arguments.positional[0] if arguments.positional else NONE
    ids = m.store.resolve(arguments.keywords.get("input_ids", first))
    if isinstance(ids, TokenIds):
        m.emit(TokensRead, node, model=model, tokenizer=ids.tokenizer)
    for loader in loaders_of(arguments.all()):
        note_batch(m, loader.arguments["collate_fn"], row_of(m, loader.dataset, node), model, node)


def readers(facts: Facts, tokenizer: Tokenizer) -> list[Module]:
    """The models that surely read what a tokenizer gives: in their calls, in their batches, or in their trainer's."""
    found = [fact.model for fact in facts.of(TokensRead) if fact.tokenizer is tokenizer]
    found += [fact.model for fact in facts.of(Collated) if tokenizer_of(fact.collator) is tokenizer]
    return list(dict.fromkeys(found))


def largest_label(labels: Value) -> int | None:
    """The largest class among labels that are written out; None where they are not, or are no classes."""
    if isinstance(labels, Tensor):
        return labels.labels
    found = _whole_numbers(labels)
    return max(found) if found else None


def two_classes(labels: Value) -> bool:
    """Whether labels are written out, and are the whole numbers 0 and 1, both of them."""
    if isinstance(labels, Tensor):
        return labels.labels == 1 and labels.dtype == "int64"
    return _whole_numbers(labels) == {0, 1}


def _whole_numbers(labels: Value) -> set[int] | None:
    """The whole numbers in a list, or in lists inside it, but for -100; None where anything else is in it."""
    match labels:
        case Constant(int() as number) if not isinstance(number, bool):
            return {number} - {-100}
        case List(fields={"items": Items(values, True)}):
            parts = [_whole_numbers(value) for value in values]
            known = [part for part in parts if part is not None]
            return set().union(*known) if len(known) == len(parts) else None
    return None
