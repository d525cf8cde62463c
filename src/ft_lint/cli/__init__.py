"""The command ``ft-lint``."""

from __future__ import annotations

import importlib.util
import io
import os
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import click

from ft_lint import __version__
from ft_lint.cli.check import FAILED, check
from ft_lint.lint import lint_file
from ft_lint.rule import Finding, Rule
from ft_lint.source.problem import Problem


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ft_lint")
@click.pass_context
def main(context: click.Context) -> None:
    """Find the mistakes in scripts that fine-tune PyTorch models, without running them and without torch.

    \b
    Start here:
      ft-lint check train.py          what is wrong in one script
      ft-lint check .                 in every script and notebook below this folder
      ft-lint check --fix .           the same, mended where that is safe
      ft-lint explain TUN201          why a finding matters and how to mend it
      ft-lint rules                   everything that it can find

    A comment `# noqa: TUN201` at the end of a line keeps a finding there silent.
    """
    if os.environ.get("NO_COLOR"):
        context.color = False
    elif os.environ.get("FORCE_COLOR"):
        context.color = True
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


main.add_command(check)


@main.command()
@click.option("--output-format", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
def rules(output_format: str) -> None:
    """List every rule: code, level, family and name.

    Errors and warnings are on by default.  Advice is often right, not always: `--extend-select` turns it on.  Rules of
    other packages are there where `plugins` in pyproject.toml names them.
    """
    from ft_lint import registry
    from ft_lint.report.rule_list import FORMATS, to_json

    plugins = _plugins()
    known = _rules_of(plugins)
    for package in sorted(registry.offered().keys() - set(plugins)):
        modules = ", ".join(registry.offered()[package])
        click.echo(f"not loaded: the rules of {package} ({modules}); `plugins` in [tool.ft-lint] names it", err=True)
    if output_format == "json":
        click.echo(to_json(known, {rule.code: _evidence(rule) for rule in known}))
    else:
        click.echo(FORMATS[output_format](known))


def _plugins() -> tuple[str, ...]:
    """The packages that the settings of this folder name."""
    from ft_lint.config import BadConfig, nearest

    try:
        return nearest(Path.cwd()).plugins
    except BadConfig as error:
        raise click.UsageError(str(error)) from error


def _rules_of(plugins: tuple[str, ...]) -> tuple[Rule, ...]:
    from ft_lint import registry

    try:
        return registry.rules(plugins)
    except registry.UnknownSelector as error:
        raise click.UsageError(str(error)) from error


def _evidence(rule: Rule) -> dict[str, dict[str, int]] | None:
    """How many fixtures of each kind a rule has, and the verdicts in them; None where the fixtures are not at hand."""
    from ft_lint.report.page import fixtures
    from ft_lint.verify.markers import read_markers

    scripts = fixtures(rule)
    if not scripts:
        return None
    verdicts = [
        marker.expected.value for script in scripts for marker in read_markers(script) if marker.code == rule.code
    ]
    return {
        "fixtures": dict(Counter(script.name.split("_")[0] for script in scripts)),
        "verdicts": dict(Counter(verdicts)),
    }


@main.command()
@click.argument("rule")
def explain(rule: str) -> None:
    """Show a rule's page: what it finds, why it matters, how to mend it, what torch shows.

    RULE is a code (TUN201) or a name (stale-optimizer).
    """
    from ft_lint.registry import UnknownSelector, find
    from ft_lint.report import page

    _rules_of(_plugins())
    try:
        click.echo(page.render(find(rule)), nl=False)
    except UnknownSelector as error:
        raise click.UsageError(f"{error} (`ft-lint rules` lists them)") from error


@main.command()
@click.argument("targets", nargs=-1)
@click.option("--jobs", type=click.IntRange(min=1), help="Fixtures to run at the same time.")
@click.option(
    "--evidence", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write the table as JSON, too."
)
def verify(targets: tuple[str, ...], jobs: int | None, evidence: Path | None) -> None:
    """Run fixtures in torch and hold findings and claims to what happens there.

    TARGETS are codes or names of rules, fixtures, or folders of them; by default all fixtures.  For those who write
    rules: it needs Linux, torch and a source tree.
    """
    if sys.platform != "linux":
        click.echo("ft-lint verify needs Linux, whose kernel keeps scripts from your files and the network", err=True)
        sys.exit(FAILED)
    if importlib.util.find_spec("torch") is None:
        click.echo("ft-lint verify runs scripts in torch; install it with `pip install -e '.[dev]'`", err=True)
        sys.exit(FAILED)
    from ft_lint import registry
    from ft_lint.verify.command import verify as run

    plugins = _plugins()
    everything = replace(registry.EVERYTHING, packages=plugins)

    def findings(path: Path) -> tuple[Finding, ...]:
        return lint_file(path, everything).findings

    sys.exit(run(targets, rules=_rules_of(plugins), findings=findings, jobs=jobs, evidence=evidence))


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def shapes(file: Path, output_format: str) -> None:
    """Show the shape of each tensor in a script, and a table of its models' layers, without running it.

    `B` is the size of a batch whose last one may be short; `?` is not known.
    """
    from ft_lint.shapes import as_json, as_text, shapes_of
    from ft_lint.source.text import decode, read

    data = read(file)
    text = data if isinstance(data, Problem) else decode(data, str(file))
    if isinstance(text, Problem):
        raise click.ClickException(text.message)
    try:
        found = shapes_of(text, str(file))
    except SyntaxError as error:
        raise click.ClickException(str(error)) from error
    click.echo(as_json(found) if output_format == "json" else as_text(found))


@main.command()
def server() -> None:
    """Serve an editor over standard input and output, by the Language Server Protocol.

    Findings while you type, quick fixes, pages and shapes under the pointer, shapes as inlay hints; README tells how an
    editor is set up for it.
    """
    if importlib.util.find_spec("pygls") is None:
        click.echo("ft-lint server needs pygls; install it with `pip install 'pygls>=2'`", err=True)
        sys.exit(FAILED)
    from ft_lint.server import serve

    serve()
