"""Mistakes as whole scripts have them, behind data, loaders and models that are only partly seen."""

from __future__ import annotations

import ast
import re
from textwrap import dedent

import pytest

from ft_lint import lint_source
from ft_lint.facts.data import BatchesHandedOver
from ft_lint.facts.models import Forward
from ft_lint.interpreter import interpret
from ft_lint.library.transformers.checkpoints import model_type
from scripts import DRAWN

IMPORTS = """
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR, StepLR
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets, models, transforms

from project import args, column, get_loaders, items, label_of, parts, transform


class Pictures(Dataset):
    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return transform(Image.open(self.paths[index]).convert("RGB")), label_of(self.paths[index])
"""

DATA = {
    "a dataset of the script's own": """
        train_loader = DataLoader(Pictures(items), batch_size=8, shuffle=True)
        val_loader = DataLoader(Pictures(parts), batch_size=8)
    """,
    "a dataset of another file": """
        train_loader = DataLoader(items, batch_size=8, shuffle=True)
        val_loader = DataLoader(parts, batch_size=8)
    """,
    "one of two datasets": """
        if args.dummy:
            train_set, val_set = datasets.FakeData(64, (3, 224, 224), 10), datasets.FakeData(32, (3, 224, 224), 10)
        else:
            train_set, val_set = datasets.ImageFolder("train"), datasets.ImageFolder("val")
        train_loader = DataLoader(train_set, batch_size=8, shuffle=True)
        val_loader = DataLoader(val_set, batch_size=8)
    """,
    "loaders of another file": """
        train_loader, val_loader = get_loaders()
    """,
}

SCRIPT = """
model = models.resnet18(weights="DEFAULT" if args.pretrained else None)
model.fc = nn.Sequential(nn.Dropout(0.3), nn.Linear(512, 10))
# frozen
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
scheduler = StepLR(optimizer, 1)
for epoch in range(3):
    model.train()
    for images, labels in train_loader:
        images, labels = images.cuda(), labels.cuda()
        optimizer.zero_grad()
        outputs = model(images)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        # batch
    scheduler.step()
    model.eval()
    hits, seen = 0, 0
    with torch.no_grad():
        for images, labels in val_loader:
            images, labels = images.cuda(), labels.cuda()
            hits += (model(images).argmax(1) == labels).sum().item()
            seen += labels.size(0)
    print(hits / seen)
"""

MISTAKES = {
    "none": ("", "", ""),
    "TUN303": ("# frozen", "for parameter in model.parameters():\n    parameter.requires_grad = False", ""),
    "TUN406": (
        "StepLR(optimizer, 1)",
        "OneCycleLR(optimizer, 1e-3, epochs=3, steps_per_epoch=len(train_loader))",
        "",
    ),
    "TUN407": ("        # batch\n    scheduler.step()", "        scheduler.step()", ""),
    "TUN504": ("model(images)\n", "model(images).detach()\n", ""),
    "TUN506": ("    model.eval()\n", "", ""),
    "TUN510": ("outputs = model(images)", "with torch.no_grad():\n            outputs = model(images)", ""),
    "TUN604": ("nn.CrossEntropyLoss()", "nn.NLLLoss()", ""),
    "TUN807": ("hits / seen", "hits / len(val_loader)", "seen"),
}
"""What is written, what stands there instead, and whether it can be told where loaders are not seen."""


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("code", MISTAKES)
def test_a_mistake_is_found_whatever_is_known_of_the_data(code: str, data: str) -> None:
    written, instead, needs = MISTAKES[code]
    assert written in SCRIPT
    text = IMPORTS + dedent(DATA[data]) + SCRIPT.replace(written, instead, 1)
    found = {finding.code for finding in lint_source(text, "train.py").findings}
    silent = code == "none" or (needs == "seen" and "loaders of" in data)
    assert found == (set() if silent else {code})


TEXTS = """
import torch
from datasets import load_dataset
from torch.utils.data import DataLoader
from transformers import AdamW, AutoModelForSequenceClassification, AutoTokenizer, default_data_collator

tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")


def encoded(examples):
    inputs = tokenizer(examples["text"], padding="max_length", truncation=True, return_tensors="pt")
    inputs["labels"] = examples["label"]
    return inputs


rows = load_dataset("imdb").map(encoded, batched=True)
train_dl = DataLoader(rows["train"], shuffle=True, batch_size=8, collate_fn=default_data_collator)
test_dl = DataLoader(rows["test"], batch_size=8, collate_fn=default_data_collator)
model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased", num_labels=2)
# frozen
optimizer = AdamW(model.parameters(), lr=2e-5)
for epoch in range(3):
    model.train()
    for batch in train_dl:
        batch = {key: value.to("cuda") for key, value in batch.items()}
        loss = model(**batch).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    for batch in test_dl:
        batch = {key: value.to("cuda") for key, value in batch.items()}
        with torch.no_grad():
            outputs = model(**batch)
"""


@pytest.mark.parametrize(
    ("code", "written", "instead"),
    [
        ("", "", ""),
        ("TUN303", "# frozen", "model.requires_grad_(False)"),
        ("TUN401", "2e-5", "0.1"),
        ("TUN501", "        optimizer.zero_grad()\n", ""),
        ("TUN506", "    model.eval()\n", ""),
        ("TUN511", "    model.train()\n", ""),
    ],
)
def test_a_mistake_is_found_behind_batches_passed_by_name(code: str, written: str, instead: str) -> None:
    found = {finding.code for finding in lint_source(TEXTS.replace(written, instead, 1), "train.py").findings}
    assert found - {"TUN904"} == ({code} if code else set())  # transformers has no AdamW any more


MODEL = """
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        {first}
        {second}

    def forward(self, x):
        {computed}
        return self.second(x)
"""


@pytest.mark.parametrize(
    ("first", "computed", "second", "wrong"),
    [
        ("nn.Linear(784, 256)", "x = self.first(x).relu()", "nn.Linear(256, 10)", "nn.Linear(128, 10)"),
        ("nn.Embedding(9, 100)", "x = self.first(x)", "nn.LSTM(100, 8)", "nn.LSTM(128, 8)"),
        (
            "nn.LSTM(32, 64, bidirectional=True)",
            "x, _ = self.first(x)",
            "nn.Linear(128, 2)",
            "nn.Linear(64, 2)",
        ),
        (
            "nn.LSTM(32, 64, batch_first=True)",
            "x = self.first(x)[0][:, -1]",
            "nn.Linear(64, 2)",
            "nn.Linear(128, 2)",
        ),
        (
            "nn.LSTM(32, 64, batch_first=True)",
            "x, _ = self.first(x)\n        x = x.contiguous().view(-1, 64)",
            "nn.Linear(64, 2)",
            "nn.Linear(32, 2)",
        ),
        ("nn.GRU(32, 64)", "x = self.first(x)[1][-1]", "nn.Linear(64, 2)", "nn.Linear(128, 2)"),
        ("nn.Linear(8, 30)", "x = self.first(x)[:, -1, :]", "nn.Linear(30, 2)", "nn.Linear(8, 2)"),
        (
            "nn.GRU(32, 64, bidirectional=True, batch_first=True)",
            "_, h = self.first(x)\n        x = torch.cat((h[-2], h[-1]), dim=1)",
            "nn.Linear(128, 2)",
            "nn.Linear(64, 2)",
        ),
        ("nn.Linear(8, 30)", "x = x + self.first(x)", "nn.LayerNorm(30)", "nn.LayerNorm(30)"),
        ("nn.Linear(8, 30)", "x = self.first(x) + self.first(x)", "nn.LayerNorm(30)", "nn.LayerNorm(20)"),
        ("nn.Conv2d(3, 32, 3)", "x = self.first(x)", "nn.BatchNorm2d(32)", "nn.BatchNorm2d(64)"),
        ("nn.Conv2d(3, 32, 3)", "x = self.first(x)[:, :16]", "nn.Conv2d(16, 8, 1)", "nn.Conv2d(32, 8, 1)"),
        ("nn.Conv2d(3, 32, 3)", "x = self.first(x).mean((2, 3))", "nn.Linear(32, 2)", "nn.Linear(64, 2)"),
        ("nn.Flatten()", "x = self.first(x)", "nn.Sequential(nn.Linear(9, 8), nn.Linear(8, 2))", ""),
        ("nn.Conv2d(3, 16, 5)", "x = self.first(x).view(-1, 400)", "nn.Linear(400, 2)", "nn.Linear(256, 2)"),
    ],
)
def test_layers_that_do_not_fit_are_found_in_a_model_that_nobody_calls(
    first: str, computed: str, second: str, wrong: str
) -> None:
    for layer in (second, wrong or second):
        text = MODEL.format(first=f"self.first = {first}", second=f"self.second = {layer}", computed=computed)
        found = [finding.code for finding in lint_source(text, "model.py").findings]
        assert found == ([] if layer == second else ["TUN701" if "view(-1, 400)" in computed else "TUN704"])


LOOP = """
for epoch in range(10):
    net.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        F.cross_entropy(net(images), labels).backward()
        optimizer.step()
    {after}
    net.eval()
    with torch.no_grad():
        print(sum((net(images).argmax(1) == labels).sum() for images, labels in val_loader))
"""

TRAINING = """
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.swa_utils import AveragedModel, update_bn
from torchvision import models

from project import Head, train_loader, val_loader


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = models.resnet18(weights="DEFAULT")
        self.head = Head()

    def forward(self, x):
        return self.head(self.body(x))


net = Net()
{around}
optimizer = torch.optim.SGD(plain.parameters(), lr=1e-3)
"""


@pytest.mark.parametrize(
    ("around", "after"),
    [
        ("plain = net.module if hasattr(net, 'module') else net", "pass"),
        ("plain = getattr(net, 'module', net)", "pass"),
        ("plain = net\naveraged = AveragedModel(net)", "averaged.update_parameters(net)"),
        ("plain = net\naveraged = AveragedModel(net)", "update_bn(train_loader, averaged)"),
        ("net = nn.SyncBatchNorm.convert_sync_batchnorm(net)\nplain = net", "pass"),
    ],
)
def test_what_wraps_or_averages_a_model_hides_no_mistake(around: str, after: str) -> None:
    clean = TRAINING.format(around=around) + LOOP.format(after=after)
    assert [finding.code for finding in lint_source(clean, "train.py").findings] == []
    found = {f.code for f in lint_source(clean.replace("    net.train()\n", ""), "train.py").findings}
    assert found == {"TUN505"}
    found = {f.code for f in lint_source(clean.replace("        optimizer.zero_grad()\n", ""), "train.py").findings}
    assert found == {"TUN501"}


WRAPPED = """
net = models.resnet18(weights="DEFAULT")
if torch.cuda.device_count() > 1:
    net = nn.DataParallel(net)
{given}
optimizer = torch.optim.SGD(weights, lr=1e-3)
"""


@pytest.mark.parametrize(
    "given",
    [
        "weights = net.parameters()",
        "weights = [weight for weight in net.parameters() if weight.requires_grad]",
        "named = list(net.named_parameters())\nweights = [weight for name, weight in named]",
        "named = list(net.named_parameters())\n"
        "weights = [{'params': [w for n, w in named if 'bias' not in n], 'weight_decay': 0.1},"
        " {'params': [w for n, w in named if 'bias' in n]}]",
        "weights = []\nfor name, weight in net.named_parameters():\n    weights.append(weight)",
    ],
)
def test_a_model_that_may_be_wrapped_hides_no_mistake(given: str) -> None:
    """Two ways of a model give two lists of its parameters: what goes through them goes through each."""
    clean = (
        IMPORTS + "train_loader, val_loader = get_loaders()\n" + WRAPPED.format(given=given) + LOOP.format(after="pass")
    )
    assert [finding.code for finding in lint_source(clean, "train.py").findings] == []
    without_zeroing = clean.replace("        optimizer.zero_grad()\n", "")
    assert {finding.code for finding in lint_source(without_zeroing, "train.py").findings} == {"TUN501"}
    frozen = clean.replace(given, f"for weight in net.parameters():\n    weight.requires_grad = False\n{given}")
    assert {finding.code for finding in lint_source(frozen, "train.py").findings} == {"TUN303"}


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        ("'--weights'", "args.weights"),
        ("'--weights', type=str, default=None", "args.weights"),
        ("'--weights', required=True", "args.weights + '/last.pt'"),
        ("'--weights', default='last.pt'", "args.weights"),
    ],
)
def test_a_path_from_the_command_line_is_a_path(argument: str, path: str) -> None:
    text = f"""
import argparse
import torch
from torchvision import models

parser = argparse.ArgumentParser()
parser.add_argument({argument})
args = parser.parse_args()
model = models.resnet18()
model.load_state_dict({path})
"""
    assert [finding.code for finding in lint_source(text, "train.py").findings] == ["TUN103"]
    clean = text.replace(f"({path})", f"(torch.load({path}))")
    assert [finding.code for finding in lint_source(clean, "train.py").findings] == []
    of_another_type = text.replace(f"({argument})", f"({argument.partition(',')[0]}, type=read)")
    assert [finding.code for finding in lint_source(of_another_type, "train.py").findings] == []


@pytest.mark.parametrize(
    "refusal",
    [
        "if args.data == '':\n    raise ValueError('no data')",
        "if not args.data:\n    parser.error('no data')",
        "if args.data:\n    print(args.data)\nelse:\n    parser.print_help()\n    sys.exit(2)",
    ],
    ids=["raise", "error", "exit"],
)
def test_a_script_that_refuses_its_default_runs_with_another_value(refusal: str) -> None:
    text = f"""
import argparse, sys
import torch
from torchvision import models

parser = argparse.ArgumentParser()
parser.add_argument("--data", default="")
args = parser.parse_args()
{refusal}
model = models.resnet18()
model.load_state_dict("last.pt")
"""
    assert [finding.code for finding in lint_source(text, "train.py").findings] == ["TUN103"]


