"""Data, model and optimizer that a setting chooses, by a chain of ``if`` or in a function: mistakes are told still."""

from __future__ import annotations

import pytest

from ft_lint import lint_source

HEAD = """
import copy

import torch
from torch import nn, optim
from torch.utils.data import DataLoader
from torchvision import datasets, models
from torchvision.transforms import ToTensor

from settings import args
"""
PICTURES = 'datasets.{}("data", train={}, transform=ToTensor())'
SMALL = [PICTURES.format("CIFAR10", train) for train in (True, False)]
LARGE = [PICTURES.format("CIFAR100", train) for train in (True, False)]
DATA = {
    "one": f"""
train_loader = DataLoader({SMALL[0]}, 64, shuffle=True)
test_loader = DataLoader({SMALL[1]}, 64)
""",
    "several": f"""
if args.dataset == "cifar10":
    train_set, test_set = {SMALL[0]}, {SMALL[1]}
elif args.dataset == "cifar100":
    train_set, test_set = {LARGE[0]}, {LARGE[1]}
train_loader = DataLoader(train_set, 64, shuffle=True)
test_loader = DataLoader(test_set, 64)
""",
    "by a function": f"""
def loaders(name):
    if name == "cifar10":
        return DataLoader({SMALL[0]}, 64, shuffle=True), DataLoader({SMALL[1]}, 64)
    elif name == "cifar100":
        return DataLoader({LARGE[0]}, 64, shuffle=True), DataLoader({LARGE[1]}, 64)
    raise ValueError(name)


train_loader, test_loader = loaders(args.dataset)
""",
}
MODEL = {
    "one": """
model = models.resnet18(weights="DEFAULT")
model.fc = nn.Linear(512, 10)
""",
    "several": """
if args.arch == "resnet18":
    model = models.resnet18(weights="DEFAULT")
    model.fc = nn.Linear(512, 10)
elif args.arch == "vgg16":
    model = models.vgg16(weights="DEFAULT")
    model.classifier[6] = nn.Linear(4096, 10)
elif args.arch == "densenet121":
    model = models.densenet121(weights="DEFAULT")
    model.classifier = nn.Linear(1024, 10)
else:
    raise ValueError(args.arch)
""",
    "by a function": """
def build(name):
    if name == "resnet18":
        net = models.resnet18(weights="DEFAULT")
        net.fc = nn.Linear(512, 10)
    elif name == "resnet50":
        net = models.resnet50(weights="DEFAULT")
        net.fc = nn.Linear(2048, 10)
    return net


model = build(args.arch)
""",
    "by parts of names": """
def build(name):
    if name == "resnet":
        net = models.resnet50(weights="DEFAULT")
        net.fc = nn.Linear(net.fc.in_features, 10)
    elif "efficientnet" in name:
        net = models.efficientnet_b0(weights="DEFAULT")
        net.classifier[1] = nn.Linear(net.classifier[1].in_features, 10)
    elif name.startswith("densenet"):
        net = models.densenet121(weights="DEFAULT")
        net.classifier = nn.Linear(1024, 10)
    else:
        net = models.resnet18(num_classes=10)
    return net


model = build(args.arch)
""",
    "wrapped": """
model = models.resnet18(weights="DEFAULT")
model.fc = nn.Linear(512, 10)
if args.distributed:
    model = nn.parallel.DistributedDataParallel(model)
elif torch.cuda.device_count() > 1:
    model = nn.DataParallel(model)
""",
}
OPTIMIZER = {
    "one": """
optimizer = optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
scheduler = optim.lr_scheduler.StepLR(optimizer, 10)
""",
    "several": """
if args.optim == "sgd":
    optimizer = optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
elif args.optim == "adam":
    optimizer = optim.Adam(model.parameters(), lr=0.001)
elif args.optim == "adamw":
    optimizer = optim.AdamW(model.parameters(), lr=0.001)
scheduler = optim.lr_scheduler.StepLR(optimizer, 10)
""",
    "with its schedule": """
if args.optim == "sgd":
    optimizer = optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 10)
elif args.optim == "adam":
    optimizer = optim.Adam(model.parameters(), lr=0.001)
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
""",
}
TRAINING = """
criterion = nn.CrossEntropyLoss()
best, best_state = 0, None
for epoch in range(args.epochs):
    model.train()
    for images, labels in train_loader:
        outputs = model(images)
        loss = criterion(outputs, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    hits = 0
    with torch.no_grad():
        for images, labels in test_loader:
            hits += (model(images).argmax(1) == labels).sum().item()
    if hits > best:
        best, best_state = hits, copy.deepcopy(model.state_dict())
model.load_state_dict(best_state)
torch.save(model.state_dict(), "best.pt")
"""
ZERO, STEP, SCHEDULE, TRAIN = (
    "        optimizer.zero_grad()\n",
    "        optimizer.step()\n",
    "    scheduler.step()\n",
    "    model.train()\n",
)
MISTAKES = {
    "TUN303": [("criterion =", "for weight in model.parameters():\n    weight.requires_grad = False\ncriterion =")],
    "TUN405": [(SCHEDULE, ""), (TRAIN, TRAIN + SCHEDULE)],
    "TUN407": [(SCHEDULE, ""), (STEP, STEP + "    " + SCHEDULE)],
    "TUN410": [(STEP, STEP + "        nn.utils.clip_grad_norm_(model.parameters(), 1.0)\n")],
    "TUN413": [(TRAIN, TRAIN + "    optimizer = optim.Adam(model.parameters(), lr=1e-4)\n")],
    "TUN501": [(ZERO, "")],
    "TUN502": [(ZERO, ""), (STEP, ZERO + STEP)],
    "TUN503": [("        loss.backward()\n", "")],
    "TUN505": [(TRAIN, "")],
    "TUN506": [("    model.eval()\n", "")],
    "TUN510": [
        ("        outputs = model(images)\n", "        with torch.no_grad():\n            outputs = model(images)\n")
    ],
    "TUN601": [("= model(images)", "= torch.softmax(model(images), 1)")],
    "TUN805": [("copy.deepcopy(model.state_dict())", "model.state_dict()")],
}
CHOSEN = [
    ("one", "one", "one"),
    ("several", "one", "one"),
    ("by a function", "one", "one"),
    ("one", "several", "one"),
    ("one", "by a function", "one"),
    ("one", "by parts of names", "one"),
    ("one", "wrapped", "one"),
    ("one", "one", "several"),
    ("one", "one", "with its schedule"),
    ("several", "several", "several"),
    ("by a function", "by a function", "with its schedule"),
]


@pytest.mark.parametrize(("data", "model", "optimizer"), CHOSEN)
def test_whatever_is_chosen_each_mistake_is_told(data: str, model: str, optimizer: str) -> None:
    clean = HEAD + DATA[data] + MODEL[model] + OPTIMIZER[optimizer] + TRAINING
    assert lint_source(clean, "train.py").findings == ()
    for code, changes in MISTAKES.items():
        text = clean
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        assert code in {one.code for one in lint_source(text, "train.py").findings}, code
