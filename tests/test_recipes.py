"""Scripts after recipes that many have copied: silent as they stand, and told of with one mistake in them."""

from __future__ import annotations

import pytest

from ft_lint import lint_source

REVIEWS = """
import pandas as pd
import torch
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, Dataset
from transformers import BertModel, BertTokenizer

# pip install "transformers<5"
CHECKPOINT = "bert-base-cased"
tokenizer = BertTokenizer.from_pretrained(CHECKPOINT)
frame = pd.read_csv("reviews.csv")
frame["mood"] = frame.stars.apply(lambda stars: int(stars > 2))
seen, rest = train_test_split(frame, test_size=0.2, random_state=7)
held, last = train_test_split(rest, test_size=0.5, random_state=7)


class Reviews(Dataset):
    def __init__(self, texts, moods):
        self.texts = texts
        self.moods = moods

    def __len__(self):
        return len(self.texts)

    def __getitem__(self, index):
        given = tokenizer.encode_plus(
            str(self.texts[index]), max_length=160, padding="max_length", truncation=True, return_tensors="pt"
        )
        return {
            "ids": given["input_ids"].flatten(),
            "mask": given["attention_mask"].flatten(),
            "mood": torch.tensor(self.moods[index], dtype=torch.long),
        }


def loader_of(frame):
    return DataLoader(Reviews(frame.text.to_numpy(), frame.mood.to_numpy()), batch_size=16)


class Mood(nn.Module):
    def __init__(self):
        super().__init__()
        self.bert = BertModel.from_pretrained(CHECKPOINT, return_dict=False)
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(768, 2)

    def forward(self, ids, mask):
        _, pooled = self.bert(input_ids=ids, attention_mask=mask)
        return self.out(self.drop(pooled))


train_loader, val_loader, test_loader = loader_of(seen), loader_of(held), loader_of(last)
net = Mood()
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-5)


def train(net, loader):
    net.train()
    for batch in loader:
        loss = nn.functional.cross_entropy(net(batch["ids"], batch["mask"]), batch["mood"])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def evaluate(net, loader):
    net.eval()
    with torch.no_grad():
        return sum((net(batch["ids"], batch["mask"]).argmax(1) == batch["mood"]).sum().item() for batch in loader)


for epoch in range(3):
    train(net, train_loader)
    print(evaluate(net, val_loader))
print(evaluate(net, test_loader))
"""

CAPTIONS = """
import pickle

import torch
from PIL import Image
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils.data import DataLoader, Dataset
from torchvision import models, transforms


class Encoder(nn.Module):
    def __init__(self, width):
        super().__init__()
        body = models.resnet50(weights="DEFAULT")
        self.body = nn.Sequential(*list(body.children())[:-1])
        self.linear = nn.Linear(body.fc.in_features, width)
        self.norm = nn.BatchNorm1d(width)

    def forward(self, images):
        with torch.no_grad():
            features = self.body(images)
        return self.norm(self.linear(features.reshape(features.size(0), -1)))


class Decoder(nn.Module):
    def __init__(self, width, hidden, words):
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.lstm = nn.LSTM(width, hidden, batch_first=True)
        self.out = nn.Linear(hidden, words)

    def forward(self, features, captions, lengths):
        both = torch.cat((features.unsqueeze(1), self.embed(captions)), 1)
        return self.out(self.lstm(pack_padded_sequence(both, lengths, batch_first=True))[0][0])


class Pictures(Dataset):
    def __init__(self, listing, transform):
        with open(listing, "rb") as file:
            self.items = pickle.load(file)
        self.transform = transform

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        path, caption = self.items[index]
        return self.transform(Image.open(path).convert("RGB")), torch.tensor(caption)


def collate(rows):
    rows.sort(key=lambda row: len(row[1]), reverse=True)
    images, captions = zip(*rows)
    lengths = [len(one) for one in captions]
    targets = torch.zeros(len(captions), max(lengths)).long()
    for place, one in enumerate(captions):
        targets[place, : lengths[place]] = one
    return torch.stack(images, 0), targets, lengths


varied = transforms.Compose([transforms.RandomResizedCrop(224), transforms.ToTensor()])
plain = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor()])
train_set, val_set = Pictures("train.pkl", varied), Pictures("val.pkl", plain)
train_loader = DataLoader(train_set, 32, shuffle=True, collate_fn=collate)
val_loader = DataLoader(val_set, 32, collate_fn=collate)
encoder, decoder = Encoder(256), Decoder(256, 512, 9000)
optimizer = torch.optim.Adam([*decoder.parameters(), *encoder.linear.parameters(), *encoder.norm.parameters()])
criterion = nn.CrossEntropyLoss()
for epoch in range(5):
    encoder.train()
    decoder.train()
    for images, captions, lengths in train_loader:
        targets = pack_padded_sequence(captions, lengths, batch_first=True)[0]
        loss = criterion(decoder(encoder(images), captions, lengths), targets)
        decoder.zero_grad()
        encoder.zero_grad()
        loss.backward()
        optimizer.step()
    encoder.eval()
    decoder.eval()
    with torch.no_grad():
        for images, captions, lengths in val_loader:
            targets = pack_padded_sequence(captions, lengths, batch_first=True)[0]
            print(criterion(decoder(encoder(images), captions, lengths), targets).item())
"""

