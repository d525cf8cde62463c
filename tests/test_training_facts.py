"""Facts of training loops: what is iterated, what is clipped, scaled, scheduled and used up."""

from __future__ import annotations

import ast
import textwrap

import pytest

from ft_lint.facts import Facts
from ft_lint.facts.data import TransformRefused
from ft_lint.facts.models import Forward
from ft_lint.facts.optimization import Backward, Clipped, OptimizerRefused, ParametersSpent, SchedulerStepped, Stepped
from ft_lint.interpreter.script import run
from ft_lint.values.base import is_none
from ft_lint.values.callables import GradMode
from ft_lint.values.module import Mode
from ft_lint.values.tensor import Tensor
from ft_lint.values.training import Scaler, counts_batches

HEAD = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

loader = DataLoader(TensorDataset(torch.randn(8, 4), torch.randn(8, 2)), batch_size=4)
model = nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
scaler = torch.amp.GradScaler("cpu")
x, y = torch.randn(4, 4), torch.randn(4, 2)
"""


def facts(script: str) -> Facts:
    return run(ast.parse(HEAD + textwrap.dedent(script))).facts


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        ("for x, y in loader:", True),
        ("for i, (x, y) in enumerate(loader, 1):", True),
        ("for i, batch in zip(range(3), loader):", True),
        ("for i in range(8):", False),
        ("for x in [x, x]:", False),
        ("while True:", False),
    ],
)
def test_only_a_loader_gives_batches(loop: str, expected: bool) -> None:
    found = facts(f"{loop}\n    optimizer.step()")
    assert {step.moment.in_batches for step in found.of(Stepped)} == {expected}


def test_a_length_counts_batches_until_it_is_divided_by_one() -> None:
    found = facts("""
        steps = 3 * len(loader)
        a = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, int(steps))
        b = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=1000 // len(loader))
        a.step()
        b.step()
    """)
    counted = [counts_batches(due.scheduler.arguments["T_max"]) for due in found.of(SchedulerStepped)]
    assert counted == [True, False]


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ("loss.backward(); clip(); optimizer.step()", "fresh"),
        ("loss.backward(); optimizer.step(); clip()", "spent"),
        ("optimizer.zero_grad(); clip(); loss.backward()", "empty"),
    ],
)
def test_a_clip_knows_what_it_meets(lines: str, state: str) -> None:
    found = facts(f"""
        clip = lambda: nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        loss = nn.functional.mse_loss(model(x), y)
        {lines}
    """)
    (clip,) = found.of(Clipped)
    assert len(getattr(clip, state)) == len(clip.parameters) == 2


@pytest.mark.parametrize(
    ("between", "scaled"), [("", True), ("scaler.unscale_(optimizer)", False), ("optimizer.zero_grad()", False)]
)
def test_gradients_stay_scaled_until_something_divides_them(between: str, scaled: bool) -> None:
    found = facts(f"""
        scaler.scale(nn.functional.mse_loss(model(x), y)).backward()
        {between}
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    """)
    (clip,) = found.of(Clipped)
    assert (clip.scaler is not None) is scaled


def test_a_loss_scaled_on_one_way_is_neither_scaled_nor_plain() -> None:
    found = facts("""
        def train(amp):
            loss = nn.functional.mse_loss(model(x), y)
            if amp:
                loss = scaler.scale(loss)
            loss.backward()
            optimizer.step()
    """)
    (step,) = found.of(Stepped)
    assert step.scales
    assert not any(isinstance(scale, Scaler) or is_none(scale) for scale in step.scales)


@pytest.mark.parametrize(
    ("first", "raises"),
    [("sum(p.numel() for p in params)", True), ("next(params)", None), ("list(model.parameters())", None)],
)
def test_a_generator_of_parameters_gives_its_items_once(first: str, raises: bool | None) -> None:
    found = facts(f"params = model.parameters()\n{first}\ntorch.optim.Adam(params)")
    assert next((spent.raises for spent in found.of(ParametersSpent)), None) is raises


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("model", "TypeError"),
        ("model.parameters", "TypeError"),
        ("[model.parameters()]", "TypeError"),
        ("[{'param': model.parameters()}]", "KeyError"),
        ("model.named_parameters()", None),
        ("nn.ParameterList([model.weight])", None),
    ],
)
def test_optimizers_refuse_what_torch_refuses(given: str, error: str | None) -> None:
    found = facts(f"torch.optim.Adam({given})")
    assert next((refused.error for refused in found.of(OptimizerRefused)), None) == error


@pytest.mark.parametrize(
    ("script", "switched"),
    [
        ("with torch.no_grad():\n    out = model(x)\nnn.functional.mse_loss(out, y).backward()", True),
        ("@torch.no_grad\ndef f():\n    nn.functional.mse_loss(model(x), y).backward()\nf()", True),
        ("with torch.no_grad():\n    t = model(x)\nnn.functional.mse_loss(model(x), t).backward()", True),
        ("nn.functional.mse_loss(model(x), y).backward()", False),
    ],
)
def test_a_tensor_knows_the_switch_that_kept_its_gradients_out(script: str, switched: bool) -> None:
    (backward,) = facts(script).of(Backward)
    assert isinstance(backward.loss, Tensor)
    assert isinstance(backward.loss.ungraded, GradMode) is switched


def test_methods_of_a_class_that_nobody_uses_have_no_order() -> None:
    found = facts("""
        class Trainer:
            def __init__(self):
                self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
                self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, 1)

            def adjust(self):
                self.scheduler.step()

            def update(self):
                self.optimizer.step()
    """)
    (due,), (step,) = found.of(SchedulerStepped), found.of(Stepped)
    assert not found.ordered(due, step)


def test_lightning_steps_schedulers_by_epochs_unless_it_is_told_otherwise() -> None:
    script = """
        import lightning as L

        class Net(L.LightningModule):
            def __init__(self):
                super().__init__()
                self.net = nn.Linear(4, 2)

            def training_step(self, batch, batch_idx):
                x, y = batch
                return nn.functional.mse_loss(self.net(x), y)

            def configure_optimizers(self):
                optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
                scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
                return [optimizer], [RETURNED]

        L.Trainer().fit(Net(), loader)
    """
    by_epoch = facts(script.replace("RETURNED", "scheduler"))
    by_batch = facts(script.replace("RETURNED", "{'scheduler': scheduler, 'interval': 'step'}"))
    assert {due.moment.in_batches for due in by_epoch.of(SchedulerStepped)} == {False}
    assert {due.moment.in_batches for due in by_batch.of(SchedulerStepped)} == {True}


def test_the_body_of_a_with_runs_where_a_context_manager_of_the_script_yields() -> None:
    found = facts("""
        from contextlib import contextmanager

        @contextmanager
        def evaluating(net):
            net.eval()
            try:
                with torch.no_grad():
                    yield net
            finally:
                net.train()

        def check(net):
            with evaluating(net) as still:
                return still(x)

        check(model)
        model(x)
    """)
    inside, after = found.of(Forward)
    assert isinstance(inside.mode, Mode)
    assert (inside.mode.training, inside.grad) == (False, False)
    assert isinstance(after.mode, Mode)
    assert (after.mode.training, after.grad) == (True, True)


def test_a_gradient_that_is_written_by_hand_is_not_one_that_adds_up() -> None:
    loop = """
        for x, y in loader:
            nn.functional.mse_loss(model(x), y).backward()
            WRITTEN
            optimizer.step()
    """
    kept = facts(loop.replace("WRITTEN", "pass"))
    written = facts(loop.replace("WRITTEN", "[p.grad.fill_(0.01) for p in model.parameters()]"))
    assert any(step.stale for step in kept.of(Stepped))
    assert not any(step.stale for step in written.of(Stepped))


@pytest.mark.parametrize("manager", ["pytest.raises(RuntimeError)", "self.assertRaises(RuntimeError)"])
def test_an_exception_that_a_test_asks_for_is_expected(manager: str) -> None:
    found = facts(f"""
        import pytest
        with {manager}:
            model(x)
        model(x)
    """)
    assert [forward.moment.expected for forward in found.of(Forward)] == [True, False]


def test_a_backward_pass_goes_through_a_sequential_of_which_some_layers_are_not_seen() -> None:
    found = facts("""
        from backbones import resnet
        net = nn.Sequential(*list(resnet().children())[:-1], nn.Flatten(), nn.Linear(4, 2))
        nn.functional.mse_loss(net(x), y).backward()
    """)
    (backward,) = found.of(Backward)
    through = [one.module for one in backward.forwards if isinstance(one, Forward)]
    assert any(not module.complete and len(module.children) > 1 for module in through)


@pytest.mark.parametrize(
    ("branch", "certain"),
    [
        ("data = datasets.MNIST('.', transform=transforms.Compose([transforms.Normalize(0.1, 0.3)]))", True),
        ("data = datasets.MNIST('.', transform=steps)", False),
    ],
)
def test_a_step_built_with_its_dataset_is_refused_wherever_that_is(branch: str, certain: bool) -> None:
    """Whether the branch runs is unknown; steps of elsewhere may go with another dataset."""
    found = facts(f"""
    import conf
    from torchvision import datasets, transforms
    steps = transforms.Compose([transforms.Normalize(0.1, 0.3)])
    if conf.grey:
        {branch}
        data[0]
    """)
    refused = list(found.of(TransformRefused))
    assert refused
    assert [one.certain for one in refused][:1] == [certain]
