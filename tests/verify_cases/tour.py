"""Does a little of everything that is recorded, so that results with and without the recorder can be compared."""

import copy
import warnings

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5))
        self.head = nn.Linear(4 * 6 * 6, 3)

    def forward(self, x):
        x = self.body(x)
        return self.head(
            x.view(x.size(0), -1),
        )


def evaluate(model, loader):
    model.eval()
    with torch.no_grad():
        return sum((model(x).softmax(dim=1).argmax(1) == y).sum().item() for x, y in loader)


torch.manual_seed(1)
data = TensorDataset(torch.randn(24, 1, 8, 8), torch.randint(3, (24,)))
train_loader = DataLoader(Subset(data, range(16)), batch_size=4, shuffle=True)
val_loader = DataLoader(Subset(data, range(16, 24)), batch_size=4)
model = Net()
for parameter in model.body.parameters():
    parameter.requires_grad = False
    parameter.stage = "body"
optimizer = torch.optim.Adam(
    model.parameters(),
    lr=0.01,
)
best = None
for _ in range(2):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    best = copy.deepcopy(model.state_dict())
    print(f"{loss.item():.8f} {evaluate(model, val_loader)} {torch.rand(1).item():.8f}")
model.load_state_dict(best)
warnings.warn("the tour ends", stacklevel=1)
print({parameter.stage for parameter in model.body.parameters()}, sorted(vars(next(model.parameters()))))
