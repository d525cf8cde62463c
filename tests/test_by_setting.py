"""Models that a setting freezes, wraps or chooses: what is wrong on every way, or wherever it is chosen, is told."""

from __future__ import annotations

import ast

import pytest

from ft_lint import lint_source
from ft_lint.facts.optimization import Clipped, Stepped
from ft_lint.interpreter.script import interpret

FREEZING = """
import torch
from torch import nn, optim
from torchvision import models

from settings import args, loader

net = models.resnet18(weights="DEFAULT")
if args.freeze:
    for weight in net.parameters():
        weight.requires_grad = False
net.fc = nn.Linear(512, 2)
optimizer = optim.SGD(filter(lambda p: p.requires_grad, net.parameters()), lr=0.01)
for x, y in loader:
    net.train()
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
"""
CLIP = "    nn.utils.clip_grad_norm_(net.parameters(), 1.0)\n"
BUILT = "optimizer = optim.SGD(filter(lambda p: p.requires_grad, net.parameters()), lr=0.01)\n"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (CLIP + "    optimizer.step()\n", "    optimizer.step()\n" + CLIP, "TUN410"),
        (BUILT, BUILT + "net.fc = nn.Linear(512, 3)\n", "TUN201"),
        (BUILT, BUILT + "net.fc = nn.Linear(512, 3).cuda()\n", "TUN201"),
        ("optim.SGD", "optim.Adam", "TUN401"),
        ("net.fc = nn.Linear(512, 2)\n", "", "TUN303"),
        ("    for weight in net", "    net.fc = nn.Linear(512, 3)\n    for weight in net", ""),
        ("net.fc = nn.Linear(512, 2)\n", "net.fc = nn.Linear(256, 2)\n", "TUN204"),
    ],
)
def test_a_flag_that_freezes_hides_no_mistake(old: str, new: str, code: str) -> None:
    assert old in FREEZING
    assert [one.code for one in lint_source(FREEZING, "train.py").findings] == []
    found = {one.code for one in lint_source(FREEZING.replace(old, new), "train.py").findings}
    assert found == ({code} if code else set())


def test_a_flag_that_freezes_everything_leaves_nothing_to_train() -> None:
    head = "net.fc = nn.Linear(512, 2)\n"
    text = FREEZING.replace(head, "").replace("if args.freeze:", head + "if args.freeze:")
    chosen = BUILT.replace("optimizer = optim.SGD", "    optimizer = optim.RMSprop").replace("0.01", "1e-4")
    text = text.replace(BUILT, f'if args.optimizer == "rmsprop":\n{chosen}else:\n    {BUILT}')
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN303"]


def test_gradients_of_what_a_flag_freezes_are_spent_by_a_step() -> None:
    facts = interpret(ast.parse(FREEZING.replace("    optimizer.step()\n", "    optimizer.step()\n" + CLIP)))
    before, after, *_ = facts.of(Clipped)
    assert before.fresh, "the head surely has a gradient"
    assert before.unsure, "the rest has one by the flag"
    assert after.spent
    assert not (*after.fresh, *after.unsure)
    assert all(step.moved for step in facts.of(Stepped))


WRAPPED = """
import torch
from torch import nn
from torch.utils.data import DataLoader

from settings import args, data


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Conv2d(3, 8, 3)
        self.head = nn.Linear({width}, 2)

    def forward(self, x):
        return self.head(self.features(x).mean((2, 3)))


net = Net()
if torch.cuda.device_count() > 1:
    net = nn.DataParallel(net)
for x, y in DataLoader(data, 8):
    print(net(x))
"""


def test_a_wrapper_that_the_machine_chooses_hides_no_wrong_size() -> None:
    assert [one.code for one in lint_source(WRAPPED.format(width=8), "train.py").findings] == []
    assert [one.code for one in lint_source(WRAPPED.format(width=100), "train.py").findings] == ["TUN704"]


CHOSEN = """
import torch
from torch import nn
from torchvision import models

from settings import args

if args.arch == "resnet18":
    net = models.resnet18()
    net.fc = nn.Linear({resnet}, 10)
elif args.arch == "alexnet":
    net = models.alexnet()
    net.classifier[6] = nn.Linear({alexnet}, 10)
print(net(torch.rand(2, 3, 224, 224)))
"""


