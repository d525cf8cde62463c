"""``ft-lint check``: what is found, shown, mended, silenced or remembered."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from ft_lint import baseline, project
from ft_lint.config import BadConfig, Config
from ft_lint.lint import Result
from ft_lint.registry import UnknownSelector
from ft_lint.report import FORMATS, WHOLE, concise, renderer
from ft_lint.report.places import of_finding
from ft_lint.rule import Finding
from ft_lint.source.problem import Fault, Problem
from ft_lint.source.requirements import Specifiers, chosen

CLEAN, FOUND, FAILED = 0, 1, 2
"""Exit codes: nothing found; findings, or a file that is not Python; wrong use, or ft_lint itself failed."""
LONG = 40
"""With so many files a terminal shows how far it is."""


def _listed(_: click.Context, __: click.Parameter, given: Sequence[str]) -> tuple[str, ...]:
    """The words of an option that is given more than once, or with commas."""
    return tuple(word for text in given for word in text.replace(",", " ").split())


def _versions(_: click.Context, __: click.Parameter, given: Sequence[str]) -> Specifiers:
    try:
        return chosen(given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _ignores(_: click.Context, __: click.Parameter, given: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """``PATTERN:CODE,CODE`` as pairs."""
    for text in given:
        if ":" not in text:
            raise click.BadParameter(f"{text!r} is not PATTERN:CODES, such as tests/*:TUN4")
    pairs = (text.rpartition(":") for text in given)
    return tuple((pattern, tuple(codes.replace(",", " ").split())) for pattern, _, codes in pairs)


def _many(name: str, text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(name, metavar="RULES", multiple=True, callback=_listed, help=text)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done with what is found."""

    fix: bool
    unsafe_fixes: bool
    diff: bool
    add_noqa: bool
    write_baseline: Path | None
    statistics: bool
    why_silent: bool
    exit_zero: bool
    stdin_name: str


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, allow_dash=True), metavar="[PATHS]... [-]")
@_many("--plugins", "The rules of these installed packages, too; no other package is loaded.")
@_many("--select", "Only these rules: codes or their beginnings, families, names, with commas between.")
@_many("--extend-select", "These rules too, such as advice, which is off by default.")
@_many("--ignore", "Not these rules.")
@click.option(
    "--per-file-ignores",
    metavar="PATTERN:RULES",
    multiple=True,
    callback=_ignores,
    help="Not these rules in files that a pattern (as in .gitignore) means.",
)
@click.option("--exclude", metavar="PATTERN", multiple=True, help="Not the files and folders that this pattern means.")
@click.option("--respect-gitignore/--no-respect-gitignore", default=True, help="Not what .gitignore means (default).")
@click.option("--force-exclude", is_flag=True, help="Not even where such a file is named, as hooks name all files.")
@click.option("--fix", is_flag=True, help="Mend what can be mended safely, and show what is left.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: also mends that may not be what you meant.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option(
    "--output-format",
    type=click.Choice(FORMATS),
    show_envvar=True,
    envvar="FT_LINT_OUTPUT_FORMAT",
    help="How findings are shown (default: text).",
)
@click.option("--statistics", is_flag=True, help="Show how many findings of each rule there are, instead of each.")
@click.option("--why-silent", is_flag=True, help="Show what could not be followed, and why, instead of findings.")
@click.option(
    "--target-version",
    "target_versions",
    metavar="LIBRARY=VERSION",
    multiple=True,
    callback=_versions,
    help="The version of a library that the scripts are written for, e.g. transformers=4.46; by default that of the "
    "project's requirements, else the newest one known.",
)
@click.option("--unused-noqa", is_flag=True, help="Tell `# noqa: TUN...` comments that silence nothing (TUN001).")
@click.option("--add-noqa", is_flag=True, help="Silence all that is found by `# noqa` comments.")
@click.option(
    "--baseline", "baseline_file", metavar="FILE", default="", help="Show only what this file does not know already."
)
@click.option(
    "--write-baseline",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write all that is found into a baseline, and answer 0.",
)
@click.option(
    "--config",
    "config_file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Read [tool.ft-lint] of this file instead of the nearest pyproject.toml.",
)
@click.option("--isolated", is_flag=True, help="Read no configuration file.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes that check many files (default: 1).")
@click.option("--cache/--no-cache", default=True, help="Keep results for files that have not changed since (default).")
@click.option(
    "--cache-dir",
    metavar="FOLDER",
    default="",
    envvar="FT_LINT_CACHE_DIR",
    show_envvar=True,
    help="Where they are kept (default: .ft_lint_cache beside the nearest pyproject.toml, else here).",
)
@click.option("--exit-zero", is_flag=True, help="Answer 0 even where something is found.")
@click.option("--stdin-display-name", default="-", metavar="PATH", help="What to call the source that `-` reads.")
def check(
    paths: tuple[Path, ...],
    plugins: tuple[str, ...],
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    ignore: tuple[str, ...],
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...],
    exclude: tuple[str, ...],
    respect_gitignore: bool,
    force_exclude: bool,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    output_format: str | None,
    statistics: bool,
    why_silent: bool,
    target_versions: Specifiers,
    unused_noqa: bool,
    add_noqa: bool,
    baseline_file: str,
    write_baseline: Path | None,
    config_file: Path | None,
    isolated: bool,
    jobs: int | None,
    cache: bool,
    cache_dir: str,
    exit_zero: bool,
    stdin_display_name: str,
) -> None:
    """Check scripts and notebooks: files, folders (every *.py and *.ipynb below them), or `-` for standard input.

    By default this folder.  Settings also stand in [tool.ft-lint] of the nearest pyproject.toml, under the same names.

    \b
    Findings go to standard output, what could not be checked goes to
    standard error.  Exit code:
      0  nothing found
      1  something found, or a file is not Python that can be read
      2  wrong use, a path that cannot be read, or ft_lint itself failed
    """
    given = Config(
        plugins=plugins,
        select=select,
        extend_select=extend_select,
        ignore=ignore,
        per_file_ignores=per_file_ignores,
        exclude=exclude,
        respect_gitignore=respect_gitignore,
        target_versions=target_versions,
        unsafe_fixes=unsafe_fixes,
        unused_noqa=unused_noqa,
        baseline=baseline_file,
        output_format=output_format or "",
        jobs=jobs or 0,
        cache=cache,
        cache_dir=str(Path(cache_dir).absolute()) if cache_dir else "",
    )
    settings = project.Settings(given, config_file, isolated, force_exclude)
    wish = Wish(
        fix, unsafe_fixes, diff, add_noqa, write_baseline, statistics, why_silent, exit_zero, stdin_display_name
    )
    try:
        sys.exit(_run(paths or (Path(),), settings, wish))
    except BadConfig as error:
        raise click.UsageError(str(error)) from error
    except UnknownSelector as error:
        raise click.UsageError(f"{error} (`ft-lint rules` lists them)") from error
    except baseline.BadBaseline as error:
        raise click.UsageError(str(error)) from error


