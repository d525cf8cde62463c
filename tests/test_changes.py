"""What changed between two texts, as the language server tells an editor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ft_lint.server.changes import changes, kept_lines, lines_of


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a\nb\n", "a\nb\n", []),
        ("a\nbcd\n", "a\nbXd\n", [(3, 4, "X")]),
        ("a\r\nb\r\n", "a\r\nb # c\r\n", [(4, 4, " # c")]),
        ("a\nb", "a\n", [(2, 3, "")]),
        ("", "a\n", [(0, 0, "a\n")]),
        ("a\na\n" * 300, "a\na\n" * 150 + "b\n" + "a\na\n" * 150, [(600, 600, "b\n")]),
        ("a\nb\nc\n", "x\na\nb\nd\n", [(0, 0, "x\n"), (4, 5, "d")]),
    ],
)
def test_edits_are_short(old: str, new: str, expected: list[tuple[int, int, str]]) -> None:
    assert [(one.start, one.end, one.new) for one in changes(old, new)] == expected


TEXTS = st.lists(st.sampled_from(["a", "b", "\n", "\r\n", "\f", "é"]), max_size=12).map("".join)


@given(TEXTS, TEXTS)
def test_edits_make_one_text_of_the_other(old: str, new: str) -> None:
    text = old
    for one in reversed(list(changes(old, new))):
        text = text[: one.start] + one.new + text[one.end :]
    assert text == new
    before, after = lines_of(old), lines_of(new)
    assert all(before[a - 1] == after[b - 1] for a, b in kept_lines(old, new).items())


def test_lines_are_known_again() -> None:
    assert kept_lines("a\nb\nc\n", "x\na\nc\n") == {1: 2, 3: 3}