@pytest.mark.parametrize(
    ("call", "taken"),
    [
        ("input_ids=ids, attention_mask=mask", "pooler_output"),
        ("ids, mask", "pooler_output"),
        ("**batch", "last_hidden_state[:, 0]"),
    ],
)
def test_a_body_of_text_gives_a_row_for_each_sample(call: str, taken: str) -> None:
    text = f"""
import torch
from torch import nn
from transformers import BertModel

from data import loader


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.bert = BertModel.from_pretrained("bert-base-uncased")
        self.fc = nn.Linear(768, 1)

    def forward(self, ids, mask, **batch):
        return self.fc(self.bert({call}).{taken})


net = Net()
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-5)
net.train()
for ids, mask, labels in loader:
    optimizer.zero_grad()
    logits = net(ids, mask)
    nn.functional.binary_cross_entropy_with_logits(logits.squeeze(1), labels.float()).backward()
    optimizer.step()
    print((logits.argmax(dim=1) == labels).float().mean())
"""
    assert [finding.code for finding in lint_source(text, "train.py").findings] == ["TUN609"]
    wide = text.replace("Linear(768, 1)", "Linear(768, 2)")
    assert "TUN609" not in {finding.code for finding in lint_source(wide, "train.py").findings}


def test_token_ids_of_three_dimensions_are_not_guessed_at() -> None:
    text = """
import torch
from transformers import GPT2Model

model = GPT2Model.from_pretrained("gpt2")
out = model(input_ids=torch.zeros(2, 4, 8, dtype=torch.long)).last_hidden_state
print(out.argmax(dim=3))
"""
    assert lint_source(text, "train.py").findings == ()


@pytest.mark.parametrize(
    ("loading", "finds"),
    [
        ("if args.resume: model.load_state_dict(torch.load(args.resume))", []),
        ("if args.resume: optimizer.load_state_dict(torch.load(args.resume))", ["TUN107"]),
        ("if args.resume: other.load_state_dict(torch.load(args.resume))", ["TUN107"]),
        ("if False: model.load_state_dict(torch.load(args.resume))", ["TUN107"]),
    ],
)
def test_only_what_a_setting_may_load_into_the_model_counts(loading: str, finds: list[str]) -> None:
    text = f"""
import argparse
import torch
from torch import nn
from torchvision import models

from data import loader

parser = argparse.ArgumentParser()
parser.add_argument("--resume", default="")
args = parser.parse_args()
model, other = models.resnet18(), nn.Linear(2, 2)
for weight in model.parameters():
    weight.requires_grad = False
model.fc = nn.Linear(512, 2)
optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.01)
{loading}
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
"""
    assert [finding.code for finding in lint_source(text, "train.py").findings] == finds


def test_the_optimizer_that_steps_is_blamed_for_what_it_does_not_hold() -> None:
    text = """
import torch
from torch import nn
from torchvision import models

from data import loader

model = models.resnet18(weights="DEFAULT")
for weight in model.parameters():
    weight.requires_grad = False
model.fc = nn.Linear(512, 2)
head = torch.optim.SGD(model.fc.parameters(), lr=0.01)
unused = torch.optim.SGD(nn.Linear(3, 3).parameters(), lr=0.01)
for weight in model.layer4.parameters():
    weight.requires_grad = True
for x, y in loader:
    head.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    head.step()
"""
    (told,) = lint_source(text, "train.py").findings
    assert (told.code, told.values["optimizer"]) == ("TUN304", "head")


def test_what_a_test_calls_is_called_once() -> None:
    text = """
import torch
from torch import nn

net = nn.Linear(2, 2)
if net(torch.zeros(1, 2)).shape[0] == 1:
    print(net)
else:
    made(net).load_state_dict(torch.load("last.pt"))
"""
    assert sum(1 for _ in interpret(ast.parse(text)).of(Forward)) == 1


IMAGENET = """
import argparse

import torch
from torch import nn
from torchvision import models

from data import loader
from project import ViT

parser = argparse.ArgumentParser()
parser.add_argument("--arch", default="resnet18")
parser.add_argument("--evaluate", action="store_true")
parser.add_argument("--pretrained", action="store_true")
parser.add_argument("--distributed", action="store_true")
parser.add_argument("--gpu", default=None, type=int)


def main(args):
    {built}
    if args.distributed:
        model = nn.parallel.DistributedDataParallel(model)
    elif args.gpu is not None:
        model = model.cuda(args.gpu)
    else:
        model = nn.DataParallel(model).cuda()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    if args.evaluate:
        validate(model)
        return
    for epoch in range(10):
        for group in optimizer.param_groups:
            group["lr"] = 0.1 * 0.1 ** (epoch // 3)
        train(model, optimizer)
        validate(model)


def train(model, optimizer):
    model.train()
    for images, target in loader:
        loss = nn.functional.cross_entropy(model(images), target)
        # zeroed
        loss.backward()
        optimizer.step()


def validate(model):
    model.eval()
    with torch.no_grad():
        for images, target in loader:
            print(model(images))


main(parser.parse_args())
"""


@pytest.mark.parametrize(
    "built",
    [
        "model = models.__dict__[args.arch]()",
        "model = models.__dict__[args.arch](weights='DEFAULT') if args.pretrained else models.__dict__[args.arch]()",
        "model = ViT(args.arch)",
        "model = ViT(args.arch) if args.pretrained else models.__dict__[args.arch]()",
    ],
)
def test_a_model_wrapped_in_one_of_several_ways_hides_no_mistake(built: str) -> None:
    """``--evaluate`` runs the model without gradients, on a way that ends before training."""
    text = IMAGENET.format(built=built)
    assert [finding.code for finding in lint_source(text, "main.py").findings] == ["TUN501"]
    zeroed = text.replace("# zeroed", "optimizer.zero_grad()")
    assert lint_source(zeroed, "main.py").findings == ()


@pytest.mark.parametrize("head", ["", "self.net.fc = nn.Linear(768, 10)", "self.settings = settings"])
def test_a_class_around_a_part_of_another_library_hides_no_mistake(head: str) -> None:
    text = f"""
import torch
from pytorch_pretrained_vit import ViT
from torch import nn

from data import loader, settings


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = ViT("B_16_imagenet1k", pretrained=True)
        {head}

    def forward(self, x):
        return self.net(x)


model = Classifier()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-5)
for epoch in range(10):
    for x, y in loader:
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
"""
    assert [finding.code for finding in lint_source(text, "train.py").findings] == ["TUN501"]
    zeroed = text.replace("loss.backward", "optimizer.zero_grad()\n        loss.backward")
    assert lint_source(zeroed, "train.py").findings == ()


@pytest.mark.parametrize(
    "gathered",
    [
        "params = []; params += model.parameters()",
        "params = []; same = params; same += model.parameters()",
        "params = list(model.parameters()); params += head.parameters()",
        "params = sum([list(part.parameters()) for part in (model, head)], [])",
        "params = itertools.chain.from_iterable(part.parameters() for part in (model, head))",
        "params = dict(model.named_parameters()).values()",
        "params = [weight for name, weight in dict(model.named_parameters()).items()]",
        "params = set(model.parameters())",
        "params = [{'params': part.parameters()} for part in (model, head)]",
    ],
)
def test_parameters_may_be_gathered_in_many_ways(gathered: str) -> None:
    text = f"""
import itertools

import torch
from torch import nn

from data import loader

model, head = nn.Linear(2, 2), nn.Linear(2, 2)
{gathered}
optimizer = torch.optim.Adam(params, lr=1e-4)
for x, y in loader:
    nn.functional.cross_entropy(head(model(x)), y).backward()
    optimizer.step()
"""
    assert [finding.code for finding in lint_source(text, "train.py").findings] == ["TUN501"]


WRAPPED_OR_NOT = """
import itertools

import torch
from torch import nn

from data import loader

model, head = nn.Linear(2, 2), nn.Linear(2, 2)
if torch.cuda.device_count() > 1:
    model = nn.DataParallel(model)
no_decay = ["bias"]
{gathered}
optimizer = torch.optim.AdamW(params, lr=1e-4)
for x, y in loader:
    loss = nn.functional.cross_entropy(head(model(x)), y)
    optimizer.zero_grad()
    optimizer.step()
"""


@pytest.mark.parametrize(
    "gathered",
    [
        "params = list(model.parameters())",
        "params = [*model.parameters(), *head.parameters()]",
        "params = [weight for weight in model.parameters() if weight.requires_grad]",
        "params = list(filter(lambda weight: weight.requires_grad, model.parameters()))",
        "params = [{'params': model.parameters()}, {'params': head.parameters(), 'lr': 1e-3}]",
        "params = [{'params': weight, 'lr': 1e-4} for name, weight in model.named_parameters()]",
        "named = list(model.named_parameters()); params = ["
        "{'params': [w for n, w in named if not any(nd in n for nd in no_decay)], 'weight_decay': 0.01}, "
        "{'params': [w for n, w in named if any(nd in n for nd in no_decay)], 'weight_decay': 0.0}]",
    ],
)
def test_parameters_are_the_same_in_a_data_parallel(gathered: str) -> None:
    """Whatever the names, ``module.bias`` or ``bias``: both ways give one set of parameters."""
    text = WRAPPED_OR_NOT.format(gathered=gathered)
    assert [finding.code for finding in lint_source(text, "train.py").findings] == ["TUN503"]
    whole = text.replace("    optimizer.step()", "    loss.backward()\n    optimizer.step()")
    assert lint_source(whole, "train.py").findings == ()


ENGINE = """
import torch
from torch import nn


{training}
"""

ENGINES = {
    "function": """
def train_one_epoch(model, train_loader, optimizer, criterion, device):
    model.train()
    for x, y in train_loader:
        loss = criterion(model(x.to(device)), y.to(device))
        loss.backward()
        optimizer.step()
""",
    "function with settings": """
def train(model, loader, optimizer, scheduler=None, freeze_encoder=False, model_name="best", save_model_dir="."):
    if freeze_encoder:
        for parameter in model.encoder.parameters():
            parameter.requires_grad = False
    for x, y in loader:
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    torch.save(model.state_dict(), save_model_dir + model_name)
""",
    "class": """
class Trainer:
    def __init__(self, net, optim, criterion, epochs=10):
        self.net, self.optim, self.criterion = net, optim, criterion
        self.epochs = epochs

    def fit(self, loader):
        for epoch in range(self.epochs):
            self.epoch(loader)

    def epoch(self, loader):
        self.net.train()
        for batch in loader:
            loss = self.criterion(self.net(batch["x"]), batch["y"])
            loss.backward()
            self.optim.step()
""",
    "class that extends another": """
class Base:
    def __init__(self, model, optimizer, criterion):
        self._model, self.optimizer, self.criterion = model.cuda(), optimizer, criterion.cuda()

    def epoch(self, loader):
        raise NotImplementedError()


class Trainer(Base):
    def epoch(self, loader):
        self._model.train()
        for x, y in loader:
            loss = self.criterion(self._model(x), y)
            loss.backward()
            self.optimizer.step()
""",
    "optimizer by its class": """
class Pipeline:
    def __init__(self, loader, net, optimizer_cls):
        self.loader, self.net = loader, net
        self.optimizer = optimizer_cls(self.net.parameters(), lr=1e-3)

    def fit(self, criterion):
        for x, y in self.loader:
            loss = criterion(self.net.forward(x), y)
            loss.backward()
            self.optimizer.step()
""",
    "optimizer alone": """
class Siamese:
    def __init__(self, width):
        self.model = nn.Linear(width, 8)

    def fit(self, loader, optimizer, scheduler):
        for a, b, y in loader:
            loss = nn.functional.cosine_embedding_loss(self.model(a), self.model(b), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
""",
    "method": """
class Trainer:
    def fit(self, model, loader, optimizer):
        for x, y in loader:
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
""",
}


SEGMENTATION = """
import torch
import torchvision
from torch import nn

from project import args, train_loader, val_loader

model = torchvision.models.segmentation.fcn_resnet50()
if args.distributed:
    model = nn.parallel.DistributedDataParallel(model)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for epoch in range(30):
    model.train()
    for x, y in train_loader:
        losses = {}
        for name, scores in model(x).items():
            losses[name] = nn.functional.cross_entropy(scores, y)
        optimizer.zero_grad()
        losses["out"].backward()
        optimizer.step()
    model.eval()
    with torch.inference_mode():
        for x, y in val_loader:
            print((model(x)["out"].argmax(1) == y).sum())
"""


@pytest.mark.parametrize(
    ("code", "line"),
    [("TUN506", "    model.eval()"), ("TUN505", "    model.train()"), ("TUN501", "        optimizer.zero_grad()")],
)
def test_the_outputs_of_a_model_that_may_be_wrapped_are_walked(code: str, line: str) -> None:
    mistake = SEGMENTATION.replace(f"{line}\n", "")
    mistake = mistake.replace("for epoch in", "model.train()\nfor epoch in") if code == "TUN505" else mistake
    assert [finding.code for finding in lint_source(mistake, "train.py").findings] == [code]
    assert lint_source(SEGMENTATION, "train.py").findings == ()


@pytest.mark.parametrize("kind", ENGINES)
def test_what_trains_is_followed_where_nobody_calls_it(kind: str) -> None:
    """The names of its parameters say what another file calls it with: one model, and the optimizer of its weights."""
    text = ENGINE.format(training=ENGINES[kind])
    assert [finding.code for finding in lint_source(text, "engine.py").findings] == ["TUN501"]
    optimizer = re.findall(r"(\S+)\.step\(\)", text)[0]
    zeroed = re.sub(r"( *)loss\.backward", rf"\1{optimizer}.zero_grad()\n\1loss.backward", text)
    assert lint_source(zeroed, "engine.py").findings == ()


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("model, train_loader, optimizer", "model, train_loader, optimizer, ema_model"),
        ("model, train_loader, optimizer", "encoder, train_loader, optimizer, model"),
        ("optimizer, criterion", "optimizer, criterion, optimizer_head"),
        ("optimizer.step()", "wrapper.step(optimizer)"),
        ("loss.backward()", "if step(loss, optimizer):\n            loss.backward()"),
    ],
)
def test_what_trains_and_may_train_otherwise_is_left_alone(written: str, instead: str) -> None:
    text = ENGINE.format(training=ENGINES["function"])
    assert written in text
    assert lint_source(text.replace(written, instead), "engine.py").findings == ()


@pytest.mark.parametrize(
    "built",
    [
        'torch.hub.load("pytorch/vision:v0.10.0", "resnet18", pretrained=True)',
        'torch.hub.load("pytorch/vision", "resnet18", weights="IMAGENET1K_V1", trust_repo=True)',
    ],
)
def test_a_model_of_torchvision_may_come_from_its_hub(built: str) -> None:
    text = f"""
import torch
from torch import nn

model = {built}
model.fc = nn.Linear(256, 10)
"""
    assert [finding.code for finding in lint_source(text, "train.py").findings] == ["TUN204"]
    for other in (("256", "512"), ("pytorch/vision", "somebody/vision"), ("resnet18", "our_resnet")):
        assert lint_source(text.replace(*other), "train.py").findings == ()


