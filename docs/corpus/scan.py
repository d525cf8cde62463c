"""Scan a corpus of sources in parquet: ``python scan.py CORPUS.parquet FINDINGS_FOLDER [WORKERS]``.

The corpus has the columns ``path`` and ``content``, as code data sets have.  Each of its row groups becomes one file of
findings; one that is there already is not made again, so that a scan which was interrupted goes on where it stood.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
import pyarrow as pa
import pyarrow.parquet as pq

from ft_lint import lint_source

SCHEMA = pa.schema(
    {
        "path": pa.string(),
        "line": pa.int64(),
        "column": pa.int64(),
        "code": pa.string(),
        "message": pa.string(),
        "problem": pa.string(),
    }
)
"""A row is a finding, or says in ``problem`` why a record, or a part of ft_lint on it, gave none."""


@dataclass(frozen=True)
class Share:
    """One row group: how many sources, how many rows they gave, and the seconds of processor time."""

    sources: int
    rows: int
    seconds: float


def rows_of(path: Any, content: Any) -> list[dict[str, Any]]:
    """The rows of one record; whatever is wrong with it costs this record alone."""
    name = path if isinstance(path, str) else "?"
    if not isinstance(content, str):
        return [{"path": name, "problem": "there is no text"}]
    try:
        result = lint_source(content, name)
    except Exception as error:  # noqa: BLE001 - told in the row
        return [{"path": name, "problem": f"{type(error).__name__}: {error}"}]
    found = [
        {"path": name, "line": one.line, "column": one.column, "code": one.code, "message": one.message}
        for one in result.findings
    ]
    return found + [{"path": name, "problem": one.message} for one in result.problems]


def scan_group(corpus: str, group: int, target: str) -> Share:
    """Scan one row group, and write what is found in one move."""
    start = time.process_time()
    table = pq.ParquetFile(corpus).read_row_group(group, columns=["path", "content"])
    records = zip(table["path"].to_pylist(), table["content"].to_pylist(), strict=True)
    rows = [row for path, content in records for row in rows_of(path, content)]
    unfinished = Path(target).with_suffix(".unfinished")
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), unfinished)
    unfinished.replace(target)
    return Share(table.num_rows, len(rows), time.process_time() - start)


def scan(corpus: Path, folder: Path, workers: int) -> list[Share]:
    """Scan the row groups that are not yet done, with so many processes of this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    targets = [folder / f"{group:06}.parquet" for group in range(pq.ParquetFile(corpus).num_row_groups)]
    task = dask.delayed(scan_group)
    tasks = [task(str(corpus), group, str(to)) for group, to in enumerate(targets) if not to.exists()]
    return list(dask.compute(*tasks, scheduler="processes", num_workers=workers, chunksize=1))


def summary(shares: list[Share]) -> str:
    """Cost per 1,000 sources, and how the second half's compares with the first half's."""
    if not shares:
        return "nothing to do"
    half = max(len(shares) // 2, 1)
    growth = _per_thousand(shares[half:] or shares) / _per_thousand(shares[:half])
    sources = sum(one.sources for one in shares)
    return (
        f"{sources} sources, {sum(one.rows for one in shares)} rows, "
        f"{_per_thousand(shares):.2f} s of processor time per 1,000; second half {growth:.2f} times the first"
    )


def _per_thousand(shares: list[Share]) -> float:
    return 1000 * sum(one.seconds for one in shares) / sum(one.sources for one in shares)


if __name__ == "__main__":
    print(summary(scan(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else 2)))
