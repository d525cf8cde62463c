"""What a model of transformers is fed with: rows of a dataset, what a collator makes of them, and the call itself."""

from __future__ import annotations

import libcst as cst

from ft_lint.facts import Facts
from ft_lint.facts.hub import Collated, LabelsGiven, TokensRead
from ft_lint.interpreter.items import items_of
from ft_lint.interpreter.machine import Machine
from ft_lint.interpreter.signature import Arguments
from ft_lint.library.datasets.rows import columns, is_table
from ft_lint.library.torch.utils.data.collate import item
from ft_lint.library.tracing import loaders_of
from ft_lint.library.transformers.collators import collated, tokenizer_of
from ft_lint.values.base import NONE, Unknown, Value, is_none
from ft_lint.values.callables import Bound, Class, Function, Instance, Partial
from ft_lint.values.containers import Dict, List, new_list
from ft_lint.values.hub import HubModel, TokenIds, Tokenizer
from ft_lint.values.module import Module
from ft_lint.values.training import Dataset


def hub_of(module: Module) -> HubModel | None:
    """Where a model comes from, also behind an adapter's wrapper."""
    inner = module.children.get("base_model") if module.kind.startswith("peft.") else None
    return hub_of(inner) if isinstance(inner, Module) else module.hub


def row_of(m: Machine, dataset: Value, node: cst.CSTNode) -> Value:
    """What a row of a dataset looks like."""
    dataset = m.store.resolve(dataset)
    if is_table(dataset):
        return columns(dataset) or Unknown("a row of a table")
    if isinstance(dataset, List):
        items = items_of(m, dataset)
        return m.store.resolve(items.values[0]) if items is not None and items.values else Unknown("a row of a list")
    return item(m, dataset, node) if isinstance(dataset, Dataset | Instance) else Unknown("a row")


def batch_of(m: Machine, collator: Value, row: Value, node: cst.CSTNode) -> Dict | None:
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
            return any("__call__" in base.scope.names for base in cls.lineage() if isinstance(base, Class))
    return False


def note_batch(m: Machine, collator: Value, row: Value, model: Module, node: cst.CSTNode) -> None:
    """Write down what a model is fed with."""
    m.emit(Collated, node, collator=m.store.resolve(collator), row=row, model=model)
    ids = row.entries.get("input_ids") if isinstance(row, Dict) else None
    if isinstance(ids, TokenIds):
        m.emit(TokensRead, node, model=model, tokenizer=ids.tokenizer)


def note_call(m: Machine, model: Module, arguments: Arguments, node: cst.CSTNode) -> None:
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
