"""Sources by the thousand, on two workers; ``FT_LINT_SOURCES=20000`` scans more of them."""

from __future__ import annotations

import os
import pickle
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmark import corpus
from ft_lint import lint_source
from scripts import FAULTY

SOURCES = int(os.environ.get("FT_LINT_SOURCES", "300"))
BAD = {7: None, 23: "import torch\ndef (:\n", 41: "import torch\n\0", 64: "import torch\n" + "(" * 5000}
"""Records that are no source, by their place."""


def test_a_source_is_linted_without_a_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is opened for it, the answer is always the same, and arguments and answer can be pickled."""
    first = lint_source(FAULTY, "nowhere/train.py")
    opened: list[object] = []
    watching = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event in {"open", "os.listdir", "os.scandir", "socket.connect", "subprocess.Popen"}:
            opened.append(arguments[0])

    sys.addaudithook(watch)
    second = lint_source(FAULTY, "nowhere/train.py")
    watching = False
    assert opened == []
    assert repr(first) == repr(second) == repr(pickle.loads(pickle.dumps(second)))
    assert [one.code for one in first.findings] == ["TUN105"]
    assert pickle.loads(pickle.dumps(lint_source)) is lint_source


@pytest.mark.timeout(0 if SOURCES > 1000 else 280)
def test_a_parquet_corpus_on_two_workers(root: Path, tmp_path: Path) -> None:
    kinds = [corpus.KINDS[index % len(corpus.KINDS)] for index in range(SOURCES)]
    texts: list[str | None] = [corpus.source(kind, random.Random(index)) for index, kind in enumerate(kinds)]
    for place, text in BAD.items():
        texts[place] = text
    paths = [f"{index}.py" for index in range(SOURCES)]
    pq.write_table(pa.table({"path": paths, "content": texts}), tmp_path / "corpus.parquet", row_group_size=50)
    command = [sys.executable, "docs/corpus/scan.py", tmp_path / "corpus.parquet", tmp_path / "findings", "2"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    print(done.stdout)
    assert done.stdout.startswith(f"{SOURCES} sources, ")
    rows = pq.read_table(tmp_path / "findings").to_pylist()
    assert [row["path"] for row in rows if row["problem"]] == [f"{place}.py" for place in BAD]
    expected = [
        (path, one.line, one.code)
        for path, text in list(zip(paths, texts, strict=True))[:300]
        if text is not None
        for one in lint_source(text, path).findings
    ]
    known = set(paths[:300])
    assert [(row["path"], row["line"], row["code"]) for row in rows if row["code"] and row["path"] in known] == expected
    assert len(expected) > 20
    again = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert again.stdout == "nothing to do\n"
