"""``HfArgumentParser``: objects of dataclasses, filled from the command line, else with their defaults."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import NONE, Unknown, Value
from ft_lint.values.callables import Class, Instance, Reference
from ft_lint.values.containers import Tuple


class HfArgumentParser:
    """``HfArgumentParser``."""

    @staticmethod
    def construct(at: Site, dataclass_types: Value = NONE, **settings: Value) -> Value:
        """``HfArgumentParser((ModelArguments, TrainingArguments))``."""
        return Instance("transformers.HfArgumentParser", arguments={"dataclass_types": dataclass_types}, node=at.node)

    @staticmethod
    def parse_args_into_dataclasses(at: Site, self: Instance, *args: Value, **settings: Value) -> Value:
        """One object for each class; what is only given on the command line or in a file is not known."""
        from ft_lint.interpreter.items import items_of

        asked = at.m.store.resolve(self.arguments.get("dataclass_types", Unknown("the classes of another parser")))
        if isinstance(asked, Class | Reference):
            return Tuple((_filled(at, asked),), complete=False)
        items = items_of(at.m, asked)
        if items is None or not items.complete:
            return at.unknown("objects of classes that we do not know")
        made = tuple(_filled(at, at.m.store.resolve(one)) for one in items.values)
        return Tuple(made, complete="return_remaining_strings" not in settings)


def _filled(at: Site, kind: Value) -> Value:
    """An object with the defaults of its class, each marked as one; a library's own settings are not known."""
    from ft_lint.interpreter.calls import instantiate
    from ft_lint.interpreter.signature import Arguments

    match kind:
        case Class() if kind.library_bases():
            return Instance(kind.name, kind, node=at.node, complete=False)
        case Class():
            return instantiate(at.m, kind, Arguments(), at.node)
        case Reference(path):
            return Instance(path, node=at.node, complete=False)
    return at.unknown("an object of a class that we do not know")