@pytest.mark.parametrize(
    "path",
    [
        '"models/%s_%d.pth" % (args.name, args.epoch)',
        '"models/{}.pth".format(args.name)',
        '"models/" + str(args.epoch) + ".pth"',
        '"/".join([args.folder, args.name])',
        'f"models/{args.name}.pth"',
    ],
)
def test_a_text_that_is_put_together_is_a_text(path: str) -> None:
    text = f"""
from torchvision import models

from settings import args

model = models.resnet18()
model.load_state_dict({path})
"""
    assert [finding.code for finding in lint_source(text, "train.py").findings] == ["TUN103"]


AMP_ENGINE = """
import torch


def train_one_epoch(model, loader, optimizer, scaler, criterion):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        with torch.autocast("cuda"):
            loss = criterion(model(x), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
"""


@pytest.mark.parametrize(
    ("written", "instead", "code"),
    [
        ("scaler.unscale_(optimizer)", "pass", "TUN411"),
        ("scaler.step(optimizer)", "optimizer.step()", None),  # they were divided by the scale before
        ("optimizer.zero_grad()", "pass", "TUN501"),
    ],
)
def test_a_scaler_that_is_passed_is_one(written: str, instead: str, code: str | None) -> None:
    assert written in AMP_ENGINE
    text = AMP_ENGINE.replace(written, instead)
    assert [finding.code for finding in lint_source(text, "engine.py").findings] == ([] if code is None else [code])


@pytest.mark.parametrize("optimizers", ["optimizer", "optimizer, scheduler"])
def test_weights_that_a_function_keeps_by_reference_are_found(optimizers: str) -> None:
    text = f"""
def train_model(model, loaders, criterion, {optimizers}, epochs=25):
    best_weights, best = model.state_dict(), 0.0
    for epoch in range(epochs):
        model.train()
        for x, y in loaders["train"]:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
        score = evaluate(model, loaders["val"])
        if score > best:
            best, best_weights = score, model.state_dict()
    model.load_state_dict(best_weights)
    return model


import torch
"""
    assert {finding.code for finding in lint_source(text, "engine.py").findings} == {"TUN805"}
    copied = "import copy\n" + text.replace("model.state_dict()", "copy.deepcopy(model.state_dict())")
    assert lint_source(copied, "engine.py").findings == ()


OTHER_OPTIMIZER = """
import bitsandbytes as bnb
import timm
import timm.optim
import torch
from lion_pytorch import Lion
from torch import nn

from project import build_optimizer, loader


class Own(torch.optim.AdamW):
    pass


model = timm.create_model("resnet18", pretrained=True)
optimizer = {built}
for x, y in loader:
    # zeroed
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
"""


@pytest.mark.parametrize(
    "built",
    [
        "timm.optim.create_optimizer_v2(model, opt='adamw', lr=1e-4)",
        "timm.optim.Lion(model.parameters(), lr=1e-4)",
        "Lion(model.parameters(), lr=1e-4)",
        "bnb.optim.AdamW8bit([weight for weight in model.parameters() if weight.requires_grad], lr=1e-4)",
        "bnb.optim.PagedAdamW8bit([{'params': model.parameters(), 'lr': 1e-4}])",
        "Own(model.parameters(), lr=1e-4)",
        "build_optimizer(model, lr=1e-4)",
    ],
)
def test_an_optimizer_of_another_library_is_one(built: str) -> None:
    text = OTHER_OPTIMIZER.format(built=built)
    assert [finding.code for finding in lint_source(text, "train.py").findings] == ["TUN501"]
    assert lint_source(text.replace("# zeroed", "optimizer.zero_grad()"), "train.py").findings == ()


@pytest.mark.parametrize(
    "built",
    [
        "SAM(model.parameters(), torch.optim.SGD, lr=0.1)",
        "SAM(model.parameters(), base_optimizer=torch.optim.SGD, lr=0.1)",
        "build_optimizer(model, head)",
        "make(model.parameters())",
    ],
)
def test_what_may_be_no_plain_optimizer_is_left_alone(built: str) -> None:
    text = OTHER_OPTIMIZER.format(built=built).replace("import build_optimizer", "import SAM, build_optimizer, make")
    text = text.replace("model = timm", "head = nn.Linear(2, 2)\nmodel = timm")
    assert lint_source(text, "train.py").findings == ()


STARS = """
import torch
from torch.nn import *
from torch.optim import *
from torchvision.models import *
{last}

net = resnet18(weights="DEFAULT")
optimizer = Adam(net.parameters(), lr=0.5)
for x, y in loader:
    optimizer.zero_grad()
    CrossEntropyLoss()(net(x), y).backward()
    optimizer.step()
"""


@pytest.mark.parametrize(
    ("last", "finds"),
    [
        ("from project import loader", ["TUN401"]),
        ("from project import *", []),
        ("from torch.utils import *", ["TUN401"]),
    ],
)
def test_a_star_brings_in_the_names_of_a_library(last: str, finds: list[str]) -> None:
    """Unless another star that is not followed may hide them."""
    assert [finding.code for finding in lint_source(STARS.format(last=last), "train.py").findings] == finds


@pytest.mark.parametrize(
    "target", ["float(i)", "torch.tensor(float(self.rows[i]))", "torch.tensor(int(self.rows[i])).float()"]
)
def test_a_number_that_is_not_known_has_no_dimension(target: str) -> None:
    text = f"""
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Data(Dataset):
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return torch.randn(5), {target}


model = nn.Linear(5, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in DataLoader(Data(open("rows.txt").readlines()), 8, shuffle=True):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
    assert [finding.code for finding in lint_source(text, "train.py").findings] == ["TUN606"]
    assert lint_source(text.replace("model(x), y", "model(x).squeeze(1), y"), "train.py").findings == ()


@pytest.mark.parametrize(
    "params",
    [
        "[weight for name, weight in model.named_parameters() if 'bias' not in name]",
        "[{'params': [w for n, w in model.named_parameters() if not any(nd in n for nd in no_decay)]}, "
        "{'params': [w for n, w in model.named_parameters() if any(nd in n for nd in no_decay)], 'weight_decay': 0.0}]",
    ],
)
@pytest.mark.parametrize("added", ["", "optimizer.add_param_group({'params': model.head.parameters()})"])
def test_a_layer_that_is_built_later_is_in_no_filtered_list(params: str, added: str) -> None:
    text = f"""
import torch
from torch import nn
from transformers import AutoModel

from data import loader


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = AutoModel.from_pretrained("bert-base-uncased")
        self.head = nn.Linear(768, 2)

    def forward(self, x):
        return self.head(self.encoder(x).last_hidden_state[:, 0])


no_decay = ["bias", "LayerNorm.weight"]
model = Classifier()
optimizer = torch.optim.AdamW({params}, lr=2e-5)
model.head = nn.Linear(768, 5)
{added}
model.train()
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
"""
    assert [finding.code for finding in lint_source(text, "train.py").findings] == ([] if added else ["TUN201"])


BEST = """
import copy

import torch
from torch import nn

from data import evaluate, test_loader, train_loader, val_loader

{built}best, best_model = 0.0, None
for epoch in range(20):
    {rebuilt}for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    score = evaluate(model, val_loader)
    if score > best:
        best = score
        best_model = {kept}
        torch.save(best_model.state_dict(), "best.pt")
{behind}
"""
BUILT = "model = nn.Linear(8, 2)\n{0}optimizer = torch.optim.SGD(model.parameters(), 0.1)\n"


@pytest.mark.parametrize(
    ("kept", "behind", "anew", "finds"),
    [
        ("model", "print(evaluate(best_model, test_loader))", False, ["TUN805"]),
        ("model", "torch.save(best_model.state_dict(), 'last.pt')", False, ["TUN805"]),
        ("model", "print(best)", False, []),  # it was saved at once
        ("copy.deepcopy(model)", "print(evaluate(best_model, test_loader))", False, []),
        ("model", "print(evaluate(best_model, test_loader))", True, []),  # another model each time
    ],
)
def test_another_name_for_the_best_model_keeps_nothing(kept: str, behind: str, anew: bool, finds: list[str]) -> None:
    outside, inside = ("", BUILT.format("    ") + "    ") if anew else (BUILT.format(""), "")
    text = BEST.format(built=outside, rebuilt=inside, kept=kept, behind=behind)
    assert [finding.code for finding in lint_source(text, "train.py").findings] == finds


SHARE = """
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset, random_split
from torchvision import datasets, transforms

from project import args, folds, noisy, paths, rows

class Pictures(Dataset):
    def __init__(self, paths):
        self.paths = paths
    def __len__(self):
        return len(self.paths)
    def __getitem__(self, index):
        return torch.zeros(3, 32, 32), 0

tensor = transforms.ToTensor()
{data}
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
val_loader = DataLoader(val_set, batch_size=64)
net = nn.Sequential(nn.Flatten(), nn.LazyLinear(10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(3):
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    right = 0
    with torch.no_grad():
        for x, y in val_loader:
            right += (net(x).argmax(1) == y).sum().item()
    print({share})
"""

DIGITS = (
    "train_set, val_set = (datasets.MNIST('d', train=one, transform=tensor, download=True) for one in (True, False))\n"
    "full = datasets.MNIST('d', transform=tensor)"
)
FOLDERS = "train_set, val_set = datasets.ImageFolder('d/train', tensor), datasets.ImageFolder('d/val', tensor)"
SPLIT = "full = Pictures(paths)\ntrain_set, val_set = random_split(full, [0.8, 0.2])"


@pytest.mark.parametrize(
    ("data", "share"),
    [
        (DIGITS, "right / len(train_set)"),
        (DIGITS, "100 * right / len(train_loader.dataset)"),
        (DIGITS.replace("MNIST", "CIFAR10"), "right / len(full)"),
        (FOLDERS, "right / len(train_set)"),
        (FOLDERS + "\nn = len(train_set)", "right / n"),
        (SPLIT, "right / len(full)"),
        (SPLIT, "right / len(train_set)"),
        ("full = datasets.ImageFolder('d')\n" + SPLIT.splitlines()[1], "right / len(full)"),
        (
            "full, (old, new) = Pictures(paths), folds[0]\ntrain_set, val_set = Subset(full, old), Subset(full, new)",
            "right / len(train_set)",
        ),
    ],
)
def test_a_share_of_another_dataset_is_told(data: str, share: str) -> None:
    text = SHARE.format(data=data, share=share)
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN807"]
    assert not lint_source(text.replace(share, "right / len(val_loader.dataset)"), "train.py").findings


HELD_OUT = SHARE.replace("{share}", "right / len(val_set)")


@pytest.mark.parametrize(
    "data",
    [
        "train_set = Pictures(paths)\n_, val_set = random_split(train_set, [0.8, 0.2])",
        "train_set = datasets.ImageFolder('d', tensor)\nval_set = Subset(train_set, range(500))",
        "train_set, val_set = datasets.MNIST('d', train=True, transform=tensor), datasets.MNIST('d', transform=tensor)",
        "train_set, val_set = datasets.ImageFolder('d', tensor), datasets.ImageFolder('d', args.transform)",
        "from pathlib import Path\n"
        "train_set, val_set = (datasets.ImageFolder(Path('d') / 'all', tensor) for _ in range(2))",
        "train_set, plain = datasets.CIFAR10('d', transform=tensor), datasets.CIFAR10('d', True, tensor)\n"
        "_, val_set = random_split(plain, [45000, 5000])",
        "part, val_set = random_split(Pictures(paths), [0.8, 0.2])\ntrain_set = ConcatDataset([part, val_set])",
        "part, val_set = Pictures(paths), Pictures(noisy)\ntrain_set = ConcatDataset((part, ConcatDataset([val_set])))",
    ],
)
def test_validation_within_the_training_data_is_told(data: str) -> None:
    text = HELD_OUT.format(data=data).replace("import DataLoader", "import ConcatDataset, DataLoader", 1)
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN801"]


KEPT = """
import collections
import copy
import torch
from torch import nn

def build():
    model = nn.Linear(4, 2)
    return model, torch.optim.SGD(model.parameters(), lr=0.1)

def train(model, optimizer):
    optimizer.zero_grad()
    model(torch.randn(3, 4)).square().sum().backward()
    optimizer.step()
    return torch.rand(()).item()

states, best, kept = [], 0.0, None
model, optimizer = build()
for epoch in range(5):
    score = train(model, optimizer)
    {keep}
{use}
"""


@pytest.mark.parametrize(
    ("keep", "use"),
    [
        ("if score > best:\n        kept = dict(model.state_dict())", "model.load_state_dict(kept)"),
        ("if score > best:\n        kept = collections.OrderedDict(model.state_dict())", "torch.save(kept, 'best.pt')"),
        ("states.append(model.state_dict())", "torch.save(states, 'all.pt')"),
        ("states.append((score, model.state_dict()))", "model.load_state_dict(max(states, key=lambda s: s[0])[1])"),
        ("states.append({'score': score, 'net': model.state_dict()})", "torch.save(states, 'all.pt')"),
        (
            "states.append({'score': score, 'net': model.state_dict()})",
            "kept = min(states, key=lambda s: s['score'])\nmodel.load_state_dict(kept['net'])",
        ),
        (
            "states.append((score, model.state_dict()))",
            "for score, state in states:\n    model.load_state_dict(state)\n    print(model(torch.ones(1, 4)))",
        ),
    ],
)
def test_weights_that_are_kept_by_reference_are_told(keep: str, use: str) -> None:
    found = [one.code for one in lint_source(KEPT.format(keep=keep, use=use), "train.py").findings]
    assert found == ["TUN805"]


FOLDS = """
import numpy as np
import torch
from sklearn.model_selection import {splitter}
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms

data = datasets.ImageFolder("d", transforms.Compose([transforms.Resize((32, 32)), transforms.ToTensor()]))

def build():
    return nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))

net = build()

