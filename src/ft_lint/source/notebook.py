"""Jupyter notebooks as one program: the code cells in order, and back again.

All versions of the format that are met are read: cells with ``source`` (4) or, within worksheets, with ``input`` (2 and
3); a text or a list of lines.  What IPython alone understands (``%magic``, ``!command``, ``name?``) is Python that does
nothing on the same line, so that lines and columns stay what they are.  Written back are only the changed lines; every
other byte of the file stays.

Sources: "The Notebook file format" (nbformat's documentation), "IPython reference" (IPython's).
"""

from __future__ import annotations

import ast
import json
import keyword
import re
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from ft_lint.source.cells import INDENTED, SEPARATOR
from ft_lint.source.problem import Fault, Problem, syntax_error
from ft_lint.source.text import MAX_BYTES as MAX_CODE
from ft_lint.source.text import MOST_READ

MAX_BYTES = MOST_READ
"""Larger notebooks are refused; most of such a file is pictures.  Their code is as long at most as a script may be."""
MAX_DEPTH = 100
"""Notebooks with more lists and objects within each other are refused; those that are met have ten."""
_CELL = re.compile(r"^# ---- cell (\d+) of the notebook ----\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell: its place among all cells of the notebook (from 1) and its source."""

    number: int
    source: str


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook's code.  ``program`` is what is checked; ``original`` has the same lines as they were written."""

    cells: tuple[Cell, ...]

    @property
    def original(self) -> str:
        """The cells as they are, a comment that names each before it."""
        return "".join(f"{SEPARATOR.format(cell.number)}\n{_ended(cell.source)}" for cell in self.cells)

    @property
    def program(self) -> str:
        """The cells as Python."""
        return "".join(
            head + _unread(source) if _fault(source) else _read(head, source) for head, source in self._cells
        )

    def problems(self, path: str) -> tuple[Problem, ...]:
        """The cells that are no Python: they are left out, and the others are checked."""
        faults = ((cell.number, _fault(source)) for cell, (_, source) in zip(self.cells, self._cells, strict=True))
        return tuple(
            Problem(path, syntax_error(one), Fault.INPUT, one.lineno or 1, one.offset or 1, cell)
            for cell, one in faults
            if one is not None
        )

    @property
    def _cells(self) -> tuple[tuple[str, str], ...]:
        return tuple((f"{SEPARATOR.format(cell.number)}\n", _ended(cell.source)) for cell in self.cells)

    def place(self, line: int) -> tuple[int, int]:
        """Cell and line in it (both from 1) of a line of the program."""
        first = 1
        for cell in self.cells:
            length = 1 + _ended(cell.source).count("\n")
            if line < first + length:
                return cell.number, max(line - first, 1)
            first += length
        return (self.cells[-1].number, 1) if self.cells else (1, line)

    def changed(self, original: str) -> dict[int, str]:
        """The cells whose source differs in a changed ``original``, by number."""
        found: dict[int, str] = {}
        for cell, (_, source) in zip(self.cells, split(original), strict=True):
            source = source if cell.source.endswith("\n") or not source else source.removesuffix("\n")
            if source != cell.source:
                found[cell.number] = source
        return found


def program_of(original: str) -> str:
    """The cells of an ``original`` as Python, line for line."""
    return "".join(_read(head, source) for head, source in split(original))


def split(original: str) -> Iterator[tuple[str, str]]:
    """The cells of an ``original``: each with the comment that names it, and its source."""
    begins = [found.span() for found in _CELL.finditer(original)]
    for (start, middle), (end, _) in pairwise([*begins, (len(original), len(original))]):
        yield original[start:middle], original[middle:end]


def _ended(source: str) -> str:
    return source if source.endswith("\n") or not source else source + "\n"


def read_notebook(data: bytes, path: str) -> Notebook | Problem:
    """The code cells of a notebook; a notebook in another language has none."""
    document = _document(data, path)
    if isinstance(document, Problem):
        return document
    if not isinstance(document, dict):
        return Problem(path, "not a notebook: no object with cells", Fault.INPUT, 1, 1)
    if _language(document) not in ("python", "ipython", "python3", ""):
        return Notebook(())
    cells = list(_cells(document))
    if not cells and "cells" not in document and "worksheets" not in document:
        return Problem(path, "not a notebook: it has no cells", Fault.INPUT, 1, 1)
    notebook = Notebook(tuple(cells))
    size = len(notebook.original)
    if size > MAX_CODE:
        return Problem(path, f"too large to check: {size / 1e6:.1f} MB of code", Fault.INPUT)
    return notebook


def _document(data: bytes, path: str) -> Any:
    if len(data) > MAX_BYTES:
        return Problem(path, f"too large to check: more than {MAX_BYTES / 1e6:.0f} MB", Fault.INPUT)
    try:
        document = json.loads(data, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        return Problem(path, f"not a notebook: {error.msg}", Fault.INPUT, error.lineno, error.colno)
    except UnicodeDecodeError as error:
        return Problem(path, f"not a notebook: {type(error).__name__}", Fault.INPUT, 1, 1)
    except RecursionError:
        return _too_deep(path)
    return _too_deep(path) if _is_deep(document) else document


def _too_deep(path: str) -> Problem:
    return Problem(path, "nested too deeply to check", Fault.INPUT, 1, 1)


def _is_deep(document: Any) -> bool:
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(MAX_DEPTH):
        held = (outer.values() if isinstance(outer, dict) else outer for outer in level)
        level = [inner for inners in held for inner in inners if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _language(document: dict[str, Any]) -> str:
    metadata = document.get("metadata")
    about = metadata if isinstance(metadata, dict) else {}
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        held = about.get(key)
        if isinstance(held, dict) and isinstance(held.get(name), str):
            return str(held[name]).lower()
    return ""


def _cells(document: dict[str, Any]) -> Iterator[Cell]:
    sheets = document.get("worksheets")
    held = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)] if isinstance(sheets, list) else []
    lists = [document.get("cells"), *held]
    every = (cell for cells in lists if isinstance(cells, list) for cell in cells)
    for number, cell in enumerate(every, 1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            text = "".join(map(str, source)) if isinstance(source, list) else str(source)
            yield Cell(number, text.replace("\r\n", "\n").replace("\r", "\n"))


# --- what IPython alone understands ------------------------------------------------------------

_PYTHON_CELLS = ("time", "timeit", "capture", "prun", "python", "python3", "pypy", "debug", "memit", "mprun", "skip")
_MAGIC_LINE = re.compile(r"^(\s*)(%%?|!!?|\?\??)")
_MAGIC_VALUE = re.compile(r"^(\s*[\w.,\s\[\]'\"]+?=\s*)([%!])(?!=)")
_HELP_LINE = re.compile(r"^(\s*)[\w.*%]+\?\??\s*$")
_AUTOMATIC = frozenset(
    """alias alias_magic autoawait autocall automagic bookmark cat cd clear colors conda config cp debug dhist dirs
    doctest_mode edit env gui history killbgscripts less load load_ext loadpy logoff logon logstart logstate logstop ls
    ll lsmagic macro magic mamba man matplotlib micromamba mkdir more mv notebook page pastebin pdb pdef pdoc pfile
    pinfo pinfo2 pip popd pprint precision prun psearch psource pushd pwd pycat pylab quickref recall rehashx reload_ext
    rerun reset reset_selective rm rmdir run save sc set_env sx system tb time timeit unalias unload_ext uv who who_ls
    whos xdel xmode""".split()
)
"""Magics and commands that IPython also takes without ``%`` or ``!``, where the line is no Python."""
_GOES_ON = re.compile(r"[=,(\[{:+%&|^@<>!]|[-/*]{1,2}[=\s]|(?:and|as|for|if|in|is|not|or)\b")
"""How Python goes on after a name, in a line that may not be the last of its statement."""


def as_python(source: str) -> str:
    """The source of a cell with the same lines, as Python: what IPython alone understands does nothing."""
    lines = source.split("\n")
    first = next((place for place, line in enumerate(lines) if line.strip()), None)
    if first is not None and lines[first].startswith("%%"):
        name = re.match(r"%%(\w*)", lines[first])
        if name is None or name[1] not in _PYTHON_CELLS:
            return _quiet(source)
        lines[first] = _comment(lines[first])
    return "\n".join(_plain(lines))


def _read(head: str, source: str) -> str:
    """A cell as Python, behind the line that names it."""
    return f"{_opening(source)}{head}{as_python(source)}"


def _opening(source: str) -> str:
    """What makes a block of a cell that is indented as a whole; nothing before all others."""
    first = next((line for line in source.split("\n") if line.strip()), "")
    return INDENTED if first[:1].isspace() and _syntax_error(f"{INDENTED}\n{as_python(source)}") is None else ""


def _fault(source: str) -> SyntaxError | None:
    """Why a cell is no Python, what IPython alone understands aside; None where it is."""
    if (null := source.find("\0")) >= 0:
        place = source.count("\n", 0, null) + 1, null - source.rfind("\n", 0, null)
        return SyntaxError("null byte in source", ("", *place, ""))
    return None if _opening(source) else _syntax_error(as_python(source))


def _syntax_error(text: str) -> SyntaxError | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError):  # the whole is refused for it, with a line of its own
        return None
    return None


def _quiet(source: str) -> str:
    """The same lines, all of them comments."""
    return "\n".join(map(_comment, source.replace("\0", " ").split("\n")))


def _unread(source: str) -> str:
    """The same lines as comments, behind a call that gets what they name, for they may change any of it."""
    named = dict.fromkeys(name for name in _NAME.findall(source) if not keyword.iskeyword(name))
    first, *rest = _quiet(source).split("\n")
    return "\n".join((f"__unread__({', '.join(named)})  {first}", *rest))


_NAME = re.compile(r"(?<![\w.'\"])[^\W\d]\w*")


def _comment(line: str) -> str:
    return f"# {line}" if line.strip() else line


def _plain(lines: Sequence[str]) -> Iterator[str]:
    """Line by line; a command that a backslash carries on takes the lines after it along."""
    done: list[str] = []
    carried = installs = False
    for line in lines:
        new = (_comment(line.strip()) if installs else "") if carried else _line(line)
        if not carried and new != line and _is_open(done):
            new = line  # it goes on with an expression or a text that an earlier line has begun
        installs = installs if carried else " install " in new
        carried = (carried or new != line) and line.rstrip().endswith("\\")
        done.append(new)
        yield new


def _is_open(lines: Sequence[str]) -> bool:
    """Whether a bracket or a text is still open after these lines, or a backslash carries them on."""
    if lines and lines[-1].endswith("\\"):
        return True
    try:
        for _ in tokenize.generate_tokens(iter([f"{line}\n" for line in lines]).__next__):
            pass
    except tokenize.TokenError:
        return True
    except (IndentationError, SyntaxError):
        return False
    return False


def _line(line: str) -> str:
    if (found := _MAGIC_LINE.match(line)) is not None:
        # the versions that a notebook installs are those that it is read for
        return f"{found[1]}pass  # {line.strip()}" if " install " in line else f"{found[1]}pass"
    if (found := _MAGIC_VALUE.match(line)) is not None:
        return f"{found[1]}None"
    if (found := _HELP_LINE.match(line)) is not None:
        return f"{found[1]}pass"
    if _is_automatic(line):
        return f"pass  # {line.strip()}"
    return line


def _is_automatic(line: str) -> bool:
    """Whether IPython takes a line for a magic or a command though nothing stands before it: ``pip install timm``."""
    word, _, rest = line.partition(" ")
    if word not in _AUTOMATIC or not rest or _GOES_ON.match(rest.lstrip()):
        return False
    try:
        ast.parse(line)
    except SyntaxError:
        return True
    except (ValueError, RecursionError, MemoryError):  # the whole is refused for it, with a line of its own
        return False
    return False


# --- writing back ------------------------------------------------------------------------------


def with_sources(data: bytes, sources: dict[int, str]) -> bytes:
    """The file with other sources for some cells, by number; every byte that is not theirs stays.

    Raises ValueError for a file that is not a notebook.
    """
    text = data.decode("utf-8")
    edits: list[tuple[int, int, str]] = []
    for number, value in enumerate(_sources(text), 1):
        if number in sources:
            edits += _rewritten(text, value, sources[number])
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text.encode("utf-8")


@dataclass(frozen=True, slots=True)
class _Node:
    """A JSON value and where it stands: ``value`` is a dict or list of nodes, else the plain value."""

    start: int
    end: int
    value: Any

    def get(self, key: str) -> _Node | None:
        return self.value.get(key) if isinstance(self.value, dict) else None


def _sources(text: str) -> Iterator[_Node | None]:
    """The value of ``source`` (or ``input``) of each cell, in order."""
    document = _node(text, _skip(text, 0))
    sheets = document.get("worksheets")
    held = [sheet.get("cells") for sheet in sheets.value] if sheets is not None else []
    for cells in (document.get("cells"), *held):
        for cell in cells.value if cells is not None else ():
            yield cell.get("source") or cell.get("input")


_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"[^\s,\]}]+")


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found is not None else at