@pytest.mark.parametrize(("resnet", "alexnet", "lines"), [(512, 4096, []), (2048, 4096, [10]), (512, 512, [13])])
def test_a_head_is_wrong_wherever_it_is_chosen(resnet: int, alexnet: int, lines: list[int]) -> None:
    found = lint_source(CHOSEN.format(resnet=resnet, alexnet=alexnet), "train.py").findings
    assert [one.line for one in found if one.code in ("TUN204", "TUN704")] == lines
    assert len(found) == len(lines)


def test_a_layer_that_only_fits_on_another_way_is_silent() -> None:
    text = """
import torch
from torch import nn

from settings import args

small = nn.Linear(8, 4)
large = nn.Linear(8, 16)
body = large if args.large else small
head = nn.Linear(16, 2)
if args.task == "classify":
    print(head(body(torch.rand(3, 8))))
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == []


def test_losses_are_asked_on_every_way() -> None:
    text = """
import torch
from torch import nn

from settings import args

net = nn.Linear(8, 1)
criterion = nn.MSELoss() if args.squared else nn.L1Loss()
loss = criterion(net(torch.rand(4, 8)), torch.rand(4))
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN606"]


def test_a_head_that_no_pass_reads_is_told_where_the_best_weights_are_given_back() -> None:
    text = """
import copy

from torch import nn, optim
from torchvision import models

from settings import loader

net = models.resnet18(weights="DEFAULT")
net.classifier = nn.Linear(512, 2)
optimizer = optim.SGD(net.parameters(), lr=0.01)
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
best = copy.deepcopy(net.state_dict())
net.load_state_dict(best)
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN202"]
    checkpoint = text.replace("net.load_state_dict(best)", 'net.load_state_dict(__import__("torch").load("a.pt"))')
    assert [one.code for one in lint_source(checkpoint, "train.py").findings] == []


PACKING = """
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(100, 32)
        self.lstm = nn.LSTM({takes}, 64, bidirectional=True, batch_first=True)
        self.head = nn.Linear({width}, 3)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(self.embed(x), lengths, batch_first=True, enforce_sorted=False)
        packed, _ = self.lstm(packed)
        padded, lengths = pad_packed_sequence(packed, batch_first=True)
        return self.head(padded)


sequences = [torch.randint(0, 100, (n,)) for n in (7, 5, 2)]
net = Net()
print(net(pad_sequence(sequences, batch_first=True), torch.tensor([7, 5, 2])))
"""


@pytest.mark.parametrize(("takes", "width", "lines"), [(32, 128, []), (16, 128, [11]), (32, 64, [12])])
def test_packed_sequences_keep_their_features(takes: int, width: int, lines: list[int]) -> None:
    found = lint_source(PACKING.format(takes=takes, width=width), "train.py").findings
    assert [(one.code, one.line) for one in found] == [("TUN704", line) for line in lines]


SAME_DATA = """
import pandas as pd
import torch
from sklearn.model_selection import train_test_split
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset


class Texts(Dataset):
    def __init__(self, rows, vocabulary, transform=None):
        self.items = [vocabulary[one] for one in rows["text"]]
        self.rows = rows
        self.transform = transform

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index], 0


vocabulary = torch.load("vocabulary.pt")
train, valid = train_test_split(pd.read_csv("texts.csv"), test_size=0.2)
train_loader = DataLoader(Texts(train, vocabulary), 8, shuffle=True)
valid_loader = DataLoader(Texts(valid, vocabulary), 8)
net = nn.Linear(8, 2)
optimizer = optim.Adam(net.parameters())
for epoch in range(3):
    net.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        for x, y in valid_loader:
            print(nn.functional.cross_entropy(net(x), y))
"""


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("Texts(valid, vocabulary)", "Texts(train, vocabulary)", ["TUN801"]),
        ("Texts(valid, vocabulary)", "Texts(train, vocabulary, str.lower)", ["TUN801"]),
        ("Texts(valid, vocabulary)", "Texts(train.reset_index(drop=True), vocabulary)", ["TUN801"]),
        ("Texts(valid, vocabulary)", "Texts(train[:100], vocabulary)", []),
        ("Texts(valid, vocabulary)", 'Texts(train, torch.load("other.pt"))', []),
        ("    net.eval()\n", "    net.eval()\n    valid_loader.dataset.rows = valid\n", []),
    ],
)
def test_two_objects_over_the_same_rows_are_the_same_data(old: str, new: str, codes: list[str]) -> None:
    assert [one.code for one in lint_source(SAME_DATA, "train.py").findings] == []
    assert [one.code for one in lint_source(SAME_DATA.replace(old, new), "train.py").findings] == codes


def test_a_validation_on_the_whole_of_what_was_split() -> None:
    text = """
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, transforms

