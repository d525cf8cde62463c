"""A method of `datasets` gives a new table; called as a bare statement it changes nothing.

What it does
------------
Finds `dataset.map(...)`, `filter`, `shuffle`, `select`, `rename_column`, `remove_columns`, `train_test_split` and kin
whose result nobody keeps, on tables and on dicts of tables.

Why it matters
--------------
Tables of `datasets` are never changed in place. The tokens, the shuffle or the filter are computed and thrown away, and
training goes on with the rows as they were: sorted by class, unfiltered, or without the columns that were meant.

How to mend it
--------------
Bind the result: `dataset = dataset.map(tokenize)`. Only `set_format`, `reset_format` and `set_transform` work in place.

What torch shows
----------------
The table that the statement makes differs from its own, and no row is ever read from it or from what is made of it;
the rows that are read later come from the old table.

Known limits
------------
Silent for tables that come from somewhere that is not followed, and for `IterableDataset`. A `map` whose function is
called for what it prints or counts is silent where the function gives nothing; so is the last line of a cell of a
notebook, which shows what it gives.

References
----------
https://huggingface.co/docs/datasets/process
https://github.com/UKGovernmentBEIS/inspect_ai/pull/476
https://github.com/huggingface/datasets/pull/1947
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.edits import bound_to_its_owner
from ft_lint.facts import Facts
from ft_lint.facts.results import ResultDropped
from ft_lint.library.datasets.rows import made_by
from ft_lint.rule import Applicability, Evidence, Finding, Level, Rule
from ft_lint.values.base import Value, is_none
from ft_lint.values.containers import Dict


class DatasetOpDiscarded(Rule):
    """A table that nobody keeps."""

    code = "TUN813"
    level = Level.WARNING
    message = "`{method}` gives a new table and leaves `{table}` as it is: keep the result"
    applicability = Applicability.SAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Tables made and dropped by one statement."""
        for dropped in facts.of(ResultDropped):
            method = made_by(dropped.value, dropped.node)
            if method is None or dropped.displayed or (method.name == "map" and _gives_nothing(method.gives)):
                continue
            edit = bound_to_its_owner(dropped.node)
            fix = self.fix(f"bind the result of `{method.name}`", edit) if edit is not None else None
            yield self.finding(dropped, method=method.name, table=dropped.receiver, fix=fix)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """What the statement made differs and is never read, while rows of the old table are."""
        made = [event for event in run.at(line).of(observe.TableMade) if event.differs]
        read = {event.table for event in run.of(observe.TableRead)}
        used = [event for event in made if read & run.tables_from([event.made])]
        later = {event.table for event in run.of(observe.TableRead) if made and event.order > made[-1].order}
        old = sum(bool(later & run.tables_from([event.table])) for event in made)
        figures = {"tables made": len(made), "read": len(used), "old ones read later": old}
        holds = bool(made) and not used and old > 0
        return Evidence(holds, f"{len(made)} tables made, rows of {len(used)} read, of {old} old ones", figures)


def _gives_nothing(value: Value | None) -> bool:
    """Whether a function leaves the rows as they are: it is called for what it does besides."""
    return is_none(value) or (isinstance(value, Dict) and value.complete and not value.entries)
