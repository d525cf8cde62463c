"""The verifier can fail: every way of being wrong that a fixture, a marker, a claim or a script has is seen as red."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ft_lint import observe, registry
from ft_lint.observe import Run
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.verify.agreement import Derived, agreement
from ft_lint.verify.command import verify
from ft_lint.verify.markers import Expected, Marker, MarkerError, markers_in, read_markers
from ft_lint.verify.sandbox import Limits, Outcome, run_script
from ft_lint.verify.verdicts import Question, judge

CASES = Path(__file__).parent / "verify_cases"
RULES = {rule.code: rule for rule in registry.rules()}
STALE = RULES["TUN201"]
FOUND = {"layer": "model[2]", "optimizer": "optimizer"}


@pytest.fixture(scope="module")
def bad() -> Outcome:
    return run_script(CASES / "bad_swap.py")


@pytest.fixture(scope="module")
def good() -> Outcome:
    return run_script(CASES / "good_swap.py")


@pytest.fixture(scope="module")
def tour() -> Run:
    outcome = run_script(CASES / "tour.py")
    assert outcome.run is not None, outcome.problem
    return outcome.run


def found(line: int = 9, **values: object) -> list[Finding]:
    return [Finding("TUN201", "stale-optimizer", Level.WARNING, "...", values or FOUND, line=line)]


def reds(outcome: Outcome, markers: tuple[Marker, ...], findings: list[Finding], rule: Rule = STALE) -> set[Question]:
    verdicts = judge(outcome, markers, findings, {rule.code: rule})
    return {verdict.question for verdict in verdicts if not verdict.green}


# ------------------------------------------------------------------------------------------ markers


def test_markers_of_every_kind_on_one_line() -> None:
    source = 'x = 1  # TUN201: layer="a#b", size=3  # ok TUN401  # missed TUN501\ny = "# TUN601"  # plain\n'
    assert list(markers_in(source, "f.py")) == [
        Marker(1, "TUN201", Expected.FINDING, {"layer": "a#b", "size": 3}),
        Marker(1, "TUN401", Expected.OK),
        Marker(1, "TUN501", Expected.MISSED),
    ]


@pytest.mark.parametrize(
    "comment",
    [
        "# TUN201 layer='a'",
        "# TUN201: layer=model.fc",
        "# TUN201: 'model.fc'",
        "# TUN201: layer='a'  # ok TUN201 always",
        "# fine TUN201",
        "# TUN2011",
        "# ok TUN201: layer='a'",
        "# TUN201: **{'a': 1}",
        "# TUN201: a=1) + f(b=2",
    ],
)
def test_a_malformed_marker_is_an_error_with_its_place(comment: str) -> None:
    with pytest.raises(MarkerError, match=r"^f\.py:2: "):
        list(markers_in(f"x = 1\ny = 2  {comment}\n", "f.py"))


# ---------------------------------------------------------------------------------------- verdicts


def test_bad_and_good_are_green(bad: Outcome, good: Outcome) -> None:
    assert reds(bad, read_markers(bad.path), found()) == set()
    assert reds(good, read_markers(good.path), []) == set()


def test_a_bad_fixture_in_place_of_its_good_twin_is_red(bad: Outcome, good: Outcome) -> None:
    assert reds(good, read_markers(bad.path), found()) == {Question.EFFECT}
    assert reds(bad, read_markers(good.path), []) == {Question.EFFECT}


def test_a_negated_claim_is_red(bad: Outcome, good: Outcome) -> None:
    class Negated(type(STALE)):  # type: ignore[misc]
        def claim(self, run: Run, line: int) -> Evidence:
            evidence = super().claim(run, line)
            return replace(evidence, holds=not evidence.holds)

    assert reds(bad, read_markers(bad.path), found(), Negated()) == {Question.EFFECT}
    assert reds(good, read_markers(good.path), [], Negated()) == {Question.EFFECT}


@pytest.mark.parametrize("line", [7, 8, 10, 12])
def test_a_marker_on_another_line_is_red(bad: Outcome, line: int) -> None:
    moved = tuple(replace(marker, line=line) for marker in read_markers(bad.path))
    assert Question.EXPECTATION in reds(bad, moved, found())
    assert reds(bad, moved, found(line)) == {Question.EFFECT}


def test_other_values_are_red(bad: Outcome) -> None:
    assert reds(bad, read_markers(bad.path), found(layer="model[1]", optimizer="optimizer")) == {Question.EXPECTATION}
    assert reds(bad, read_markers(bad.path), found(layer="model[2]")) == {Question.EXPECTATION}
    assert reds(bad, read_markers(bad.path), found(**FOUND, more=1)) == set()


def test_missed_and_false_alarms_are_red(bad: Outcome, good: Outcome) -> None:
    assert reds(bad, read_markers(bad.path), []) == {Question.EXPECTATION}
    assert reds(good, read_markers(good.path), found()) == {Question.EXPECTATION}
    assert reds(good, read_markers(good.path), found(line=3)) == {Question.EXPECTATION}
    advice = [replace(finding, code="TUN101", level=Level.ADVICE) for finding in found(line=3)]
    assert reds(good, read_markers(good.path), advice) == set()
    asked = [replace(finding, level=Level.ADVICE) for finding in found(line=3)]
    assert reds(good, read_markers(good.path), asked) == {Question.EXPECTATION}


def test_a_known_miss_is_red_once_it_is_found_or_does_no_harm(bad: Outcome, good: Outcome) -> None:
    missed = (Marker(9, "TUN201", Expected.MISSED),)
    assert reds(bad, missed, []) == set()
    assert reds(bad, missed, found()) == {Question.EXPECTATION}
    assert reds(good, missed, []) == {Question.EFFECT}


def test_a_marker_of_no_rule_is_red(bad: Outcome) -> None:
    assert Question.EFFECT in reds(bad, (Marker(9, "TUN999", Expected.OK),), found())


# ----------------------------------------------------------------------------------------- sandbox


@pytest.mark.parametrize(
    ("script", "limits", "why"),
    [
        ("hangs.py", Limits(wall=2), "ran longer than 2 s"),
        ("spins.py", Limits(cpu=2), "killed by SIG"),
        ("crashes.py", Limits(), "killed by SIGABRT"),
        ("hoards.py", Limits(memory=512 << 20), "alloc"),
        ("raises.py", Limits(), "KeyError: 'no such key'"),
        ("connects.py", Limits(), "asked for the network: 192.0.2.1:80"),
    ],
)
def test_a_script_that_misbehaves_is_red(script: str, limits: Limits, why: str) -> None:
    verdicts = judge(run_script(CASES / script, limits), (), None, RULES)
    assert [verdict.green for verdict in verdicts] == [False]
    assert why in verdicts[0].why


def test_an_exception_stands_where_it_was_raised() -> None:
    run = run_script(CASES / "raises.py").run
    assert run is not None
    assert run.exception is not None
    assert run.exception.places == ((5, 5), (8, 10))
    assert run.exception.at(9)
    assert not run.exception.at(4)


def test_nothing_of_a_script_outlives_it() -> None:
    run = run_script(CASES / "leaves_children.py").run
    assert run is not None
    process = Path("/proc", run.output.strip(), "stat")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.exists() and process.read_text().split()[2] != "Z":
        time.sleep(0.05)
    assert time.monotonic() < deadline


# ---------------------------------------------------------------------------------------- recorder


def test_the_recorder_changes_no_result(tour: Run) -> None:
    plain = subprocess.run(
        [sys.executable, str(CASES / "tour.py")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert tour.output == plain.stdout


def test_two_runs_are_equal(bad: Outcome) -> None:
    again = run_script(CASES / "bad_swap.py").run
    assert again is not None
    assert bad.run is not None
    assert again.events == bad.run.events
    assert again.parameters == bad.run.parameters


def test_an_expression_over_several_lines_is_found_at_each_of_them(tour: Run) -> None:
    source = (CASES / "tour.py").read_text().splitlines()
    first = source.index("optimizer = torch.optim.Adam(") + 1
    for line in range(first, first + 4):
        assert [event.kind for event in tour.at(line).of(observe.OptimizerBuilt)] == ["Adam"]
    assert not tour.at(first - 1).of(observe.OptimizerBuilt)
    assert not tour.at(first + 4).of(observe.OptimizerBuilt)


def test_a_loop_header_is_not_its_body(tour: Run) -> None:
    header = (CASES / "tour.py").read_text().splitlines().index("    for x, y in train_loader:") + 1
    assert len(tour.at(header).of(observe.BatchDrawn)) == 8
    assert not tour.at(header + 1).of(observe.BatchDrawn)


def test_training_and_validation_are_told_apart(tour: Run) -> None:
    trained, validated = tour.batches(trained=True), tour.batches(trained=False)
    assert (len(trained), len(validated)) == (8, 4)
    assert not {s for batch in trained for s in batch.samples} & {s for batch in validated for s in batch.samples}
    assert all(any(part.noisy for part in tour.within(call)) == tour.trained(call) for call in tour.calls())
    assert all(any(part.statistics_moved for part in tour.within(call)) == tour.trained(call) for call in tour.calls())


def test_parameters_know_what_became_of_them(tour: Run) -> None:
    head, body = tour.named("head.weight"), tour.named("body.0.weight")
    assert head is not None
    assert body is not None
    assert (head.gradients, head.steps_moved, head.requires_grad) == (8, 8, True)
    assert (body.gradients, body.steps_moved, body.requires_grad) == (0, 0, False)
    assert head.optimizers == body.optimizers


def test_a_copied_state_dict_does_not_change(tour: Run) -> None:
    assert len(tour.of(observe.StateDictTaken)) == 2
    assert not tour.of(observe.StateDictUsed)


def test_a_warning_is_recorded(tour: Run) -> None:
    assert [warning.text for warning in tour.of(observe.WarningIssued)] == ["the tour ends"]


# --------------------------------------------------------------------------------------- stand-ins


def test_weights_depend_on_their_address_and_leave_chance_alone(tmp_path: Path) -> None:
    script = tmp_path / "weights.py"
    script.write_text(
        "import torch\nfrom torchvision.models import squeezenet1_1\ntorch.manual_seed(0)\nbefore = torch.rand(1)\n"
        "torch.manual_seed(0)\nfrom torchvision.models import SqueezeNet1_1_Weights as W\n"
        "first, second = W.DEFAULT.get_state_dict(), W.DEFAULT.get_state_dict()\nafter = torch.rand(1)\n"
        "model = squeezenet1_1(weights='DEFAULT')\nmodel.classifier[1] = torch.nn.Conv2d(512, 4, 1)\nmodel.eval()\n"
        "model(torch.randn(1, 3, 64, 64))\n"
        "print(torch.equal(before, after), all(torch.equal(first[k], second[k]) for k in first))\n"
    )
    run = run_script(script).run
    assert run is not None
    assert run.exception is None
    assert run.output == "True True\n"
    stem, head = run.named("features.0.weight"), run.named("classifier.1.weight")
    assert stem is not None
    assert head is not None
    assert (stem.pretrained, head.pretrained) == ("squeezenet1_1", "")


# --------------------------------------------------------------------------------------- agreement


HEAD = ("head.weight", "head.bias")
BODY = ("body.0.weight", "body.0.bias", "body.1.weight", "body.1.bias")


def line_of(text: str) -> int:
    return (CASES / "tour.py").read_text().splitlines().index(text) + 1


@pytest.mark.parametrize(
    ("statement", "right", "wrong"),
    [
        ("        x = self.body(x)", ("shape", "x", (None, 4, 6, 6)), ("shape", "x", (4, 4, 8, 8))),
        ("    model.eval()", ("training", "model", False), ("training", "model", True)),
        ("        optimizer.zero_grad()", ("optimized", "optimizer", BODY + HEAD), ("optimized", "optimizer", HEAD)),
        ("    model.train()", ("trainable", "model", HEAD), ("trainable", "model", (*HEAD, "body.0.weight"))),
    ],
)
def test_agreement_is_green_for_what_torch_has_and_red_for_anything_else(
    tour: Run, statement: str, right: tuple[str, str, object], wrong: tuple[str, str, object]
) -> None:
    def greens(kind: str, name: str, value: object) -> set[bool]:
        fact = Derived(line_of(statement), kind, name, (value,))
        return {verdict.green for verdict in agreement(CASES / "tour.py", [fact], tour)}

    assert greens(*right) == {True}
    assert greens(*wrong) == {False}
    assert greens("shape", "nobody", (1,)) == set()


# ----------------------------------------------------------------------------------------- command


@dataclass
class Table:
    code: int
    text: str


def run_command(*targets: object, findings: list[Finding] | None = None) -> Table:
    out = io.StringIO()
    told = None if findings is None else lambda _path: findings
    code = verify([str(target) for target in targets], rules=RULES.values(), findings=told, out=out, jobs=1)
    return Table(code, out.getvalue())


def test_the_command_prints_a_row_for_each_rule_and_the_total() -> None:
    table = run_command(CASES / "bad_swap.py", CASES / "good_swap.py")
    assert table.code == 0
    assert "TUN201 stale-optimizer" in table.text
    assert "2 of 2" in table.text
    assert table.text.endswith("4 green, 0 red, on 2 fixtures\n")


def test_the_command_fails_where_anything_is_red() -> None:
    table = run_command(CASES / "bad_swap.py", findings=[])
    assert table.code == 1
    assert f"{CASES / 'bad_swap.py'}:9: TUN201 expectation: missed alarm" in table.text


def test_a_target_that_does_not_exist_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command("TUN000").code == 2
    assert "TUN000" in capsys.readouterr().err


def test_a_malformed_marker_stops_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fixture = tmp_path / "bad_marker.py"
    fixture.write_text("x = 1  # TUN201 there\n")
    assert run_command(fixture).code == 1
    assert f"{fixture}:1" in capsys.readouterr().err