def _node(text: str, at: int) -> _Node:
    match text[at]:
        case "{":
            return _object(text, at)
        case "[":
            return _array(text, at)
        case '"':
            value, end = scanstring(text, at + 1)
            return _Node(at, end, value)
    found = _SCALAR.match(text, at)
    if found is None:
        raise ValueError(f"no JSON value at {at}")
    return _Node(at, found.end(), found[0])


def _object(text: str, start: int) -> _Node:
    held: dict[str, _Node] = {}
    at = _skip(text, start + 1)
    while text[at] != "}":
        key, end = scanstring(text, at + 1)
        held[key] = _node(text, _skip(text, _skip(text, end) + 1))
        at = _skip(text, held[key].end)
        at = _skip(text, at + 1) if text[at] == "," else at
    return _Node(start, at + 1, held)


def _array(text: str, start: int) -> _Node:
    held: list[_Node] = []
    at = _skip(text, start + 1)
    while text[at] != "]":
        held.append(_node(text, at))
        at = _skip(text, held[-1].end)
        at = _skip(text, at + 1) if text[at] == "," else at
    return _Node(start, at + 1, held)


def _rewritten(text: str, node: _Node | None, source: str) -> Iterator[tuple[int, int, str]]:
    """The edits that give a cell another source: of one text, or of the lines in a list that differ."""
    if node is None:
        return
    plain = text.isascii()
    if isinstance(node.value, str):
        yield node.start, node.end, json.dumps(source, ensure_ascii=plain)
        return
    old = [str(line.value) for line in node.value]
    new = source.splitlines(keepends=True)
    before = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    after = 0
    while after < min(len(old), len(new)) - before and old[-1 - after] == new[-1 - after]:
        after += 1
    lines = [json.dumps(line, ensure_ascii=plain) for line in new[before : len(new) - after]]
    gap = next((text[a.end : b.start] for a, b in pairwise(node.value)), ", ")
    changed = node.value[before : len(old) - after]
    if changed and lines:
        yield changed[0].start, changed[-1].end, gap.join(lines)
    elif lines and node.value:
        inserted = node.value[before - 1].end if before else node.value[0].start
        yield inserted, inserted, "".join(gap + line for line in lines) if before else gap.join(lines) + gap
    elif lines:
        yield node.start, node.end, f"[{gap.join(lines)}]"
    elif changed:
        yield _without(node, before, len(old) - after)


def _without(node: _Node, first: int, last: int) -> tuple[int, int, str]:
    """The edit that takes lines out of a list, with the comma that goes with them."""
    lines = node.value
    if last < len(lines):
        return lines[first].start, lines[last].start, ""
    return (lines[first - 1].end, lines[last - 1].end, "") if first else (lines[0].start, lines[-1].end, "")