SPAWNED = """
import argparse
import os

import torch
import torch.multiprocessing as mp
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler
from torchvision import datasets, models, transforms

parser = argparse.ArgumentParser()
parser.add_argument("data")
parser.add_argument("--arch", default="resnet50")
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--freeze-bn", action="store_true")


def rest(part):
    if isinstance(part, nn.BatchNorm2d):
        part.eval()


def worker(rank, count, args):
    net = models.__dict__[args.arch](weights="IMAGENET1K_V1")
    net.fc = nn.Linear(net.fc.in_features, 100)
    net = DistributedDataParallel(net.cuda(rank), device_ids=[rank])
    optimizer = torch.optim.SGD(net.parameters(), args.lr, momentum=0.9)
    seen = datasets.ImageFolder(os.path.join(args.data, "train"), transforms.ToTensor())
    held = datasets.ImageFolder(os.path.join(args.data, "val"), transforms.ToTensor())
    sampler = DistributedSampler(seen)
    train_loader = DataLoader(seen, 64 // count, sampler=sampler)
    val_loader = DataLoader(held, 64)
    for epoch in range(9):
        sampler.set_epoch(epoch)
        net.train()
        if args.freeze_bn:
            net.apply(rest)
        for images, labels in train_loader:
            loss = nn.functional.cross_entropy(net(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            for images, labels in val_loader:
                print((net(images).argmax(1) == labels).sum())


if __name__ == "__main__":
    mp.spawn(worker, nprocs=2, args=(2, parser.parse_args()))
"""

LEAVES = """
import cv2
import pandas as pd
import timm
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


class Leaves(Dataset):
    def __init__(self, frame, transform):
        self.frame = frame.reset_index(drop=True)
        self.transform = transform

    def __len__(self):
        return len(self.frame)

    def __getitem__(self, index):
        image = cv2.cvtColor(cv2.imread(self.frame.loc[index, "path"]), cv2.COLOR_BGR2RGB)
        return self.transform(image), int(self.frame.loc[index, "label"])


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.model = timm.create_model("tf_efficientnet_b4_ns", pretrained=True)
        self.model.classifier = nn.Linear(1792, classes)

    def forward(self, x):
        return self.model(x)


varied = transforms.Compose(
    [transforms.ToPILImage(), transforms.Resize((380, 380)), transforms.RandomHorizontalFlip(), transforms.ToTensor()]
)
plain = transforms.Compose([transforms.ToPILImage(), transforms.Resize((380, 380)), transforms.ToTensor()])
from project import others, places

frame = pd.read_csv("train.csv")
seen, held = frame.loc[places, :].reset_index(drop=True), frame.loc[others, :].reset_index(drop=True)
train_loader = DataLoader(Leaves(seen, varied), batch_size=16, shuffle=True)
val_loader = DataLoader(Leaves(held, plain), batch_size=32)
net = Net(5)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-4)
for epoch in range(5):
    net.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(images), labels).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        for images, labels in val_loader:
            print((net(images).argmax(1) == labels).sum())
"""

