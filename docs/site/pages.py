"""The site's pages that nobody writes: made of the rules' own pages, their fixtures and what torch showed.

mkdocs calls ``on_files`` here; see ``mkdocs.yml``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from ft_lint.registry import rules
from ft_lint.report.page import fixtures
from ft_lint.report.rule_list import summary
from ft_lint.rule import Rule

ROOT = Path(__file__).resolve().parents[2]
KINDS = (("bad", "Found here"), ("good", "Right"), ("hard", "Looks alike, and is right"))
COLUMNS = {
    "scripts": "scripts run in torch (bad, good, hard)",
    "effect": "claims that came out as expected",
    "expectation": "lines on which the linter and the markers agree",
    "fix": "fix, and verdicts on it",
    "seen": "seen in torch",
}


def on_files(files: Files, config: Any) -> Files:
    """Adds the start page, a page for each rule and one for all, and the changes."""
    evidence = json.loads((ROOT / "docs/evidence.json").read_text(encoding="utf-8"))["rules"]
    pages = {
        "index.md": start(),
        "changelog.md": (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
        "rules/index.md": overview(),
        **{f"rules/{rule.code}.md": page(rule, evidence.get(rule.code, {})) for rule in rules()},
    }
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def start() -> str:
    """README, with links that lead within the site."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = re.compile(r"<!-- rules: begin -->.*<!-- rules: end -->", re.DOTALL)
    text = table.sub("[All rules](rules/index.md) with their pages, examples and what torch showed.", text)
    text = text.replace("(CHANGELOG.md)", "(changelog.md)").replace("(docs/", "(")
    return text.replace("[CONTRIBUTING.md](CONTRIBUTING.md)", "`CONTRIBUTING.md`")


def overview() -> str:
    """A table for each family."""
    families: dict[str, list[Rule]] = {}
    for rule in rules():
        families.setdefault(rule.family(), []).append(rule)
    lines = ["# Rules", "", "`error`: torch raises. `warning`: nothing is raised and the result is wrong.", ""]
    lines += ["`advice`: often right, not always; off by default.", ""]
    for family, members in families.items():
        lines += [f"## {family}", "", "| code | name | level | fix | what it finds |", "|---|---|---|---|---|"]
        lines += [_row(rule) for rule in members]
        lines.append("")
    return "\n".join(lines)


def _row(rule: Rule) -> str:
    fix = rule.applicability.value if rule.applicability is not None else ""
    cells = (f"[{rule.code}]({rule.code}.md)", rule.name(), rule.level.value, fix, summary(rule).replace("|", "\\|"))
    return f"| {' | '.join(cells)} |"


def page(rule: Rule, evidence: dict[str, str]) -> str:
    """A rule's own page, its shortest fixtures, and torch's figures."""
    fix = f" · {rule.applicability.value} fix" if rule.applicability is not None else ""
    head = [f"# {rule.code} {rule.name()}", "", f"{rule.level.value} · {rule.family()}{fix}", ""]
    parts = ["\n".join(head), _linked(rule.page())]
    if evidence:
        rows = [f"| {COLUMNS[name]} | {evidence[name]} |" for name in COLUMNS if evidence.get(name)]
        parts.append("\n".join(["## Evidence", "", "| | |", "|---|---|", *rows]))
    return "\n\n".join([*parts, *_examples(rule)]) + "\n"


def _linked(text: str) -> str:
    """Addresses on lines of their own become a list of links."""
    return re.sub(r"^(https?://\S+)$", r"- <\1>", text, flags=re.MULTILINE)


def _examples(rule: Rule) -> Iterator[str]:
    for prefix, heading in KINDS:
        scripts = [path for path in fixtures(rule) if path.name.startswith(prefix)]
        if scripts:
            shortest = min(scripts, key=lambda path: path.stat().st_size)
            script = shortest.read_text(encoding="utf-8").rstrip()
            yield f'## {heading}\n\n```python title="{shortest.name}"\n{script}\n```'