def _run(paths: Sequence[Path], settings: project.Settings, wish: Wish) -> int:
    here = settings.of(Path.cwd())
    if here.output_format and here.output_format not in FORMATS:
        raise BadConfig(f"{here.output_format!r} is no output format; there are {', '.join(FORMATS)}")
    project.selection_of(here, Path())
    if wish.why_silent:
        return _why_silent(paths, settings, wish)
    if wish.fix or wish.diff or wish.add_noqa:
        return _rewrite(paths, settings, wish, here)
    results = _results(paths, settings, wish, here)
    if wish.write_baseline is not None:
        kept = list(results)
        wish.write_baseline.write_text(baseline.written(kept, wish.write_baseline.parent), encoding="utf-8")
        number = sum(len(result.findings) for result in kept)
        click.echo(f"{number} finding{'' if number == 1 else 's'} written to {wish.write_baseline}", err=True)
        return max((_code(replace(result, findings=())) for result in kept), default=CLEAN)
    return _show(results, here, wish)


def _results(paths: Sequence[Path], settings: project.Settings, wish: Wish, here: Config) -> Iterator[Result]:
    """What is found, without what the baseline knows."""
    known, root = _baseline(here)
    if project.STDIN in paths:
        yield baseline.without(project.check_stdin(settings, wish.stdin_name), known, root)
    found = list(project.files(paths, settings))
    checked = project.check(found, settings, here.jobs or 1, project.cache_of(here))
    for result in _with_progress(checked, len(found)):
        yield baseline.without(result, known, root) if known else result