TAGS = """
import argparse

import torch
from transformers import AutoModelForTokenClassification

from project import loader

parser = argparse.ArgumentParser()
parser.add_argument("--model", default="bert-base-cased")
parser.add_argument("--freeze", action="store_true")
args = parser.parse_args()
net = AutoModelForTokenClassification.from_pretrained(args.model, num_labels=9)
if args.freeze:
    for name, weight in net.named_parameters():
        if name.startswith("bert."):
            weight.requires_grad = False
rare = ["bias", "LayerNorm.weight"]
groups = [
    {"params": [p for n, p in net.named_parameters() if not any(r in n for r in rare)], "weight_decay": 0.01},
    {"params": [p for n, p in net.named_parameters() if any(r in n for r in rare)], "weight_decay": 0.0},
]
optimizer = torch.optim.AdamW(groups, lr=3e-5)
for epoch in range(3):
    net.train()
    for batch in loader:
        loss, scores = net(**batch, return_dict=False)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
"""

SERIES = """
import torch
from torch import nn

from project import train_loader, val_loader


class Places(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.register_buffer("table", torch.zeros(1, 5000, width))

    def forward(self, x):
        return x + self.table[:, : x.size(1)]


class Forecast(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.taken = nn.Linear(7, width)
        self.places = Places(width)
        layer = nn.TransformerEncoderLayer(d_model=width, nhead=4, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        return self.out(self.encoder(self.places(self.taken(x)))[:, -1, :])


net = Forecast()
weights = (p for p in net.parameters() if p.requires_grad)
optimizer = torch.optim.AdamW(weights, lr=1e-3)
for epoch in range(9):
    net.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.mse_loss(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print([nn.functional.mse_loss(net(x), y) for x, y in val_loader])
"""

ACCELERATED = """
import argparse
import math

import torch
from accelerate import Accelerator
from datasets import load_dataset
from torch.utils.data import DataLoader
from transformers import (
    AutoConfig, AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding, get_scheduler,
)

parser = argparse.ArgumentParser()
parser.add_argument("--checkpoint", default="bert-base-cased")
parser.add_argument("--lr", type=float, default=5e-5)
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--accumulate", type=int, default=1)
args = parser.parse_args()
accelerator = Accelerator(gradient_accumulation_steps=args.accumulate)
raw = load_dataset("glue", "mrpc")
config = AutoConfig.from_pretrained(args.checkpoint, num_labels=2)
tokenizer = AutoTokenizer.from_pretrained(args.checkpoint)
net = AutoModelForSequenceClassification.from_pretrained(args.checkpoint, config=config)


def encode(rows):
    given = tokenizer(rows["sentence1"], rows["sentence2"], truncation=True)
    given["labels"] = rows["label"]
    return given


ready = raw.map(encode, batched=True, remove_columns=raw["train"].column_names)
collate = DataCollatorWithPadding(tokenizer)
train_loader = DataLoader(ready["train"], shuffle=True, collate_fn=collate, batch_size=8)
val_loader = DataLoader(ready["validation"], collate_fn=collate, batch_size=8)
bare = ["bias", "LayerNorm.weight"]
groups = [
    {"params": [p for n, p in net.named_parameters() if not any(b in n for b in bare)], "weight_decay": 0.01},
    {"params": [p for n, p in net.named_parameters() if any(b in n for b in bare)], "weight_decay": 0.0},
]
optimizer = torch.optim.AdamW(groups, lr=args.lr)
steps = args.epochs * math.ceil(len(train_loader) / args.accumulate)
schedule = get_scheduler(name="linear", optimizer=optimizer, num_warmup_steps=0, num_training_steps=steps)
net, optimizer, train_loader, val_loader, schedule = accelerator.prepare(
    net, optimizer, train_loader, val_loader, schedule
)
for epoch in range(args.epochs):
    net.train()
    for batch in train_loader:
        with accelerator.accumulate(net):
            loss = net(**batch).loss
            accelerator.backward(loss)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
    net.eval()
    hits = 0
    for batch in val_loader:
        with torch.no_grad():
            hits += (net(**batch).logits.argmax(-1) == batch["labels"]).sum().item()
    print(hits / len(ready["validation"]))
"""