def run(net, train_rows, val_rows):
    {reset}optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net.train()
    for x, y in DataLoader(Subset(data, train_rows), 32, shuffle=True):
        {zero}
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        return np.mean([(net(x).argmax(1) == y).float().mean() for x, y in DataLoader(Subset(data, val_rows), 32)])

folds = {splitter}(5)
{scores}
"""
ZEROED = {"splitter": "KFold", "reset": "", "zero": "optimizer.zero_grad()"}


@pytest.mark.parametrize(
    "scores",
    [
        "scores = [run(net, train, val) for train, val in folds.split(np.arange(len(data)))]",
        "print(np.mean([run(net, *rows) for rows in folds.split(data.samples)]))",
        "mean = sum(run(net, a.tolist(), b.tolist()) for a, b in folds.split(data.samples, data.targets)) / 5",
        "scores = {k: run(net, train, val) for k, (train, val) in enumerate(folds.split(data.samples))}",
        "scores = []\nfor train, val in folds.split(data.samples):\n    scores.append(run(net, train, val))",
    ],
)
def test_folds_of_a_comprehension_are_told(scores: str) -> None:
    found = [one.code for one in lint_source(FOLDS.format(scores=scores, **ZEROED), "train.py").findings]
    assert found == ["TUN808"]


def test_what_a_pass_of_a_comprehension_left_behind_is_met() -> None:
    text = """
        import torch
        from torch import nn
        from project import loader
        net = nn.Linear(4, 1)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        def step(x, y):
            loss = (net(x)[:, 0] - y).abs().mean()
            loss.backward()
            optimizer.step()
            return loss.item()
        losses = [step(x, y) for x, y in loader]
    """
    assert [one.code for one in lint_source(dedent(text), "train.py").findings] == ["TUN501"]
    zeroed = dedent(text).replace("    loss.backward()", "    optimizer.zero_grad()\n    loss.backward()")
    assert not lint_source(zeroed, "train.py").findings


@pytest.mark.parametrize(
    "split",
    [
        "train, _ = train_test_split(frame, random_state=1)\n_, val = train_test_split(frame, random_state=2)\n"
        "train_set, val_set = Rows(train), Rows(val)",
        "train, _ = train_test_split(frame, test_size=0.2)\n_, val = train_test_split(frame, test_size=0.2)\n"
        "train_set, val_set = Rows(train, transforms.ToTensor()), Rows(val)",
        "np.random.seed(0)\na, _, b, _ = train_test_split(x, y)\n_, c, _, d = train_test_split(x, y, stratify=y)\n"
        "train_set, val_set = Pairs(a, b), Pairs(c, d)",
        "rows, indices = Rows(frame), list(range(100))\ntrain_set = Subset(rows, train_test_split(indices)[0])\n"
        "val_set = Subset(rows, train_test_split(indices)[1])",
        "def part(index):\n    return Rows(train_test_split(frame, test_size=0.1)[index].copy())\n"
        "train_set, val_set = part(0), part(1)",
    ],
)
def test_arrays_that_are_split_twice_are_told(split: str) -> None:
    text = DRAWN.format(split=split)
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN804"]


TABLES = """
import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler, MinMaxScaler
from sklearn import datasets
"""
FROM_TABLES = {
    "columns by name": """
        df = pd.read_csv("a.csv")
        X = df.drop("y", axis=1).values
        y = df["y"].values
        data = TensorDataset(torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32))
    """,
    "columns by place": """
        df = pd.read_csv("a.csv").dropna()
        X = df.iloc[:, :-1].to_numpy(dtype=np.float32)
        y = df.iloc[:, -1].to_numpy(dtype=np.float32)
        data = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
    """,
    "a split of tables": """
        df = pd.read_csv("a.csv")
        X, y = df[["a", "b"]], df["y"]
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2)
        scaler = StandardScaler()
        X_train = scaler.fit_transform(X_train)
        X_test = scaler.transform(X_test)
        data = TensorDataset(torch.FloatTensor(X_train), torch.FloatTensor(y_train.values))
    """,
    "items of arrays in a dataset": """
        class Rows(Dataset):
            def __init__(self, path):
                df = pd.read_csv(path)
                self.x = df.iloc[:, 1:].values.astype(np.float32)
                self.y = df["y"].values.astype("float32")
            def __len__(self):
                return len(self.x)
            def __getitem__(self, i):
                return torch.tensor(self.x[i]), torch.tensor(self.y[i], dtype=torch.float32)
        data = Rows("a.csv")
    """,
    "rows of a table in a dataset": """
        class Rows(Dataset):
            def __init__(self, path):
                self.df = pd.read_csv(path)
            def __len__(self):
                return len(self.df)
            def __getitem__(self, i):
                row = self.df.iloc[i]
                return torch.tensor(row[:-1].values.astype(float)).float(), torch.tensor(row["y"]).float()
        data = Rows("a.csv")
    """,
    "windows of a series": """
        series = np.sin(np.linspace(0, 100, 1000))
        def windows(data, n):
            xs, ys = [], []
            for i in range(len(data) - n):
                xs.append(data[i:i + n])
                ys.append(data[i + n])
            return np.array(xs), np.array(ys)
        X, y = windows(series, 8)
        data = TensorDataset(torch.FloatTensor(X), torch.FloatTensor(y))
    """,
    "windows of a scaled column": """
        df = pd.read_csv("a.csv")
        scaled = MinMaxScaler().fit_transform(df[["Close"]].values)
        xs, ys = [], []
        for i in range(8, len(scaled)):
            xs.append(scaled[i - 8:i, 0])
            ys.append(scaled[i, 0])
        xs, ys = np.array(xs), np.array(ys)
        data = TensorDataset(torch.tensor(xs).float(), torch.tensor(ys).float())
    """,
    "made numbers": """
        X = np.random.rand(100, 8)
        y = 3 * X[:, 0] + np.random.randn(100) * 0.1
        data = TensorDataset(torch.from_numpy(X).float(), torch.from_numpy(y).float())
    """,
    "sums of rows": """
        rng = np.random.default_rng(0)
        X = rng.normal(size=(100, 8)).astype(np.float32)
        y = X.sum(axis=1)
        data = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
    """,
    "made by scikit-learn": """
        X, y = datasets.make_regression(n_samples=1000, n_features=8)
        data = TensorDataset(torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32))
    """,
    "loaded by scikit-learn": """
        found = datasets.fetch_california_housing()
        X_train, X_test, y_train, y_test = train_test_split(found.data, found.target)
        data = TensorDataset(torch.Tensor(X_train), torch.Tensor(y_train))
    """,
    "texts mapped to numbers": """
        df = pd.read_csv("a.csv")
        df["y"] = df["y"].map({"a": 0, "b": 1})
        y = torch.tensor(df["y"].values, dtype=torch.float32)
        X = torch.tensor(df.drop(columns=["y"]).values, dtype=torch.float32)
        data = TensorDataset(X, y)
    """,
    "a function of each item": """
        df = pd.read_csv("a.csv")
        df["y"] = df["y"].apply(lambda v: 1.0 if v == "yes" else 0.0)
        y = torch.tensor(df["y"].to_numpy(), dtype=torch.float32)
        X = torch.tensor(df.drop(columns=["y"]).to_numpy(), dtype=torch.float32)
        data = TensorDataset(X, y)
    """,
    "arrays that the loader makes tensors of": """
        class Rows(Dataset):
            def __init__(self, x, y):
                self.x, self.y = x, y
            def __len__(self):
                return len(self.x)
            def __getitem__(self, i):
                return self.x[i], self.y[i]
        df = pd.read_csv("a.csv")
        data = Rows(df.iloc[:, :8].values.astype(np.float32), df.iloc[:, 8].values.astype(np.float32))
    """,
    "tensors made of what a class is given": """
        class Rows(Dataset):
            def __init__(self, x, y):
                self.x = torch.tensor(x, dtype=torch.float32)
                self.y = torch.tensor(y, dtype=torch.float32)
            def __len__(self):
                return len(self.x)
            def __getitem__(self, i):
                return self.x[i], self.y[i]
        df = pd.read_csv("a.csv")
        features = [c for c in df.columns if c != "y"]
        data = Rows(df[features].values, df["y"].values)
    """,
    "logarithms": """
        df = pd.read_csv("a.csv")
        y = np.log1p(df["y"]).values
        X = (df.drop("y", axis=1).values - 1) / 2
        data = TensorDataset(torch.tensor(X).float(), torch.tensor(y).float())
    """,
    "flattened": """
        df = pd.read_csv("a.csv")
        y = StandardScaler().fit_transform(df[["y"]].values).flatten()
        X = df[["a", "b", "c", "d", "e", "f", "g", "h"]].values
        data = TensorDataset(torch.tensor(X).float(), torch.tensor(y).float())
    """,
    "slices of all rows": """
        raw = pd.read_csv("a.csv").values
        n = int(0.8 * len(raw))
        train, test = raw[:n], raw[n:]
        data = TensorDataset(torch.tensor(train[:, :-1]).float(), torch.tensor(train[:, -1]).float())
    """,
    "a column as an attribute": """
        df = pd.read_csv("a.csv")
        y = torch.tensor(df.price.values, dtype=torch.float32)
        data = TensorDataset(torch.tensor(df.drop("price", axis=1).values, dtype=torch.float32), y)
    """,
    "a column taken out": """
        df = pd.read_csv("a.csv")
        y = df.pop("y")
        data = TensorDataset(torch.tensor(df.values).float(), torch.tensor(y).float())
    """,
}
FITTED = """
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters())
for x, y in DataLoader(data, 16, shuffle=True):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


@pytest.mark.parametrize("name", FROM_TABLES)
def test_targets_from_arrays_and_tables_pair_up_with_scores(name: str) -> None:
    text = TABLES + dedent(FROM_TABLES[name]) + FITTED
    found = lint_source(text, "train.py")
    assert ([finding.code for finding in found.findings], found.problems) == (["TUN606"], ())
    for mended in ("model(x), y.unsqueeze(1)", "model(x), y[:, None]", "model(x).squeeze(1), y"):
        assert lint_source(text.replace("model(x), y", mended), "train.py").findings == ()


WHOLE = {
    "a split": """
        df = pd.read_csv("a.csv")
        X_train, X_test, y_train, y_test = train_test_split(df.drop("y", axis=1).values, df["y"].values)
        X = torch.tensor(X_train, dtype=torch.float32)
        y = torch.tensor(y_train, dtype=torch.float32)
    """,
    "a line": """
        x = np.linspace(0, 1, 100)
        y = 2 * x + np.random.normal(0, 0.1, 100)
        X = torch.tensor(x, dtype=torch.float32).unsqueeze(1)
        X = X.repeat(1, 8)
        y = torch.tensor(y, dtype=torch.float32)
    """,
}


@pytest.mark.parametrize("name", WHOLE)
def test_all_targets_at_once_pair_up_with_scores(name: str) -> None:
    steps = FITTED.replace("for x, y in DataLoader(data, 16, shuffle=True)", "for epoch in range(10)")
    text = TABLES + dedent(WHOLE[name]) + steps.replace("model(x), y", "model(X), y")
    assert [finding.code for finding in lint_source(text, "train.py").findings] == ["TUN606"]
    assert lint_source(text.replace("model(X), y", "model(X).squeeze(1), y"), "train.py").findings == ()


PHASES = """
import torch
from torch import nn, optim
from torchvision import models
from project import Cub, args
datasets = {x: Cub(args.path, x) for x in ['train', 'test']}
dataloaders = {x: torch.utils.data.DataLoader(datasets[x], batch_size=8, shuffle=True) for x in ['train', 'test']}
model = models.resnet18()
optimizer = optim.SGD(model.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()
for epoch in range(10):
    eval_acc = 0.0
    for phase in ['train', 'test']:
        if phase == 'train':
            model.train(True)
        elif phase == 'test':
            model.eval()
        for i, data in enumerate(dataloaders[phase], 0):
            image, label = data
            optimizer.zero_grad()
            if phase == 'test':
                with torch.no_grad():
                    pred = model(image)
            else:
                pred = model(image)
            loss = criterion(pred, label)
            if phase == 'train':
                loss.backward()
                optimizer.step()
            elif phase == 'test':
                prediction = torch.max(pred, 1)[1]
                num_correct = (prediction == label).sum()
                eval_acc += num_correct
    print(eval_acc.float() / (len(dataloaders['test'])))
"""


def test_hits_of_one_phase_are_counted() -> None:
    """The loop over batches has been through a pass with the phase before."""
    wrong = lint_source(PHASES, "train.py").findings
    assert [(finding.code, finding.line) for finding in wrong] == [("TUN807", PHASES.count("\n"))]
    assert lint_source(PHASES.replace("len(dataloaders['test'])", "len(datasets['test'])"), "train.py").findings == ()
    both = PHASES.replace("elif phase == 'test':\n                prediction", "if True:\n                prediction")
    assert both != PHASES
    assert lint_source(both, "train.py").findings == ()


SAVED = """
import torch

from project import create, criterion, loader, val_loader


def train(model, epochs, path):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    best = 1e9
    best_state = None
    for epoch in range(epochs):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
        model.eval()
        loss = 0
        with torch.no_grad():
            for x, y in val_loader:
                loss += criterion(model(x), y).item()
        if loss < best:
            best = loss
            best_state = model.state_dict().copy()
            model.save(path)
    if best_state:
        model.load_state_dict(best_state)


train(create(), 10, "best.pt")
"""


def test_a_model_that_saves_itself_stays_what_it_is() -> None:
    assert [finding.code for finding in lint_source(SAVED, "train.py").findings] == ["TUN805"]
    assert lint_source(SAVED.replace("model.save(path)", "best_state = copied(best_state)"), "train.py").findings == ()


UNCALLED = """
import torch
from torch import nn
from torch.utils.data import DataLoader


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5))
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.body(x))


def run(train, held_out):
    train, held_out = DataLoader(train, batch_size=8, shuffle=True), DataLoader(held_out, batch_size=8)
    model = {}
    optimizer = torch.optim.Adam(model.parameters())
    for epoch in range(10):
        for x, y in train:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            print(sum((model(x).argmax(1) == y).sum().item() for x, y in held_out))
"""


@pytest.mark.parametrize("built", ["Net()", "nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 3))"])
def test_a_model_built_where_nobody_calls_keeps_its_layers(built: str) -> None:
    """What it has done is undone; what it is made of is not."""
    text = UNCALLED.format(built)
    assert [finding.code for finding in lint_source(text, "train.py").findings] == ["TUN505"]
    mended = text.replace("        for x, y in train:", "        model.train()\n        for x, y in train:")
    assert lint_source(mended, "train.py").findings == ()


