"""Trains a small network of its own on MNIST, everything in one loop."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 16, 3, padding=1)])
        self.hidden = nn.Linear(3136, 128)
        self.dropout = nn.Dropout(0.5)
        self.between = nn.Linear(128, 64)
        self.scores = nn.Linear(64, 10)

    def forward(self, x):
        for block in self.blocks:
            x = F.relu(block(x))
        x = F.max_pool2d(x, 2)
        x = x.view(-1, 3136)
        x = F.relu(self.hidden(x))
        x = self.dropout(x)
        x = F.relu(self.between(x))
        x = F.dropout(x, 0.2, training=self.training)
        return F.log_softmax(self.scores(x), dim=1)


transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
train_loader = DataLoader(datasets.MNIST("data", train=True, transform=transform), batch_size=64, shuffle=True)
test_loader = DataLoader(datasets.MNIST("data", train=False, transform=transform), batch_size=64)
model = Digits()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3)
for epoch in range(10):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = F.nll_loss(model(images), labels)
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in test_loader:
            correct += (model(images).argmax(dim=1) == labels).sum().item()
    accuracy = correct / len(test_loader.dataset)
    print(epoch, accuracy)
torch.save(model.state_dict(), "digits.pt")

again = Digits()
again.load_state_dict(torch.load("digits.pt"))
again.eval()