MASKS = """
import argparse
import os

import albumentations as A
import cv2
import torch
import torch.nn as nn
from albumentations.pytorch import ToTensorV2
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Dataset
from torchvision.models import ResNet34_Weights, resnet34


class Masks(Dataset):
    def __init__(self, root, names, steps):
        self.root = root
        self.names = names
        self.steps = steps

    def __len__(self):
        return len(self.names)

    def __getitem__(self, index):
        image = cv2.cvtColor(cv2.imread(os.path.join(self.root, "img", self.names[index])), cv2.COLOR_BGR2RGB)
        mask = cv2.imread(os.path.join(self.root, "mask", self.names[index]), cv2.IMREAD_GRAYSCALE)
        made = self.steps(image=image, mask=mask)
        return made["image"], made["mask"].long()


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        body = resnet34(weights=ResNet34_Weights.DEFAULT)
        self.stem = nn.Sequential(body.conv1, body.bn1, body.relu)
        self.low, self.high = body.layer1, body.layer2
        self.up = nn.ConvTranspose2d(128, 64, kernel_size=2, stride=2)
        self.mix = nn.Conv2d(64 + 64, 64, 3, padding=1)
        self.head = nn.Conv2d(64, classes, 1)

    def forward(self, x):
        low = self.low(self.stem(x))
        up = self.up(self.high(low))
        return nn.functional.interpolate(self.head(self.mix(torch.cat([up, low], dim=1))), size=x.shape[-2:])


parser = argparse.ArgumentParser()
parser.add_argument("--root", default="data")
parser.add_argument("--epochs", type=int, default=40)
parser.add_argument("--lr", type=float, default=1e-4)
args = parser.parse_args()
names = sorted(os.listdir(os.path.join(args.root, "img")))
seen, held = train_test_split(names, test_size=0.2, random_state=0)
varied = A.Compose([A.RandomCrop(320, 320), A.HorizontalFlip(p=0.5), A.Normalize(), ToTensorV2()])
plain = A.Compose([A.Resize(320, 320), A.Normalize(), ToTensorV2()])
train_loader = DataLoader(Masks(args.root, seen, varied), batch_size=8, shuffle=True, drop_last=True)
val_loader = DataLoader(Masks(args.root, held, plain), batch_size=8)
net = Net(5)
optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr)
schedule = torch.optim.lr_scheduler.OneCycleLR(
    optimizer, max_lr=args.lr, total_steps=args.epochs * len(train_loader)
)
for epoch in range(args.epochs):
    net.train()
    for image, mask in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(image), mask)
        loss.backward()
        optimizer.step()
        schedule.step()
    net.eval()
    with torch.no_grad():
        print([(net(image).argmax(1) == mask).float().mean().item() for image, mask in val_loader])
"""

STUDENT = """
import argparse
import copy

import torch
from torch import nn, optim
from torchvision import datasets, models, transforms

plain = transforms.Compose([transforms.Resize(224), transforms.ToTensor()])


def loader_of(train):
    data = datasets.CIFAR100("data", train=train, transform=plain)
    return torch.utils.data.DataLoader(data, batch_size=64, shuffle=train)


def build(name, classes):
    if name == "resnet50":
        net = models.resnet50(weights="DEFAULT")
        net.fc = nn.Linear(net.fc.in_features, classes)
    elif name == "mobilenet":
        net = models.mobilenet_v2(weights="DEFAULT")
        net.classifier[1] = nn.Linear(net.last_channel, classes)
    return net


train_loader, test_loader = loader_of(True), loader_of(False)
teacher = build("resnet50", 100)
teacher.load_state_dict(torch.load("teacher.pth", map_location="cpu"))
teacher.eval()
student = build("mobilenet", 100)
optimizer = optim.SGD(student.parameters(), lr=0.01, momentum=0.9)
best, kept = 0.0, None
for epoch in range(30):
    student.train()
    for images, target in train_loader:
        with torch.no_grad():
            wanted = teacher(images).softmax(1)
        scores = student(images)
        loss = nn.functional.cross_entropy(scores, target) + nn.functional.cross_entropy(scores, wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    student.eval()
    with torch.no_grad():
        score = sum((student(x).argmax(1) == y).sum().item() for x, y in test_loader)
    if score > best:
        best = score
        kept = copy.deepcopy(student.state_dict())
student.load_state_dict(kept)
torch.save(student.state_dict(), "student.pth")
"""

