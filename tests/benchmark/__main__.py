"""``python tests/benchmark [FOLDER ...]``: what linters cost on the same repositories, as a table in markdown."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import commands
import corpus
import cost
import editor
from commands import BARE, OURS, PLUGIN, TOOLS, Tool


def main() -> None:
    """Measure, and print."""
    wish = _parser().parse_args()
    unknown = set(wish.tools) - set(TOOLS)
    if unknown:
        sys.exit(f"no tool is called {', '.join(sorted(unknown))}; there are {', '.join(TOOLS)}")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else an editable install is compiled anew in every round
    given = dict(_named(text) for text in wish.environment)
    names = dict.fromkeys((BARE, *wish.tools))
    environments = {
        name: commands.prepared(name, given, wish.environments)
        for name in dict.fromkeys(TOOLS[tool].environment for tool in names)
    }
    with tempfile.TemporaryDirectory() as made:
        folders = wish.folders or [_generated(Path(made), wish.generate)]
        print(f"{dt.date.today()}, {_machine()}, {wish.rounds} rounds, medians; flake8 alone = 1.\n")
        for line in _table(folders, {name: TOOLS[name] for name in names}, environments, wish.rounds):
            print(line, flush=True)
        if OURS in names:
            print()
            for line in _ours(folders[0], environments, wish.rounds):
                print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python tests/benchmark", description=__doc__)
    parser.add_argument("folders", nargs="*", type=lambda text: Path(text).resolve(), help="checked-out repositories")
    parser.add_argument("--generate", type=int, default=300, metavar="N", help="files of the corpus that is else made")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tools", nargs="+", default=list(TOOLS), metavar="TOOL", help=f"of {', '.join(TOOLS)}")
    parser.add_argument(
        "--environment",
        action="append",
        default=[],
        metavar="NAME=FOLDER",
        help=f"a virtual environment that is there: {', '.join(commands.PACKAGES)}",
    )
    place = Path(tempfile.gettempdir()) / "ft_lint_benchmark"
    parser.add_argument("--environments", type=Path, default=place, help="where the others are made and kept")
    return parser


def _named(text: str) -> tuple[str, Path]:
    name, _, folder = text.partition("=")
    return name, Path(folder).absolute()


def _generated(folder: Path, number: int) -> Path:
    place = folder / "generated"
    corpus.write(place, number)
    return place


def _machine() -> str:
    """Python and processor, as the table is worth little without."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return f"Python {platform.python_version()}, {os.cpu_count()} x {model or platform.machine()}"


def _table(
    folders: Sequence[Path], tools: dict[str, Tool], environments: dict[str, Path], rounds: int
) -> Iterator[str]:
    """Processor time as ratios, and memory; the tools take turns, so that a busy moment meets all of them."""
    yield f"| repository | {' | '.join(tools)} |"
    yield f"|---|{'---:|' * len(tools)}"
    most = dict.fromkeys(tools, 0.0)
    for folder in folders:
        seen: dict[str, list[cost.Cost]] = {name: [] for name in tools}
        for _ in range(rounds):
            for name, tool in tools.items():
                seen[name].append(cost.of(tool.command(environments, ".", *tool.anew), folder))
        alone = [one.processor for one in seen[BARE]]
        ratios = {
            name: statistics.median(one.processor / bare for one, bare in zip(costs, alone, strict=True))
            for name, costs in seen.items()
        }
        told = f"1 ({statistics.median(alone):.1f} s)"
        cells = (f"{ratio:.2f}" if name != BARE else told for name, ratio in ratios.items())
        yield f"| {folder.name} | {' | '.join(cells)} |"
        most = {name: max(most[name], *(one.memory for one in seen[name])) for name in tools}
    yield f"| most memory, MB | {' | '.join(f'{most[name]:.0f}' for name in tools)} |"


def _ours(folder: Path, environments: dict[str, Path], rounds: int) -> Iterator[str]:
    """Runs that only ft_lint is asked for: unchanged files, workers, one file, an editor."""
    tool, bare, plugin = TOOLS[OURS], TOOLS[BARE], TOOLS[PLUGIN]
    python = environments["ours"] / "bin/python"

    def costs(command: list[str]) -> list[cost.Cost]:
        return [cost.of(command, folder) for _ in range(rounds)]

    def processor(command: list[str]) -> float:
        return statistics.median(one.processor for one in costs(command))

    def pairs(command: list[str], other: list[str]) -> list[tuple[float, float]]:
        """Processor time of two commands that take turns."""
        return [(cost.of(command, folder).processor, cost.of(other, folder).processor) for _ in range(rounds)]

    def passed(jobs: int) -> float:
        command = tool.command(environments, ".", *tool.anew, f"--jobs={jobs}")
        return statistics.median(one.passed for one in costs(command))

    with tempfile.TemporaryDirectory() as place:
        target, kept = Path(place, "one.py"), Path(place, "kept")
        target.write_text(editor_text())
        one = plugin.command(environments, str(target), *plugin.anew)
        cold = statistics.median(ours - alone for ours, alone in pairs(one, bare.command(environments, str(target))))
        again = tool.command(environments, ".", "--cache-dir", str(kept))
        told = plugin.command(environments, ".", "--tun-cache-dir", str(kept))
        for command in (again, told):
            cost.of(command, folder)
        warm = processor(again)
        told_warm = statistics.median(ours / alone for ours, alone in pairs(told, bare.command(environments, ".")))
    faster = passed(1) / passed(2)
    start = processor([str(python), "-c", "pass"])
    files = sum(1 for _ in folder.rglob("*.py"))
    pressed = statistics.median(editor.keystrokes(python, editor_text(), 5 * rounds))
    yield "| ft_lint | |"
    yield "|---|---:|"
    yield f"| {folder.name} unchanged, {files} files, beyond the start of Python | {1000 * (warm - start):.0f} ms |"
    yield f"| {folder.name} unchanged, flake8 with the plugin; flake8 alone = 1 | {told_warm:.2f} |"
    yield f"| {folder.name} with two workers | {faster:.2f} times as fast as with one |"
    yield f"| 300 lines from a cold process, flake8 with the plugin beyond flake8 | {1000 * cold:.0f} ms |"
    yield f"| a key pressed in 300 lines, the server's own pause included | {1000 * pressed:.0f} ms |"


def editor_text() -> str:
    """A training script of about 300 lines."""
    drawn = corpus.random.Random(0)
    layers, training = corpus.source("layers", drawn), corpus.source("training", drawn)
    return f"{layers * 2}\n\n{training}"


if __name__ == "__main__":
    main()
