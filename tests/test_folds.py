"""Folds by scikit-learn, which is not needed to lint: no fixture can run them where it is not installed."""

from __future__ import annotations

import pytest

from ft_lint.lint import lint_source

SCRIPT = """\
import torch
from sklearn.model_selection import {splitter}
from torch import nn
from torch.utils.data import DataLoader, Subset, SubsetRandomSampler, TensorDataset

data = TensorDataset(torch.randn(40, 5), torch.randint(2, (40,)))
model = nn.Linear(5, 2)
initial = {{name: value.clone() for name, value in model.state_dict().items()}}
folds = {splitter}(n_splits=5)
for fold, (train_indices, val_indices) in enumerate(folds.split(data)):
    {top}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train_loader = DataLoader(data, batch_size=4, sampler=SubsetRandomSampler(train_indices))
    for epoch in range(3):
        for x, y in train_loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
    with torch.no_grad():
        for x, y in DataLoader(Subset(data, val_indices), batch_size=4):
            print((model(x).argmax(dim=1) == y).float().mean())
"""


@pytest.mark.parametrize(
    ("splitter", "top", "found"),
    [
        ("KFold", "print(fold)", ["TUN808"]),
        ("StratifiedKFold", "model.train()", ["TUN808"]),
        ("KFold", "model = nn.Linear(5, 2)", []),
        ("KFold", "model.load_state_dict(initial)", []),
        ("KFold", "model.apply(lambda layer: layer.reset_parameters())", []),
        ("KFold", "model.reset_parameters()", []),
        ("KFold", "nn.init.xavier_uniform_(model.weight)", []),
        ("KFold", "model.weight.data.normal_(0, 0.02)", []),
        ("TimeSeriesSplit", "print(fold)", []),
    ],
)
def test_a_model_that_goes_on_from_fold_to_fold(splitter: str, top: str, found: list[str]) -> None:
    result = lint_source(SCRIPT.format(splitter=splitter, top=top), "folds.py")
    assert [finding.code for finding in result.findings] == found
    assert not result.problems