OWN_LOADER = """
import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, models, transforms


def to_device(data, device):
    if isinstance(data, (list, tuple)):
        return [to_device(one, device) for one in data]
    return data.to(device, non_blocking=True)


class DeviceLoader:
    def __init__(self, loader, device):
        self.loader = loader
        self.device = device

    def __iter__(self):
        for batch in self.loader:
            yield to_device(batch, self.device)

    def __len__(self):
        return len(self.loader)


plain = transforms.Compose([transforms.Resize((224, 224)), transforms.ToTensor()])
seen, held = random_split(datasets.ImageFolder("pets", plain), [800, 200])
train_loader = DeviceLoader(DataLoader(seen, batch_size=8, shuffle=True), "cuda")
val_loader = DeviceLoader(DataLoader(held, batch_size=8), "cuda")
net = to_device(models.resnet18(weights="DEFAULT"), "cuda")
net.fc = nn.Linear(512, 37).to("cuda")
optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=5 * len(train_loader))
for epoch in range(5):
    net.train()
    for images, labels in train_loader:
        loss = nn.functional.cross_entropy(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    net.eval()
    with torch.no_grad():
        print(sum((net(images).argmax(1) == labels).sum().item() for images, labels in val_loader))
"""

RECIPES = {
    "accelerated": ACCELERATED,
    "masks": MASKS,
    "student": STUDENT,
    "own loader": OWN_LOADER,
    "reviews": REVIEWS,
    "captions": CAPTIONS,
    "spawned": SPAWNED,
    "leaves": LEAVES,
    "tags": TAGS,
    "series": SERIES,
}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_recipe_is_silent(recipe: str) -> None:
    assert [(one.code, one.line) for one in lint_source(recipe, "recipe.py").findings] == []


