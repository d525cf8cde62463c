"""A script as a LibCST tree: what mutators look for in it, and how they change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import libcst as cst

Change = Mapping[cst.CSTNode, cst.CSTNode]
"""Nodes, each with what stands in its place; none inside another."""
Block = cst.Module | cst.IndentedBlock
_Node = TypeVar("_Node", bound=cst.CSTNode)


class Script:
    """A parsed script.  Raises cst.ParserSyntaxError."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.module = cst.parse_module(text)
        self._parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self._nodes: list[cst.CSTNode] = []
        waiting: list[cst.CSTNode] = [self.module]
        while waiting:
            node = waiting.pop()
            self._nodes.append(node)
            children = list(node.children)
            self._parents.update(dict.fromkeys(children, node))
            waiting.extend(reversed(children))

    def mentions(self, *words: str) -> bool:
        """Whether one of the words stands anywhere in the text."""
        return any(word in self.text for word in words)

    def all(self, kind: type[_Node], inside: cst.CSTNode | None = None) -> Iterator[_Node]:
        """The nodes of a kind, in order."""
        for node in self._nodes:
            if isinstance(node, kind) and (inside is None or inside in self.around(node)):
                yield node

    def around(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """What a node stands in, innermost first."""
        while node in self._parents:
            node = self._parents[node]
            yield node

    def nearest(self, node: cst.CSTNode, *kinds: type[cst.CSTNode]) -> cst.CSTNode:
        """The innermost of these kinds around a node; the module where there is none."""
        return next((one for one in self.around(node) if isinstance(one, kinds)), self.module)

    def calls(self, *names: str, inside: cst.CSTNode | None = None) -> Iterator[cst.Call]:
        """The calls of what is called so, whatever it belongs to."""
        return (call for call in self.all(cst.Call, inside) if last_name(call.func) in names)

    def statements(self, *names: str, inside: cst.CSTNode | None = None) -> Iterator[tuple[Block, int, cst.Call]]:
        """The statements that are nothing but such a call: the block, the place in it, the call."""
        for call in self.calls(*names, inside=inside):
            place = self.place(call)
            if place is not None and isinstance(self._parents[call], cst.Expr):
                yield *place, call

    def place(self, node: cst.CSTNode) -> tuple[Block, int] | None:
        """Block and index of the statement that a node stands in; None where others share its line."""
        line = next((one for one in (node, *self.around(node)) if isinstance(one, cst.SimpleStatementLine)), None)
        if line is None or len(line.body) != 1:
            return None
        block = self._parents[line]
        if not isinstance(block, cst.Module | cst.IndentedBlock):
            return None
        return block, next(index for index, one in enumerate(block.body) if one is line)

    def place_of_compound(self, node: cst.CSTNode) -> tuple[Block, int] | None:
        """Block and index of a loop, a branch or the like."""
        block = self._parents.get(node)
        if not isinstance(block, cst.Module | cst.IndentedBlock):
            return None
        return block, next(index for index, one in enumerate(block.body) if one is node)

    def assigned(self, *makers: str) -> Iterator[tuple[str, cst.Call]]:
        """Targets (as they are written) to which the result of such a call is assigned."""
        for call in self.calls(*makers):
            parent = self._parents[call]
            if isinstance(parent, cst.Assign) and len(parent.targets) == 1:
                yield code(parent.targets[0].target), call

    def imports(self) -> set[str]:
        """The packages that are imported; "" for what stands beside the script."""
        found = {code(alias.name).partition(".")[0] for line in self.all(cst.Import) for alias in line.names}
        for line in self.all(cst.ImportFrom):
            found.add("" if line.relative or line.module is None else code(line.module).partition(".")[0])
        return found

    def changed(self, change: Change) -> str:
        """The text after a change."""
        changed = self.module.visit(_Replaced(change))
        assert isinstance(changed, cst.Module)
        return changed.code


class _Replaced(cst.CSTTransformer):
    def __init__(self, change: Change) -> None:
        super().__init__()
        self.change = change

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Any:
        return self.change.get(original_node, updated_node)


def code(node: cst.CSTNode) -> str:
    """A node as text."""
    return cst.Module([]).code_for_node(node).strip()


def expression(text: str) -> cst.BaseExpression:
    """A text as an expression; one of several lines may owe that to a bracket around it."""
    return cst.parse_expression(f"({text})" if "\n" in text else text)


def statement(text: str) -> cst.BaseStatement:
    """A text as a statement."""
    found = cst.parse_statement(text)
    assert isinstance(found, cst.BaseStatement)
    return found


def last_name(node: cst.CSTNode) -> str:
    """``c`` of ``a.b.c``; nothing of what has no name."""
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def receiver(call: cst.Call) -> str:
    """What a method is called of, as it is written."""
    return code(call.func.value) if isinstance(call.func, cst.Attribute) else ""


def argument(call: cst.Call, name: str, index: int | None = None) -> cst.Arg | None:
    """An argument by its keyword, else by its place."""
    for place, arg in enumerate(call.args):
        if arg.keyword is not None and arg.keyword.value == name:
            return arg
        if arg.keyword is None and not arg.star and place == index:
            return arg
    return None


def with_argument(call: cst.Call, name: str, value: str) -> cst.Call:
    """A call with one more keyword."""
    more = expression(f"f({name}={value})")
    assert isinstance(more, cst.Call)
    return call.with_changes(args=[*call.args, *more.args])


def without_argument(call: cst.Call, gone: cst.Arg) -> cst.Call:
    """A call without one of its arguments."""
    kept = [arg for arg in call.args if arg is not gone]
    return call.with_changes(args=[*kept[:-1], kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)] if kept else [])


def body(block: Block, statements: Sequence[cst.CSTNode]) -> Change:
    """A block with other statements."""
    return {block: block.with_changes(body=statements or [statement("pass")])}


def dropped(block: Block, index: int) -> Change:
    """A block without one statement."""
    return body(block, [one for place, one in enumerate(block.body) if place != index])


def moved(block: Block, index: int, to: int) -> Change:
    """A block with one statement before (or, for a later place, behind) another one."""
    rest = [one for place, one in enumerate(block.body) if place != index]
    return body(block, [*rest[:to], block.body[index], *rest[to:]])


def inserted(block: Block, index: int, *new: cst.CSTNode) -> Change:
    """A block with more statements before one."""
    return body(block, [*block.body[:index], *new, *block.body[index:]])