data = datasets.ImageFolder("images", transforms.ToTensor())
train, valid = random_split(data, [80, 20])
train_loader = DataLoader(train, 8, shuffle=True)
valid_loader = DataLoader(data, 8)
net = nn.Sequential(nn.Flatten(), nn.LazyLinear(2))
optimizer = optim.Adam(net.parameters())
for epoch in range(3):
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        for x, y in valid_loader:
            print(nn.functional.cross_entropy(net(x), y))
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN801"]
    assert [one.code for one in lint_source(text.replace("DataLoader(data", "DataLoader(valid"), "t.py").findings] == []
    assert [one.code for one in lint_source(text.replace("valid_loader", "all_loader"), "t.py").findings] == []


def test_the_loaders_of_lightning_are_named_by_what_it_does_with_them() -> None:
    text = """
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR10
from torchvision.transforms import ToTensor


class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3072, 10)

    def training_step(self, batch, index):
        x, y = batch
        return nn.functional.cross_entropy(self.layer(x.flatten(1)), y)

    def validation_step(self, batch, index):
        x, y = batch
        self.log("loss", nn.functional.cross_entropy(self.layer(x.flatten(1)), y))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters())


class Data(pl.LightningDataModule):
    def setup(self, stage=None):
        self.train = CIFAR10("data", train=True, transform=ToTensor())
        self.valid = CIFAR10("data", train=True, transform=ToTensor())

    def train_dataloader(self):
        return DataLoader(self.train, 8, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.valid, 8)


pl.Trainer(max_epochs=3).fit(Net(), datamodule=Data())
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN801"]
    held_out = text.replace('self.valid = CIFAR10("data", train=True', 'self.valid = CIFAR10("data", train=False')
    assert [one.code for one in lint_source(held_out, "train.py").findings] == []


def test_an_optimizer_over_a_frozen_model_trains_nothing() -> None:
    text = """
import torch
from torch import nn, optim
from torchvision import models

from settings import loader

teacher = models.resnet34(weights="DEFAULT")
for weight in teacher.parameters():
    weight.requires_grad = False
student = models.resnet18(weights="DEFAULT")
optimizer = optim.SGD(teacher.parameters(), lr=0.01)
for x, y in loader:
    student.train()
    optimizer.zero_grad()
    loss = nn.functional.kl_div(student(x).log_softmax(1), teacher(x).softmax(1), reduction="batchmean")
    loss.backward()
    optimizer.step()
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN503"]
    beside = text.replace(
        "    optimizer.step()\n", "    optimizer.step()\n    second.step()\n    second.zero_grad()\n"
    ).replace("for x, y", "second = optim.SGD(student.parameters(), lr=0.01)\nfor x, y")
    assert [one.code for one in lint_source(beside, "train.py").findings] == []


TIMM = """
import argparse
import os

import timm
import torch
from timm.data import Mixup
from timm.loss import LabelSmoothingCrossEntropy, SoftTargetCrossEntropy
from timm.utils import ModelEmaV2
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

parser = argparse.ArgumentParser()
parser.add_argument("--data", default="flowers")
parser.add_argument("--lr", type=float, default=1e-4)
parser.add_argument("--mixup", action="store_true")
parser.add_argument("--average", action="store_true")
parser.add_argument("--amp", action="store_true")
parser.add_argument("--probe", action="store_true")
parser.add_argument("--resume", default="")
args = parser.parse_args()


def loader(part, *steps):
    ready = transforms.Compose([*steps, transforms.ToTensor()])
    return DataLoader(datasets.ImageFolder(os.path.join(args.data, part), ready), 16, shuffle=part == "train")


train_loader = loader("train", transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip())
valid_loader = loader("val", transforms.Resize((224, 224)))
net = timm.create_model("resnet18", pretrained=True, num_classes=102)
if args.probe:
    for name, weight in net.named_parameters():
        if not name.startswith("fc"):
            weight.requires_grad = False
average = ModelEmaV2(net) if args.average else None
mixup = Mixup(num_classes=102) if args.mixup else None
criterion = SoftTargetCrossEntropy() if args.mixup else LabelSmoothingCrossEntropy()
weights = [weight for weight in net.parameters() if weight.requires_grad]
optimizer = torch.optim.AdamW(weights, lr=args.lr)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10)
scaler = torch.amp.GradScaler("cuda", enabled=args.amp)
if args.resume:
    net.load_state_dict(torch.load(args.resume))
for epoch in range(30):
    net.train()
    for x, y in train_loader:
        if mixup is not None:
            x, y = mixup(x, y)
        with torch.autocast("cuda", enabled=args.amp):
            loss = criterion(net(x), y)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        if average is not None:
            average.update(net)
    model = average.module if average is not None else net
    model.eval()
    with torch.no_grad():
        print(sum((model(x).argmax(1) == y).sum().item() for x, y in valid_loader))
    scheduler.step()
"""


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("default=1e-4", "default=1e-1", "TUN401"),
        ("        optimizer.zero_grad()\n", "", "TUN501"),
        ("        scaler.unscale_(optimizer)\n", "", "TUN411"),
        ("    net.train()\n", "", "TUN505"),
        ("criterion(net(x), y)", "criterion(net(x).softmax(1), y)", "TUN601"),
        ("        scaler.unscale_(optimizer)\n", "        optimizer.zero_grad()\n", "TUN502"),
        ('os.path.join(args.data, part), ready', 'os.path.join(args.data, "train"), ready', "TUN801"),
        ("if not name.startswith(\"fc\")", "if name", "TUN303"),
        ("scheduler = torch", "net.reset_classifier(10)\nscheduler = torch", "TUN201"),
        ("    net.load_state_dict", "    net = net.load_state_dict", "TUN102"),
        ("    net.train()\n", "    net.train()\n    scheduler.step()\n", "TUN405"),
        ("num_classes=102)\nif", "num_classes=102)\nnet.head = nn.Linear(512, 5)\nif", "TUN202"),
    ],
)  # fmt: skip
def test_a_script_of_many_flags_hides_no_mistake(old: str, new: str, code: str) -> None:
    assert old in TIMM
    assert [one.code for one in lint_source(TIMM, "train.py").findings] == []
    assert code in [one.code for one in lint_source(TIMM.replace(old, new), "train.py").findings]


