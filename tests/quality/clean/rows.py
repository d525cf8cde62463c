"""Trains on rows of numbers with functional dropout, and keeps the weights with the lowest validation loss."""

import copy

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(20, 32)
        self.second = nn.Linear(32, 3)

    def forward(self, x):
        x = F.relu(self.first(x))
        x = F.dropout(x, 0.3, training=self.training)
        return self.second(x)


rows, classes = torch.randn(600, 20), torch.randint(0, 3, (600,))
train_loader = DataLoader(TensorDataset(rows[:500], classes[:500]), batch_size=20, shuffle=True)
val_loader = DataLoader(TensorDataset(rows[500:], classes[500:]), batch_size=20)
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
lowest, best = float("inf"), None
for epoch in range(10):
    model.train()
    for inputs, labels in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
    model.eval()
    val_loss = 0.0
    with torch.no_grad():
        for inputs, labels in val_loader:
            val_loss += F.cross_entropy(model(inputs), labels).item()
    print(epoch, val_loss)
    if val_loss < lowest:
        lowest, best = val_loss, copy.deepcopy(model.state_dict())
model.load_state_dict(best)