def _baseline(config: Config) -> tuple[baseline.Known, Path]:
    if not config.baseline:
        return Counter(), config.root
    file = config.root / config.baseline
    return baseline.read(file), file.parent


def _with_progress(results: Iterator[Result], number: int) -> Iterator[Result]:
    """The same results; on a terminal, a bar tells how many of many files are done."""
    if number < LONG or not sys.stderr.isatty() or sys.stdout.isatty():
        yield from results
        return
    with click.progressbar(results, length=number, label="checking", file=sys.stderr) as bar:
        yield from bar


def _show(results: Iterable[Result], config: Config, wish: Wish) -> int:
    """Print what was found; the exit code."""
    name = config.output_format or "text"
    render, code = renderer(name), CLEAN
    if wish.statistics or name in WHOLE:
        results = list(results)
    if wish.statistics:
        _statistics(results)
    elif name in WHOLE:
        for line in render(results):
            click.echo(line)
    for result in results:
        if not wish.statistics and name not in WHOLE:
            for line in render([result]):
                click.echo(line)
        for problem in result.problems:
            click.echo(concise.describe(problem), err=True)
        code = max(code, _code(result))
    return CLEAN if wish.exit_zero and code == FOUND else code


def _code(result: Result) -> int:
    """What one file alone would make the command answer."""
    if any(problem.fault is not Fault.INPUT for problem in result.problems):
        return FAILED
    return FOUND if result.findings or result.problems else CLEAN


def _statistics(results: Iterable[Result]) -> None:
    """How many findings of each rule, the most frequent first."""
    counts = Counter((one.code, one.name) for result in results for one in result.findings)
    width = max((len(str(number)) for number in counts.values()), default=1)
    for (code, name), number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"{number:>{width}}  {code}  {name}")


def _why_silent(paths: Sequence[Path], settings: project.Settings, wish: Wish) -> int:
    """Print where knowledge ended, or how often for which reason; the exit code says what could not be read."""
    if wish.fix or wish.diff or wish.add_noqa or wish.write_baseline is not None:
        raise click.UsageError("--why-silent shows no findings: nothing can be done with them")
    code, reasons = CLEAN, Counter[str]()
    for told in project.silences(paths, settings, wish.stdin_name):
        reasons.update(silence.why for silence in told.places)
        for silence in () if wish.statistics else told.places:
            click.echo(f"{of_finding(told.path, silence)}: {silence.why}")
        for problem in told.problems:
            click.echo(concise.describe(problem), err=True)
        code = max(code, _code(Result(told.path, (), told.problems)))
    for why, number in reasons.most_common() if wish.statistics else ():
        click.echo(f"{number:>{len(str(max(reasons.values())))}}  {why}")
    return CLEAN if wish.exit_zero and code == FOUND else code


# --- what changes files ------------------------------------------------------------------------


