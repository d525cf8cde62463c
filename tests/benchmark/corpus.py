"""A corpus that is made where no repositories are given: the same files for the same number, every time.

Like a repository of models and their training: most files are packages' modules, some of them layers in torch, a few
train; the mistakes in the latter are those that linters of torch look for.
"""

from __future__ import annotations

import random
from pathlib import Path

KINDS = ("plain", "plain", "layers", "layers", "training")


def write(folder: Path, number: int) -> None:
    """So many files of about 150 lines below a folder."""
    for index in range(number):
        drawn = random.Random(index)
        file = folder / f"package_{index // 20}" / f"module_{index}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source(KINDS[index % len(KINDS)], drawn))


def source(kind: str, drawn: random.Random) -> str:
    """One module."""
    match kind:
        case "plain":
            return '"""Bookkeeping."""\n\nimport json\nimport os\n' + "".join(_function(n, drawn) for n in range(12))
        case "layers":
            return "import torch\nfrom torch import nn\n" + "".join(_layer(n, drawn) for n in range(10))
    return _TRAINING.format(classes=drawn.randint(2, 100), rate=drawn.choice((1e-4, 1e-3)), batch=drawn.choice((8, 32)))


def _function(number: int, drawn: random.Random) -> str:
    return f'''

def convert_{number}(records, limit={drawn.randint(1, 999)}):
    """Groups records by their name."""
    groups = {{}}
    for record in records:
        if record["size"] > limit and os.path.exists(record["path"]):
            groups.setdefault(record["name"], []).append(record)
        elif record["size"] == {drawn.randint(1, 99)}:
            continue
    return json.dumps({{name: len(found) for name, found in groups.items()}})
'''


def _layer(number: int, drawn: random.Random) -> str:
    width = drawn.choice((32, 64, 128))
    return f"""

class Block{number}(nn.Module):
    def __init__(self, inputs={width}, outputs={width}):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.normalization = nn.BatchNorm2d(outputs)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, images):
        features = self.activation(self.normalization(self.convolution(images)))
        return features + images if features.shape == images.shape else features
"""


_TRAINING = """import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision import models


def build():
    model = models.resnet18(pretrained=True)
    for parameter in model.parameters():
        parameter.requires_grad = False
    model.fc = nn.Linear(model.fc.in_features, {classes})
    return model


def train(model, loader, optimizer, criterion):
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()


def evaluate(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in loader:
            correct += (model(images).argmax(1) == labels).sum().item()
    return correct


def main():
    images, labels = torch.randn(64, 3, 224, 224), torch.randint(0, {classes}, (64,))
    loader = DataLoader(TensorDataset(images, labels), batch_size={batch}, shuffle=True)
    model = build()
    optimizer = torch.optim.AdamW(model.fc.parameters(), lr={rate})
    for epoch in range(3):
        train(model, loader, optimizer, nn.CrossEntropyLoss())
        print(epoch, evaluate(model, loader))


if __name__ == "__main__":
    main()
"""
