"""No text breaks it: mutilated fixtures, generated Python and installed files give findings or one clear line, soon."""

from __future__ import annotations

import io
import itertools
import keyword
import os
import random
import sysconfig
import time
import tokenize
from collections.abc import Callable
from functools import cache
from pathlib import Path

import hypothesmith
import libcst as cst
import pytest
from hypothesis import HealthCheck, given, settings, strategies

from ft_lint import registry
from ft_lint.lint import Result, lint_file, lint_source
from ft_lint.source.problem import Fault

FIXTURES = Path(__file__).parents[1] / "fixtures"
NUMBER = int(os.environ.get("FT_LINT_FUZZ", "10000"))
"""How many mutilated scripts: about ten milliseconds each.  A hundredth as many are generated, which takes longer."""
GENERATED = max(40, NUMBER // 100)
FILES = int(os.environ.get("FT_LINT_FUZZ_FILES", "150"))
"""How many files of Python's own library and of what is installed beside ft_lint, spread evenly; 0 for all."""
CHUNKS = 8
MOST = 5.0
"""Seconds that one file may take."""
STEM = "import torch\n"


@cache
def _scripts() -> tuple[str, ...]:
    return tuple(path.read_text() for path in sorted(FIXTURES.rglob("*.py")))


COMPOUND = (cst.ClassDef, cst.FunctionDef, cst.For, cst.While, cst.Try, cst.With, cst.Match, cst.If, cst.Module)


def _pieces(text: str) -> list[str]:
    """The text in tokens, with the space before each."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    ends = {
        starts[token.end[0] - 1] + token.end[1]
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.end[0] < len(starts)
    }
    cuts = sorted({0, *ends, len(text)})
    return [text[a:b] for a, b in itertools.pairwise(cuts)]


def _kind(part: str) -> object:
    """What a part can be exchanged for and often still be Python: a line as far in, a word, a number."""
    word = part.strip()
    if part.endswith("\n") and word:
        return len(part) - len(part.lstrip()), word.endswith(":")
    return word.isidentifier() and not keyword.iskeyword(word), word.isdecimal(), word if not word.isalnum() else ""


def _mutilated(number: int) -> str:
    """One script with a few tokens or lines dropped, doubled, exchanged or taken from another, or cut off."""
    drawn = random.Random(number)
    text = min(drawn.choices(_scripts(), k=3), key=len)
    other = drawn.choice(_scripts())
    by_line = drawn.random() < 0.5
    parts = text.splitlines(keepends=True) if by_line else _pieces(text)
    others = other.splitlines(keepends=True) if by_line else _pieces(other)
    for _ in range(drawn.randint(1, 5)):
        place = drawn.randrange(len(parts))
        alike = [n for n, part in enumerate(parts) if _kind(part) == _kind(parts[place])]
        further = drawn.choice(alike)
        match drawn.choice("drop double exchange exchange take take take repeat insert cut".split()):
            case "drop":
                del parts[place : place + drawn.randint(1, 2)]
            case "double":
                parts.insert(further, parts[place])
            case "exchange":
                parts[place], parts[further] = parts[further], parts[place]
            case "take":
                parts[place] = drawn.choice([part for part in others if _kind(part) == _kind(parts[place])] or others)
            case "repeat":
                parts[place] *= drawn.choice((2, 50))
            case "insert":
                parts[place:place] = [STEM, *drawn.sample(others, min(5, len(others)))]
            case "cut" if by_line:
                del parts[max(place, len(parts) // 2) :]
        parts = parts or [STEM]
    return "".join(parts)


def _timed(name: str, text: str) -> tuple[Result, float]:
    """What is found in a text, and the seconds of processor time that it took."""
    begun = time.process_time()
    result = lint_source(text, name, selection=registry.EVERYTHING)
    return result, time.process_time() - begun


def _complaint(name: str, text: str) -> str | None:
    """What is wrong with the answer to a text, if anything."""
    result, took = _timed(name, text)
    if took > MOST:  # a hang is one the second time, too; a machine that was busy need not be
        took = min(took, _timed(name, text)[1])
    broken = [problem.message for problem in result.problems if problem.fault is Fault.INTERNAL]
    lines = text.count("\n") + text.count("\r") + text.count("\f") + 1
    lost = [finding for finding in result.findings if not 1 <= finding.line <= lines]
    return f"{name}: {took:.1f} s, {broken}, {lost}" if broken or lost or took > MOST else None


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_mutilated_scripts(chunk: int) -> None:
    numbers = range(chunk, NUMBER, CHUNKS)
    assert [found for n in numbers if (found := _complaint(f"{n}.py", _mutilated(n))) is not None] == []


def test_most_mutilated_scripts_are_still_python() -> None:
    whole = [lint_source(_mutilated(n), "x.py").problems == () for n in range(100)]
    assert sum(whole) > 20


def _generated(
    texts: strategies.SearchStrategy[str], number: int
) -> Callable[[Callable[[str], None]], Callable[[], None]]:
    """A test of so many generated texts, each with a framework in it."""
    quiet = settings(
        max_examples=number, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
    )
    return lambda test: quiet(given(texts.map(lambda text: f"{text}\n{STEM}"))(test))


@pytest.mark.timeout(36_000)
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@_generated(strategies.one_of(*(hypothesmith.from_node(node, auto_target=False) for node in COMPOUND)), GENERATED // 4)
def test_python_of_any_shape(text: str) -> None:
    assert _complaint("generated.py", text) is None


@pytest.mark.timeout(36_000)
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@_generated(hypothesmith.from_grammar(auto_target=False), GENERATED)
def test_python_by_its_grammar(text: str) -> None:
    assert _complaint("generated.py", text) is None


def _installed() -> list[Path]:
    folders = dict.fromkeys(sysconfig.get_path(name) for name in ("stdlib", "platlib", "purelib"))
    found = sorted({path for folder in folders for path in Path(folder).rglob("*.py")})
    return found[:: max(1, len(found) // FILES)] if FILES else found


@pytest.mark.timeout(36_000)
def test_files_that_nobody_wrote_for_it() -> None:
    wrong, files = [], _installed()
    assert len(files) >= FILES
    for path in files:
        begun = time.process_time()
        result = lint_file(path, registry.EVERYTHING)
        took = time.process_time() - begun
        if took > MOST or any(problem.fault is Fault.INTERNAL for problem in result.problems):
            wrong.append((str(path), round(took, 1), [problem.message for problem in result.problems]))
    assert wrong == []