def test_what_ran_often_enough_in_training_mode_is_run_in_evaluation_mode() -> None:
    inner = "class Inner(nn.Module):\n    def forward(self, x):\n" + "        x = x + 1\n" * 45
    source = inner + dedent("""\
                return F.dropout(x, 0.5)


        class Outer(nn.Module):
            def __init__(self, width):
                super().__init__()
                self.first, self.second, self.third = Inner(), Inner(), Inner()
                self.drop = nn.Dropout(0.1)

            def forward(self, x):
                x = self.drop(self.third(self.second(self.first(x))))
                return x
        """)
    source = "import torch.nn.functional as F\nfrom torch import nn\n\n\n" + source
    assert [finding.code for finding in lint_source(source, "model.py").findings] == ["TUN508"]


@pytest.mark.parametrize(("step", "finds"), [("RandomHorizontalFlip", ["TUN802"]), ("CenterCrop", [])])
def test_a_transform_that_a_dataset_gets_later_augments_as_well(step: str, finds: list[str]) -> None:
    arguments = "32" if step == "CenterCrop" else ""
    text = IMPORTS + dedent(f"""
        class Shown(Dataset):
            def __init__(self, paths):
                self.paths, self.transform = paths, None

            def __len__(self):
                return len(self.paths)

            def __getitem__(self, index):
                return self.transform(Image.open(self.paths[index]).convert("RGB")), label_of(self.paths[index])


        train, valid = Shown(items("train")), Shown(items("valid"))
        train.transform = transforms.Compose([transforms.RandomHorizontalFlip(), transforms.ToTensor()])
        valid.transform = transforms.Compose([transforms.{step}({arguments}), transforms.ToTensor()])
        loader, checks = DataLoader(train, 8, shuffle=True), DataLoader(valid, 8)
        model = models.resnet18(num_classes=10)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        for epoch in range(3):
            model.train()
            for x, y in loader:
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
            model.eval()
            right = 0
            with torch.no_grad():
                for x, y in checks:
                    right += (model(x).argmax(1) == y).sum().item()
            print(right / len(valid))
        """)
    assert [finding.code for finding in lint_source(text, "train.py").findings] == finds


OF_A_FUNCTION = """
import torch
from project import Net, criterion, loader

model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for x, y in loader:
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward({})
    optimizer.step()
    print(loss.data[0])
"""


@pytest.mark.parametrize(("gradient", "finds"), [("", ["TUN705"]), ("torch.ones(8)", [])])
def test_a_backward_pass_begins_at_one_number(gradient: str, finds: list[str]) -> None:
    found = lint_source(OF_A_FUNCTION.format(gradient), "train.py").findings
    assert [one.code for one in found] == finds


def test_a_loss_made_by_hand_may_be_a_row_of_one_number() -> None:
    text = """
import torch
from project import rows

x, y = torch.from_numpy(rows("x")), torch.tensor(rows("y"))
w, b = torch.rand(1, requires_grad=True), torch.rand(1, requires_grad=True)
for i in range(len(x)):
    loss = torch.pow(x[i] * w + b - y[i], 2)
    loss.backward()
    print(loss.data[0])
"""
    assert lint_source(text, "line.py").findings == ()


def test_one_of_two_loaders_gives_batches_of_a_loader() -> None:
    text = """
import torch
from torch.utils.data import DataLoader
from torchvision import models

from project import config, pictures


def loaders():
    return DataLoader(pictures("train"), 8, shuffle=True), DataLoader(pictures("val"), 8)


if config["data"] == "birds":
    train, val = loaders()
else:
    train, val = loaders()
model = models.resnet18(weights="DEFAULT")
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
for epoch in range(3):
    for x, y in train:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    hits = 0
    for x, y in val:
        hits += (model(x).argmax(1) == y).sum().item()
"""
    assert [(one.line, one.code) for one in lint_source(text, "train.py").findings] == [(26, "TUN506")]


@pytest.mark.parametrize(
    ("seed", "rows", "finds"),
    [("42", "range(500)", "TUN801"), ("42", "range(4000, 6000)", "TUN804"), ("42", "range(5000, 6000)", ""),
     ("7", "range(500)", "")],
)  # fmt: skip
def test_a_table_shuffled_twice_with_one_seed_has_one_order(seed: str, rows: str, finds: str) -> None:
    text = f"""
from datasets import load_dataset
from transformers import AutoModelForCausalLM, Trainer, TrainingArguments

data = load_dataset("json", data_files="all.json", split="train")
train = data.shuffle(seed=42).select(range(5000))
checks = data.shuffle(seed={seed}).select({rows})
model = AutoModelForCausalLM.from_pretrained("gpt2")
settings = TrainingArguments("out", eval_strategy="epoch")
Trainer(model=model, args=settings, train_dataset=train, eval_dataset=checks).train()
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == ([finds] if finds else [])


@pytest.mark.parametrize(
    ("before", "test"), [("        self.fc = None\n", "self.fc is None"), ("", 'not hasattr(self, "fc")')]
)
def test_a_layer_that_the_first_pass_makes_replaces_nothing(before: str, test: str) -> None:
    text = f"""
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import FakeData
from torchvision.transforms import ToTensor


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
{before}
    def forward(self, x):
        x = self.conv(x).flatten(1)
        if {test}:
            self.fc = nn.Linear(x.shape[1], 10)
        return self.fc(x)


net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for x, y in DataLoader(FakeData(transform=ToTensor()), 8):
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
"""
    (finding,) = lint_source(text, "train.py").findings
    assert finding.message.startswith("`self.fc` comes to be after `optimizer` was built, so it never trains")


def test_layers_are_put_beside_one_another() -> None:
    text = """
from collections import OrderedDict

import torch
from torch import nn

from data import sizes, test_loader, train_loader

layers = OrderedDict()
layers["first"] = nn.Linear(8, sizes[0])
layers["drop"] = nn.Dropout()
for i in range(1, len(sizes)):
    layers["fc{}".format(i)] = nn.Linear(sizes[i - 1], sizes[i])
net = nn.Sequential(layers)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for x, y in train_loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
hits = 0
with torch.no_grad():
    for x, y in test_loader:
        hits += (net(x).argmax(1) == y).sum().item()
"""
    assert [one.code for one in lint_source(text, "layers.py").findings] == ["TUN506"]


def test_what_construction_calls_is_known_to_methods() -> None:
    text = """
import torch
from torch import nn


class Owner:
    def __init__(self):
        self.build()

    def build(self):
        self.size = 4

    def run(self):
        print(nn.Linear(self.size, 2)(torch.rand(3, 8)))
"""
    assert [one.code for one in lint_source(text, "owner.py").findings] == ["TUN704"]


def test_a_break_leaves_no_grad_too() -> None:
    text = """
import torch
from torch import nn

from data import test_loader, train_loader

net = nn.Sequential(nn.Linear(8, 8), nn.Dropout(), nn.Linear(8, 2))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
net.train()
for epoch in range(10):
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        hits = sum((net(x).argmax(1) == y).sum().item() for x, y in test_loader)
        if hits > 100:
            break
"""
    assert [one.code for one in lint_source(text, "epochs.py").findings] == ["TUN505"]


OWN_PRETRAINED = """
import torch
from torch import nn
from transformers import BertModel, BertPreTrainedModel

from data import test_loader, train_loader


class Regression(BertPreTrainedModel):
    def __init__(self, config, rate=0.1):
        super().__init__(config)
        self.bert = BertModel(config)
        self.dropout = nn.Dropout(rate)
        self.head = nn.Linear(config.hidden_size, 1)
        self.post_init()

    def forward(self, ids):
        return self.head(self.dropout(self.bert(ids).pooler_output))


net = Regression.from_pretrained("bert-base-uncased", rate=RATE, num_labels=1)
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-5)
net.train()
for epoch in range(5):
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.mse_loss(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print(sum(nn.functional.mse_loss(net(x), y).item() for x, y in test_loader))
"""


def test_a_class_of_its_own_is_built_from_a_checkpoint() -> None:
    found = lint_source(OWN_PRETRAINED.replace("RATE", "0.2"), "own.py").findings
    assert [one.code for one in found] == ["TUN505"]
    untouched = OWN_PRETRAINED.replace("net.train()\n", "").replace("RATE", "0.2")
    assert [one.code for one in lint_source(untouched, "own.py").findings] == ["TUN511"]


def test_a_module_from_a_checkpoint_is_in_training_mode() -> None:
    text = """
import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader

from data import test_set


class Net(L.LightningModule):
    def __init__(self, width=8):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(width, width), nn.Dropout(), nn.Linear(width, 2))

    def forward(self, x):
        return self.body(x)


net = Net.load_from_checkpoint("best.ckpt", width=16)
hits = 0
with torch.no_grad():
    for x, y in DataLoader(test_set, 8):
        hits += (net(x).argmax(1) == y).sum().item()
"""
    assert [one.code for one in lint_source(text, "test.py").findings] == ["TUN506"]


def test_the_methods_of_progress_bars_change_no_loader() -> None:
    text = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm

data = TensorDataset(torch.rand(64, 8), torch.zeros(64).long())
bar = tqdm(DataLoader(data, 8, shuffle=True))
net = nn.Linear(8, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for x, y in bar:
    loss = nn.functional.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
    bar.set_postfix(loss=loss.item())
    bar.update()
"""
    assert not list(interpret(ast.parse(text)).of(BatchesHandedOver))
    handed = interpret(ast.parse(text.replace("bar.update()", "bar.look()")))
    assert list(handed.of(BatchesHandedOver))


def test_an_empty_index_gives_the_tensor() -> None:
    text = """
import torch
from torch import nn


def run(x):
    print(nn.Linear(4, 4)(nn.Linear(3, 3)(x)[()]))
"""
    result = lint_source(text, "index.py")
    assert ([one.code for one in result.findings], result.problems) == (["TUN704"], ())


def test_schedulers_that_a_chain_chooses_are_stepped_too_early() -> None:
    text = """
import torch
from torch import nn

from settings import loader, version

net = nn.Linear(8, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
if version == "resnet":
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 150)
elif version == "cnn":
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 30)
for epoch in range(200):
    scheduler.step()
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN405"]


ALBUMENTATIONS = """
import albumentations as A
import cv2
import torch
from albumentations.pytorch import ToTensorV2
from torch import nn
from torch.utils.data import DataLoader, Dataset

from files import held_out, seen


class Photos(Dataset):
    def __init__(self, files, transform=None):
        self.files, self.transform = files, transform

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        image = cv2.imread(self.files[index])
        if self.transform:
            image = self.transform(image=image)["image"]
        return image, 0


def steps(part):
    if part == "train":
        return A.Compose([A.Resize(32, 32), A.OneOf([A.HorizontalFlip(p=0.5), A.RandomGamma()]), A.Normalize(),
                          ToTensorV2()])
    return A.Compose([A.Resize(32, 32), A.Normalize(), ToTensorV2()])


train_loader = DataLoader(Photos(seen, steps("train")), 8, shuffle=True)
valid_loader = DataLoader(Photos(held_out, steps("valid")), 8)
net = nn.Sequential(nn.Flatten(), nn.Linear(3072, 2))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(3):
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        for x, y in valid_loader:
            print((net(x).argmax(1) == y).sum())
"""


def test_augmentations_of_albumentations_in_a_validation() -> None:
    assert [one.code for one in lint_source(ALBUMENTATIONS, "photos.py").findings] == []
    augmented = ALBUMENTATIONS.replace('steps("valid")', 'steps("train")')
    assert [one.code for one in lint_source(augmented, "photos.py").findings] == ["TUN802"]
    always = augmented.replace("A.OneOf([A.HorizontalFlip(p=0.5), A.RandomGamma()])", "A.HorizontalFlip(p=1)")
    assert [one.code for one in lint_source(always, "photos.py").findings] == []


TOKENS_IN_BATCHES = """
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset
from transformers import BertModel, BertTokenizerFast

from texts import held_out, labels, seen

tokenizer = BertTokenizerFast.from_pretrained("bert-base-uncased")


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.bert = BertModel.from_pretrained("bert-base-uncased")
        self.head = nn.Linear(768, 2)

    def forward(self, ids, mask):
        return self.head(self.bert(input_ids=ids, attention_mask=mask)[1])


def encode(texts):
    encoded = tokenizer(texts, padding="max_length", return_tensors="pt")
    return TensorDataset(encoded["input_ids"], encoded["attention_mask"], labels)


train_set, valid_set = encode(seen), encode(held_out)
train_loader = DataLoader(train_set, 8, shuffle=True)
valid_loader = DataLoader(valid_set, 8)
net = Classifier()
optimizer = optim.AdamW(net.parameters(), lr=1e-5)
for epoch in range(3):
    net.train()
    for ids, mask, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(ids, mask), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        for ids, mask, y in valid_loader:
            ids, mask = (one.to("cuda") for one in (ids, mask))
            print(nn.functional.cross_entropy(net(ids, mask), y))
"""


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('Fast.from_pretrained("bert-base-uncased")', 'Fast.from_pretrained("bert-base-cased")', "TUN109"),
        ("\n\nclass", '\ntokenizer.add_tokens(["[ENT]"])\n\nclass', "TUN110"),
        ("DataLoader(valid_set, 8)", "DataLoader(train_set, 8)", "TUN801"),
        ("in valid_loader", "in train_loader", "TUN801"),
        ("    net.eval()\n", "", "TUN506"),
        ("nn.Linear(768, 2)", "nn.Linear(1024, 2)", "TUN704"),
        ("nn.Linear(768, 2)", "nn.Linear(self.bert.config.hidden_size * 2, 2)", "TUN704"),
        ("nn.Linear(768, 2)", "nn.Linear(self.bert.config.hidden_size, 2)", ""),
    ],
)
def test_token_ids_are_followed_through_datasets_and_loaders(old: str, new: str, code: str) -> None:
    assert [one.code for one in lint_source(TOKENS_IN_BATCHES, "tokens.py").findings] == []
    found = [one.code for one in lint_source(TOKENS_IN_BATCHES.replace(old, new), "tokens.py").findings]
    assert found == ([code] if code else [])


def test_a_validation_in_the_script_itself_over_the_training_loader() -> None:
    text = """
