"""What holds for every rule: one name in four spellings, a whole page, fixtures, a row in README."""

from __future__ import annotations

import inspect
import re
import string
from pathlib import Path

import pytest

from ft_lint.lint import lint_source
from ft_lint.registry import find, rules
from ft_lint.report.page import fixtures
from ft_lint.report.rule_list import markdown, summary
from ft_lint.rule import Rule

HEADINGS = ["What it does", "Why it matters", "How to mend it", "What torch shows", "Known limits", "References"]
FAMILIES = ("loading", "head", "freezing", "optimizer", "loop", "loss", "shapes", "evaluation", "removed")
BEGIN, END = "<!-- rules: begin -->", "<!-- rules: end -->"

every_rule = pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)


def test_there_are_rules() -> None:
    assert len(rules()) >= 22
    assert len({rule.code for rule in rules()}) == len({rule.name() for rule in rules()}) == len(rules())


@every_rule
def test_one_name_in_four_spellings(rule: Rule, root: Path) -> None:
    module = Path(inspect.getfile(type(rule)))
    snake = rule.name().replace("-", "_")
    assert module == root / "rules" / rule.family() / f"{snake}.py"
    assert type(rule).__name__ == "".join(map(str.capitalize, rule.name().split("-")))
    assert (root / "fixtures" / rule.family() / snake).is_dir()
    assert find(rule.code) is find(rule.name()) is rule


@every_rule
def test_the_code_tells_the_family(rule: Rule) -> None:
    assert re.fullmatch(r"TUN[1-9]\d\d", rule.code)
    assert FAMILIES[int(rule.code[3]) - 1] == rule.family()


@every_rule
def test_the_page_is_whole(rule: Rule) -> None:
    assert re.findall(r"^(.+)\n-+$", rule.page(), re.MULTILINE) == HEADINGS
    for heading, text in zip(HEADINGS, re.split(r"^.+\n-+\n", rule.page(), flags=re.MULTILINE)[1:], strict=True):
        assert len(text.split()) >= (1 if heading == "References" else 3), heading
    assert "http" in rule.page().rpartition("References")[2]
    assert summary(rule).endswith(".")
    assert len(summary(rule)) <= 120


@every_rule
def test_the_message_is_a_sentence_that_names_what_it_is_about(rule: Rule) -> None:
    fields = {name for _, name, _, _ in string.Formatter().parse(rule.message) if name}
    assert not rule.message.endswith(".")
    assert len(rule.message) <= 240
    assert fields or rule.code in ("TUN303", "TUN801")


@every_rule
def test_there_are_enough_fixtures(rule: Rule) -> None:
    names = [path.name for path in fixtures(rule)]
    counts = {kind: sum(name.startswith(f"{kind}_") for name in names) for kind in ("bad", "good", "hard")}
    assert counts["bad"] >= 3
    assert counts["good"] >= 3
    assert counts["hard"] >= 1
    assert sum(counts.values()) == len(names), "every fixture is bad, good or hard"


def test_every_folder_of_fixtures_belongs_to_a_rule(root: Path) -> None:
    folders = {path.parent for path in (root / "fixtures").glob("*/*/*.py")}
    assert folders == {path.parent for rule in rules() for path in fixtures(rule)}


def test_the_table_in_readme_is_that_of_the_rules(root: Path) -> None:
    """To mend it: `ft-lint rules --output-format markdown`, between the two marks."""
    readme = (root / "README.md").read_text()
    assert readme.split(BEGIN)[1].split(END)[0].strip() == markdown(rules())


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("True", "means the oldest weights"),
        ("False", "write `weights=None` for a model without weights"),
        ("sys.argv[1] == 'yes'", "`None` for a model without"),
    ],
)
def test_what_pretrained_means_is_told_where_it_is_known(given: str, says: str) -> None:
    text = f"import sys\nfrom torchvision import models\nmodel = models.resnet18(pretrained={given})\n"
    (found,) = lint_source(text, "train.py").findings
    assert says in found.message


@pytest.mark.parametrize(("given", "says"), [("True", "raises ValueError"), ("False", "write `weights=None`")])
def test_a_model_that_had_no_weights_then_is_told_of(given: str, says: str) -> None:
    text = f"from torchvision import models\nmodel = models.vit_h_14(pretrained={given})\n"
    (found,) = lint_source(text, "train.py").findings
    assert says in found.message
    assert (found.fix is None) is (given == "True")


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        ("nn.MultiheadAttention(50, 7)", "refuses to build this layer"),
        ("nn.Conv2d(3, 8, 3)", "raises at the first batch"),
    ],
)
def test_when_torch_refuses_a_layer_is_told(layer: str, says: str) -> None:
    text = f"import torch\nfrom torch import nn\nlayer = {layer}\nlayer(torch.zeros(2, 2))\n"
    (found,) = lint_source(text, "train.py").findings
    assert (found.code, says in found.message) == ("TUN704", True)


def test_what_a_function_is_given_is_nobodys_to_write_out() -> None:
    """Another file may call it with something else, so neither message nor fix decide it."""
    text = (
        "from torchvision import models\ndef build(known):\n    return models.resnet18(pretrained=known)\nbuild(True)\n"
    )
    (found,) = lint_source(text, "train.py").findings
    assert "`None` for a model without" in found.message
    assert found.fix is None