def _rewrite(paths: Sequence[Path], settings: project.Settings, wish: Wish, here: Config) -> int:
    """Fix, or silence by comments, or show what fixing would change."""
    results: list[Result] = []
    mended = changed = 0
    every = list(project.files(paths, settings))
    shown = _shown_by_others(every, settings) if wish.add_noqa else {}
    for found in every:
        if isinstance(found, Problem):
            results.append(Result(found.path, (), (found,)))
            continue
        result, number = _of_file(found, settings, wish, shown.get(str(found), ()))
        results.append(result)
        mended += number
        changed += number > 0
    if project.STDIN in paths:
        result, number = _of_stdin(settings, wish)
        results.append(result)
        mended += number
    done = "would be mended" if wish.diff else "silenced" if wish.add_noqa else "mended"
    if mended:
        files = f"{changed} file{'' if changed == 1 else 's'}"
        click.echo(f"{mended} finding{'' if mended == 1 else 's'} {done} in {files}", err=True)
    if wish.diff:
        _problems(results)
        worst = max((_code(replace(result, findings=())) for result in results), default=CLEAN)
        return max(worst, FOUND if mended and not wish.exit_zero else CLEAN)
    if project.STDIN in paths:
        _problems(results)
        return max((_code(result) for result in results), default=CLEAN)
    if wish.fix:  # where lines have moved, what others show there has, too
        results = (
            list(project.check(every, settings, 1)) if changed else list(project.together(results, every, settings))
        )
    return _show(results, here, wish)


def _shown_by_others(every: Sequence[Path | Problem], settings: project.Settings) -> dict[str, tuple[Finding, ...]]:
    """By path, what is found in a file only because a script runs it: these results come behind those of each file."""
    results = list(project.check(every, settings, 1))
    return {result.path: result.findings for result in results[len(every) :]}


def _problems(results: Iterable[Result]) -> None:
    for result in results:
        for problem in result.problems:
            click.echo(concise.describe(problem), err=True)


def _of_file(path: Path, settings: project.Settings, wish: Wish, shown: tuple[Finding, ...] = ()) -> tuple[Result, int]:
    """What is left in one file, and how many findings went; ``shown`` is what scripts that run it find there."""
    from ft_lint.repair import replace_file
    from ft_lint.source.text import read

    data = read(path)
    if isinstance(data, Problem):
        return Result(str(path), (), (data,)), 0
    new, result, number = _changed(data, str(path), settings, wish, shown)
    if wish.diff:
        _diff(data, new, str(path))
    elif new != data:
        try:
            replace_file(path, new)
        except OSError as error:
            return Result(str(path), (), (Problem(str(path), error.strerror or str(error), Fault.USE),)), 0
    return result, number


def _of_stdin(settings: project.Settings, wish: Wish) -> tuple[Result, int]:
    """The same for standard input; what comes out of it is the mended source."""
    data = sys.stdin.buffer.read()
    new, result, number = _changed(data, wish.stdin_name, settings, wish)
    if wish.diff:
        _diff(data, new, wish.stdin_name)
    else:
        sys.stdout.buffer.write(new)
    return result, number


def _changed(
    data: bytes, path: str, settings: project.Settings, wish: Wish, shown: tuple[Finding, ...] = ()
) -> tuple[bytes, Result, int]:
    """Other bytes for a file, what is still found in it, and how many findings went."""
    from ft_lint.repair import repaired, silenced
    from ft_lint.source.leads import may_lead

    if not may_lead(data, follow=True) and not shown:
        return data, Result(path), 0

    def lint(text: str) -> Result:
        result = project.check_text(settings, Path(path), text, follow=True)
        return replace(result, findings=(*result.findings, *shown))

    if wish.add_noqa:
        done = silenced(data, path, lint)
    else:
        done = repaired(data, path, lint, unsafe=settings.of(Path(path)).unsafe_fixes)
    if isinstance(done, Problem):
        return data, Result(path, (), (done,)), 0
    return done.data, done.result, len(done.mended)


def _diff(old: bytes, new: bytes, path: str) -> None:
    from ft_lint.repair import differences

    for line in differences(old.decode("utf-8", "replace"), new.decode("utf-8", "replace"), path):
        click.echo(line, nl=False)