import torch
from torch import nn, optim
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

train_loader = DataLoader(datasets.MNIST("data", train=True, transform=transforms.ToTensor()), 8, shuffle=True)
test_loader = DataLoader(datasets.MNIST("data", train=False, transform=transforms.ToTensor()), 8)
net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
optimizer = optim.Adam(net.parameters())
for epoch in range(3):
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        for x, y in train_loader:
            print(nn.functional.cross_entropy(net(x), y))
"""
    assert [(one.code, one.line) for one in lint_source(text, "train.py").findings] == [("TUN801", 17)]
    used = text + "    print([net(x) for x, y in test_loader])\n"
    assert [one.code for one in lint_source(used, "train.py").findings] == []
    other = text.replace("test_loader", "extra_loader")
    assert [one.code for one in lint_source(other, "train.py").findings] == []


@pytest.mark.parametrize(
    ("test", "codes"),
    [
        ("args.train", ["TUN901"]),
        ("not os.path.exists(args.out)", ["TUN901"]),
        ("args.mode == 'train'", ["TUN901"]),
        ("version.parse(transformers.__version__) < version.parse('4.41')", []),
        ("hasattr(TrainingArguments, 'evaluation_strategy')", []),
        ("args.old_transformers", []),
    ],
)
def test_a_removed_argument_behind_a_condition(test: str, codes: list[str]) -> None:
    text = f"""
import os

import transformers
from packaging import version
from transformers import TrainingArguments

from settings import args

if {test}:
    arguments = TrainingArguments("out", evaluation_strategy="epoch")
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == codes


@pytest.mark.parametrize(("rate", "codes"), [("0.1", ["TUN511"]), ("0.0", []), ("settings.rate", [])])
def test_a_rate_of_dropout_above_none_drops_out(rate: str, codes: list[str]) -> None:
    text = f"""
import torch
from transformers import BertForSequenceClassification

import settings
from settings import loader

net = BertForSequenceClassification.from_pretrained("bert-base-uncased", hidden_dropout_prob={rate})
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-5)
for batch in loader:
    optimizer.zero_grad()
    net(**batch).loss.backward()
    optimizer.step()
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == codes


@pytest.mark.parametrize(("classes", "codes"), [(100, []), (10, ["TUN608"])])
def test_labels_come_through_a_dataset_around_another(classes: int, codes: list[str]) -> None:
    text = f"""
import os

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets, transforms


class Seen(Dataset):
    def __init__(self, inner):
        self.inner = inner

    def __len__(self):
        return len(self.inner)

    def __getitem__(self, index):
        image, label = self.inner[index]
        return image, label


inner = datasets.CIFAR100(os.path.expanduser("~/data"), transform=transforms.ToTensor())
net = nn.Sequential(nn.Flatten(), nn.Linear(3072, {classes}))
for x, y in DataLoader(Seen(inner), batch_size=4):
    nn.functional.cross_entropy(net(x), y).backward()
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == codes


def test_images_of_transformers_have_a_width() -> None:
    text = """
import torch
from torch import nn
from transformers import CLIPVisionModel


class Probe(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = CLIPVisionModel.from_pretrained("openai/clip-vit-base-patch32")
        self.out = nn.Linear(768, 5)

    def forward(self, pixels):
        return self.out(self.body(pixel_values=pixels).pooler_output)


Probe()(torch.rand(2, 3, 224, 224))
"""
    assert [one.code for one in lint_source(text, "probe.py").findings] == []
    assert [one.code for one in lint_source(text.replace("768", "512"), "probe.py").findings] == ["TUN704"]


@pytest.mark.parametrize(("method", "codes"), [("pretrain", ["TUN108"]), ("resume", [])])
def test_weights_that_somebody_may_load_again_are_lost_otherwise(method: str, codes: list[str]) -> None:
    text = """
import torch
from torch import nn
from torchvision import models

from settings import args

net = models.resnet18(weights="DEFAULT")
for part in net.modules():
    if isinstance(part, nn.Conv2d):
        nn.init.kaiming_normal_(part.weight)
{again}
"""
    load = "net.load_state_dict(torch.load(args.path))"
    again = load if method == "resume" else f"if args.path:\n    {load}"
    assert [one.code for one in lint_source(text.replace("{again}", again), "train.py").findings] == codes


VISION = """
import argparse

import numpy as np
from transformers import AutoModelForImageClassification, Trainer, TrainingArguments

from project import collate, rows

parser = argparse.ArgumentParser()
parser.add_argument("--freeze", action="store_true")
parser.add_argument("--lr", type=float, default=5e-5)
args = parser.parse_args()
net = AutoModelForImageClassification.from_pretrained("google/vit-base-patch16-224-in21k", num_labels=5)
if args.freeze:
    for weight in net.vit.parameters():
        weight.requires_grad = False


def compute_metrics(given):
    scores, labels = given
    return {"accuracy": (np.argmax(scores, axis=1) == labels).mean()}


Trainer(
    net,
    TrainingArguments("out", learning_rate=args.lr, eval_strategy="epoch"),
    data_collator=collate,
    train_dataset=rows["train"],
    eval_dataset=rows["test"],
    compute_metrics=compute_metrics,
).train()
"""


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("5e-5", "5e-2", ["TUN401"]),
        ('{"accuracy": (np.argmax(scores, axis=1) == labels).mean()}', "(scores.argmax(1) == labels).mean()",
         ["TUN812"]),
        ("    scores, labels = given\n", "    scores, labels = given[0], given.label_ids\n", []),
        ('rows["test"]', 'rows["train"]', ["TUN801"]),
    ],
)  # fmt: skip
def test_a_trainer_over_a_model_that_a_flag_freezes(old: str, new: str, codes: list[str]) -> None:
    assert [one.code for one in lint_source(VISION, "train.py").findings] == []
    assert old in VISION
    assert [one.code for one in lint_source(VISION.replace(old, new), "train.py").findings] == codes


@pytest.mark.parametrize(("rate", "codes"), [("1e-5", []), ("1e-2", ["TUN401"])])
def test_a_model_of_speech_of_which_a_part_is_frozen(rate: str, codes: list[str]) -> None:
    text = f"""
from transformers import Seq2SeqTrainer, Seq2SeqTrainingArguments, WhisperForConditionalGeneration

from project import rows

net = WhisperForConditionalGeneration.from_pretrained("openai/whisper-small")
net.generation_config.language = "hindi"
net.freeze_encoder()
Seq2SeqTrainer(net, Seq2SeqTrainingArguments("out", learning_rate={rate}), train_dataset=rows).train()
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == codes


def test_texts_that_the_command_line_may_set_have_their_defaults() -> None:
    text = """
import argparse

from peft import LoraConfig, get_peft_model
from torchvision import models
from transformers import AutoModelForCausalLM

parser = argparse.ArgumentParser()
parser.add_argument("--targets", nargs="+", default=["query_key_value"])
parser.add_argument("--arch", default="vit", required=True)
args = parser.parse_args()
config = LoraConfig(target_modules=args.targets, task_type="CAUSAL_LM")
net = get_peft_model(AutoModelForCausalLM.from_pretrained("gpt2"), config)
if args.arch == "vit":
    body = models.vit_b_16(weights="DEFAULT")
else:
    body = models.resnet18(pretrained=True)
"""
    found = [one.code for one in lint_source(text, "train.py").findings]
    assert found == ["TUN211", "TUN105"]


LOADERS_BY_KEY = """
import os

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

steps = {"train": transforms.Compose([transforms.RandomResizedCrop(224), transforms.ToTensor()]),
         "val": transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor()])}
{loaders}
net = models.resnet18(weights="DEFAULT")
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
for epoch in range(3):
    for phase in ["train", "val"]:
        net.train(phase == "train")
        for x, y in loaders[phase]:
            with torch.set_grad_enabled(phase == "train"):
                loss = nn.functional.cross_entropy(net(x), y)
                if phase == "train":
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
"""


@pytest.mark.parametrize(
    "loaders",
    [
        "sets = {x: datasets.ImageFolder(os.path.join('data', x), steps[x]) for x in steps}\n"
        "loaders = {x: DataLoader(sets[x], batch_size=4, shuffle=x == 'train') for x in steps}",
        "loaders = {'train': DataLoader(datasets.ImageFolder('data/train', steps['train']), 4, shuffle=True),\n"
        "           'val': DataLoader(datasets.ImageFolder('data/val', steps['val']), 4)}",
        "loaders = {}\n"
        "loaders['train'] = DataLoader(datasets.ImageFolder('data/train', steps['train']), 4, shuffle=True)\n"
        "loaders['val'] = DataLoader(datasets.ImageFolder('data/val', steps['val']), 4)",
    ],
)
def test_loaders_go_by_their_keys(loaders: str) -> None:
    text = LOADERS_BY_KEY.replace("{loaders}", loaders)
    assert [one.code for one in lint_source(text, "train.py").findings] == []
    same = loaders.replace("os.path.join('data', x)", "'data/train'").replace("data/val", "data/train")
    text = LOADERS_BY_KEY.replace("{loaders}", same)
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN801"]


IN_HALVES = """
import torch
from apex import amp
from apex.parallel import DistributedDataParallel
from torch import nn
from torch.utils.data import DataLoader
from torchvision import *

plain = transforms.ToTensor()
train_loader = DataLoader(datasets.CIFAR10("data", transform=plain), batch_size=8, shuffle=True)
test_loader = DataLoader(datasets.CIFAR10("data", train=False, transform=plain), batch_size=8)
net = models.resnet18(weights="DEFAULT")
net.fc = nn.Linear(512, 10)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
net, optimizer = amp.initialize(net, optimizer, opt_level="O1")
net = DistributedDataParallel(net)
for epoch in range(3):
    net.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(images), labels)
        with amp.scale_loss(loss, optimizer) as scaled:
            scaled.backward()
        nn.utils.clip_grad_norm_(amp.master_params(optimizer), 1.0)
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print([(net(images).argmax(1) == labels).sum().item() for images, labels in test_loader])
"""


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("", "", []),
        ("        optimizer.zero_grad()\n", "", ["TUN501"]),
        ("            scaled.backward()\n", "            pass\n", ["TUN503"]),
        ("    net.eval()\n", "", ["TUN506"]),
        ("    net.train()\n", "", ["TUN505"]),
        ("train=False, ", "", ["TUN801"]),
    ],
)
def test_what_apex_is_given_is_followed(old: str, new: str, codes: list[str]) -> None:
    assert [one.code for one in lint_source(IN_HALVES.replace(old, new, 1), "train.py").findings] == codes


PADDED_BY_HAND = """
import torch
from datasets import load_dataset
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader
from transformers import AutoTokenizer, GPT2LMHeadModel

tokenizer = AutoTokenizer.from_pretrained("gpt2")
tokenizer.pad_token = tokenizer.eos_token
raw = load_dataset("json", data_files={"train": "texts.jsonl"})
rows = raw.map(lambda row: tokenizer(row["text"], truncation=True), remove_columns=raw["train"].column_names)


def collate(features):
    given = [torch.tensor(one["input_ids"], dtype=torch.long) for one in features]
    ids = pad_sequence(given, batch_first=True, padding_value=tokenizer.pad_token_id)
    labels = {labels}
    return {"input_ids": ids, "labels": labels}


model = GPT2LMHeadModel.from_pretrained("gpt2")
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
model.train()
for batch in DataLoader(rows["train"], collate_fn=collate, batch_size=2, shuffle=True):
    optimizer.zero_grad()
    model(**batch).loss.backward()
    optimizer.step()
"""


def test_sequences_that_are_padded_by_hand_are_padded() -> None:
    copied = PADDED_BY_HAND.replace("{labels}", "ids.clone()")
    assert [one.code for one in lint_source(copied, "train.py").findings] == ["TUN611"]
    masked = PADDED_BY_HAND.replace("{labels}", "pad_sequence(given, batch_first=True, padding_value=-100)")
    assert [one.code for one in lint_source(masked, "train.py").findings] == []


AFTERWARDS = """
import torch
from torch import nn
from torchvision import models


class Ages(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = models.resnet18(weights="DEFAULT")
        self.body.fc = nn.Identity()
        self.age = nn.Linear(512, 1)
        self.sex = nn.Linear(512, 2)

    def forward(self, x):
        h = self.body(x)
        return self.age(h), self.sex(h)


def losses(net, loader):
    for x, ages, sexes in loader:
        age, sex = net(x)
        yield nn.functional.mse_loss(age.squeeze(1), ages) + nn.functional.cross_entropy(sex, sexes)


net = Ages()
net.train()
optimizer = torch.optim.Adam([*net.body.parameters(), *net.age.parameters()], lr=1e-4)
for loss in losses(net, first_loader):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
{later}"""


def test_what_a_later_phase_trains_is_not_left_out() -> None:
    alone = AFTERWARDS.replace("{later}", "")
    assert [one.code for one in lint_source(alone, "train.py").findings] == ["TUN201"]
    later = "rest = torch.optim.Adam(net.sex.parameters(), lr=1e-4)\n"
    assert [one.code for one in lint_source(AFTERWARDS.replace("{later}", later), "train.py").findings] == []


MAY_BE_WRAPPED = """
import torch
from torch import nn
from transformers import AutoModelForSequenceClassification

net = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased")
if torch.cuda.device_count() > 1:
    net = nn.DataParallel(net)
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-5)


def right(net, loader):
    net.eval()
    with torch.no_grad():
        return sum((net(ids)[0].argmax(1) == labels).sum().item() for ids, labels in loader)


def train(net, loader, held):
    net.train()
    best = 0
    for epoch in range(3):
        for batch in loader:
            optimizer.zero_grad()
            net(batch[0], labels=batch[1])[0].mean().backward()
            optimizer.step()
        score = right(net, held)
        if score > best:
            best = score
            torch.save(net.module.state_dict(), "net.pt")


train(net, train_loader, val_loader)
"""


def test_to_read_the_weights_of_what_may_be_wrapped_changes_nothing() -> None:
    assert [one.code for one in lint_source(MAY_BE_WRAPPED, "train.py").findings] == ["TUN505"]


OWN_READER = """
import torch
from PIL import Image
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision import models, transforms
from torchvision.datasets import ImageFolder

