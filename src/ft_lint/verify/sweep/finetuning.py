"""Fine-tuning at one rate, and what it did."""

from __future__ import annotations

import functools
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor, nn

from ft_lint.verify.sweep.knowledge import Pretrained
from ft_lint.verify.sweep.reported import is_reported


@dataclass(frozen=True, slots=True)
class Recipe:
    """An optimizer: its name, how a script writes it, and torch's own."""

    name: str
    written: str
    build: Callable[..., torch.optim.Optimizer]


ADAMW = Recipe("AdamW", "AdamW(model.parameters(), lr={rate})", torch.optim.AdamW)
MOMENTUM = Recipe(
    "SGD, momentum 0.9",
    "SGD(model.parameters(), lr={rate}, momentum=0.9)",
    functools.partial(torch.optim.SGD, momentum=0.9),
)
PLAIN = Recipe("SGD", "SGD(model.parameters(), lr={rate})", torch.optim.SGD)

STEPS = 30
"""Steps of fine-tuning, each on all examples."""


@dataclass(frozen=True, slots=True)
class Row:
    """One run.

    ``reported`` is TUN401's verdict on the rate.  ``largest_step`` and ``drift`` are relative moves of the median
    pretrained matrix, as TUN401's claim takes them: in the step that moved it most, and from start to end.  ``known``
    is the share of questions answered rightly at the end, ``loss`` the last one.  Where the weights are no longer
    numbers, neither are moves and loss.
    """

    model: str
    optimizer: str
    rate: float
    reported: bool
    largest_step: float
    drift: float
    known: float
    loss: float


class Bench:
    """A model with its first weights, from which every run starts."""

    def __init__(self, pretrained: Pretrained) -> None:
        self.pretrained = pretrained
        self._start = deepcopy(pretrained.model.state_dict())

    def known(self) -> float:
        """The share of questions that the model answers rightly as it is now."""
        self.pretrained.model.eval()
        with torch.no_grad():
            return self.pretrained.known()

    def finetune(self, recipe: Recipe, rate: float, steps: int = STEPS) -> Row:
        """Train the model from its first weights, with a new head, and ask it afterwards."""
        torch.manual_seed(0)
        subject, model = self.pretrained, self.pretrained.model
        model.load_state_dict(self._start)
        head = nn.Linear(subject.width, int(subject.labels.max()) + 1)
        matrices = [p for p in model.parameters() if p.ndim > 1]
        training = recipe.build([*model.parameters(), *head.parameters()], lr=rate)
        model.train()
        first = before = _copied(matrices)
        largest, loss = 0.0, torch.tensor(0.0)
        for _ in range(steps):
            loss = nn.functional.cross_entropy(head(subject.features()), subject.labels)
            training.zero_grad()
            torch.autograd.backward(loss)
            training.step()
            largest = max(_moved(matrices, before), largest)
            before = _copied(matrices)
        return Row(
            model=subject.name,
            optimizer=recipe.name,
            rate=rate,
            reported=is_reported(subject.script.format(optimizer=recipe.written.format(rate=rate))),
            largest_step=largest,
            drift=_moved(matrices, first),
            known=self.known(),
            loss=float(loss.detach()),
        )


def _copied(matrices: list[nn.Parameter]) -> list[Tensor]:
    return [matrix.detach().clone() for matrix in matrices]


def _moved(now: list[nn.Parameter], before: list[Tensor]) -> float:
    moves = [float((a.detach() - b).norm() / b.norm()) for a, b in zip(now, before, strict=True)]
    return median(moves)
