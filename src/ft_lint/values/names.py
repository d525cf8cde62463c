"""Names of parameters that are not seen one by one: how they begin, and what they are put together from."""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint.light import dataclass
from ft_lint.values.base import UnknownText, Value
from ft_lint.values.module import Module, named_parameters, walk
from ft_lint.values.tensor import Parameter

WORDS = "(words)"
"""The field of a module that holds the words of its parameters' names."""


@dataclass(frozen=True, slots=True, eq=False)
class Words(Value):
    """What the names of a module's parameters are put together from, numbers apart."""

    words: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class NameBelow(UnknownText):
    """The name of one of several parameters: ``prefix``, and behind it words and numbers with dots between them.

    >>> name = NameBelow("", prefix="bert.", words=frozenset({"encoder", "layer", "LayerNorm", "weight"}))
    >>> name.contains("classifier"), name.contains("bert"), name.contains("LayerNorm.w"), name.begins_with("encoder.")
    (False, True, None, False)
    """

    prefix: str = ""
    words: frozenset[str] = frozenset()

    def contains(self, part: str) -> bool | None:
        """Whether a text stands in the name; None where it does in some of the names, or may."""
        if part in self.prefix:
            return True
        pieces = part.split(".")
        heads = (".".join(pieces[:count]) + "." for count in range(1, len(pieces)))
        across = any(self.prefix.endswith(head) and self._begin(part[len(head) :].split(".")) for head in heads)
        return None if across or self._hold(pieces) else False

    def begins_with(self, part: str) -> bool | None:
        """Whether the name begins with a text; None where some of the names do, or may."""
        if self.prefix.startswith(part):
            return True
        below = part.removeprefix(self.prefix)
        return None if part.startswith(self.prefix) and self._begin(below.split(".")) else False

    def ends_with(self, part: str) -> bool | None:
        """Whether the name ends with a text; None where some of the names do, or may."""
        return None if any(word.endswith(part.rpartition(".")[2]) for word in self.words) else False

    def _begin(self, pieces: list[str]) -> bool:
        """Whether words in a row may begin with these pieces."""
        *whole, last = pieces
        return all(map(self._is_word, whole)) and (last.isdigit() or any(word.startswith(last) for word in self.words))

    def _hold(self, pieces: list[str]) -> bool:
        """Whether these pieces may stand somewhere in words in a row."""
        if len(pieces) == 1:
            return pieces[0].isdigit() or any(pieces[0] in word for word in self.words)
        ended = pieces[0].isdigit() or any(word.endswith(pieces[0]) for word in self.words)
        return ended and self._begin(pieces[1:])

    def _is_word(self, piece: str) -> bool:
        return piece.isdigit() or piece in self.words


def parameters_by_name(module: Module) -> Iterator[tuple[str | NameBelow | None, Parameter]]:
    """All parameters, each once, with their names as far as these are known."""
    below = _words_of_parts(module)
    if not below:
        yield from named_parameters(module)
        return
    owners = {id(here.rest): name for name, here in walk(module) if here.rest is not None}
    for name, parameter in named_parameters(module):
        owner = owners.get(id(parameter)) if name is None else None
        words = below.get(owner) if owner is not None else None
        prefix = f"{owner}." if owner else ""
        yield name if words is None else NameBelow("a name", prefix=prefix, words=words.words), parameter


def _words_of_parts(module: Module) -> dict[str, Words]:
    """The words of a module's parts by their dotted names; those that it was split into have its own."""
    found: dict[str, Words] = {}
    kinds: dict[str, str] = {}
    for name, here in walk(module):
        if here.kind.startswith("peft."):
            return {}  # adapters put parameters of their own everywhere
        kinds[name], above = here.kind, name.rpartition(".")[0]
        own = here.fields.get(WORDS)
        if isinstance(own, Words):
            found[name] = own
        elif above != name and above in found and here.kind == f"{kinds[above]}.?":
            found[name] = found[above]
    return found