steps = transforms.Compose([transforms.Resize((224, 224)), transforms.RandomHorizontalFlip(), transforms.ToTensor()])


def read(path):
    return Image.open(path).convert("RGB")


whole = ImageFolder("hairs", loader=read, transform=steps)
seen, held = train_test_split(range(len(whole)), test_size=0.2, stratify=whole.targets)
train_loader = DataLoader(Subset(whole, seen), batch_size=8, shuffle=True)
val_loader = DataLoader(Subset(whole, held), batch_size=8)
net = models.resnet18(weights="DEFAULT")
net.fc = nn.Linear(512, len(whole.classes))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-4)
for epoch in range(3):
    net.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(images), labels).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print([(net(images).argmax(1) == labels).sum().item() for images, labels in val_loader])
"""


def test_images_that_the_script_reads_itself_are_transformed() -> None:
    assert [one.code for one in lint_source(OWN_READER, "train.py").findings] == ["TUN802"]
    plain = OWN_READER.replace("transforms.RandomHorizontalFlip(), ", "")
    assert [one.code for one in lint_source(plain, "train.py").findings] == []
    grey = plain.replace('convert("RGB")', 'convert("L")')
    assert {one.code for one in lint_source(grey, "train.py").findings} == {"TUN705"}


BY_LOADER = """
import torch
from datasets import load_dataset
from torch.utils.data import DataLoader
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("gpt2")
tokenizer.pad_token = tokenizer.eos_token
raw = load_dataset("json", data_files="texts.jsonl")["train"]


def encode(rows):
    return tokenizer(rows["text"], truncation=True, padding="max_length", max_length=256)


def collate(rows):
    ids = {made}
    return {"input_ids": ids, "labels": ids.clone()}


rows = raw.map(encode, batched=True, remove_columns=raw.column_names)
rows.set_format("torch")
model = AutoModelForCausalLM.from_pretrained("gpt2").to("cuda")
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-5)
model.train()
for batch in DataLoader(rows, batch_size=8, shuffle=True, {collate}):
    optimizer.zero_grad()
    given = {name: value.to("cuda") for name, value in batch.items()}
    {labels}
    model(**given).loss.backward()
    optimizer.step()
"""


@pytest.mark.parametrize(
    ("made", "collate", "labels"),
    [
        ("None", "", 'given["labels"] = given["input_ids"]'),
        ('torch.tensor([row["input_ids"] for row in rows])', "collate_fn=collate", "pass"),
        ('torch.stack([row["input_ids"] for row in rows])', "collate_fn=collate", "pass"),
    ],
)
def test_padding_in_labels_is_told_whatever_the_batches_go_through(made: str, collate: str, labels: str) -> None:
    text = BY_LOADER.replace("{made}", made).replace("{collate}", collate).replace("{labels}", labels)
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN611"]
    short = text.replace(', padding="max_length"', "")
    assert [one.code for one in lint_source(short, "train.py").findings] == []


def test_a_batch_that_is_spread_holds_its_answers() -> None:
    text = """
import torch
from transformers import AutoModelForSequenceClassification

from texts import data

net = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased")
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-5)
train_loader = torch.utils.data.DataLoader(data, batch_size=8, shuffle=True)
val_loader = torch.utils.data.DataLoader(data, batch_size=8)
for epoch in range(3):
    net.train()
    for batch in train_loader:
        optimizer.zero_grad()
        net(**batch).loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        for batch in val_loader:
            print(net(**batch).loss.item())
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN801"]


@pytest.mark.parametrize("share", ["float(hits)", "int(hits)", "hits.item()", "100 * float(hits)"])
def test_a_count_stays_one_whatever_number_is_made_of_it(share: str) -> None:
    text = f"""
import torch
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

net = models.resnet18(weights="DEFAULT")
loader = DataLoader(datasets.CIFAR10("data", train=False, transform=transforms.ToTensor()), batch_size=8)
net.eval()
hits = torch.tensor(0)
with torch.no_grad():
    for images, labels in loader:
        hits = (net(images).argmax(1) == labels).sum()
        print({share} / len(loader))
"""
    assert [one.code for one in lint_source(text, "test.py").findings] == ["TUN807"]


def test_methods_that_a_file_never_calls_of_a_class_that_it_uses() -> None:
    text = """
import torch
from torch import nn
from torchvision import models

from images import loader


class Runner:
    def __init__(self, model):
        self.model = model
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

    def warm_up(self, loader):
        for x, y in loader:
            self.optimizer.zero_grad()
            self.criterion(self.model(x), y).backward()
            self.optimizer.step()

    def train(self, loader):
        for x, y in loader:
            self.optimizer.zero_grad()
            self.criterion(self.model(x).softmax(dim=1), y).backward()
            self.optimizer.step()


Runner(models.resnet18(weights="DEFAULT")).warm_up(loader)
"""
    assert [one.code for one in lint_source(text, "runner.py").findings] == ["TUN601"]


TAGGER = """
import torch
from torch import nn
from torch.utils.data import DataLoader

from texts import held, seen


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb, self.drop = nn.Embedding(1000, 64), nn.Dropout(0.5)
        self.lstm, self.out = nn.LSTM(64, 64, batch_first=True), nn.Linear(64, 9)

    def features(self, x):
        return self.out(self.lstm(self.drop(self.emb(x)))[0])

    def neg_log_likelihood(self, x, y):
        return nn.functional.cross_entropy(self.features(x).transpose(1, 2), y)

    def forward(self, x):
        return self.features(x).argmax(-1)


model = Tagger()
optimizer = torch.optim.Adam(model.parameters())
train_loader, val_loader = DataLoader(seen, batch_size=32, shuffle=True), DataLoader(held, batch_size=32)
model.train()
for epoch in range(10):
    {train}
    for x, y in train_loader:
        optimizer.zero_grad()
        model.neg_log_likelihood(x, y).backward()
        optimizer.step()
    {eval}
    with torch.no_grad():
        for x, y in val_loader:
            print((model(x) == y).sum().item())
"""


@pytest.mark.parametrize(
    ("train", "mode", "codes"),
    [
        ("model.train()", "pass", ["TUN506"]),
        ("pass", "model.eval()", ["TUN505"]),
        ("model.train()", "model.eval()", []),
    ],
)
def test_a_model_that_is_trained_by_a_method_of_its_own(train: str, mode: str, codes: list[str]) -> None:
    text = TAGGER.replace("{train}", train).replace("{eval}", mode)
    assert [one.code for one in lint_source(text, "tagger.py").findings] == codes


def test_texts_that_a_model_tokenizes_itself_come_from_their_loader() -> None:
    text = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from texts import held, seen


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok = AutoTokenizer.from_pretrained("bert-base-uncased")
        self.bert = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased", num_labels=2)

    def forward(self, texts):
        return self.bert(**self.tok(texts, padding=True, truncation=True, return_tensors="pt")).logits


model = Net()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)
train_loader, val_loader = DataLoader(seen, batch_size=16, shuffle=True), DataLoader(held, batch_size=16)
model.train()
for texts, labels in train_loader:
    nn.functional.cross_entropy(model(texts), labels).backward()
    optimizer.step()
    optimizer.zero_grad()
with torch.no_grad():
    for texts, labels in val_loader:
        print((model(texts).argmax(-1) == labels).sum().item())
"""
    assert [one.code for one in lint_source(text, "texts.py").findings] == ["TUN506"]


def test_a_prediction_once_training_is_over() -> None:
    text = """
import numpy as np
import torch
from torch import nn

from signals import held, labels, rows

model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 5))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(10):
    for x, y in zip(rows, labels):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(torch.tensor(x)), torch.tensor(y)).backward()
        optimizer.step()
{mode}
print([model(torch.tensor(x)).argmax(1).tolist() for x in held])
"""
    assert [one.code for one in lint_source(text.replace("{mode}", ""), "signals.py").findings] == ["TUN506"]
    assert [one.code for one in lint_source(text.replace("{mode}", "model.eval()"), "signals.py").findings] == []


def test_a_clip_before_the_backward_pass_of_a_class_that_nobody_uses() -> None:
    text = """
import torch
from transformers import AutoModelForTokenClassification


class Fit:
    def __init__(self):
        self.model = AutoModelForTokenClassification.from_pretrained("bert-base-cased", num_labels=9)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=2e-5)

    def run(self, loader):
        self.model.train()
        for batch in loader:
            loss = self.model(**batch).loss
            {early}
            self.optimizer.zero_grad()
            loss.backward()
            {late}
            self.optimizer.step()
"""
    clip = "torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)"
    wrong, right = (("{early}", "{late}"), ("{late}", "{early}"))
    for (here, there), codes in ((wrong, ["TUN410"]), (right, [])):
        found = lint_source(text.replace(here, clip).replace(there, "pass"), "fit.py").findings
        assert [one.code for one in found] == codes


@pytest.mark.parametrize(
    ("module", "bar"),
    [
        ("from tqdm import tqdm_notebook", "tqdm_notebook(train_loader, unit='batch')"),
        ("import tqdm", "tqdm.tqdm_notebook(train_loader)"),
        ("from fastprogress import progress_bar", "progress_bar(train_loader)"),
        ("from fastprogress.fastprogress import progress_bar", "progress_bar(train_loader)"),
        ("from rich.progress import track", "track(train_loader, description='train')"),
        ("from alive_progress import alive_it", "alive_it(train_loader)"),
        ("import progressbar", "progressbar.progressbar(train_loader)"),
    ],
)
def test_a_progress_bar_gives_what_it_is_put_around(module: str, bar: str) -> None:
    text = f"""
import torch
from torch import nn
from torch.utils.data import DataLoader
{module}

from data import held, seen

model = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Dropout(0.25), nn.Linear(16, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
train_loader, val_loader = DataLoader(seen, 8, shuffle=True), DataLoader(held, 8)
for x, y in {bar}:
    optimizer.zero_grad()
    nn.functional.binary_cross_entropy_with_logits(model(x), y).backward()
    optimizer.step()
with torch.no_grad():
    for x, y in val_loader:
        print(((model(x) > 0) == y).sum().item())
"""
    assert [one.code for one in lint_source(text, "bars.py").findings] == ["TUN506"]


def test_what_a_branch_counts_up_comes_to_its_limit() -> None:
    text = """
import torch
from torch import nn

from data import loader, score


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(64, 9)

    def forward(self, x):
        return self.out(x)


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
best, patience = 0, 0
for epoch in range(20):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    if score(model) > best:
        best, patience = score(model), 0
        torch.save(model.state_dict(), "best.pth")
    else:
        patience += 1
        if patience == {limit}:
            model = Net()
            model.load_state_dict(torch.load("best.pth"))
            patience = 0
"""
    for limit in ("1", "5"):
        found = lint_source(text.replace("{limit}", limit), "patience.py").findings
        assert [one.code for one in found] == ["TUN201"], limit


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("vinai/phobert-base", "roberta"),
        ("hfl/chinese-roberta-wwm-ext", "bert"),
        ("hfl/rbt3", "bert"),
        ("cardiffnlp/twitter-xlm-roberta-base", "xlm-roberta"),
        ("microsoft/graphcodebert-base", "roberta"),
        ("xlnet-base-cased", "xlnet"),
        ("monologg/koelectra-base-v3-discriminator", "electra"),
        ("indobenchmark/indobert-base-p1", "bert"),
        ("indobenchmark/indobert-lite-base-p1", None),
        ("princeton-nlp/sup-simcse-roberta-base", "roberta"),
        ("sentence-transformers/all-mpnet-base-v2", "mpnet"),
        ("sentence-transformers/paraphrase-multilingual-mpnet-base-v2", "xlm-roberta"),
        ("sentence-transformers/all-MiniLM-L6-v2", "bert"),
        ("Salesforce/codet5-base", "t5"),
        ("Salesforce/codet5p-220m", None),
    ],
)
def test_checkpoints_that_their_ids_tell_of(name: str, kind: str | None) -> None:
    assert model_type(name) == kind


def test_validation_by_a_method_of_the_models_own() -> None:
    text = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from transformers import BertModel

from texts import held, seen


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.bert = BertModel.from_pretrained("bert-base-uncased")
        self.out = nn.Linear(768, 2)

    def forward(self, ids, mask):
        return self.inference(ids, mask), mask

    def inference(self, ids, mask):
        return self.out(self.bert(ids, attention_mask=mask)[1])


model = Net()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)
train_loader, val_loader = DataLoader(seen, batch_size=16, shuffle=True), DataLoader(held, batch_size=16)
for epoch in range(3):
    model.train()
    for ids, mask, labels in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(ids, mask)[0], labels).backward()
        optimizer.step()
    {mode}
    for ids, mask, labels in val_loader:
        with torch.no_grad():
            print((model.inference(ids, mask).argmax(1) == labels).sum().item())
"""
    found = lint_source(text.replace("{mode}", "pass"), "inference.py").findings
    assert [(one.code, one.line) for one in found] == [("TUN506", 35)]
    assert [one.code for one in lint_source(text.replace("{mode}", "model.eval()"), "inference.py").findings] == []


def test_a_model_that_fits_and_validates_itself_is_told_at_its_pass() -> None:
    text = """
import torch
from torch import nn
from torch.utils.data import DataLoader

from data import held, seen


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(16, 16), nn.Dropout(0.5), nn.Linear(16, 2))

    def forward(self, x):
        return self.body(x)

    def fit(self, loader, optimizer):
        self.train()
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(self(x), y).backward()
            optimizer.step()

    @torch.no_grad()
    def score(self, loader):
        for x, y in loader:
            print((self(x).argmax(1) == y).sum().item())


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
train_loader, val_loader = DataLoader(seen, batch_size=16, shuffle=True), DataLoader(held, batch_size=16)
net.fit(train_loader, optimizer)
net.score(val_loader)
"""
    assert [(one.code, one.line) for one in lint_source(text, "fit.py").findings] == [("TUN506", 27)]
    counted = text.replace("for x, y in loader", "for x, y in zip(xs, ys)").replace(
        "import held, seen", "import held, seen, xs, ys"
    )
    assert [(one.code, one.line) for one in lint_source(counted, "fit.py").findings] == [("TUN506", 27)]


def test_classes_chosen_of_all_held_out_samples_at_once() -> None:
    text = """
import torch
from torch import nn

from data import test_x, test_y, train_x, train_y

net = nn.Sequential(nn.Linear(20, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 5))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(100):
    net.train()
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(train_x), train_y).backward()
    optimizer.step()
    {mode}
    with torch.no_grad():
        print((net(test_x).argmax(1) == test_y).float().mean())
"""
    assert [one.code for one in lint_source(text.replace("{mode}", "pass"), "at_once.py").findings] == ["TUN506"]
    assert [one.code for one in lint_source(text.replace("{mode}", "net.eval()"), "at_once.py").findings] == []


def test_a_function_within_another_that_something_unseen_calls() -> None:
    text = """
import torch
from ignite.engine import Engine
from torch import nn
from torchvision.models import resnet18

from images import loader


def trainer(model, optimizer, criterion):
    def update(engine, batch):
        model.train()
        images, labels = batch
        optimizer.zero_grad()
        loss = criterion(model(images).softmax(1), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return Engine(update)


model = resnet18(weights="DEFAULT")
trainer(model, torch.optim.AdamW(model.parameters(), lr=1e-4), nn.CrossEntropyLoss()).run(loader)
"""
    assert [(one.code, one.line) for one in lint_source(text, "ignited.py").findings] == [("TUN601", 15)]


@pytest.mark.parametrize(("kept", "codes"), [("", ["TUN805"]), ("copy.deepcopy", [])])
def test_the_best_weights_are_given_to_a_caller_who_is_not_seen(kept: str, codes: list[str]) -> None:
    text = f"""
import copy
import torch


def fit(model, train_loader, val_loader, optimizer, criterion):
    best = 1e9
    for epoch in range(10):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            loss = sum(criterion(model(x), y).item() for x, y in val_loader)
        if loss < best:
            best = loss
            weights = {kept}(model.state_dict())
    return weights, best
"""
    assert [one.code for one in lint_source(text, "fit.py").findings] == codes
    last = text.replace("        if loss < best:\n            best = loss\n    ", "")
    assert [one.code for one in lint_source(last, "last.py").findings] == []


@pytest.mark.parametrize(
    ("labels", "codes"),
    [
        ("ids + [0] * missing", ["TUN611"]),
        ("ids + missing * [tokenizer.pad_token_id]", ["TUN611"]),
        ("[tokenizer.bos_token_id] + ids + [0] * missing", ["TUN611"]),
        ("[0] * missing + ids", ["TUN611"]),
        ("ids + [-100] * missing", []),
        ("[-100] * missing + ids", []),
        ("ids + [tokenizer.eos_token_id]", []),
        ("ids + others", []),
    ],
)
@pytest.mark.parametrize("made", ["torch.tensor", "torch.LongTensor"])
def test_padding_that_a_script_puts_into_labels_itself(labels: str, codes: list[str], made: str) -> None:
    text = f"""
import torch
from transformers import T5ForConditionalGeneration, T5Tokenizer

from titles import missing, others, texts, titles

tokenizer = T5Tokenizer.from_pretrained("t5-small")
model = T5ForConditionalGeneration.from_pretrained("t5-small")
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
model.train()
for text, title in zip(texts, titles):
    ids = tokenizer.encode(title)
    labels = {made}([{labels}])
    optimizer.zero_grad()
    model(**tokenizer(text, return_tensors="pt"), labels=labels).loss.backward()
    optimizer.step()
"""
    assert [one.code for one in lint_source(text, "titles.py").findings] == codes


@pytest.mark.parametrize(("filling", "codes"), [("0", ["TUN611"]), ("-100", [])])
def test_labels_that_padding_is_put_behind(filling: str, codes: list[str]) -> None:
    text = f"""
import torch
from transformers import T5ForConditionalGeneration, T5Tokenizer

from titles import longest, texts, titles

tokenizer = T5Tokenizer.from_pretrained("t5-small")
model = T5ForConditionalGeneration.from_pretrained("t5-small")
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
model.train()
for text, title in zip(texts, titles):
    ids = tokenizer.encode(title)
    ids.extend([{filling}] * (longest - len(ids)))
    optimizer.zero_grad()
    model(**tokenizer(text, return_tensors="pt"), labels=torch.tensor([ids])).loss.backward()
    optimizer.step()
"""
    assert [one.code for one in lint_source(text, "titles.py").findings] == codes


@pytest.mark.parametrize(
    ("key", "kind", "codes"),
    [
        ("weight_decay_rate", "torch.optim.AdamW", ["TUN404"]),
        ("weight_decay_rate", "torch.optim.SGD", ["TUN404"]),
        ("weight_decay_rate", "unseen.BertAdam", []),
        ("weight_decay", "torch.optim.AdamW", []),
        ("name", "torch.optim.AdamW", []),
    ],
)
def test_a_setting_that_no_optimizer_of_torch_reads(key: str, kind: str, codes: list[str]) -> None:
    text = f"""
import torch
import unseen
from transformers import BertForTokenClassification

from texts import loader

model = BertForTokenClassification.from_pretrained("bert-base-cased", num_labels=5)
named = list(model.named_parameters())
no_decay = ["bias", "LayerNorm.weight"]
groups = [
    {{"params": [p for n, p in named if not any(nd in n for nd in no_decay)], "{key}": 0.01}},
    {{"params": [p for n, p in named if any(nd in n for nd in no_decay)], "{key}": 0.0}},
]
optimizer = {kind}(groups, lr=3e-5)
model.train()
for batch in loader:
    optimizer.zero_grad()
    model(**batch).loss.backward()
    optimizer.step()
"""
    found = lint_source(text, "groups.py").findings
    assert [one.code for one in found] == codes
    assert all(one.level.value == "warning" for one in found)


def test_a_teacher_whose_answers_are_learnt_by_their_squares() -> None:
    text = """
import torch
import torch.nn.functional as F
from torchvision.models import resnet18, resnet34

from images import loader

teacher, student = resnet34(weights="DEFAULT"), resnet18(num_classes=1000)
optimizer = torch.optim.SGD(student.parameters(), 0.1)
{mode}
for x, y in loader:
    with torch.no_grad():
        expected = teacher(x)
    optimizer.zero_grad()
    {loss}.backward()
    optimizer.step()
"""
    for loss in ("F.mse_loss(student(x), expected)", "F.cross_entropy(student(x), expected.softmax(1))"):
        asked = text.replace("{loss}", loss)
        assert [one.code for one in lint_source(asked.replace("{mode}", ""), "kd.py").findings] == ["TUN506"], loss
        assert lint_source(asked.replace("{mode}", "teacher.eval()"), "kd.py").findings == (), loss


def test_epochs_that_are_counted_from_one() -> None:
    text = """
import argparse
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from data import loader

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=20)
args = parser.parse_args()
net = nn.Linear(8, 3)
optimizer = torch.optim.SGD(net.parameters(), 0.05)
scheduler = CosineAnnealingLR(optimizer, args.epochs)
for epoch in range(STOP):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
        scheduler.step()
"""
    for stop, codes in (("1, args.epochs + 1", ["TUN407"]), ("args.epochs", ["TUN407"]), ("1, len(loader)", [])):
        assert [one.code for one in lint_source(text.replace("STOP", stop), "epochs.py").findings] == codes, stop


def test_a_scheduler_that_is_compared_with_none() -> None:
    text = """
import torch
from torch import nn
from torch.optim.lr_scheduler import StepLR
from data import loader


def train(net, optimizer, scheduler=None):
    for epoch in range(20):
        if scheduler WAY None:
            scheduler.step()
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()


net = nn.Linear(8, 3)
optimizer = torch.optim.SGD(net.parameters(), 0.05)
train(net, optimizer, StepLR(optimizer, 7))
"""
    for way, codes in (("!=", ["TUN405"]), ("is not", ["TUN405"]), ("==", [])):
        assert [one.code for one in lint_source(text.replace("WAY", way), "none.py").findings] == codes, way


def test_a_choice_that_a_file_may_overrule_and_that_is_wrong_as_it_stands() -> None:
    text = """
import json
import sys
from dataclasses import dataclass

import torch
from torch import nn
from torchvision import models
from data import loader


@dataclass
class Config:
    mode: str = "finetune"
    classes: int = 10


config = Config(**json.load(open(sys.argv[1])))
model = models.resnet18(weights="DEFAULT")
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
if config.mode == "CHOSEN":
    model.fc = nn.Linear(512, config.classes)
if config.mode == "scratch":
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
"""
    for chosen, codes in (("finetune", ["TUN201"]), ("linear", [])):
        assert [one.code for one in lint_source(text.replace("CHOSEN", chosen), "mode.py").findings] == codes, chosen


def test_a_method_that_a_module_is_asked_for() -> None:
    text = """
import torch
from torch import nn
from data import loader


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 1)

    def logits(self, x):
        return self.fc(x)

    def forward(self, x):
        return torch.sigmoid(self.fc(x))


def step(net, x, y, criterion):
    out = net.logits(x)
    if hasattr(net, "ASKED"):
        out = net(x)
    return criterion(out, y)


net = Net()
optimizer = torch.optim.SGD(net.parameters(), 0.05)
for x, y in loader:
    optimizer.zero_grad()
    step(net, x, y, nn.BCEWithLogitsLoss()).backward()
    optimizer.step()
"""
    for asked, codes in (("forward", ["TUN602"]), ("logits", ["TUN602"]), ("probabilities", [])):
        assert [one.code for one in lint_source(text.replace("ASKED", asked), "asked.py").findings] == codes, asked


def test_a_function_that_is_asked_for_its_name() -> None:
    text = """
import torch
from torch import nn


def same(cin, cout):
    return nn.Conv2d(cin, cout, 3, padding=1)


def double(cin, cout):
    return nn.Conv2d(cin, 2 * cout, 3, padding=1)


class Net(nn.Module):
    def __init__(self, block):
        super().__init__()
        self.first = block(3, 16)
        width = 32
        if block.__name__ == "double":
            width = 16
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x):
        return self.norm(self.first(x))


Net(BUILT)(torch.randn(2, 3, 8, 8))
"""
    for built, codes in (("double", ["TUN704"]), ("same", ["TUN704"])):
        assert [one.code for one in lint_source(text.replace("BUILT", built), "named.py").findings] == codes, built


CHOSEN = {
    "a threshold": ("p = torch.sigmoid(out) > 0.5", ["TUN506"]),
    "rounding": ("p = torch.round(torch.sigmoid(out)).squeeze(1)", ["TUN506"]),
    "a threshold for one class": ("p = out.softmax(1)[:, 1].ge(0.5)", ["TUN506"]),
    "a threshold in NumPy": ("p = out.squeeze(1).sigmoid().cpu().numpy() > 0.5", ["TUN506"]),
    "the greatest in NumPy": ("p = np.argmax(out.cpu().numpy(), axis=1)", ["TUN506"]),
    "the greatest of an array": ("p = out.cpu().numpy().argmax(axis=1)", ["TUN506"]),
    "nothing": ("kept.append(out.numpy())", []),
    "how great a loss is": ("print(nn.functional.cross_entropy(out, y) < 3)", []),
}


@pytest.mark.parametrize(("choice", "codes"), CHOSEN.values(), ids=CHOSEN)
def test_classes_that_are_chosen_in_training_mode(choice: str, codes: list[str]) -> None:
    text = f"""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models
from torchvision.datasets import ImageFolder

net = models.resnet18(num_classes=2)
net.load_state_dict(torch.load("best.pt"))
MODE
kept = []
with torch.no_grad():
    for x, y in DataLoader(ImageFolder("test"), 32):
        out = net(x)
        {choice}
"""
    assert [one.code for one in lint_source(text.replace("MODE", ""), "test.py").findings] == codes
    assert lint_source(text.replace("MODE", "net.eval()"), "test.py").findings == ()


DATASETS = {
    "another name": """
class Birds(ImageFolder):
    pass
train, val = Birds("train", augment), Birds("val", augment)
""",
    "further attributes": """
class Birds(ImageFolder):
    def __init__(self, root, transform=None):
        super().__init__(root, transform)
        self.names = [name.lower() for name in self.classes]
train, val = Birds("train", augment), Birds("val", augment)
""",
    "items of its own": """
class Digits(CIFAR10):
    def __getitem__(self, index):
        image, label = super().__getitem__(index)
        return image, label % 2
train, val = Digits("d", True, augment), Digits("d", False, transform=augment)
""",
    "one behind the other": """
train = ConcatDataset([ImageFolder("train", augment)] * 3)
val = ConcatDataset([ImageFolder("val", augment), ImageFolder("more", augment)])
""",
}


@pytest.mark.parametrize("datasets", DATASETS.values(), ids=DATASETS)
def test_validation_on_augmented_images_of_a_class_of_ones_own(datasets: str) -> None:
    text = f"""
import torch
from torch import nn
from torch.utils.data import ConcatDataset, DataLoader
from torchvision import models, transforms as T
from torchvision.datasets import CIFAR10, ImageFolder

augment = T.Compose([T.RandomResizedCrop(64), T.RandomHorizontalFlip(), T.ToTensor()])
plain = T.Compose([T.Resize((64, 64)), T.ToTensor()])
{datasets}
net = models.resnet18(num_classes=10)
optimizer = torch.optim.SGD(net.parameters(), 0.001)
for epoch in range(5):
    net.train()
    for x, y in DataLoader(train, 32, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    hits = 0
    with torch.no_grad():
        for x, y in DataLoader(val, 32):
            hits += (net(x).argmax(1) == y).sum().item()
    print(hits / len(val))
"""
    assert [one.code for one in lint_source(text, "birds.py").findings] == ["TUN802"]
    last = text.rindex("augment)")
    assert lint_source(f"{text[:last]}plain){text[last + 8 :]}", "birds.py").findings == ()


@pytest.mark.parametrize("loss", ["loss", "[loss]", "(loss, 0.1 * loss)"])
def test_gradients_of_autograd_itself(loss: str) -> None:
    text = f"""
import torch
from torch import nn

from data import loader

net = nn.Linear(8, 3)
optimizer = torch.optim.SGD(net.parameters(), 0.1)
for x, y in loader:
    loss = nn.functional.cross_entropy(net(x), y)
    ZERO
    torch.autograd.backward({loss})
    optimizer.step()
"""
    assert [one.code for one in lint_source(text.replace("ZERO", ""), "kept.py").findings] == ["TUN501"]
    assert lint_source(text.replace("ZERO", "optimizer.zero_grad()"), "zeroed.py").findings == ()