def test_the_output_of_transformers_under_no_grad_has_no_graph() -> None:
    text = """
import torch
from transformers import AutoModelForSequenceClassification

from texts import loader

model = AutoModelForSequenceClassification.from_pretrained("distilbert-base-uncased")
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
model.train()
for batch in loader:
    with torch.no_grad():
        loss = model(**batch).loss / 4
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN510"]


def test_a_tokenizer_of_another_model_behind_adapters() -> None:
    text = """
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments
from transformers import DataCollatorForLanguageModeling
from datasets import load_dataset

tokenizer = AutoTokenizer.from_pretrained("{tokenizer}")
model = get_peft_model(AutoModelForCausalLM.from_pretrained("distilgpt2"), LoraConfig(target_modules=["c_attn"]))
data = load_dataset("imdb")["train"].map(lambda row: tokenizer(row["text"]))
collator = DataCollatorForLanguageModeling(tokenizer, mlm=False)
Trainer(model, TrainingArguments("out"), collator, data).train()
"""
    found = lint_source(text.replace("{tokenizer}", "bert-base-uncased"), "train.py").findings
    assert "TUN109" in [one.code for one in found]
    assert "TUN109" not in [one.code for one in lint_source(text.replace("{tokenizer}", "gpt2"), "t.py").findings]


def test_a_loss_that_pairs_on_one_way_alone_is_not_sure() -> None:
    text = """
import torch
from torch import nn

from settings import args

net = nn.Linear(8, 1)
criterion = nn.MSELoss() if args.squared else nn.KLDivLoss()
loss = criterion(net(torch.rand(4, 8)), torch.rand(4))
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == []


TIMM_STEPS = """
import timm
from timm.optim import create_optimizer_v2
from timm.utils import NativeScaler
from torch import nn

from settings import args, loader

net = timm.create_model("resnet18", pretrained=True, num_classes=5)
optimizer = create_optimizer_v2(net, opt={opt}, lr=1e-4)
scaler = NativeScaler()
for x, y in loader:
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(x), y)
    scaler(loss, optimizer, clip_grad=1.0, parameters=net.parameters())
"""


@pytest.mark.parametrize(
    ("opt", "old", "new", "codes"),
    [
        ('"adamw"', "", "", []),
        ('"adamw"', "    optimizer.zero_grad()\n", "", ["TUN501"]),
        ('"adamw"', "1e-4", "1e-1", ["TUN401"]),
        ("args.opt", "1e-4", "1e-1", []),
    ],
)
def test_timm_steps_through_its_scaler(opt: str, old: str, new: str, codes: list[str]) -> None:
    text = TIMM_STEPS.replace("{opt}", opt)
    assert old in text
    assert [one.code for one in lint_source(text.replace(old, new), "train.py").findings] == codes
