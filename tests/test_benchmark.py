"""The benchmark's command, on a small corpus that it makes itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(280)
def test_the_command_prints_a_table_with_figures(root: Path) -> None:
    here = Path(sys.prefix)
    options = ["--rounds=1", "--generate=20", f"--environment=bare={here}", f"--environment=ours={here}"]
    command = [sys.executable, "tests/benchmark", *options, "--tools", "flake8", "ft_lint"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    rows = (line.strip("|").split("|") for line in done.stdout.splitlines() if line.startswith("|"))
    table = {name.strip(): [cell.strip() for cell in cells] for name, *cells in rows}
    assert table["repository"] == ["flake8", "ft_lint"]
    assert table["generated"][0].startswith("1 (")
    assert float(table["generated"][1]) > 0
    assert all(20 < float(memory) < 1000 for memory in table["most memory, MB"])
    (pressed,) = (cells[0] for name, cells in table.items() if name.startswith("a key pressed"))
    assert int(pressed.removesuffix(" ms")) > 0


def test_an_unknown_tool_is_refused(root: Path) -> None:
    command = [sys.executable, "tests/benchmark", "--tools", "pylint"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no tool is called pylint; there are flake8, ft_lint" in done.stderr