@pytest.mark.parametrize(
    ("recipe", "old", "new", "codes"),
    [
        ("reviews", "nn.Linear(768, 2)", "nn.Linear(1024, 2)", ["TUN704"]),
        ("reviews", "BertTokenizer.from_pretrained(CHECKPOINT)", "BertTokenizer.from_pretrained('bert-base-uncased')",
         ["TUN109"]),
        ("reviews", "loader_of(held)", "loader_of(seen)", ["TUN801"]),
        ("reviews", "evaluate(net, val_loader)", "evaluate(net, train_loader)", ["TUN801"]),
        ("reviews", "net = Mood()\n", "net = Mood()\nfor one in net.parameters():\n    one.requires_grad = False\n",
         ["TUN303"]),
        ("captions", "    encoder.train()\n", "", ["TUN505"]),
        ("captions", "    encoder.eval()\n", "", ["TUN506"]),
        ("captions", "        decoder.zero_grad()\n", "", ["TUN501"]),
        ("captions", '"val.pkl", plain', '"val.pkl", varied', ["TUN802"]),
        ("captions", "features.unsqueeze(1), self", "features, self", ["TUN705"]),
        ("captions", "lengths in val_loader", "lengths in train_loader", ["TUN801"]),
        ("spawned", "default=0.01", "default=1.0", ["TUN401"]),
        ("spawned", 'args.data, "val"', 'args.data, "train"', ["TUN801"]),
        ("spawned", "        net.train()\n        if args.freeze_bn:\n            net.apply(rest)\n",
         "        if args.freeze_bn:\n            net.apply(rest)\n        net.train()\n", ["TUN305"]),
        ("spawned", "        net.eval()\n", "", ["TUN506"]),
        ("spawned", "net.fc = nn.Linear(net.fc.in_features, 100)", "net.fc.out_features = 100", ["TUN203"]),
        ("leaves", "self.model.classifier =", "self.model.fc =", ["TUN202"]),
        ("leaves", "nn.Linear(1792, classes)", "nn.Linear(2048, classes)", ["TUN204"]),
        ("leaves", "    net.train()\n", "", ["TUN505"]),
        ("leaves", "Leaves(held, plain)", "Leaves(held, varied)", ["TUN802"]),
        ("leaves", "Leaves(held, plain)", "Leaves(seen, plain)", ["TUN801"]),
        ("tags", "    net.train()\n", "", ["TUN511"]),
        ("tags", 'startswith("bert.")', 'startswith("encoder.")', ["TUN307"]),
        ("tags", "        loss.backward()\n        optimizer.step()\n        optimizer.zero_grad()\n",
         "        loss.backward()\n        optimizer.zero_grad()\n        optimizer.step()\n", ["TUN502"]),
        ("series", "nn.Linear(width, 1)", "nn.Linear(128, 1)", ["TUN704"]),
        ("series", "nn.Linear(7, width)", "nn.Linear(7, 32)", ["TUN705"]),
        ("accelerated", "            accelerator.backward(loss)\n", "", ["TUN503"]),
        ("accelerated", "num_training_steps=steps", "num_training_steps=args.epochs", ["TUN407"]),
        ("accelerated", "optimizer = torch.optim.AdamW(groups, lr=args.lr)\n",
         "optimizer = torch.optim.AdamW(groups, lr=args.lr)\n"
         "net = AutoModelForSequenceClassification.from_pretrained(args.checkpoint, config=config)\n", ["TUN201"]),
        ("accelerated", 'ready["validation"], collate', 'ready["train"], collate', ["TUN801"]),
        ("masks", "default=1e-4", "default=1e-1", ["TUN401"]),
        ("masks", "Masks(args.root, held, plain)", "Masks(args.root, names, plain)", ["TUN801"]),
        ("masks", "net.parameters(), lr", "[*net.stem.parameters(), *net.low.parameters()], lr", ["TUN201"]),
        ("student", "net.classifier[1] =", "net.fc =", ["TUN202"]),
        ("student", '        net = models.mobilenet_v2(weights="DEFAULT")\n',
         "        net = models.mobilenet_v2(weights=None)\n"
         "        for weight in net.features.parameters():\n            weight.requires_grad = False\n", ["TUN107"]),
        ("student", "copy.deepcopy(student.state_dict())", "student.state_dict()", ["TUN805"]),
        ("own loader", "    net.eval()\n", "", ["TUN506"]),
        ("own loader", "transforms.Resize((224, 224))", "transforms.RandomResizedCrop(224)", ["TUN802"]),
        ("own loader", "        schedule.step()\n    net", "    schedule.step()\n    net", ["TUN406"]),
        ("series", "optimizer = torch", "print(sum(p.numel() for p in weights))\noptimizer = torch", ["TUN403"]),
    ],
)  # fmt: skip
def test_one_mistake_in_a_recipe_is_told(recipe: str, old: str, new: str, codes: list[str]) -> None:
    assert old in RECIPES[recipe]
    found = lint_source(RECIPES[recipe].replace(old, new), "recipe.py").findings
    assert [one.code for one in found] == codes


BY_ENTRIES = """
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from project import labels, paths

plain = transforms.Compose([transforms.Resize((32, 32)), transforms.ToTensor()])


class Pictures(Dataset):
    def __len__(self):
        return len(paths)

    def __getitem__(self, index):
        return plain(Image.open(paths[index]).convert("RGB")), labels[index]


def collate(rows):
    batch = {}
    batch["images"] = torch.stack([row[0] for row in rows])
    batch["labels"] = [row[1] for row in rows]
    return batch


net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 5))
for batch in DataLoader(Pictures(), batch_size=8, collate_fn=collate):
    print(net(batch["images"]))
"""


def test_a_batch_may_be_put_together_entry_by_entry() -> None:
    assert [one.code for one in lint_source(BY_ENTRIES, "train.py").findings] == []
    wrong = BY_ENTRIES.replace("nn.Linear(3 * 32 * 32", "nn.Linear(32 * 32")
    assert [one.code for one in lint_source(wrong, "train.py").findings] == ["TUN701"]
