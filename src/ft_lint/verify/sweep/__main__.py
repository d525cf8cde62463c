"""``python -m ft_lint.verify.sweep``: measure anew, and write the table and the plot.  It takes some minutes."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from ft_lint.verify.sweep.finetuning import ADAMW, MOMENTUM, PLAIN, STEPS, Bench, Row
from ft_lint.verify.sweep.knowledge import Pretrained
from ft_lint.verify.sweep.pictures import PictureClassifier
from ft_lint.verify.sweep.plot import as_svg
from ft_lint.verify.sweep.sentences import SentenceEncoder
from ft_lint.verify.sweep.table import as_markdown

SUBJECTS: tuple[type[Pretrained], ...] = (SentenceEncoder, PictureClassifier)

RATES = {
    ADAMW: (1e-5, 2e-5, 5e-5, 1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 1e-2, 1e-1),
    MOMENTUM: (1e-3, 1e-2, 3e-2, 1e-1, 2e-1, 3e-1, 1.0, 3.0),
    PLAIN: (1e-2, 1e-1, 3e-1, 1.0, 2.0, 3.0, 10.0),
}


def main() -> None:
    """Run every rate on every model."""
    parser = argparse.ArgumentParser(prog="python -m ft_lint.verify.sweep", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("docs"), help="default: docs")
    folder: Path = parser.parse_args().folder
    torch.set_num_threads(1)
    rows: list[Row] = []
    before: dict[type[Pretrained], float] = {}
    for subject in SUBJECTS:
        bench = Bench(subject())
        before[subject] = bench.known()
        for recipe, rates in RATES.items():
            for rate in rates:
                rows.append(bench.finetune(recipe, rate))
                print(rows[-1], flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "large-lr.md").write_text(as_markdown(rows, before, STEPS), encoding="utf-8")
    (folder / "large-lr.svg").write_text(as_svg(rows, before), encoding="utf-8")


if __name__ == "__main__":
    main()
