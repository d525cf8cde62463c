"""What a node says, as text: for messages, and to compare what a script wrote in two places."""

from __future__ import annotations

import ast


def source_of(node: ast.AST | None) -> str:
    """The source of a node in ``ast``'s own layout: quotes, spaces and line ends are not the script's; "" for none."""
    if node is None:
        return ""
    return dotted_name(node) or _unparsed(node)


def dotted_name(node: ast.AST) -> str | None:
    """``a.b.c`` for a name, or for an attribute of one; None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def _unparsed(node: ast.AST) -> str:
    try:
        return ast.unparse(node)
    except RecursionError:  # ast writes recursively
        return "..."
