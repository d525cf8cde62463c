"""Correct programs, as people write them, in which a rule once saw a mistake."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from ft_lint.lint import lint_file, lint_source
from ft_lint.registry import EVERYTHING
from ft_lint.source.requirements import Versions, versions_of
from scripts import DRAWN

START = """
import enum
import torch
from torch import nn
from torch.nn import functional as F
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms
from torchvision.datasets import FakeData
"""

PROGRAMS = {
    "a number of a model of which nobody knows the inside is kept on the side": """
        import sys
        import lightning
        import timm

        class Net(lightning.LightningModule):
            def __init__(self, name=sys.argv[1], classes=10):
                super().__init__()
                self.backbone = timm.create_model(name, pretrained=True)
                if "res" in name:
                    self.in_features = self.backbone.fc.in_features
                    self.backbone.fc = nn.Linear(self.in_features, classes)
                else:
                    self.in_features = self.backbone.classifier.in_features
                    self.backbone.classifier = nn.Sequential(nn.Linear(self.in_features, classes))

            def forward(self, x):
                return self.backbone(x)

            def training_step(self, batch, batch_idx):
                images, labels = batch
                return F.cross_entropy(self(images), labels)

        lightning.Trainer().fit(Net(), DataLoader(FakeData(transform=transforms.ToTensor()), 8, shuffle=True))
    """,
    "the class of vgg16() is called VGG": """
        def with_head(model):
            for parameter in model.parameters():
                parameter.requires_grad = False
            if "VGG" in model.__class__.__name__:
                model.classifier[6] = nn.Linear(4096, 10)
            elif "ResNet" in model.__class__.__name__:
                model.fc = nn.Linear(2048, 10)
            return model

        model = with_head(models.vgg16(weights="DEFAULT"))
        for images, labels in DataLoader(FakeData(transform=transforms.ToTensor()), batch_size=4, shuffle=True):
            F.cross_entropy(model(images), labels).backward()
    """,
    "gradients are set to zero by hand, behind `.data`": """
        weight = torch.randn(4, 1, requires_grad=True)
        bias = torch.zeros(1, requires_grad=True)
        optimizer = torch.optim.Adam([weight, bias], lr=1e-3)
        batches = [(torch.randn(8, 4), torch.randn(8, 1)) for _ in range(10)]

        def reset():
            for parameter in [weight, bias]:
                parameter.grad.data.zero_()

        for x, y in batches:
            F.mse_loss(x @ weight + bias, y).backward()
            optimizer.step()
            reset()
        for x, y in batches:
            F.mse_loss(x @ weight + bias, y).backward()
            optimizer.step()
            weight.grad.detach().zero_()
            bias.grad.detach().zero_()
    """,
    "a call that lacks an argument raises before any layer runs": """
        class Net(nn.Module):
            def __init__(self, planes):
                super().__init__()
                self.first = nn.Conv2d(1, planes, 3)

            def forward(self, x):
                return self.first(x)

        def small(planes):
            return Net(planes)

        def show():
            for make in (small, Net):
                print(make()(torch.randn(1, 3, 10, 24)).shape)
    """,
    "what a model was tried out with when it still took colours": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first = nn.Conv2d(1, 8, 3)

            def forward(self, x):
                return self.first(x)

        def test():
            print(Net()(torch.randn(1, 3, 32, 32)).shape)

        # test()
    """,
    "validation in the last step of an epoch": """
        seen, held = FakeData(transform=transforms.ToTensor()), FakeData(50, transform=transforms.ToTensor())
        loader, held_loader = DataLoader(seen, batch_size=8, shuffle=True), DataLoader(held, batch_size=8)
        model = models.resnet18(num_classes=10)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.001)

        def validate():
            model.eval()
            with torch.no_grad():
                return sum(F.cross_entropy(model(images), labels).item() for images, labels in held_loader)

        for epoch in range(5):
            model.train()
            steps = list(enumerate(loader))
            for step, (images, labels) in steps:
                optimizer.zero_grad()
                F.cross_entropy(model(images), labels).backward()
                optimizer.step()
                if step == len(steps) - 1:
                    print(epoch, validate())
        for epoch in range(5):
            model.train()
            for step, (images, labels) in enumerate(loader):
                optimizer.zero_grad()
                F.cross_entropy(model(images), labels).backward()
                optimizer.step()
                if step + 1 == len(loader):
                    print(epoch, validate())
    """,
    "evaluation mode is chosen for a second training": """
        model = models.resnet18(weights="DEFAULT")
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        loader = DataLoader(FakeData(transform=transforms.ToTensor()), batch_size=8, shuffle=True)

        def unlearn(model, images):
            model.eval()  # single images: the statistics are to stay
            adam = torch.optim.Adam(model.parameters(), lr=1e-4)
            for image, label in images:
                adam.zero_grad()
                F.cross_entropy(model(image[None]), torch.tensor([label])).backward()
                adam.step()

        model.train()
        for images, labels in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(images), labels).backward()
            optimizer.step()
        unlearn(model, FakeData(10, transform=transforms.ToTensor()))
    """,
    "a tensor without dimensions passes for an index": """
        from vocabulary import TOKENS

        pad = torch.tensor(TOKENS["<pad>"])
        criterion = nn.CrossEntropyLoss(ignore_index=pad)
    """,
    "a setting has one value at a time": """
        import argparse
        from losses import Dice

        parser = argparse.ArgumentParser()
        parser.add_argument("--loss")
        args = parser.parse_args()
        model = nn.Linear(4, 2)
        if args.loss == "ce":
            criterion = nn.CrossEntropyLoss()
        elif args.loss == "dice":
            criterion = Dice()
        elif args.loss is None:
            criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
        for x, y in [(torch.randn(8, 4), torch.randint(2, (8,)))]:
            if args.loss == "dice":
                loss = criterion(F.softmax(model(x), dim=1), y)
            else:
                loss = criterion(model(x), y)
            loss.backward()
    """,
    "a setting that is called like a method of tensors": """
        import lightning
        from losses import Dice

        class Net(lightning.LightningModule):
            def __init__(self, settings):
                super().__init__()
                self.settings = settings
                self.fc = nn.Linear(4, 2)
                if settings.type == "ce":
                    self.criterion = nn.CrossEntropyLoss()
                elif settings.type == "dice":
                    self.criterion = Dice()
                else:
                    self.criterion = nn.CrossEntropyLoss(label_smoothing=0.1)

            def training_step(self, batch, batch_idx):
                images, labels = batch
                logits = self.fc(images)
                if self.settings.type == "dice":
                    return self.criterion(F.softmax(logits, dim=1), labels)
                return self.criterion(logits, labels)
    """,
    "an attack optimizes the image in evaluation mode": """
        net = models.resnet18(num_classes=10)
        loader = DataLoader(datasets.CIFAR10(".", train=True, transform=transforms.ToTensor()), 128, shuffle=True)
        held = DataLoader(datasets.CIFAR10(".", train=False, transform=transforms.ToTensor()), 100)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)

        def attack(model, x, y):
            change = torch.zeros_like(x, requires_grad=True)
            adam = torch.optim.Adam([change], lr=0.01)
            for _ in range(50):
                adversarial = x + change
                loss = change.pow(2).sum() - F.cross_entropy(model(adversarial), y)
                adam.zero_grad()
                loss.backward()
                adam.step()
            return adversarial.detach()

        for epoch in range(10):
            net.train()
            for x, y in loader:
                optimizer.zero_grad()
                F.cross_entropy(net(x), y).backward()
                optimizer.step()
            net.eval()
            for x, y in held:
                adversarial = attack(net, x, y)
                with torch.no_grad():
                    print((net(adversarial).argmax(1) == y).sum().item())
    """,
    "a transposed convolution may be told what to give": """
        class Decoder(nn.Module):
            def __init__(self):
                super().__init__()
                self.up = nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1)
                self.fc = nn.Linear(8 * 64 * 64, 10)

            def forward(self, x, like):
                return self.fc(self.up(x, output_size=like.size()).flatten(1))

        decoder = Decoder()
        print(decoder(torch.rand(2, 16, 32, 32), torch.rand(2, 3, 64, 64)).shape)
    """,
    "a look at one batch that was trained on": """
        data = datasets.MNIST("data", train=True, transform=transforms.ToTensor())
        loader = DataLoader(data, batch_size=128, shuffle=True)
        held = DataLoader(datasets.MNIST("data", train=False, transform=transforms.ToTensor()), batch_size=10)
        model = nn.Sequential(nn.Linear(784, 20), nn.ReLU(), nn.Linear(20, 784), nn.Sigmoid())
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

        def show(model, n=24):
            x, _ = next(iter(loader))
            with torch.no_grad():
                print(model(x[:n].view(-1, 784)).view(-1, 28, 28))

        for x, _ in loader:
            x = x.view(-1, 784)
            optimizer.zero_grad()
            F.binary_cross_entropy(model(x), x).backward()
            optimizer.step()
        show(model)
    """,
    "a part is a layer or a parameter": """
        class Text(nn.Module):
            def __init__(self, bias):
                super().__init__()
                if bias:
                    self.projection = nn.Linear(16, 4)
                else:
                    self.projection = nn.Parameter(torch.empty(16, 4))

            def lock(self):
                for part in [self.projection]:
                    if isinstance(part, nn.Parameter):
                        part.requires_grad = False
                    else:
                        for parameter in part.parameters():
                            parameter.requires_grad = False
    """,
    "a ResNet keeps its resolution by dilation": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                whole = models.resnet50(replace_stride_with_dilation=[False, False, True])
                self.features = nn.Sequential(*list(whole.children())[:-2])
                self.fc = nn.Linear(2048 * 14 * 14, 10)

            def forward(self, x):
                return self.fc(self.features(x).flatten(1))

        print(Net()(torch.rand(2, 3, 224, 224)).shape)
    """,
    "steps in a set have no order": """
        steps = transforms.Compose({
            transforms.Resize(224),
            transforms.Normalize(mean=[0.5, 0.5, 0.5], std=[0.2, 0.2, 0.2]),
            transforms.ToTensor(),
        })
    """,
    "predictions for all that was trained on": """
        seen = FakeData(transform=transforms.ToTensor())
        loader = DataLoader(seen, batch_size=8, shuffle=True)
        network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 224 * 224, 10))
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        for images, labels in loader:
            optimizer.zero_grad()
            F.cross_entropy(network(images), labels).backward()
            optimizer.step()

        @torch.no_grad()
        def predictions(model, loader):
            found = torch.tensor([])
            for images, labels in loader:
                found = torch.cat((found, model(images)), dim=0)
            return found

        prediction_loader = DataLoader(seen, batch_size=1000)
        train_predictions = predictions(network, prediction_loader)
        print(train_predictions.argmax(dim=1).bincount())
    """,
    "accuracy on training data beside a validation by a function of another file": """
        from evaluation import evaluate
        from samples import Held, Seen

        train_loader, held_loader = DataLoader(Seen(), batch_size=8, shuffle=True), DataLoader(Held(), batch_size=8)
        model = nn.Linear(4, 2)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

        @torch.no_grad()
        def accuracy(loader):
            return sum((model(x).argmax(1) == y).sum().item() for x, y in loader)

        for epoch in range(3):
            for x, y in train_loader:
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
            print(accuracy(train_loader), evaluate(model, held_loader))
    """,
    "Lightning steps a schedule after each batch if asked to, whoever has the loader": """
        import lightning

        class Net(lightning.LightningModule):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, 2)

            def training_step(self, batch, batch_idx):
                images, labels = batch
                return F.cross_entropy(self.fc(images), labels)

            def configure_optimizers(self):
                optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
                steps = self.trainer.estimated_stepping_batches
                schedule = lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=steps)
                return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
    """,
    "members of an enumeration differ": """
        class Phase(enum.Enum):
            TRAIN = {train}
            VAL = {val}

        model = nn.Linear(4, 2)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

        def run(phase, x, y):
            loss = F.cross_entropy(model(x), y)
            if phase == Phase.TRAIN:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

        run(Phase.TRAIN, torch.randn(5, 4), torch.zeros(5).long())
        with torch.no_grad():
            run(Phase.VAL, torch.randn(5, 4), torch.zeros(5).long())
    """,
    "a tensor without dimensions is a number": """
        criterion = nn.CrossEntropyLoss(ignore_index=torch.tensor(0))
        criterion(nn.Linear(4, 3)(torch.randn(5, 4)), torch.zeros(5).long()).backward()
    """,
    "steps that only a schedule is plotted with": """
        optimizer = torch.optim.Adam(nn.Linear(1, 1).parameters(), lr=1)
        schedule = lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (step + 1))
        for step in range(200):
            print(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
    """,
    "a mild decay that is meant in batches": """
        model = nn.Linear(4, 2)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
        schedule = lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.8)
        for epoch in range(10):
            for x, y in DataLoader(data, 20, shuffle=True):
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
                schedule.step()
    """,
    "gradients that no step uses": """
        training = [DataLoader(FakeData(64, random_offset=i), 32) for i in range(3)]
        testing = [DataLoader(FakeData(64, random_offset=9 + i), 32) for i in range(3)]
        model = nn.Linear(64, 10)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)

        def train(loader, judged):
            for x, y in loader:
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
            for loader in judged:
                evaluate(loader)

        def evaluate(loader):
            for x, y in loader:
                print((model(x).argmax(1) == y).sum())

        def fisher(loaders):
            for loader in loaders:
                for x, y in loader:
                    model.zero_grad()
                    F.cross_entropy(model(x), y).backward()
                    print([p.grad**2 for p in model.parameters()])

        for task in range(3):
            train(training[task], testing[: task + 1])
            fisher(testing[: task + 1])
    """,
    "predictions without labels": """
        model, source, target = nn.Linear(64, 10), FakeData(64), FakeData(32)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
        for (x, y), (other, _) in zip(DataLoader(source, 8), DataLoader(target, 8)):
            optimizer.zero_grad()
            (F.cross_entropy(model(x), y) + model(other).var()).backward()
            optimizer.step()
        model.eval()
        answers = []
        for i, (x, _) in enumerate(DataLoader(target, 8)):
            answers.append(model(x).argmax(1))
    """,
    "a global that is something else each time": """
        x = torch.randn(3, 5)
        x = torch.randn(1, 3, 224, 224)

        def explained():
            return F.linear(x, torch.randn(4, 5))

        x = torch.randn(1, 3, 224, 224)
    """,
    "a head of which another method makes use": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.net = models.resnet18(weights="DEFAULT")
                self.features = nn.Sequential(*list(self.net.children())[:-1])

            def forward(self, x):
                return self.net(x)

            def embed(self, x):
                return self.features(x)

        Net()(torch.zeros(2, 3, 64, 64))
    """,
    "a script that tries two methods out": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.net = models.resnet18(weights="DEFAULT")

            def freeze(self):
                for parameter in self.net.parameters():
                    parameter.requires_grad = False

            def unfreeze(self):
                for parameter in self.net.parameters():
                    parameter.requires_grad = True

        net = Net()
        net.freeze()
        print(sum(p.requires_grad for p in net.parameters()))
        net.unfreeze()
        print(sum(p.requires_grad for p in net.parameters()))
    """,
    "a model of which only the loss is seen": """
        from sklearn.model_selection import KFold
        import mixers, mydata
        criterion, rows = nn.CrossEntropyLoss(), mydata.frame()
        for train, test in KFold(n_splits=5).split(rows):
            model = mixers.Mixer(384)
            optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
            for x, y in DataLoader(mydata.Set(rows.iloc[train]), 32):
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()
            with torch.no_grad():
                for x, y in DataLoader(mydata.Set(rows.iloc[test]), 32):
                    print(criterion(model(x), y).item())
    """,
    "a pretext task whose views are looked at": """
        class Views(torch.utils.data.Dataset):
            def __init__(self):
                self.images = datasets.CIFAR10("data")
                self.change = transforms.Compose([transforms.RandomResizedCrop(32), transforms.ToTensor()])

            def __len__(self):
                return len(self.images)

            def __getitem__(self, index):
                image, _ = self.images[index]
                return self.change(image), self.change(image)

        data = Views()
        model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 8))
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        vis_loader = DataLoader(data, 8, shuffle=True)
        for a, b in DataLoader(data, 32, shuffle=True):
            optimizer.zero_grad()
            F.mse_loss(model(a), model(b)).backward()
            optimizer.step()
        with torch.no_grad():
            for a, b in vis_loader:
                print(F.cosine_similarity(model(a), model(b)))
    """,
    "random features that a trained network is compared with": """
        def probe(encoder):
            for parameter in encoder.parameters():
                parameter.requires_grad = False
            head = nn.Linear(512, 10)
            optimizer = torch.optim.Adam(head.parameters(), lr=1e-3)
            for x, y in loader:
                optimizer.zero_grad()
                F.cross_entropy(head(encoder(x)), y).backward()
                optimizer.step()

        trained = models.resnet18(weights=None)
        trained.fc = nn.Identity()
        trained.load_state_dict(torch.load("pretext.pt"))
        probe(trained)
        random = models.resnet18(weights=None)
        random.fc = nn.Identity()
        probe(random)
    """,
    "layers of a class that we do not see": """
        backbone = models.resnet.ResNet(models.resnet.Bottleneck, [3, 4, 6, 3])
        backbone.avgpool = nn.AdaptiveAvgPool2d(1)
        model = nn.Sequential(*list(backbone.children())[:-1], nn.Flatten(), nn.Linear(2048, 10))
        print(model(torch.zeros(16, 3, 224, 224)).shape)
    """,
    "a buffer that subclasses make": """
        class Loss(nn.Module):
            def __init__(self):
                super().__init__()
                self.register_buffer("kernel", self.get_kernel())

            def get_kernel(self):
                raise NotImplementedError

            def forward(self, x):
                return torch.as_tensor(self.kernel, device=x.device).size(-1)
    """,
    "layers of which nobody knows how many": """
        import numpy as np

        class Generator(nn.Module):
            def __init__(self, target=64):
                super().__init__()
                dim = 512
                layers = nn.ModuleList()
                for _ in range(int(np.log2(target)) - 3):
                    layers.append(nn.ConvTranspose2d(dim, dim // 2, 4, 2, 1))
                    dim = dim // 2
                self.layers = nn.Sequential(*layers)
                self.last = nn.Conv2d(dim, 1, 32)

            def forward(self, x):
                return self.last(self.layers(x))

        generator = Generator()
        optimizer = torch.optim.Adam(generator.parameters(), lr=1e-4)
        for step in range(2):
            optimizer.zero_grad()
            generator(torch.rand(4, 512, 4, 4)).mean().backward()
            optimizer.step()
    """,
    "whichever head the model has": """
        import timm
        from efficientnet_pytorch import EfficientNet

        def get_model(name, classes):
            if name.startswith("resnet"):
                model = torch.hub.load("pytorch/vision:v0.6.0", name, pretrained=True)
            elif name.startswith("densenet"):
                model = timm.create_model("densenet121", pretrained=True)
            else:
                model = EfficientNet.from_pretrained(name)
            if hasattr(model, "fc"):
                model.fc = nn.Linear(model.fc.in_features, classes)
            elif hasattr(model, "_fc"):
                model._fc = nn.Linear(model._fc.in_features, classes)
            elif hasattr(model, "classifier"):
                model.classifier = nn.Linear(model.classifier.in_features, classes)
            return model
    """,
    "members of an enumeration of another file differ": """
        from constants import LoopPhase

        model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 7))
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        criterion = nn.CrossEntropyLoss()
        features, labels = torch.rand(100, 16), torch.randint(7, (100,))

        def main_loop(phase):
            loss = criterion(model(features), labels)
            loss.requires_grad_(True)
            if phase {test} LoopPhase.TRAIN:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

        for epoch in range(5):
            main_loop(phase=LoopPhase.TRAIN)
            with torch.no_grad():
                main_loop(phase=LoopPhase.VAL)
    """,
    "layers replaced wherever they are": """
        class LoRAConv2d(nn.Module):
            def __init__(self, old, rank=4):
                super().__init__()
                self.base_layer = old
                self.lora_A = nn.Parameter(torch.zeros(rank, old.in_channels, *old.kernel_size))
                self.lora_B = nn.Parameter(torch.zeros(old.out_channels, rank, 1, 1))

            def forward(self, x):
                old = self.base_layer
                update = F.conv2d(x, self.lora_A, stride=old.stride, padding=old.padding)
                return old(x) + F.conv2d(update, self.lora_B)

        model = models.resnet50(weights=None)
        for name, module in list(model.named_modules()):
            if isinstance(module, nn.Conv2d) and "." in name:
                parent = model.get_submodule(name.rsplit(".", 1)[0])
                setattr(parent, name.split(".")[-1], LoRAConv2d(module))
        for name, param in model.named_parameters():
            if "lora_A" in name or "lora_B" in name:
                param.requires_grad = True
            else:
                param.requires_grad = False
        optimizer = torch.optim.Adam(filter(lambda p: p.requires_grad, model.parameters()), lr=1e-4)
    """,
    "cells that show how to freeze and how to unfreeze": """
        model = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 2))
        for name, param in model.named_parameters():
            if name.startswith("0."):
                param.requires_grad = False
        for name, param in model.named_parameters():
            if name.startswith("0."):
                param.requires_grad = True
        optimizer = torch.optim.AdamW(model.parameters())
        model(torch.zeros(4, 8)).sum().backward()
        optimizer.step()
    """,
    "a hook that gives another output": """
        class Heads(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = models.resnet18(weights="DEFAULT")
                self.body.fc.register_forward_hook(self.narrow)
                self.last = nn.Linear(3, 2)

            def narrow(self, module, given, output):
                return output[:, :3]

            def forward(self, x):
                return self.last(self.body(x))

        Heads()(torch.zeros(2, 3, 64, 64))
    """,
    "amounts for more dimensions than the name of the padding tells": """
        class Padded(nn.Module):
            def __init__(self):
                super().__init__()
                self.pad = nn.ConstantPad2d((0, 0, 1, 0, 0, 0, 0, 0), 1)
                self.last = nn.Linear(8, 2)

            def forward(self, x):
                return self.last(self.pad(x))

        Padded()(torch.zeros(2, 3, 8, 8))
    """,
    "a spare head beside one that is called": """
        class Reader(nn.Module):
            def __init__(self):
                super().__init__()
                self.encoder = models.resnet18(weights="DEFAULT")
                self.hidden = nn.Linear(1000, 1000)
                self.head = nn.Linear(1000, 2)

            def forward(self, x):
                return self.head(self.encoder(x))

        Reader()(torch.zeros(2, 3, 64, 64))
    """,
    "texts of a data frame": """
        import pandas as pd

        df = pd.read_csv("submission.csv")
        for name in df["fn"].unique():
            print(name.split(".")[0])
        first, second = df["fn"].unique()
        print(first.split("."), df["fn"].unique()[0].split("."))
    """,
    "what a tokenizer gives is no dict": """
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
        tokens = tokenizer("text")
        if isinstance(tokens, dict):
            nn.Linear(2, 2)(torch.zeros(3, 4))
    """,
    "a norm and a backbone that are left over": """
        class Reader(nn.Module):
            def __init__(self):
                super().__init__()
                self.encoder = models.resnet18(weights="DEFAULT")
                self.spare = models.resnet34(weights="DEFAULT")
                self.norm = nn.LayerNorm(512)
                self.encoder.fc = nn.Identity()
                self.head = nn.Linear(512, 2)

            def forward(self, x):
                return self.head(self.encoder(x))

        Reader()(torch.zeros(2, 3, 64, 64))
    """,
    "Monte Carlo dropout": """
        train_loader = DataLoader(datasets.MNIST(".", train=True, transform=transforms.ToTensor()), 128, shuffle=True)
        test_loader = DataLoader(datasets.MNIST(".", train=False, transform=transforms.ToTensor()), 5)
        model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 784))
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

        for epoch in range(5):
            model.train()
            for data, _ in train_loader:
                loss = F.mse_loss(model(data), data.flatten(1))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

        sample, _ = next(iter(test_loader))
        outputs = torch.stack([model(sample).cpu().data for i in range(50)])
        mean, variance = outputs.mean(dim=0), outputs.var(dim=0)
    """,
    "a few augmented images that are looked at": """
        augmented = transforms.Compose([transforms.RandomRotation(20), transforms.ToTensor()])
        dataset = datasets.CIFAR10(".", transform=augmented)
        train_loader = DataLoader(dataset, 32, shuffle=True)
        model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        for epoch in range(5):
            for images, labels in train_loader:
                loss = F.cross_entropy(model(images), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

        test_loader = DataLoader(dataset, 32, shuffle=True)
        for images, labels in test_loader:
            break
        guesses = model(images[:8]).argmax(dim=1)
        print(guesses, labels[:8])
    """,
    "attacks on a frozen model by the gradients of its input": """
        from project import images_of

        model = models.resnet18(weights="DEFAULT").eval()
        for parameter in model.parameters():
            parameter.requires_grad = False
        loader = DataLoader(images_of("test"), 8)
        for images, labels in loader:
            images.requires_grad = True
            F.cross_entropy(model(images), labels).backward()
            print(images.grad.sign())
        for batch in loader:
            batch["image"].requires_grad_()
            F.cross_entropy(model(batch["image"]), batch["label"]).backward()
            print(batch["image"].grad.sign())
    """,
    "a model that is built again after the function that trains the first": """
        from project import train_set

        loader = DataLoader(train_set, 8, shuffle=True)
        model = models.resnet18(weights="DEFAULT")
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

        def train(epochs):
            for epoch in range(epochs):
                for images, labels in loader:
                    optimizer.zero_grad()
                    F.cross_entropy(model(images), labels).backward()
                    optimizer.step()

        # train(40)
        model = models.resnet18()
        model.load_state_dict(torch.load("model.pt"))
        print(model.eval()(torch.zeros(1, 3, 224, 224)).argmax(1))
    """,
    "a frozen body under a head of another file": """
        from project import Head, train_set

        model = models.resnet18(weights="DEFAULT")
        for parameter in model.parameters():
            parameter.requires_grad = False
        model.fc = Head(512, 2)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        for images, labels in DataLoader(train_set, 8, shuffle=True):
            loss = F.cross_entropy(model(images), labels.view(8, 1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    """,
    "gradients that reach an encoder through the decoder's first state": """
        encoder, decoder, head = nn.GRU(32, 32), nn.GRU(32, 32), nn.Linear(32, 100)
        embedding = nn.Embedding(100, 32)
        optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-3)
        data = torch.utils.data.TensorDataset(torch.randint(100, (64, 5)), torch.randint(100, (64,)))
        for sources, targets in DataLoader(data, 8, shuffle=True):
            with torch.no_grad():
                before, after = embedding(sources).transpose(0, 1), embedding(targets)[None]
            _, state = encoder(before)
            outputs, _ = decoder(after, state)
            loss = F.cross_entropy(head(outputs[0]), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    """,
    "a tensor of tensors of one number each": """
        logit = torch.log(torch.tensor([0.9 / 0.1]))
        print(nn.BCEWithLogitsLoss()(torch.tensor([logit, logit]), torch.tensor([1.0, 0.0])))
    """,
    "images resized to their own width": """
        down = nn.Conv2d(3, 8, 3)

        def gate(images):
            images = down(images)
            return F.interpolate(images, images.shape[-1])
    """,
    "a distributed sampler for one epoch": """
        from torch.utils.data.distributed import DistributedSampler

        from project import train_set

        loader = DataLoader(train_set, 8, sampler=DistributedSampler(train_set))
        model = models.resnet18(weights="DEFAULT")
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
        for epoch in range(1):
            for images, labels in loader:
                optimizer.zero_grad()
                F.cross_entropy(model(images), labels).backward()
                optimizer.step()
    """,
    "features that a hook keeps": """
        def features_of(model, images):
            kept = [0]

            def hook(module, inputs, output):
                kept[0] = output

            model.layer3.register_forward_hook(hook)
            for image in images:
                model(image)
                yield torch.mean(kept[0], dim=(2, 3))
    """,
    "heads switched on above a body of another library": """
        import torchaudio

        class Detector(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = torchaudio.pipelines.WAV2VEC2_BASE.get_model()
                self.head = nn.Linear(768, 2)

            def forward(self, waves):
                return self.head(self.body.extract_features(waves)[0][-1])

        model = Detector()
        for parameter in model.parameters():
            parameter.requires_grad_(False)
        for parameter in model.head.parameters():
            parameter.requires_grad_(True)
        optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    """,
    "a copy that is evaluated under a switch that is always on": """
        import argparse
        import copy

        parser = argparse.ArgumentParser()
        parser.add_argument("--use-ema", action="store_true", default=True)
        args = parser.parse_args()
        model = models.resnet18(weights="DEFAULT")
        average = copy.deepcopy(model)
        loader = DataLoader(FakeData(64, transform=transforms.ToTensor()), 8, shuffle=True)
        test_loader = DataLoader(FakeData(32, transform=transforms.ToTensor()), 8)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
        model.train()
        for epoch in range(3):
            for images, labels in loader:
                optimizer.zero_grad()
                F.cross_entropy(model(images), labels).backward()
                optimizer.step()
            tested = average if args.use_ema else model
            tested.eval()
            with torch.no_grad():
                print([tested(images).argmax(1) for images, _ in test_loader])
    """,
    "weights averaged in two ways beside the training": """
        from torch.optim.lr_scheduler import CosineAnnealingLR
        from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn, update_bn

        model = models.resnet18(weights="DEFAULT")
        loader = DataLoader(FakeData(64, transform=transforms.ToTensor()), 8, shuffle=True)
        test_loader = DataLoader(FakeData(32, transform=transforms.ToTensor()), 8)
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
        late, early = SWALR(optimizer, swa_lr=5e-4), CosineAnnealingLR(optimizer, T_max=20)
        average, moving = AveragedModel(model), AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.999))
        for epoch in range(30):
            model.train()
            for images, labels in loader:
                optimizer.zero_grad()
                F.cross_entropy(model(images), labels).backward()
                optimizer.step()
                moving.update_parameters(model)
            if epoch > 20:
                average.update_parameters(model)
                late.step()
            else:
                early.step()
            moving.eval()
            with torch.no_grad():
                print([moving(images).argmax(1) for images, _ in test_loader])
        update_bn(loader, average)
        torch.save(average.module.state_dict(), "average.pt")
    """,
    "a loop that goes on until a matrix is large enough": """
        matrix = torch.ones(1, 1)
        while matrix.shape[0] < 2:
            matrix = torch.cat([torch.cat([matrix, matrix], 1), torch.cat([matrix, -matrix], 1)], 0)
        print((torch.randn(5, 2) @ matrix.T).shape)
    """,
    "a model whose class is given another forward": """
        def changed(model):
            model.last = nn.Linear(4096, 5)

            def forward(self, images):
                features = torch.flatten(self.avgpool(self.features(images)), 1)
                return self.last(self.classifier[:6](features))

            setattr(model.__class__, "forward", forward)
            return model

        model = changed(models.alexnet(weights="DEFAULT"))
        other = changed(models.vgg11(weights="DEFAULT"))
    """,
    "views of one image that are compared": """
        class Views:
            def __init__(self, transform):
                self.transform = transform

            def __call__(self, image):
                return [self.transform(image) for _ in range(2)]

        augment = Views(transforms.Compose([transforms.RandomHorizontalFlip(), transforms.ToTensor()]))
        model = models.resnet18(num_classes=64)
        loader = DataLoader(FakeData(64, transform=augment), 8, shuffle=True)
        val_loader = DataLoader(FakeData(32, transform=augment), 8)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
        for epoch in range(3):
            model.train()
            for (first, second), _ in loader:
                optimizer.zero_grad()
                (1 - F.cosine_similarity(model(first), model(second))).mean().backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                for (first, second), _ in val_loader:
                    print(F.cosine_similarity(model(first), model(second)).mean())
    """,
    "the base model of a body without a head is the body": """
        from transformers import AutoModel

        class Scorer(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = AutoModel.from_pretrained("roberta-base")
                for weight in self.body.base_model.parameters():
                    weight.requires_grad = False
                self.score = nn.Linear(768, 1)

            def forward(self, tokens):
                return self.score(self.body(input_ids=tokens).last_hidden_state[:, 0])

        def fit(batches):
            scorer = Scorer()
            optimizer = torch.optim.AdamW(scorer.parameters(), lr=2e-3)
            for tokens, wanted in batches:
                optimizer.zero_grad()
                F.mse_loss(scorer(tokens), wanted).backward()
                optimizer.step()
    """,
    "optimizers for a warm-up by hand, and then the one that the scheduler drives": """
        model = nn.Linear(4, 2)
        scheduled = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = lr_scheduler.StepLR(scheduled, 30)
        for epoch in range(90):
            if epoch < 5:
                optimizer = torch.optim.SGD(model.parameters(), lr=0.02 * (epoch + 1))
            else:
                optimizer = scheduled
            optimizer.zero_grad()
            model(torch.randn(8, 4)).mean().backward()
            optimizer.step()
            scheduler.step()
    """,
    "a scheduler is set back, so that the step before the first epoch leads to it": """
        model = nn.Linear(4, 2)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = lr_scheduler.StepLR(optimizer, 30)
        scheduler.last_epoch = -1
        for epoch in range(90):
            scheduler.step()
            for batch in DataLoader(FakeData(transform=transforms.ToTensor()), 8, shuffle=True):
                optimizer.zero_grad()
                model(torch.randn(8, 4)).mean().backward()
                optimizer.step()
    """,
    "shapes that do not fit are refused before they meet": """
        def added(one, other):
            if one.shape != other.shape:
                raise ValueError("they do not fit")
            return one + other

        try:
            added(torch.zeros(2, 3), torch.zeros(2, 4))
        except ValueError:
            print("refused")
    """,
    "shapes that are compared with numbers": """
        def added(one, other):
            if one.shape != (2, 3):
                raise ValueError("not two of three")
            return one + other

        added(torch.zeros(2, 4), torch.zeros(2, 3))
    """,
    "a checkpoint of a Lightning that found out by itself which is better": """
        from pytorch_lightning.callbacks import ModelCheckpoint

        best = ModelCheckpoint(filepath="best", monitor="val_accuracy")
    """,
    "rows are written into an embedding that is switched off for it": """
        class Words(nn.Module):
            def __init__(self, count):
                super().__init__()
                self.plain = nn.Embedding(count, 50)
                self.tuned = nn.Embedding(count, 50)
                self.plain.weight.requires_grad = False

            def fill(self, rows):
                self.tuned.weight.requires_grad = False
                for place, row in enumerate(rows):
                    self.tuned.weight[place] = torch.from_numpy(row)
                self.tuned.weight.requires_grad = True
    """,
    "each layer of a model of another file is a group of its own": """
        def optimizer_for(model, last):
            groups = [{"params": model.head.parameters(), "lr": 2e-4}]
            for layer in model.blocks[-last:]:
                groups.append({"params": layer.parameters(), "lr": 1e-5})
            for name, layer in model.stem.named_children():
                groups.append({"params": layer.parameters(), "lr": 1e-6})
            return torch.optim.AdamW(groups, lr=1e-4)
    """,
    "each child of a model of which nobody knows the inside is a group of its own": """
        import sys
        import timm

        model = timm.create_model(sys.argv[1], pretrained=True)
        groups = []
        for layer in model.children():
            groups.append({"params": layer.parameters()})
        optimizer = torch.optim.AdamW(groups, lr=1e-4)
    """,
    "DistilBERT's two last layers are new": """
        from transformers import AutoModelForSequenceClassification

        def fit(batches):
            model = AutoModelForSequenceClassification.from_pretrained("distilbert-base-uncased", num_labels=3)
            for weight in model.distilbert.parameters():
                weight.requires_grad = False
            optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
            model.train()
            for batch in batches:
                optimizer.zero_grad()
                model(**batch).loss.backward()
                optimizer.step()
    """,
    "a schedule that Lightning steps once in many batches": """
        import lightning

        class Net(lightning.LightningModule):
            def __init__(self):
                super().__init__()
                self.layer = nn.Linear(4, 2)

            def training_step(self, batch, index):
                rows, labels = batch
                return F.cross_entropy(self.layer(rows), labels)

            def configure_optimizers(self):
                optimizer = torch.optim.Adam(self.parameters(), lr=1e-3)
                steps = lr_scheduler.StepLR(optimizer, 1, gamma=0.9)
                plan = {"scheduler": steps, "interval": "step", "frequency": 5000}
                return {"optimizer": optimizer, "lr_scheduler": plan}

        rows = torch.utils.data.TensorDataset(torch.randn(64, 4), torch.zeros(64).long())
        lightning.Trainer(max_epochs=3).fit(Net(), DataLoader(rows, 8, shuffle=True))
    """,
    "a loss of a batch of one is a zero made by hand": """
        class Pairs(nn.Module):
            def forward(self, features):
                count = features.shape[0]
                if count <= 1:
                    return torch.tensor(0.0, requires_grad=True)
                return (features @ features.T).sum() / count

        def fit(rows):
            net = nn.Linear(8, 4)
            criterion = Pairs()
            optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
            for batch in DataLoader(rows, 64, shuffle=True):
                optimizer.zero_grad()
                loss = criterion(net(batch))
                loss.backward()
                optimizer.step()
    """,
    "a method that draws all weights anew, and that nobody calls": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = nn.Sequential(models.resnet18(weights="DEFAULT"))
                self.head = nn.Linear(1000, 3)
                # self.draw()

            def forward(self, x):
                return self.head(self.body(x))

            def draw(self):
                for part in self.modules():
                    if isinstance(part, (nn.Conv2d, nn.Linear)):
                        nn.init.normal_(part.weight, 0, 0.1)
    """,
    "parameters of a model whose inside is not seen stand in a list": """
        from transformers import CLIPModel, ViTModel

        clip = CLIPModel.from_pretrained("openai/clip-vit-base-patch32")
        one = torch.optim.AdamW(list(clip.vision_model.parameters()) + [clip.logit_scale], lr=1e-5)
        vit = ViTModel.from_pretrained("google/vit-base-patch16-224")
        two = torch.optim.AdamW([vit.embeddings.cls_token, vit.embeddings.position_embeddings], lr=1e-5)
    """,
    "a running checkpoint holds the weights as they are": """
        from data import loader

        model = models.resnet18(weights="DEFAULT")
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        checkpoint = {"model": model.state_dict(), "losses": []}
        for epoch in range(10):
            for step, (x, y) in enumerate(loader):
                optimizer.zero_grad()
                loss = F.cross_entropy(model(x), y)
                loss.backward()
                optimizer.step()
                if step % 50 == 0:
                    checkpoint["losses"].append(loss.item())
                    torch.save(checkpoint, f"step{step}.pt")
            checkpoint["model"] = model.state_dict()
            torch.save(checkpoint, f"epoch{epoch}.pt")
    """,
    "a tensor of a class that those that extend it fill": """
        class Base(torch.utils.data.Dataset):
            def __init__(self):
                self.labels = torch.empty(0)

            def classes(self):
                return self.labels.argmax(axis=1)

        class Texts(Base):
            def __init__(self, rows):
                super().__init__()
                for row in rows:
                    self.labels = torch.cat([self.labels, torch.zeros(1, 4)])
    """,
    "what an older torchvision falls back to": """
        try:
            from torchvision.models import ResNet50_Weights

            model = models.resnet50(weights=ResNet50_Weights.DEFAULT)
        except ImportError:
            model = models.resnet50(pretrained=True)
    """,
    "what requires gradients is moved to where it is already": """
        from data import loader

        net = nn.Linear(10, 2)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for x, y in loader:
            with torch.no_grad():
                out = net(x).requires_grad_().cuda()
            optimizer.zero_grad()
            F.cross_entropy(out.contiguous(), y).backward()
    """,
    "weights that a setting brings, whose default brings none": """
        import argparse
        import os

        from data import loader

        parser = argparse.ArgumentParser()
        parser.add_argument("--pretrained", default="")
        args = parser.parse_args()
        model = models.resnet50()
        for name, weight in model.named_parameters():
            if name not in ["fc.weight", "fc.bias"]:
                weight.requires_grad = False
        if args.pretrained:
            if os.path.isfile(args.pretrained):
                model.load_state_dict(torch.load(args.pretrained)["state_dict"], strict=False)
        optimizer = torch.optim.SGD(model.fc.parameters(), lr=30.0)
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
    """,
    "a body that learns only where a setting asks for it": """
        import pytorch_lightning as pl

        class Net(pl.LightningModule):
            def __init__(self, tuned=False, lr=1e-2):
                super().__init__()
                self.tuned, self.lr = tuned, lr
                self.body = models.resnet18(weights="DEFAULT")
                self.head = nn.Linear(1000, 10)

            def forward(self, x):
                if self.tuned:
                    z = self.body(x)
                else:
                    with torch.no_grad():
                        z = self.body(x)
                return self.head(z)

            def training_step(self, batch, index):
                x, y = batch
                return F.cross_entropy(self(x), y)

            def configure_optimizers(self):
                return torch.optim.AdamW(self.parameters(), lr=self.lr)
    """,
    "a whole model that was evaluated before it got adapters": """
        from peft import LoraConfig, get_peft_model
        from transformers import T5ForConditionalGeneration

        from data import loader

        model = T5ForConditionalGeneration.from_pretrained("t5-small")
        model.eval()
        with torch.no_grad():
            print(model.generate(torch.zeros(1, 8, dtype=torch.long)))
        model = get_peft_model(model, LoraConfig(r=8, target_modules=["q", "v"]))
        model.train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
        for x, y in loader:
            optimizer.zero_grad()
            model(input_ids=x, labels=y).loss.backward()
            optimizer.step()
    """,
    "each of several models has an optimizer of its own, over its head": """
        class Holder:
            def __init__(self):
                self.net = models.densenet121(weights="DEFAULT")
                self.optimizer = torch.optim.Adam(self.net.classifier.parameters(), lr=1e-3)

        for holder in [Holder(), Holder()]:
            net = holder.net.to("cuda")
            net.train()
            for x, y in loader:
                holder.optimizer.zero_grad()
                F.cross_entropy(net(x), y).backward()
                holder.optimizer.step()
    """,
    "the parameters of a part that nobody sees are told apart by their numbers": """
        from transformers import BertModel

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.bert = BertModel.from_pretrained("bert-base-uncased")
                self.fc = nn.Linear(768, 3)

            def forward(self, ids):
                return self.fc(self.bert(input_ids=ids)["pooler_output"])

        net = Net()
        net.train()
        pretrained = list(map(id, net.bert.parameters()))
        new = filter(lambda p: id(p) not in pretrained, net.parameters())
        optimizer = torch.optim.AdamW([{"params": net.bert.parameters(), "lr": 2e-5}, {"params": new, "lr": 1e-3}])
        for ids, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(net(ids), y).backward()
            optimizer.step()
    """,
    "a loss that is weighted in place without gradients keeps its graph": """
        net = nn.Linear(4, 2)
        loss = F.cross_entropy(net(torch.randn(8, 4)), torch.randint(2, (8,)), reduction="none")
        with torch.no_grad():
            loss *= torch.rand(8)
        loss.mean().backward()
    """,
    "the groups of another optimizer are put into one": """
        net = models.resnet18(weights="DEFAULT")
        for p in net.parameters():
            p.requires_grad = False
        net.fc = nn.Linear(512, 3)
        optimizer = torch.optim.AdamW(net.fc.parameters(), lr=1e-3)
        for epoch in range(20):
            if epoch == 10:
                for p in net.parameters():
                    p.requires_grad = True
                optimizer.param_groups = torch.optim.AdamW(net.parameters(), lr=1e-5).param_groups
            for x, y in loader:
                optimizer.zero_grad()
                F.cross_entropy(net(x), y).backward()
                optimizer.step()
    """,
    "what loads a model leaves it in evaluation mode": """
        class Body(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, 4)
                self.drop = nn.Dropout(0.1)

            @classmethod
            def from_pretrained(cls):
                body = cls()
                body.load_state_dict(torch.load("body.pt"))
                body.eval()
                return body

            def forward(self, x):
                return self.drop(self.fc(x))

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = Body.from_pretrained()
                self.head = nn.Linear(4, 2)

            def forward(self, x):
                return self.head(self.body(x))

        net = Net()
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-5)
        net.train()
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
    """,
    "a setting takes a loss from a menu": """
        def choose(name):
            if name == "ce":
                return nn.CrossEntropyLoss()
            if name == "bce":
                return nn.BCELoss()
            if name == "nll":
                return nn.NLLLoss()
            return nn.MSELoss()

        net = nn.Linear(4, 2)
        criterion = choose(settings.loss)
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
        for x, y in loader:
            optimizer.zero_grad()
            criterion(net(x), y).backward()
            optimizer.step()
    """,
    "gradients are replaced by zeros": """
        weights = [torch.zeros(4, 2, requires_grad=True), torch.zeros(2, requires_grad=True)]
        optimizer = torch.optim.Adam(weights, lr=1e-3)
        for step in range(1000):
            x, y = batches(step)
            loss = F.cross_entropy(net(x @ weights[0] + weights[1]), y)
            loss.backward()
            optimizer.step()
            for p in weights:
                if p.grad is not None:
                    p.grad = torch.zeros_like(p)
    """,
    "a service's setting is no member of an enumeration": """
        import wandb
        from transformers import TrainingArguments

        when = wandb.config.strategy
        TrainingArguments("out", eval_strategy=when, save_strategy="epoch", load_best_model_at_end=True)
    """,
    "a model that may have been loaded is asked for its mode": """
        import os

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, 2)
                self.drop = nn.Dropout(0.1)

            def forward(self, x):
                return self.drop(self.fc(x))

        def run(data, net):
            is_training = net.training
            for x, y in data:
                loss = F.cross_entropy(net(x), y)
                if is_training:
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()

        if os.path.exists("net.pt"):
            net = Net()
            net.eval()
        else:
            net = Net()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for epoch in range(10):
            run(train_loader, net.train())
            run(val_loader, net.eval())
    """,
    "the weights of another optimizer are zeroed before it steps": """
        net, critic = nn.Linear(4, 4), nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.1))
        first = torch.optim.Adam(net.parameters(), lr=1e-3)
        second = torch.optim.Adam(critic.parameters(), lr=1e-3)
        for x in loader:
            critic.eval()
            first.zero_grad()
            loss = (critic(net(x)) - critic(x)).pow(2).mean()
            loss.backward()
            first.step()
            critic.train()
            second.zero_grad()
            critic(net(x).detach()).mean().backward()
            second.step()
    """,
    "layers beside as many of something that is not seen": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.nets = nn.ModuleList([nn.Conv2d(3, 64, 1), nn.Conv2d(64, 128, 1)])
                self.scales = nn.ParameterList([nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))])

            def forward(self, x):
                for net, scale in zip(self.nets, self.scales):
                    x = net(x) * scale
                return x

        Net()(torch.rand(2, 3, 15, 14))
    """,
    "a model that nobody sees is drawn anew for each fold": """
        from sklearn.model_selection import KFold
        from torch.utils.data import SubsetRandomSampler

        def draw(part):
            for layer in part.children():
                if hasattr(layer, "reset_parameters"):
                    layer.reset_parameters()

        def train(model, criterion, optimizer, dataset):
            for seen, held in KFold(n_splits=5).split(dataset):
                model.apply(draw)
                for x, y in DataLoader(dataset, batch_size=4, sampler=SubsetRandomSampler(seen)):
                    optimizer.zero_grad()
                    criterion(model(x), y).backward()
                    optimizer.step()
                with torch.no_grad():
                    for x, y in DataLoader(dataset, batch_size=4, sampler=SubsetRandomSampler(held)):
                        print(model(x).argmax(1) == y)
    """,
    "a branch whose features another model takes": """
        class Branch(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = models.resnet18(weights="DEFAULT")
                self.body.fc = nn.Identity()
                self.fc = nn.Linear(512, 1000)

            def forward(self, x):
                return self.body(x)

        class Pair(nn.Module):
            def __init__(self):
                super().__init__()
                self.out = nn.Linear(512, 1)

            def forward(self, one, two):
                return self.out((one - two).abs())

        branch, pair = Branch(), Pair()
        optimizer = torch.optim.Adam([*branch.parameters(), *pair.parameters()], lr=1e-4)
        for one, two, same in zip(torch.rand(9, 2, 3, 64, 64), torch.rand(9, 2, 3, 64, 64), torch.rand(9, 2, 1)):
            optimizer.zero_grad()
            F.binary_cross_entropy_with_logits(pair(branch(one), branch(two)), same).backward()
            optimizer.step()
    """,
    "the attributes of faces are forty for each image": """
        faces = datasets.CelebA("faces", split="test", transform=transforms.ToTensor())
        print([attributes[:, 31] for images, attributes in DataLoader(faces, batch_size=10)])
    """,
    "a class of one's own that extends a bare body has a head": """
        from transformers import BertModel, Trainer, TrainingArguments

        from project import rows

        class Tagger(BertModel):
            def __init__(self, config):
                super().__init__(config)
                self.out = nn.Linear(config.hidden_size, 2)

            def forward(self, input_ids=None, attention_mask=None, labels=None):
                scores = self.out(super().forward(input_ids, attention_mask=attention_mask)[1])
                return F.cross_entropy(scores, labels), scores

        Trainer(Tagger.from_pretrained("bert-base-uncased"), TrainingArguments("out"), train_dataset=rows).train()
    """,
    "a table is gone through for what is gathered": """
        from datasets import load_dataset

        lengths = []

        def gather(rows):
            lengths.extend(map(len, rows["text"]))
            return {}

        load_dataset("imdb", split="test").map(gather, batched=True)
        print(sum(lengths))
    """,
    "a second clip behind a step that was clipped": """
        net = nn.Linear(4, 2)
        optimizer = torch.optim.Adam(net.parameters())

        def train():
            for x, y in zip(torch.rand(9, 8, 4), torch.randint(0, 2, (9, 8))):
                optimizer.zero_grad()
                F.cross_entropy(net(x), y).backward()
                nn.utils.clip_grad_norm_(net.parameters(), 0.5)
                optimizer.step()

        for epoch in range(3):
            train()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    """,
    "copies of the layers as they were": """
        import copy

        class Policy(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.second = nn.Linear(4, 8), nn.Linear(8, 2)
                self.now = [self.first, self.second]
                self.old = [None, None]
                for place in range(2):
                    self.old[place] = copy.deepcopy(self.now[place])

            def forward(self, x, old=False):
                layers = self.old if old else self.now
                return layers[1](torch.tanh(layers[0](x)))

        net = Policy()
        optimizer = torch.optim.Adam(net.parameters())
        for x in torch.rand(9, 8, 4):
            optimizer.zero_grad()
            F.mse_loss(net(x), net(x, old=True)).backward()
            optimizer.step()
    """,
    "weights for larger images": """
        larger = transforms.Compose([transforms.Resize((384, 384)), transforms.ToTensor()])
        net = models.vit_b_16(weights="IMAGENET1K_SWAG_E2E_V1")
        print([net(x) for x, _ in DataLoader(datasets.ImageFolder("images", larger), batch_size=8)])
    """,
    "the best of a batch of one": """
        from project import pictures

        net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(100, 10))
        print([torch.argmax(net(x)) for x, _ in DataLoader(pictures, batch_size=1)])
    """,
    "a head under a name that somebody chooses": """
        def load(arch):
            if arch == "alexnet":
                return models.alexnet(weights="DEFAULT"), "classifier"
            return models.resnet18(weights="DEFAULT"), "fc"

        class Trained:
            def __init__(self, arch):
                self.net, self.head = load(arch)
                for weight in self.net.parameters():
                    weight.requires_grad = False
                self.net._modules[self.head] = nn.Sequential(nn.LazyLinear(9), nn.LogSoftmax(dim=1))

            def train(self, loader):
                optimizer = torch.optim.Adam(self.net.parameters())
                for x, y in loader:
                    optimizer.zero_grad()
                    F.nll_loss(self.net(x), y).backward()
                    optimizer.step()
    """,
    "a model of one's own that is given another forward": """
        from types import MethodType

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.body, self.last = nn.Linear(8, 8), nn.Linear(8, 2)

            def forward(self, x):
                return self.last(self.body(x))

        def forward(self, x):
            return self.age(self.body(x))

        net = Net()
        net.age = nn.Linear(8, 101)
        net.forward = MethodType(forward, net)
        print(net(torch.rand(2, 8)))
    """,
    "the release decides which name is asked for": """
        from transformers import TrainingArguments

        from project import NEW

        if NEW:
            arguments = TrainingArguments("out", eval_strategy="epoch")
        else:
            arguments = TrainingArguments("out", evaluation_strategy="epoch")
    """,
    "either call, one of them with the former name": """
        from transformers import TrainingArguments

        from project import evaluates

        if evaluates:
            arguments = TrainingArguments("out", evaluation_strategy="epoch")
        else:
            arguments = TrainingArguments("out")
    """,
    "words that may stand in a name": """
        from transformers import AutoModelForSequenceClassification

        from project import loader

        net = AutoModelForSequenceClassification.from_pretrained("roberta-base", num_labels=3)
        for name, weight in net.named_parameters():
            if "encoder.layer.11" not in name and "classifier" not in name:
                weight.requires_grad = False
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-5)
        net.train()
        for batch in loader:
            optimizer.zero_grad()
            net(**batch).loss.backward()
            optimizer.step()
    """,
}
FILLED = {
    name: text.replace("{train}", "0,").replace("{val}", "1,").replace("{test}", "==")
    for name, text in PROGRAMS.items()
}
FILLED["members that number themselves differ"] = (
    PROGRAMS["members of an enumeration differ"].replace("{train}", "enum.auto()").replace("{val}", "enum.auto()")
)
FILLED["the same members"] = PROGRAMS["members of an enumeration of another file differ"].replace("{test}", "is")


@pytest.mark.parametrize("text", FILLED.values(), ids=list(FILLED))
def test_a_correct_program_has_no_finding(text: str) -> None:
    result = lint_source(START + dedent(text), "x.py")
    assert (result.findings, result.problems) == ((), ())


@pytest.mark.parametrize(
    ("layer", "finds"),
    [
        ("Transformer()", []),
        ("nn.TransformerEncoderLayer(4, 1, dropout=0.0)", []),
        ("nn.TransformerEncoderLayer(4, 1)", ["TUN505"]),
        ("nn.Dropout(0.0)", []),
        ("nn.Dropout(0.1)", ["TUN505"]),
    ],
)
def test_a_model_may_stay_in_either_mode_if_both_are_the_same(layer: str, finds: list[str]) -> None:
    """``Transformer`` is a class of the script here, not torch's of that name."""
    text = f"""
        class Transformer(nn.Identity):
            pass

        model = nn.Sequential(nn.Linear(4, 4), {layer}, nn.Linear(4, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for epoch in range(3):
            for x, y in loader:
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                print(sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader))
    """
    assert [finding.code for finding in lint_source(START + dedent(text), "x.py").findings] == finds


def test_a_bound_of_a_slice_that_is_none_costs_nothing() -> None:
    """Homework leaves it to be filled in: ``index = ...``."""
    text = "from torch import nn\nnet = nn.Sequential(nn.ReLU())\nindex = ...\nnet[:index]\nnet[1.5:]\n"
    assert lint_source(text, "x.py").problems == ()


def test_a_map_over_nothing_costs_nothing() -> None:
    """``map(f, *[])`` raises TypeError in Python; ft_lint says nothing of it, and does not fail over it."""
    found = lint_source(START + "rows = []\nlist(map(torch.cat, *rows))\n", "train.py")
    assert not found.findings
    assert not found.problems


@pytest.mark.parametrize(
    ("asked", "finds"),
    [("torch<0.4", []), ("torch==0.3.1", []), ("torch~=0.4.0", []), ("torch==1.*", ["TUN705"]), ("", ["TUN705"])],
)
def test_what_an_old_torch_allows_is_no_finding_in_a_project_for_it(
    asked: str, finds: list[str], tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text(asked)
    (tmp_path / "a.py").write_text("import torch\nloss = torch.zeros(3).sum()\nprint(loss.data[0])\n")
    assert [
        finding.code for finding in lint_file(tmp_path / "a.py", versions=versions_of(tmp_path / "a.py")).findings
    ] == finds


@pytest.mark.parametrize(
    ("asked", "finds"),
    [
        ("torchvision==0.8.2", []),
        ("torchvision<0.13", []),
        ("torch==1.7.1", []),
        ("torchvision>=0.8", ["TUN105"]),
        ("torch>=1.12", ["TUN105"]),
        ("torchvision==0.15.2", ["TUN105"]),
    ],
)
@pytest.mark.parametrize("file", ["requirements.txt", "requirements/base.txt"])
def test_pretrained_is_not_deprecated_in_a_project_for_an_old_torchvision(
    file: str, asked: str, finds: list[str], tmp_path: Path
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(asked)
    path = tmp_path / "net.py"
    path.write_text("from torchvision import models\nnet = models.resnet18(pretrained=True)\n")
    assert [finding.code for finding in lint_file(path, versions=versions_of(path)).findings] == finds


@pytest.mark.parametrize("text", ["if optimizer is None:\n        optimizer = ", "optimizer = "])
def test_a_condition_that_chose_the_optimizer_adds_no_gradients_up(text: str) -> None:
    program = f"""
def train(model, loader, optimizer=None):
    {text}torch.optim.AdamW(model.parameters(), lr=1e-4)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
"""
    assert lint_source(START + program, "x.py", selection=EVERYTHING).findings == ()


@pytest.mark.parametrize(
    ("own", "finds"), [("transformers/__init__.py", []), ("transformers.py", []), ("other.py", ["TUN904"])]
)
def test_a_package_of_the_project_stands_before_the_library(own: str, finds: list[str], tmp_path: Path) -> None:
    (tmp_path / own).parent.mkdir(exist_ok=True)
    (tmp_path / own).write_text("")
    (tmp_path / "train.py").write_text("import torch\nfrom transformers import AdamW\n")
    assert [
        finding.code
        for finding in lint_file(tmp_path / "train.py", versions=versions_of(tmp_path / "train.py")).findings
    ] == finds


@pytest.mark.parametrize(
    ("asked", "finds"), [("pytorch-lightning==1.5.4", []), ("lightning<2.2", []), ("lightning>=2", ["TUN511"])]
)
def test_lightning_before_2_2_trains_all_parts(asked: str, finds: list[str], tmp_path: Path) -> None:
    """``fit`` called ``model.train()`` then, which reaches a checkpoint that was loaded in evaluation mode."""
    (tmp_path / "requirements.txt").write_text(asked)
    text = """
        import pytorch_lightning as pl
        from transformers import BertModel

        class Net(pl.LightningModule):
            def __init__(self):
                super().__init__()
                self.bert = BertModel.from_pretrained("bert-base-uncased")
                self.head = nn.Linear(768, 2)

            def training_step(self, batch, batch_idx):
                out = self.bert(input_ids=batch["input_ids"])
                return F.cross_entropy(self.head(out["last_hidden_state"][:, 0]), batch["label"])

            def configure_optimizers(self):
                return torch.optim.Adam(self.parameters(), lr=2e-5)

        pl.Trainer(max_epochs=1).fit(Net(), loader)
    """
    (tmp_path / "train.py").write_text(START + dedent(text))
    result = lint_file(tmp_path / "train.py", versions=versions_of(tmp_path / "train.py"))
    assert [finding.code for finding in result.findings] == finds


def test_a_model_that_a_loop_takes_goes_by_its_own_name() -> None:
    """Nothing is replaced here: the second optimizer was given the first model's parameters."""
    text = """
        first, second = nn.Linear(2, 2), nn.Linear(2, 2)
        one = torch.optim.SGD(first.parameters(), lr=0.1)
        two = torch.optim.SGD(first.parameters(), lr=0.2)
        for step in range(10):
            for net, optimizer in zip([first, second], [one, two]):
                loss = net(torch.zeros(4, 2)).sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    """
    (told, _) = lint_source(START + dedent(text), "x.py").findings
    assert told.code == "TUN201"
    assert told.message.startswith("`one` holds no parameters of `second`")


@pytest.mark.parametrize(
    "end",
    [
        "sys.exit(0)",
        "exit()",
        "quit()",
        "os._exit(1)",
        "raise SystemExit(1)",
        "parser.error('no data')",
        "usage()",
    ],
)
def test_what_comes_behind_the_end_of_the_program_does_not_run(end: str) -> None:
    text = f"""
        import argparse, os, sys

        parser = argparse.ArgumentParser()

        def usage():
            print(__doc__)
            sys.exit(2)

        def run(shown):
            net = models.resnet18(weights="DEFAULT")
            optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
            if shown:
                net.fc = nn.Linear(512, 10)
                {end}
            loss = F.cross_entropy(net(torch.zeros(4, 3, 224, 224)), torch.zeros(4, dtype=torch.long))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    """
    assert lint_source(START + dedent(text), "x.py").findings == ()
    goes_on = lint_source(START + dedent(text).replace(f"        {end}\n", "        print(net)\n"), "x.py").findings
    assert [one.code for one in goes_on] == ["TUN201"]


def test_no_handler_takes_the_end_of_the_program() -> None:
    text = """
        import sys

        net = models.resnet18(weights="DEFAULT")
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        try:
            net.fc = nn.Linear(512, 10)
            sys.exit(0)
        except ValueError:
            print(net)
        loss = F.cross_entropy(net(torch.zeros(4, 3, 224, 224)), torch.zeros(4, dtype=torch.long))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    """
    assert lint_source(START + dedent(text), "x.py").findings == ()
    goes_on = lint_source(START + dedent(text).replace("sys.exit(0)", "sys.path"), "x.py").findings
    assert [one.code for one in goes_on] == ["TUN201"]


def test_a_chain_that_begins_with_to_pil_image_is_meant_for_tensors() -> None:
    text = START + "transforms.Compose([transforms.ToPILImage(), transforms.Normalize([0.5], [0.5])])\n"
    (told,) = lint_source(text, "x.py").findings
    assert (told.code, told.values["step"]) == ("TUN706", "Normalize")


def test_an_optimizer_that_steps_no_more_is_not_blamed() -> None:
    """What the second phase unfreezes is in no optimizer, but it is not the first phase's that misses it."""
    text = """
        from data import loader

        class Task:
            def __init__(self):
                self.body = models.resnet18(weights="DEFAULT")
                self.head = nn.Linear(1000, 2)

            def train(self):
                for weight in self.body.parameters():
                    weight.requires_grad = False
                for weight in self.body.layer4.parameters():
                    weight.requires_grad = True
                self.optimizer = torch.optim.AdamW(self.head.parameters(), lr=1e-3)
                for x, y in loader:
                    self.optimizer.zero_grad()
                    F.cross_entropy(self.head(self.body(x)), y).backward()
                    self.optimizer.step()

        task = Task()
        task.train()
        task.train()
    """
    codes = {one.code for one in lint_source(START + dedent(text), "x.py").findings}
    assert "TUN304" not in codes


def test_used_gradients_are_named_after_the_optimizer_that_used_them() -> None:
    text = """
        from itertools import chain

        from data import loader

        one, two = nn.Linear(4, 8), nn.Linear(8, 1)
        of_one = torch.optim.Adam(one.parameters(), lr=1e-3)
        of_two = torch.optim.Adam(two.parameters(), lr=1e-3)
        of_both = torch.optim.Adam(chain(one.parameters(), two.parameters()), lr=1e-3)
        for z, x in loader:
            two.zero_grad()
            (two(x).mean() - two(one(z).detach()).mean()).backward()
            of_two.step()
            one.zero_grad()
            two(one(z)).mean().backward()
            of_one.step()
            two(one(z)).pow(2).mean().backward()
            of_both.step()
    """
    (told,) = lint_source(START + dedent(text), "x.py").findings
    assert (told.code, told.excerpt[0].strip()) == ("TUN501", "two(one(z)).pow(2).mean().backward()")
    assert "which `of_one` has already used: call `of_both.zero_grad()`" in told.message


TRAINING = """
from data import loader

net = nn.Linear(4, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
{before}
for x, y in loader:
    F.cross_entropy(net(x), y).backward()
    optimizer.step()
"""


@pytest.mark.parametrize(
    "before",
    [
        "for option in options:\n    sys.exit()",
        "while not os.path.exists('ready'):\n    sys.exit(1)",
        "try:\n    sys.exit(1)\nexcept SystemExit:\n    print(net)",
        "try:\n    main()\nexcept:\n    pass",
        "with contextlib.suppress(SystemExit):\n    sys.exit(1)",
        "with pytest.raises(SystemExit):\n    sys.exit(1)",
        "def later():\n    sys.exit(1)\n    yield 1\nlater()",
        "async def later():\n    sys.exit(1)\nlater()",
        "if args.mode == 'test':\n    optimizer = None\n    sys.exit(1)",
        "if args.mode == 'test':\n    with torch.no_grad():\n        print(net(torch.zeros(1, 4)))\n    sys.exit()",
        "try:\n    if shown:\n        raise ValueError\n    else:\n        sys.exit(1)\nexcept ValueError:\n    pass",
    ],
)
def test_where_the_program_may_go_on_it_does(before: str) -> None:
    start = (
        "import argparse, contextlib, os, pytest, sys\nfrom data import options, shown\ndef main():\n    sys.exit(1)\n"
    )
    start += "parser = argparse.ArgumentParser()\nparser.add_argument('--mode', default='test')\n"
    text = START + start + "args = parser.parse_args()\n" + TRAINING.format(before=before)
    assert [one.code for one in lint_source(text, "x.py").findings] == ["TUN501"]


def test_an_exit_ends_one_cell_of_a_notebook() -> None:
    text = START + "import sys\n" + TRAINING.format(before="\n# %%\nsys.exit()\n\n# %%\n")
    assert [one.code for one in lint_source(text, "x.py").findings] == ["TUN501"]
    assert lint_source(text.replace("# %%", ""), "x.py").findings == ()


@pytest.mark.parametrize(
    ("package", "hook", "trainer", "finds"),
    [
        ("lightning", "on_train_end", "", ["TUN511"]),
        ("lightning", "validation_end", "", []),
        ("lightning", "on_train_end", "gpus=1", []),
        ("pytorch_lightning", "on_train_end", "", []),
    ],
    ids=["newest", "by a hook", "by an argument", "by its name"],
)
def test_an_older_lightning_sets_the_whole_models_mode(package: str, hook: str, trainer: str, finds: list[str]) -> None:
    text = f"""
        import {package} as pl
        from transformers import BertForSequenceClassification

        class Net(pl.LightningModule):
            def __init__(self):
                super().__init__()
                self.bert = BertForSequenceClassification.from_pretrained("bert-base-uncased")

            def training_step(self, batch, index):
                return {{"loss": self.bert(input_ids=batch["ids"], labels=batch["y"])[0]}}

            def {hook}(self, *outputs):
                return {{}}

            def configure_optimizers(self):
                return torch.optim.AdamW(self.parameters(), lr=2e-5)

        pl.Trainer({trainer}).fit(Net(), DataLoader(FakeData()))
    """
    assert [one.code for one in lint_source(START + dedent(text), "x.py").findings] == finds


@pytest.mark.parametrize("keep", ["'backbone' in kv[0]", "kv[0] in names"])
@pytest.mark.parametrize(
    "taken", ["list(map(lambda kv: kv[1], {}))", "[weight for name, weight in {}]", "map(lambda kv: kv[1], {})"]
)
def test_filters_by_names_that_are_not_known_share_no_parameter(keep: str, taken: str) -> None:
    def group(test: str) -> str:
        return taken.format(f"filter(lambda kv: {test}, model.named_parameters())")

    text = f"""
        def optimizer_of(model, names):
            first = {group(keep)}
            second = {group(keep.replace(" in ", " not in "))}
            return torch.optim.AdamW([{{"params": first, "lr": 1e-4}}, {{"params": second, "lr": 1e-3}}])
    """
    assert lint_source(START + dedent(text), "x.py").findings == ()


@pytest.mark.parametrize("layer", ["model.conv1", "first"])
def test_weights_that_are_cut_by_their_data_have_another_size(layer: str) -> None:
    text = f"""
        model = models.resnet18()
        first = nn.Conv2d(3, 8, 3)
        {layer}.weight.data = {layer}.weight.data[:, :1]
        {layer}.in_channels = 1
        print({"model" if "model" in layer else "first"}(torch.rand(2, 1, 64, 64)).shape)
    """
    assert lint_source(START + dedent(text), "x.py").findings == ()


@pytest.mark.parametrize(
    "step", ["ColorJitter()", "ColorJitter(0, 0)", "RandomRotation(0)", "RandomHorizontalFlip(p=0)"]
)
def test_a_random_step_that_changes_nothing_augments_nothing(step: str) -> None:
    text = f"""
        steps = transforms.Compose([transforms.CenterCrop(64), transforms.{step}, transforms.ToTensor()])
        loader = DataLoader(datasets.ImageFolder("val", steps))
        train_loader = DataLoader(datasets.ImageFolder("train", steps), shuffle=True)
        model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 2))
        optimizer = torch.optim.SGD(model.parameters(), 0.01)
        for x, y in train_loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        for x, y in loader:
            print((model(x).argmax(1) == y).sum())
    """
    assert lint_source(START + dedent(text), "x.py").findings == ()


def test_an_optimizer_that_was_built_with_the_new_model_at_hand_is_not_stale() -> None:
    text = """
        model = models.resnet18(weights="DEFAULT")
        optimizer = torch.optim.Adam(model.parameters(), 1e-4)
        for x, y in DataLoader(FakeData()):
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        model = models.resnet18(weights="DEFAULT")
        model.load_state_dict(torch.load("larger.pt"))
        head = nn.Linear(1000, 10)
        optimizer = torch.optim.Adam(head.parameters(), 1e-3)
        for x, y in DataLoader(FakeData()):
            optimizer.zero_grad()
            F.cross_entropy(head(model(x)), y).backward()
            optimizer.step()
    """
    assert lint_source(START + dedent(text), "x.py").findings == ()


@pytest.mark.parametrize(("call", "finds"), [("check(model, 1)", []), ("check(model)", ["TUN505"])])
def test_a_call_with_too_many_arguments_runs_nothing(call: str, finds: list[str]) -> None:
    text = f"""
        def check(model):
            model.eval()
            with torch.no_grad():
                print(model(torch.rand(2, 3, 64, 64)))

        model = models.resnet18(weights="DEFAULT")
        optimizer = torch.optim.Adam(model.parameters(), 1e-4)
        model.train()
        for epoch in range(3):
            for x, y in DataLoader(FakeData()):
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
            {call}
    """
    assert [one.code for one in lint_source(START + dedent(text), "x.py").findings] == finds


SHARE = """
import torch
from torch import nn
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset, TensorDataset, random_split
from torchvision import datasets, transforms

from project import args, folds, noisy, order, paths, rows

class Pictures(Dataset):
    def __init__(self, paths):
        self.paths = paths
    def __len__(self):
        return len(self.paths)
    def __getitem__(self, index):
        return torch.zeros(3, 32, 32), 0

tensor, flip = transforms.ToTensor(), transforms.RandomHorizontalFlip()
{data}
net = nn.Sequential(nn.Flatten(), nn.LazyLinear(10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

def share(loader, size):
    right = 0
    with torch.no_grad():
        for x, y in loader:
            right += (net(x).argmax(1) == y).sum().item()
    return right / size

train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
val_loader = DataLoader(val_set, batch_size=64)
for epoch in range(3):
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    {told}
"""
DIGITS = "train_set, val_set = datasets.MNIST('d', True, tensor), datasets.MNIST('d', False, tensor)"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (DIGITS, "share(train_loader, len(train_set)), share(val_loader, len(val_set))"),
        (
            DIGITS + "\nval_set = datasets.MNIST('d', True, transforms.Compose([tensor]))\nold = datasets.MNIST('d')",
            "share(val_loader, len(old))",
        ),
        (
            DIGITS + "\ntrain_set.data, train_set.targets = train_set.data[:10000], train_set.targets[:10000]",
            "share(val_loader, len(train_set))",
        ),
        (
            DIGITS.replace("MNIST", "ImageFolder").replace("True", "tensor").replace("False", "tensor")
            + "\nval_set = datasets.ImageFolder('clean', tensor)\nnoisy_set = datasets.ImageFolder('noisy', tensor)",
            "share(DataLoader(noisy_set), len(val_set))",
        ),
        (
            "full = Pictures(paths)\nhalf = len(full) // 2\ntrain_set, val_set = random_split(full, [half, half])",
            "share(val_loader, len(train_set))",
        ),
        (
            "train_set = Pictures(paths)\nval_set = Subset(train_set, order)",
            "share(val_loader, len(train_set))",
        ),
        (
            DIGITS + "\nloaders = {'train': DataLoader(train_set), 'val': DataLoader(val_set)}"
            "\nsizes = {'train': len(train_set), 'val': len(val_set)}",
            "phases = [share(loaders[phase], sizes[phase]) for phase in ('train', 'val')]",
        ),
        (
            DIGITS,
            "loader = train_loader if args.phase == 'train' else val_loader\n"
            "    size = len(val_set) if args.phase == 'val' else len(train_set)\n    share(loader, size)",
        ),
        (
            "full = Pictures(paths)\ntrain_set, val_set = random_split(full, [0.5, 0.5])",
            "share(val_loader, len(train_set))",
        ),
        (
            "train_set = TensorDataset(noisy, rows)\nval_set = TensorDataset(torch.randn(100, 4), rows)",
            "share(val_loader, len(train_set))",
        ),
    ],
)
def test_a_share_of_the_right_length_is_silent(data: str, told: str) -> None:
    text = SHARE.format(data=data, told=told)
    assert "TUN807" not in [one.code for one in lint_source(text, "x.py").findings]


@pytest.mark.parametrize(
    "data",
    [
        "full = Pictures(paths)\ntrain_set, val_set = random_split(full, [0.8, 0.2])",
        "full, plain = datasets.CIFAR10('d', True, flip), datasets.CIFAR10('d', True, tensor)\n"
        "train_set, val_set = Subset(full, folds[0]), Subset(plain, folds[1])",
        "part, val_set, more = random_split(Pictures(paths), [0.7, 0.2, 0.1])\ntrain_set = ConcatDataset([part, more])",
        "train_set, val_set = datasets.CIFAR10('d', True, tensor), datasets.CIFAR10('d', True, tensor)\n"
        "train_set.data, val_set.data = train_set.data[5000:], val_set.data[:5000]",
        "train_set, val_set = datasets.CIFAR10('d', transform=tensor, **rows), datasets.CIFAR10('d', **noisy)",
        "train_set, val_set = (datasets.FakeData(64, (3, 32, 32), 10, one) for one in (flip, tensor))",
        "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--train', default='data')\n"
        "parser.add_argument('--val', default='data')\nsettings = parser.parse_args()\n"
        "train_set, val_set = datasets.ImageFolder(settings.train, tensor), datasets.ImageFolder(settings.val, tensor)",
        "import argparse\nfrom pathlib import Path\nparser = argparse.ArgumentParser()\n"
        "parser.add_argument('--train', default='data')\nparser.add_argument('--val', default='data')\n"
        "folders = parser.parse_args()\ntrain_set = datasets.ImageFolder(Path(folders.train) / 'images', tensor)\n"
        "val_set = datasets.ImageFolder(Path(folders.val) / 'images', tensor)",
        "train_set, val_set = datasets.ImageFolder(paths[0], tensor), datasets.ImageFolder(paths[1], tensor)",
        "train_set, val_set = (datasets.ImageFolder(f'd/{one}', tensor) for one in ('train', 'val'))",
    ],
)
def test_held_out_data_is_no_training_data(data: str) -> None:
    text = SHARE.format(data=data, told="share(val_loader, len(val_set))")
    assert "TUN801" not in [one.code for one in lint_source(text, "x.py").findings]


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("val_loader = DataLoader(val_set", "train_part_loader = val_loader = DataLoader(val_set"),
        ("share(val_loader", "share(val_loader, 1), share(DataLoader(Pictures(noisy)), 1), share(val_loader"),
        ("train_loader = DataLoader(train_set", "train_loader = DataLoader(train_set, sampler=order"),
        ("val_loader = DataLoader(val_set", "val_loader = DataLoader(val_set, sampler=order"),
        (
            "net(x), y).backward()",
            "net(x), y).backward()\n    share(val_loader, 1)\nfor x, y in DataLoader(folds):\n    "
            "for x, y in DataLoader(Pictures(noisy)):\n        nn.functional.cross_entropy(net(x), y).backward()",
        ),
    ],
)
def test_training_data_may_be_measured_beside_others(written: str, instead: str) -> None:
    data = "train_set = Pictures(paths)\n_, val_set = random_split(train_set, [0.8, 0.2])"
    text = SHARE.format(data=data, told="share(val_loader, len(val_set))")
    assert "TUN801" in [one.code for one in lint_source(text, "x.py").findings]
    assert written in text
    assert "TUN801" not in [one.code for one in lint_source(text.replace(written, instead, 1), "x.py").findings]


KEPT = """
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
    {before}score = train(model, optimizer)
    {keep}
{use}
"""
CHOSEN = "model.load_state_dict(max(states, key=lambda s: s[0])[1])"


@pytest.mark.parametrize(
    ("before", "keep", "use"),
    [
        ("", "states.append((score, copy.deepcopy(model.state_dict())))", CHOSEN),
        ("", "states.append(copy.deepcopy((score, model.state_dict())))", CHOSEN),
        ("", "states.append((score, {k: v.clone() for k, v in model.state_dict().items()}))", CHOSEN),
        ("model, optimizer = build()\n    ", "states.append((score, model.state_dict()))", CHOSEN),
        ("", "states = [(score, model.state_dict())]\n    torch.save(states, 'last.pt')", ""),
        ("", "kept = copy.deepcopy({'net': model.state_dict(), 'score': score})", "model.load_state_dict(kept['net'])"),
        (
            "",
            "kept = model.state_dict()\n    for name in kept:\n        kept[name] = kept[name].clone()",
            "model.load_state_dict(kept)",
        ),
        (
            "",
            "kept = dict(model.state_dict())\n    for name, one in kept.items():\n        kept[name] = one.clone()",
            "model.load_state_dict(kept)",
        ),
    ],
)
def test_weights_that_are_copied_are_kept(before: str, keep: str, use: str) -> None:
    text = KEPT.format(before=before, keep=keep, use=use)
    assert not lint_source(text, "x.py").findings


FOLDS = """
import copy
import numpy as np
import torch
from sklearn.model_selection import KFold, TimeSeriesSplit
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms

data = datasets.ImageFolder("d", transforms.Compose([transforms.Resize((32, 32)), transforms.ToTensor()]))

def build():
    return nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))

def run(net, train_rows, val_rows):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net.train()
    for x, y in DataLoader(Subset(data, train_rows), 32, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        return np.mean([(net(x).argmax(1) == y).float().mean() for x, y in DataLoader(Subset(data, val_rows), 32)])

def fresh(net, *rows):
    net.load_state_dict(initial)
    return run(net, *rows)

net = build()
initial = copy.deepcopy(net.state_dict())
"""


@pytest.mark.parametrize(
    "scores",
    [
        "[run(build(), train, val) for train, val in KFold(5).split(data.samples)]",
        "[fresh(net, train, val) for train, val in KFold(5).split(data.samples)]",
        "[run(copy.deepcopy(net), train, val) for train, val in KFold(5).split(data.samples)]",
        "[run(net, train, val) for train, val in TimeSeriesSplit(5).split(data.samples)]",
        "[run(net, *list(KFold(5).split(data.samples))[0]) for epoch in range(3)]",
        "[run(one, train, val) for one, (train, val) in zip([build(), build()], KFold(2).split(data.samples))]",
    ],
)
def test_each_fold_of_a_comprehension_has_a_model_of_its_own(scores: str) -> None:
    assert "TUN808" not in [one.code for one in lint_source(FOLDS + scores, "x.py").findings]


SETS = "\ntrain_set, val_set = Rows(train), Rows(val)"


@pytest.mark.parametrize(
    "split",
    [
        "train, val = train_test_split(frame, test_size=0.2)" + SETS,
        "train, _ = train_test_split(frame, random_state=7)\n_, val = train_test_split(frame, random_state=7)" + SETS,
        "rest, test = train_test_split(frame, random_state=1)\ntrain, val = train_test_split(rest, random_state=2)"
        + SETS,
        "rest, val = train_test_split(frame, random_state=1)\ntrain, test = train_test_split(rest, random_state=2)"
        + SETS,
        "train, _ = train_test_split(frame, shuffle=False)\n_, val = train_test_split(frame, shuffle=False)" + SETS,
        "np.random.seed(0)\ntrain, _ = train_test_split(frame)\nnp.random.seed(0)\n_, val = train_test_split(frame)"
        + SETS,
        "train, _ = train_test_split(frame)\nseed(0)\n_, val = train_test_split(frame)" + SETS,
        "train, _ = train_test_split(frame, random_state=seed)\n_, val = train_test_split(frame, random_state=seed)"
        + SETS,
        "train, _ = train_test_split(frame, **prepared)\n_, val = train_test_split(frame, **prepared)" + SETS,
        "_, val = train_test_split(frame, random_state=1)\nframe.drop(val.index, inplace=True)\n"
        "train, _ = train_test_split(frame, random_state=2)" + SETS,
        "_, val = train_test_split(frame, random_state=1)\nframe = frame.drop(val.index)\n"
        "train, _ = train_test_split(frame, random_state=2)" + SETS,
        "train, _ = train_test_split(frame, random_state=1)\n_, val = train_test_split(frame, random_state=2)\n"
        "val = val[~val.index.isin(train.index)]" + SETS,
        "train, _ = train_test_split(frame, random_state=1)\n_, val = train_test_split(prepared, random_state=2)"
        + SETS,
        "full, order = Rows(frame), list(range(90))\na, b = train_test_split(order, random_state=3)\n"
        "train_set, val_set = Subset(full, a), Subset(full, b)",
    ],
)
def test_arrays_that_are_split_once_are_apart(split: str) -> None:
    assert not lint_source(DRAWN.format(split=split), "x.py").findings


@pytest.mark.parametrize(
    "path",
    [
        "Path('d') / '{}'",
        "Path(root) / '{}' / 'images'",
        "Path(root, '{}')",
        "Path('d').joinpath('{}')",
        "str(Path(root) / '{}')",
        "os.path.join(root, '{}')",
        "root + '/{}'",
        "'%s/{}' % root",
        "f'{{root}}/{}'",
        "root.{}",
        "root['{}']",
        "folder('{}')",
    ],
)
def test_folders_of_two_names_are_two(path: str) -> None:
    folders = ", ".join(f"datasets.ImageFolder({path.format(part)}, tensor)" for part in ("train", "val"))
    data = f"import os\nfrom pathlib import Path\nfrom project import folder, root\ntrain_set, val_set = {folders}"
    text = SHARE.format(data=data, told="share(val_loader, len(val_set))")
    assert not lint_source(text, "x.py").findings


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
TARGETS = {
    "an array that is resized in place": """
        X = np.random.rand(100, 8)
        y = np.random.rand(100)
        y.resize((100, 1))
    """,
    "an attribute of a table": """
        df = pd.read_csv("a.csv")
        df.target = df[["y"]]
        X = df.drop("y", axis=1).values
        y = df.target.values
    """,
    "column as table": """
        df = pd.read_csv("a.csv")
        X = df.drop("y", axis=1).values
        y = df[["y"]].values
    """,
    "iloc slice": """
        df = pd.read_csv("a.csv")
        X = df.iloc[:, :-1].values
        y = df.iloc[:, -1:].values
    """,
    "reshape": """
        df = pd.read_csv("a.csv")
        X = df.drop("y", axis=1).values
        y = df["y"].values.reshape(-1, 1)
    """,
    "newaxis": """
        df = pd.read_csv("a.csv")
        X = df.drop("y", axis=1).values
        y = df["y"].values[:, np.newaxis]
    """,
    "none": """
        X = np.random.rand(100, 8)
        y = X[:, 0][:, None]
    """,
    "expand": """
        X = np.random.rand(100, 8)
        y = np.expand_dims(X.sum(axis=1), 1)
    """,
    "keepdims": """
        X = np.random.rand(100, 8)
        y = X.sum(axis=1, keepdims=True)
    """,
    "to_frame": """
        df = pd.read_csv("a.csv")
        X = df.drop("y", axis=1).values
        y = df["y"].to_frame().values
    """,
    "scaled": """
        df = pd.read_csv("a.csv")
        X = df.drop("y", axis=1).values
        y = StandardScaler().fit_transform(df["y"].values.reshape(-1, 1))
    """,
    "two columns of headers": """
        df = pd.read_csv("a.csv", header=[0, 1])
        X = df.drop("y", axis=1).values
        y = df["y"].values
    """,
    "several targets": """
        X, y = datasets.make_regression(n_samples=100, n_features=8, n_targets=1, coef=True)[:2]
    """,
    "windows": """
        scaled = MinMaxScaler().fit_transform(pd.read_csv("a.csv")[["Close"]])
        xs, ys = [], []
        for i in range(8, len(scaled)):
            xs.append(scaled[i - 8:i, 0])
            ys.append(scaled[i])
        X, y = np.array(xs), np.array(ys)
    """,
    "stacked lists": """
        df = pd.read_csv("a.csv")
        df["v"] = df["v"].apply(eval)
        X = np.stack(df["v"].values)
        y = np.array(df["y"].tolist())
    """,
    "written target": """
        df = pd.read_csv("a.csv")
        X = df.drop("y", axis=1).values
        y = df["y"].values
        y = np.stack([y], axis=1)
    """,
    "groups": """
        df = pd.read_csv("a.csv")
        X = df.groupby("k").mean().values
        y = df.groupby("k")["y"].mean().values.reshape(len(X), 1)
    """,
    "where": """
        X = np.random.rand(100, 8)
        y = np.where(X[:, :1] > 0.5, 1.0, 0.0)
    """,
    "c_": """
        X = np.random.rand(100, 8)
        y = np.c_[X[:, 0]]
    """,
    "matmul": """
        X = np.random.rand(100, 8)
        y = X @ np.random.rand(8, 1) + np.random.rand(100, 1)
    """,
    "data frame": """
        df = pd.DataFrame(np.random.rand(100, 9), columns=pd.MultiIndex.from_product([["a", "y"], [1]]))
        X = df.values
        y = df["y"].values
    """,
    "apply series": """
        df = pd.read_csv("a.csv")
        X = df.drop("y", axis=1).values
        y = df["y"].apply(lambda v: pd.Series([v])).values
    """,
    "row of lists": """
        df = pd.read_csv("a.csv")
        df["y"] = df["y"].apply(eval)
        X = df.drop("y", axis=1).values
        y = torch.stack([torch.tensor(v) for v in df["y"].values])
    """,
}


@pytest.mark.parametrize("name", TARGETS)
def test_targets_of_two_dimensions(name: str) -> None:
    data = (
        "x, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)\ndata = TensorDataset(x, y)"
    )
    found = lint_source(
        TABLES
        + dedent(TARGETS[name])
        + data
        + """
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters())
for x, y in DataLoader(data, 16, shuffle=True):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
""",
        "x.py",
    )
    assert (found.findings, found.problems) == ((), ())


SET = """
import argparse

import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--size", type=int, default=64)
parser.set_defaults(width=8 * 32 * 32)
args = parser.parse_args()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1, stride=2)
        self.fc = nn.Linear(8 * 16 * 16, 10)

    def forward(self, x):
        return self.fc(torch.relu(self.conv(x)).view(x.size(0), -1))


print(Net()(torch.randn(4, 3, args.size, args.size)))
print(nn.Linear(100, 10)(torch.randn(4, args.width)))
print(nn.Linear(100, 10)(torch.randn(args.size, 8192)))
"""


def test_a_size_that_a_default_alone_makes_wrong_is_left_alone() -> None:
    """Torch refuses the last line whatever is set, the two before it by the defaults only."""
    found = lint_source(SET, "train.py").findings
    last = SET.count("\n")
    assert [(finding.code, finding.line) for finding in found] == [("TUN704", last)]
    plain = lint_source(SET.replace("args.size", "64").replace("args.width", "8192"), "train.py").findings
    assert {(finding.code, finding.line) for finding in plain} >= {("TUN701", 20), ("TUN704", last - 1)}


PICKED = """
from torch import nn
from torchvision import models

{}

def build(arch):
    {}
    return model
"""
HEADS = """
def head(model, arch):
    name = arch.lower()
    if "resnet" in name:
        model.fc = nn.Linear(512, 3)
    elif name.startswith(("vgg", "alex")):
        model.classifier[6] = nn.Linear(4096, 3)
    elif name in ("densenet121", "densenet169"):
        model.classifier = nn.Linear(1024, 3)
"""
CHAINS = {
    "one of three": """
    name = arch.lower()
    if name == "resnet18":
        model = models.resnet18()
    elif name == "vgg16":
        model = models.vgg16()
    elif name == "densenet121":
        model = models.densenet121()
    else:
        raise ValueError(arch)
    head(model, name)""",
    "none that fits": """
    if arch == "vgg16":
        model = models.vgg16()
    elif arch == "efficientnet_b0":
        model = models.efficientnet_b0()
    if "resnet" in arch:
        model.fc = nn.Linear(512, 3)""",
    "an else": """
    if arch == "resnet18":
        model = models.resnet18()
    else:
        model = models.vgg16()
    if arch.startswith("resnet"):
        model.fc = nn.Linear(512, 3)""",
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_text_that_chooses_a_model_chooses_its_head(name: str) -> None:
    assert lint_source(PICKED.format(HEADS, CHAINS[name]), "build.py").findings == ()


def test_a_head_of_the_wrong_name_is_told_where_no_text_chooses() -> None:
    text = PICKED.format("", "model = models.vgg16()\n    if arch:\n        model.fc = nn.Linear(512, 3)")
    assert [finding.code for finding in lint_source(text, "build.py").findings] == ["TUN202"]
    text = PICKED.format("", 'if "vgg" in arch:\n        model = models.vgg16()\n        model.fc = nn.Linear(512, 3)')
    assert [finding.code for finding in lint_source(text, "build.py").findings] == ["TUN202"]


EXCLUDED = """
import torch
from torch import nn


def run(arch):
    width = 3
    if arch == "wide18":
        width = 5
    if {}:
        features = width
    else:
        features = 3
    nn.Linear(5, 3)(torch.zeros(4, features))
"""


@pytest.mark.parametrize(
    ("test", "excludes"),
    [
        ('"deep" in arch', True),
        ('"wide" not in arch', True),
        ('arch.lower().strip().endswith("50")', True),
        ('arch in ("deep18", "deep50")', True),
        ('"wide" in arch', False),
        ('arch.startswith(("deep", "wide"))', False),
        ('arch.lower() in ["wide18"]', False),
    ],
)
def test_tests_of_a_text_exclude_each_other(test: str, excludes: bool) -> None:
    """Where the first is excluded, the width is known, and torch refuses it."""
    found = [finding.code for finding in lint_source(EXCLUDED.format(test), "train.py").findings]
    assert found == (["TUN704"] if excludes else [])


HOOKS = {
    "of an object": """
class Rollout:
    def __init__(self, model):
        self.model, self.kept = model, []
        for name, module in self.model.named_modules():
            if "attn_drop" in name:
                module.register_forward_hook(self.keep)

    def keep(self, module, inputs, output):
        self.kept.append(output.cpu())

    def __call__(self, image):
        self.kept = []
        self.model(image)
        return rollout(self.kept)


Rollout(torch.load("model.pth")[0])(torch.rand(1, 3, 224, 224))
""",
    "of the file": """
kept = []


def keep(module, inputs, output):
    kept.append(output)


model = models.vit_b_16()
model.encoder.layers[0].self_attention.register_forward_hook(keep)
kept.clear()
model(torch.rand(1, 3, 224, 224))
rollout(kept)
""",
}


HOOKS["of an object around parts that are not seen"] = HOOKS["of an object"].replace(
    'torch.load("model.pth")[0]', 'torch.nn.Sequential(torch.hub.load("a/b", "vit"), torch.nn.Linear(384, 2))'
)


@pytest.mark.parametrize("kind", HOOKS)
def test_a_hook_fills_a_list_with_each_pass(kind: str) -> None:
    text = """
import torch
from torchvision import models


def rollout(attentions):
    result = torch.eye(attentions[0].size(-1))
    for attention in attentions:
        result = torch.matmul(attention, result)
    return result[0, 0, 1:]

"""
    assert lint_source(text + HOOKS[kind], "rollout.py").findings == ()
    known = lint_source(text + "rollout([torch.rand(3, 3)])\n", "rollout.py").findings
    assert [finding.code for finding in known] == ["TUN705"]


def test_a_copy_of_one_of_two_models_has_parameters_of_its_own() -> None:
    text = """
import copy

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.scale = nn.Parameter(torch.ones(2))

    def forward(self, x):
        return self.fc(x) * self.scale


class Agent:
    def __init__(self, duel):
        if duel:
            self.net = Net()
        else:
            self.net = Net()
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=1e-3)
        self.target = copy.deepcopy(self.net)
        for weight in self.target.parameters():
            weight.requires_grad = False

    def train(self):
        x = torch.zeros(32, 4)
        with torch.no_grad():
            wanted = self.target(x)
        self.optimizer.zero_grad()
        nn.functional.mse_loss(self.net(x), wanted).backward()
        self.optimizer.step()
"""
    assert lint_source(text, "agent.py").findings == ()


def test_the_best_weights_that_are_saved_at_once_are_safe() -> None:
    text = """
import torch
from torch import nn

from project import loader, score

model = nn.Linear(3, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
best = 0
for epoch in range(10):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    if score() > best:
        best = score()
        checkpoint = {"epoch": epoch, "model": model.state_dict()}
        torch.save(checkpoint, "best.pt")
    torch.save(checkpoint, f"epoch{epoch}.pt")
"""
    assert lint_source(text, "train.py").findings == ()
    for mistake in (
        text.replace('        torch.save(checkpoint, "best.pt")\n', ""),
        text + "model.load_state_dict(checkpoint['model'])\n",
    ):
        assert [finding.code for finding in lint_source(mistake, "train.py").findings] == ["TUN805"]


TRAINER = """
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

from project import settings, train_data

model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased")
args = TrainingArguments(output_dir="x", {})
trainer = Trainer(model=model, args=args, train_dataset=train_data, eval_dataset=train_data)
trainer.train()
{}
"""


@pytest.mark.parametrize(
    ("given", "after", "finds"),
    [
        ("num_train_epochs=1", "", []),
        ('eval_strategy="no"', "trainer.save_model()", []),
        ("num_train_epochs=1", "trainer.evaluate()", ["TUN801"]),
        ('eval_strategy="epoch"', "", ["TUN801"]),
        ("**settings", "", ["TUN801"]),
    ],
)
def test_a_trainer_that_never_evaluates_validates_nothing(given: str, after: str, finds: list[str]) -> None:
    found = lint_source(TRAINER.format(given, after), "train.py").findings
    assert [finding.code for finding in found] == finds


def test_what_a_method_counts_is_not_what_it_began_with() -> None:
    """Others fill the memory before they train; what nothing changes stays as it is."""
    text = """
import torch


class Memory:
    def __init__(self, room):
        self.size, self.least, self.room = 0, 0, room
        self.size = 0
        self.states = torch.zeros((room, 4))

    def add(self, state):
        self.states[self.size] = state
        self.size += 1

    def sample(self, count):
        return self.states[torch.randint(0, self.size, (count,))]


class Agent:
    def __init__(self):
        self.memory = Memory(1000)
        self.memory.owner = self

    def train(self):
        print(self.memory.sample(32))
"""
    assert lint_source(text, "agent.py").findings == ()
    empty = lint_source(text.replace("randint(0, self.size", "randint(0, self.least"), "agent.py").findings
    assert [finding.code for finding in empty] == ["TUN705"]


def test_the_sizes_in_a_message_multiply_to_the_features() -> None:
    text = """
import torch
from torch import nn

x = nn.Conv2d(1, 8, 3, padding=1)(torch.rand(2, 1, 20, 40))
b, c, t, f = x.size()
nn.Linear(100, 10)(x.transpose(1, 2).contiguous().view(b, t, c * f))
nn.Linear(100, 10)(x.flatten(1))
"""
    told = {finding.line: finding.message for finding in lint_source(text, "net.py").findings}
    assert "8*40 = 320" in told[7]
    assert "8*20*40 = 6400" in told[8]


def test_a_model_that_nobody_trains_may_be_there_for_its_features() -> None:
    text = """
import torch
from torch import nn
from transformers import AutoModel


class Features(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = AutoModel.from_pretrained("bert-base-uncased")
        self.fc = nn.Linear(768, 2)

    def forward(self, ids):
        return self.model(ids)[0]

"""
    assert lint_source(text, "model.py").findings == ()
    trained = (
        text
        + """
def run(loader):
    model = Features()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
"""
    )
    assert [finding.code for finding in lint_source(trained, "model.py").findings] == ["TUN202"]


def test_a_layer_whose_weights_are_set_may_be_put_into_others_where_it_runs() -> None:
    text = """
import torch
from torch import nn


class Match(nn.Module):
    def forward(self, features, patches):
        layer = nn.Conv2d(8, 16, 2, bias=False)
        # set
        return torch.argmax(nn.Sequential(layer)(features), 1)
"""
    given = text.replace("# set", "layer.weight = nn.Parameter(patches)")
    assert lint_source(given, "match.py").findings == ()
    assert {finding.code for finding in lint_source(text, "match.py").findings} == {"TUN209"}


def test_what_an_optimizer_may_hold_is_not_surely_trained() -> None:
    text = """
import torch
from torch import nn
from transformers import AutoModel

from project import head, head_weights, loader

bert = AutoModel.from_pretrained("bert-base-uncased")
optimizer = torch.optim.AdamW(head_weights(), lr=2e-5)
for ids, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(head(bert(ids).last_hidden_state[:, 0]), y).backward()
    optimizer.step()
"""
    assert lint_source(text, "train.py").findings == ()
    trained = lint_source(text.replace("head_weights()", "bert.parameters()"), "train.py").findings
    assert [finding.code for finding in trained] == ["TUN511"]


def test_a_few_layers_of_a_model_whose_others_are_not_seen_are_not_most_of_it() -> None:
    text = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, depths):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3)
        self.inside = self.put_together(depths)
        self.inside = self.put_together(depths)
        self.inside = self.put_together(depths)
        self.fc = nn.Linear(8, 2)

    def put_together(self, depths):
        made = []
        for depth in depths:
            FILLER
            made.append(nn.Conv2d(8, 8, 3))
        return nn.Sequential(*made)


def build(depths, weights):
    model = Net(depths)
    model.load_state_dict(torch.load(weights, weights_only=True))
    nn.init.kaiming_normal_(model.stem.weight)
    nn.init.kaiming_normal_(model.fc.weight)
    return model
"""
    short = text.replace("            FILLER\n", "").replace("        self.inside = self.put_together(depths)\n", "")
    assert [one.code for one in lint_source(short, "net.py").findings] == ["TUN108"]
    long = text.replace("FILLER", "\n            ".join(["depth = depth + 1"] * 40))
    assert lint_source(long, "net.py").findings == ()


@pytest.mark.parametrize(("check", "finds"), [("pass", ["TUN704"]), ("assert x.shape[1] == 8", [])])
def test_what_a_model_refuses_itself_does_not_come_to_its_layers(check: str, finds: list[str]) -> None:
    text = f"""
import torch
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 2)

    def forward(self, x):
        {check}
        return self.fc(x)


Head()(torch.zeros(4, 16))
"""
    assert [one.code for one in lint_source(text, "head.py").findings] == finds


@pytest.mark.parametrize(("change", "finds"), [("pass", ["TUN701"]), ("model.head[0] = nn.Linear(8, 4)", [])])
def test_a_class_is_not_run_as_built_where_its_objects_get_other_layers(change: str, finds: list[str]) -> None:
    text = f"""
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Sequential(nn.Linear(8 * 6 * 6, 4), nn.ReLU(), nn.Linear(4, 2))

    def forward(self, x):
        x = self.pool(self.conv(x))
        return self.head(x.view(x.size(0), 8))


def net():
    model = Net()
    {change}
    return model
"""
    assert [one.code for one in lint_source(text, "net.py").findings] == finds


@pytest.mark.parametrize("kept", ["losses, weights", "[losses, weights]"])
def test_the_backward_of_what_has_none_is_not_forgotten(kept: str) -> None:
    text = f"""
import torch
from torch import nn

from project import loader


def loss_of(outputs, y):
    losses = nn.functional.cross_entropy(outputs, y)
    weights = losses.detach()
    return {kept}


model = nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in loader:
    loss = loss_of(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
    assert "TUN503" not in {one.code for one in lint_source(text, "train.py").findings}
    forgotten = text.replace("    loss.backward()\n", "")
    assert "TUN503" in {one.code for one in lint_source(forgotten, "train.py").findings}


@pytest.mark.parametrize(("part", "finds"), [("", ["TUN506"]), ("gan.second.eval()", []), ("gan.eval()", [])])
def test_a_part_that_stays_in_training_mode_while_another_is_switched_is_meant_to(part: str, finds: list[str]) -> None:
    text = f"""
import torch
from torch import nn
from torch.utils.data import DataLoader

from project import Table

loader = DataLoader(Table("train"), 8, shuffle=True)
checks = DataLoader(Table("val"), 8)


class Both(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
        self.second = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))


gan = Both()
optimizer = torch.optim.SGD(gan.parameters(), lr=0.1)
for epoch in range(10):
    gan.train()
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.mse_loss(gan.second(gan.first(x)), y).backward()
        optimizer.step()
    with torch.no_grad():
        {part or "pass"}
        for x, y in checks:
            print(nn.functional.mse_loss(gan.first(x), y))
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == finds


@pytest.mark.parametrize(("loop", "finds"), [("while x.size(2) > 2", []), ("for _ in range(2)", ["TUN704"])])
def test_what_a_loop_computes_that_goes_on_is_not_what_two_passes_give(loop: str, finds: list[str]) -> None:
    text = f"""
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.MaxPool1d(3, 2)
        self.fc = nn.Linear(16, 2)

    def forward(self, x):
        {loop}:
            x = self.pool(nn.functional.pad(x, (0, 1)))
        return self.fc(x.squeeze(-1))


print(Net()(torch.randn(8, 16, 1600)).shape)
"""
    assert [one.code for one in lint_source(text, "net.py").findings] == finds


@pytest.mark.parametrize(("steps", "finds"), [("1", []), ("4", ["TUN502"])])
@pytest.mark.parametrize("given", ["accumulate = {}", "accumulate = Config().accumulate"])
def test_every_single_batch_is_not_every_few(given: str, steps: str, finds: list[str]) -> None:
    text = f"""
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models
from torchvision.datasets import FakeData


class Config:
    accumulate = {steps}


{given.format(steps)}
model = models.resnet18()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step, (x, y) in enumerate(DataLoader(FakeData(), 4, shuffle=True)):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    if (step + 1) % accumulate == 0:
        optimizer.step()
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == finds


@pytest.mark.parametrize(
    ("other", "finds"),
    [("few == 1", []), ("step == 1", ["TUN502"]), ("step + 1 == len(loader)", ["TUN502"])],
)
def test_every_few_batches_may_be_every_one(other: str, finds: list[str]) -> None:
    text = f"""
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models
from torchvision.datasets import FakeData

from project import few

model = models.resnet18()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loader = DataLoader(FakeData(), 4, shuffle=True)
for step, (x, y) in enumerate(loader):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    if (step + 1) % few == 0 or {other}:
        optimizer.step()
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == finds


@pytest.mark.parametrize(("used", "finds"), [("hidden", []), ("self.drop(hidden)", ["TUN506"])])
def test_dropout_that_no_pass_goes_through_distorts_nothing(used: str, finds: list[str]) -> None:
    text = f"""
import torch
from torch import nn
from torch.utils.data import DataLoader

from project import Table


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, 16, 1, batch_first=True)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(16, 2)

    def forward(self, x):
        _, (hidden, _) = self.lstm(x)
        return self.fc({used})


model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loader, checks = DataLoader(Table("train"), 8, shuffle=True), DataLoader(Table("val"), 8)
for epoch in range(10):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        for x, y in checks:
            print(nn.functional.mse_loss(model(x), y))
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == finds


def test_a_class_whose_objects_get_other_layers_still_reads_its_own() -> None:
    text = """
from torch import nn
from torchvision.models import resnet18


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = resnet18()
        self.model.head = nn.Linear(512, 2)

    def forward(self, x):
        return self.model.head(self.model(x))


def build():
    net = Net()
    net.model.fc = nn.Identity()
    return net
"""
    assert lint_source(text, "net.py").findings == ()
    unread = text.replace("self.model.head(self.model(x))", "self.model(x)")
    assert [one.code for one in lint_source(unread, "net.py").findings] == ["TUN202"]


def test_a_layer_that_a_library_model_has_as_well_may_be_read_there() -> None:
    text = """
import torch
from torch import nn
from transformers import AutoModelForSequenceClassification


class Net(nn.Module):
    def __init__(self, bert):
        super().__init__()
        self.bert = bert
        self.fc = nn.Linear(768, 2)
        self.bert.classifier = self.fc

    def forward(self, ids):
        return self.bert(ids).logits


model = Net(AutoModelForSequenceClassification.from_pretrained("bert-base-uncased"))
model.train()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)
for ids, labels in [(torch.zeros(2, 9).long(), torch.tensor([0, 1]))]:
    nn.functional.cross_entropy(model(ids), labels).backward()
    optimizer.step()
"""
    assert lint_source(text, "train.py").findings == ()
    unread = text.replace("        self.bert.classifier = self.fc\n", "")
    assert [one.code for one in lint_source(unread, "train.py").findings] == ["TUN202"]


def test_a_model_that_is_taken_apart_is_asked_for_its_parts() -> None:
    text = """
import timm
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = timm.create_model("eca_nfnet_l0", pretrained=True)
        width = self.backbone.head.fc.in_features
        self.backbone.classifier = nn.Sequential(nn.Linear(width, 9))
        self.encoder = nn.Sequential(*list(self.backbone.children())[:-2])
        self.head = nn.Linear(width, 9)

    def forward(self, x):
        return self.head(self.encoder(x).mean((2, 3)))


print(Net()(torch.rand(2, 3, 224, 224)).shape)
"""
    assert lint_source(text, "net.py").findings == ()
    whole = text.replace("self.encoder(x).mean((2, 3))", "self.backbone(x)")
    assert [one.code for one in lint_source(whole, "net.py").findings][:1] == ["TUN202"]


TWO_PARTS = """
import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, models, transforms


def training():
    return transforms.Compose([transforms.Resize((224, 224)), transforms.ToTensor()])


def validation():
    return transforms.Compose([transforms.Resize((224, 224)), transforms.{}])


data = datasets.ImageFolder("data")
train, val = random_split(data, [0.8, 0.2])
train.dataset.transform = training()
val.dataset.transform = validation()
model = models.resnet18(weights="DEFAULT")
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
for x, y in DataLoader(train, 8, shuffle=True):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
model.eval()
with torch.no_grad():
    for x, y in DataLoader(val, 8):
        print((model(x).argmax(1) == y).sum())
"""


@pytest.mark.parametrize(("last", "finds"), [("ToTensor()", []), ("PILToTensor()", ["TUN803"])])
def test_two_transforms_that_do_the_same_may_take_each_others_place(last: str, finds: list[str]) -> None:
    assert [one.code for one in lint_source(TWO_PARTS.format(last), "train.py").findings] == finds


KEPT_ELSEWHERE = """
import torch
from torch import nn
from torch.utils.data import DataLoader

from project import Pictures

device = "cuda" if torch.cuda.is_available() else "cpu"


def train_epoch(model, loader, optimizer):
    model.to(device)
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x.to(device)), y.to(device)).backward()
        optimizer.step()


model = nn.Linear(9, 3){built}
best = model.state_dict(){kept}
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loader = DataLoader(Pictures(), 8, shuffle=True)
for epoch in range(9):
    train_epoch(model, loader, optimizer)
{moved}torch.save(best, "best.pt")
"""


@pytest.mark.parametrize(
    ("built", "kept", "moved", "finds"),
    [
        ("", "", "", []),
        (".to(device)", "", "", ["TUN805"]),
        (".to(device)", "", "model.cpu()\n", ["TUN805"]),  # the dict has changed by then
        ("", "\nmodel.cuda()", "", []),
    ],
)
def test_a_state_dict_does_not_follow_its_model_to_another_device(
    built: str, kept: str, moved: str, finds: list[str]
) -> None:
    text = KEPT_ELSEWHERE.replace("{built}", built).replace("{kept}", kept).replace("{moved}", moved)
    assert [one.code for one in lint_source(text, "train.py").findings] == finds


FROZEN = """
import argparse

import torch
from torch import nn
from torchvision import models

parser = argparse.ArgumentParser()
parser.add_argument("--tune", type=bool, default=False)
args = parser.parse_args()
encoder = nn.Sequential(*list(models.resnet18(weights="DEFAULT").children())[:-1])
for parameter in encoder.parameters():
    parameter.requires_grad = False
wanted = filter(lambda p: p.requires_grad, encoder.parameters())
optimizer = torch.optim.Adam(wanted, lr=1e-4){}
"""


@pytest.mark.parametrize(("end", "finds"), [(" if args.tune else None", []), ("", ["TUN303"])])
def test_an_optimizer_that_may_not_be_built_refuses_nothing(end: str, finds: list[str]) -> None:
    assert [one.code for one in lint_source(FROZEN.format(end), "train.py").findings] == finds


def test_a_recurrent_layer_may_get_one_sequence_without_a_batch() -> None:
    text = """
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Fused(Dataset):
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return self.rows[index], torch.tensor(index % 3, dtype=torch.long)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1024, 64, batch_first=True)
        self.fc = nn.Linear(64, 3)

    def forward(self, x):
        x, _ = self.lstm(x)
        return self.fc(x)


model = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters())
for x, y in DataLoader(Fused(torch.load("rows.pt")), 8, shuffle=True):
    optimizer.zero_grad()
    criterion(model(x), y).backward()
    optimizer.step()
"""
    assert lint_source(text, "train.py").findings == ()
    of_steps = text.replace("return self.rows[index],", "return torch.zeros(9, 1024),")
    assert [one.code for one in lint_source(of_steps, "train.py").findings] == ["TUN705"]


def test_whoever_calls_a_method_may_go_back_before() -> None:
    text = """
import torch
from torch import nn
from torch.optim import Optimizer


class Outer:
    def __init__(self, model: nn.Module, optimizer: Optimizer, train_loader, criterion: nn.Module):
        self.model, self.optimizer = model, optimizer
        self.train_loader, self.criterion = train_loader, criterion

    def zero_grad(self):
        self.optimizer.zero_grad()

    def evaluate(self):
        total = 0.0
        for inputs, outputs in self.train_loader:
            total += self.criterion(self.model(inputs), outputs)
        return total / len(self.train_loader)

    def step(self):
        self.optimizer.step()
        return self.evaluate()
"""
    assert lint_source(text, "outer.py").findings == ()
    within = text.replace("        self.optimizer.step()", "        self.zero_grad()\n        self.optimizer.step()")
    assert [one.code for one in lint_source(within, "outer.py").findings] == ["TUN503"]


@pytest.mark.parametrize(
    ("name", "finds"),
    [("requires_autograd", []), ("require_grad", ["TUN302"]), ("requires_gard", ["TUN302"]),
     ("requires_gradient", ["TUN302"])],
)  # fmt: skip
def test_another_word_is_no_misspelling(name: str, finds: list[str]) -> None:
    text = f"""
import torch
from torchvision import models

model = models.resnet18(weights="DEFAULT")
for parameter in model.layer1.parameters():
    parameter.{name} = False
"""
    assert [one.code for one in lint_source(text, "net.py").findings] == finds


def test_a_method_finds_what_another_one_may_have_set() -> None:
    text = """
import torch


class Buffer:
    def __init__(self):
        self.rows = torch.zeros(100, 8)
        self.width = 4

    def reset(self):
        self.width = 4

    def widen(self):
        self.width = 8

    def sample(self):
        return self.rows.view(100, self.width * 2, -1) + torch.zeros(100, 16, 1)
"""
    assert lint_source(text, "buffer.py").findings == ()
    unset = text.replace("        self.width = 8", "        return self.width")
    unset = unset.replace("    def reset(self):\n        self.width = 4\n\n", "")
    assert [one.code for one in lint_source(unset, "buffer.py").findings] == ["TUN705"]


def test_a_tensor_made_to_be_trained_gives_others_of_other_dtypes() -> None:
    text = """
import torch

scores = torch.rand(4, 2, 9)
tags = torch.empty(2, 4, requires_grad=True).long()
print(torch.gather(scores, 2, tags.transpose(1, 0).view(4, 2, 1)))
"""
    assert lint_source(text, "tags.py").findings == ()
    of_floats = text.replace(".long()", ".float()")
    assert [one.code for one in lint_source(of_floats, "tags.py").findings] == ["TUN705"]


def test_what_a_finally_switches_on_again_is_put_back() -> None:
    text = """
import torch
from torchvision import models


def measure(bench, loader):
    model = models.resnet18(weights="DEFAULT")
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    try:
        bench.run(10)
    finally:
        for parameter in model.parameters():
            parameter.requires_grad_(True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for x, y in loader:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
"""
    assert lint_source(text, "bench.py").findings == ()
    at_once = text.replace("    try:\n        bench.run(10)\n    finally:\n", "").replace(
        "\n        for par", "\n    for par"
    )
    at_once = at_once.replace("            parameter.requires_grad_(True)", "        parameter.requires_grad_(True)")
    assert [one.code for one in lint_source(at_once, "bench.py").findings] == ["TUN308"]


EXPLAINER = """
import torch
from torch import nn
from torchvision import models


class Explainer:
    def __init__(self, loader):
        self.model, self.loader = models.resnet18(weights="DEFAULT"), loader

    def fit(self):
        optimizer = torch.optim.Adam(self.model.parameters())
        for x, y in self.loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(self.model(x), y).backward()
            optimizer.step()
{ends}
    def explain(self):
        self.model.eval()
        with torch.no_grad():
            for x, y in self.loader:
                print(self.model(x))
        optimizer = torch.optim.Adam(self.model.parameters())
        for x, y in self.loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(self.model(x), y).backward()
            optimizer.step()
"""


@pytest.mark.parametrize(("ends", "finds"), [("", []), ("        self.explain()\n", ["TUN505"])])
def test_methods_that_nobody_calls_have_no_order(ends: str, finds: list[str]) -> None:
    text = EXPLAINER.replace("{ends}", ends)
    assert [one.code for one in lint_source(text, "explain.py").findings] == finds


def test_a_rate_that_something_unknown_turns_off_is_decided_elsewhere() -> None:
    text = """
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x, training):
        p = self.p if training else 0.0
        return F.scaled_dot_product_attention(x, x, x, dropout_p=p)
"""
    assert lint_source(text, "attention.py").findings == ()
    always = text.replace(" if training else 0.0", "")
    assert [one.code for one in lint_source(always, "attention.py").findings] == ["TUN508"]


GAN = """
import torch
from torch import nn
from project import loader

judge = nn.Sequential(nn.Flatten(), nn.Linear(784, 1))
painter = nn.Sequential(nn.Linear(64, 784), nn.Tanh())
of_judge = torch.optim.Adam(judge.parameters(), lr=2e-4)
of_painter = torch.optim.Adam(painter.parameters(), lr=2e-4)
for x, _ in loader:
    fake = painter(torch.randn(8, 64))
    of_judge.zero_grad()
    (judge(fake.detach()) - judge(x)).mean().backward()
    of_judge.step()
    of_painter.zero_grad()
    {}.mean().backward()
    of_painter.step()
"""


@pytest.mark.parametrize(("loss", "finds"), [("-judge(fake)", []), ("-judge(x)", ["TUN503"])])
def test_two_optimizers_of_two_models_each_find_gradients(loss: str, finds: list[str]) -> None:
    assert [one.code for one in lint_source(GAN.format(loss), "train.py").findings] == finds


def test_a_schedule_is_drawn_beside_no_training() -> None:
    text = """
import torch
from torch import nn

probe = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=1.0)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(probe, T_max=3)
for _ in range(3):
    probe.step()
    schedule.step()
    print(schedule.get_last_lr())
"""
    assert lint_source(text, "draw.py").findings == ()


DRIVEN = """
import torch
from torch import nn
from torchvision import models


class Trainer:
    def __init__(self, train_loader, val_loader):
        self.model = models.resnet18(weights="DEFAULT")
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-4)
        self.train_loader, self.val_loader = train_loader, val_loader

    def train_epoch(self):
        for x, y in self.train_loader:
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(self.model(x), y).backward()
            self.optimizer.step()

    def validate(self):
        hits = 0
        with torch.no_grad():
            for x, y in self.val_loader:
                hits += (self.model(x).argmax(1) == y).sum().item()
        return hits

    def fit(self, epochs):
        for epoch in range(epochs):
            self.model.train()
            self.train_epoch()
            {}
            print(self.validate())
"""


@pytest.mark.parametrize(("between", "finds"), [("self.model.eval()", []), ("print(epoch)", ["TUN506"])])
def test_a_method_is_called_in_the_mode_that_its_caller_sets(between: str, finds: list[str]) -> None:
    assert [one.code for one in lint_source(DRIVEN.format(between), "trainer.py").findings] == finds


LEARNER = """
import torch
from torch import nn
from torchvision import models


class Learner:
    def __init__(self, loader):
        self.model = models.resnet18(weights="DEFAULT")
        self.model.fc = nn.Linear(512, 10)
        self.loader = loader

    def freeze(self):
        for p in self.model.parameters():
            p.requires_grad = False
{first}
    def build(self):
        trained = filter(lambda p: p.requires_grad, self.model.parameters())
        self.optimizer = torch.optim.Adam(trained, lr=1e-4)
{second}
    def unfreeze(self):
        for p in self.model.parameters():
            p.requires_grad = True

    def fit(self):
        for x, y in self.loader:
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(self.model(x), y).backward()
            self.optimizer.step()
"""


@pytest.mark.parametrize(
    ("first", "second", "finds"),
    [
        ("", "", []),
        ("        self.build()\n", "", ["TUN303"]),
        ("        self.model.fc.requires_grad_(True)\n        self.build()\n", "        self.unfreeze()\n", ["TUN304"]),
    ],
)
def test_who_uses_a_class_chooses_the_order_of_freezing(first: str, second: str, finds: list[str]) -> None:
    text = LEARNER.replace("{first}", first).replace("{second}", second)
    assert [one.code for one in lint_source(text, "learner.py").findings] == finds


@pytest.mark.parametrize(
    "test", ["in [models.ResNet, models.GoogLeNet]", "== models.ResNet", "is models.resnet.ResNet"]
)
@pytest.mark.parametrize(("build", "finds"), [("resnet50", []), ("vgg16", ["TUN202"])])
def test_the_type_of_a_model_is_its_class(test: str, build: str, finds: list[str]) -> None:
    text = f"""
import torch
from torch import nn
from torchvision import models

net = models.{build}(weights="DEFAULT")
if type(net) {test}:
    net.fc = nn.Linear(2048, 3)
else:
    net.classifier = nn.Linear(25088, 3)
    net.fc = nn.Linear(10, 10)
"""
    assert [one.code for one in lint_source(text, "net.py").findings] == finds


REINFORCED = """
import torch
from torch import nn


class Policy(nn.Module):
    def __init__(self, states, actions):
        super().__init__()
        self.kept = []
        self.by_step = {}
        self.model = nn.Linear(states, actions)

    def forward(self, x):
        return self.model(x).softmax(-1)

    def train_once(self, optimizer):
        %s
        optimizer.zero_grad()
        for reward, chance in %s:
            loss = -torch.log(chance) * reward
            loss.backward()
        optimizer.step()

    def keep(self, item):
        self.kept.append(item)
        self.by_step[len(self.kept)] = item
"""


@pytest.mark.parametrize("each", ["self.kept[::-1]", "self.by_step.values()"])
@pytest.mark.parametrize(("first", "finds"), [("pass", []), ("self.kept, self.by_step = [], {}", ["TUN503"])])
def test_another_method_fills_what_is_empty_at_first(first: str, finds: list[str], each: str) -> None:
    assert [one.code for one in lint_source(REINFORCED % (first, each), "policy.py").findings] == finds


RENEWED = """
import torch
from torch import nn
from torchvision import models


class Trainer:
    def __init__(self, loader):
        self.model, self.loader = models.resnet18(weights="DEFAULT"), loader
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01)
        %s

    def reload(self):
        self.model = models.resnet34(weights="DEFAULT")

    def fit(self):
        for x, y in self.loader:
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(self.model(x), y).backward()
            self.optimizer.step()
"""


@pytest.mark.parametrize(("then", "finds"), [("pass", []), ("self.reload()", ["TUN503"])])
def test_a_method_that_nobody_calls_may_not_have_put_another_model_there(then: str, finds: list[str]) -> None:
    assert [one.code for one in lint_source(RENEWED % then, "trainer.py").findings] == finds


@pytest.mark.parametrize(
    ("last", "finds"),
    [("optim.step(loss)", []), ("optim.step(closure)", []), ("optim.step()", ["TUN503"])],
)
def test_an_optimizer_that_is_given_the_loss_goes_back_itself(last: str, finds: list[str]) -> None:
    text = f"""
import torch


def adapt(net: torch.nn.Module, optim, steps, x, y, loss_func, closure):
    for _ in range(steps):
        loss = loss_func(net(x), y)
        optim.zero_grad()
        {last}
"""
    assert [one.code for one in lint_source(text, "adapt.py").findings] == finds


SCALED = """
import torch
from torch import nn


class Head(nn.Module):
    def __init__(self, learn=True):
        super().__init__()
        self.scales, self.learn = nn.Linear(3, 1), learn
        self.scales.weight.requires_grad = False
        self.enable()

    def enable(self):
        if self.learn:
            self.scales.weight.requires_grad = True

    def forward(self, x):
        return self.scales(x)


class Heads(Head):
    def __init__(self, learn=True):
        super().__init__(learn)
        {}
        self.enable()

    def enable(self):
        if self.learn:
            self.scales.requires_grad = True
"""


@pytest.mark.parametrize(
    ("scales", "finds"),
    [
        ("self.scales = nn.Parameter(torch.ones(3, 1), requires_grad=False)", []),
        ("self.scales.weight.requires_grad = False", ["TUN301"]),
    ],
)
def test_a_flag_is_set_on_a_module_on_the_way_to_a_parameter(scales: str, finds: list[str]) -> None:
    assert [one.code for one in lint_source(SCALED.format(scales), "heads.py").findings] == finds


CALLED = """
import torch
from torch import nn
from gpytorch.models import ExactGP


class Columns(nn.Module):
    def __call__(self, x):
        return super().__call__({way})


class Net({base}):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(1, 10)

    def forward(self, x, scale=1):
        return self.fc(x) * scale


Net()({given})
"""


@pytest.mark.parametrize(
    ("base", "way", "given", "finds"),
    [
        ("Columns", "x.unsqueeze(-1)", "torch.linspace(0, 1, 100)", []),
        ("Columns", "x", "torch.linspace(0, 1, 100)", ["TUN704"]),
        ("ExactGP", "x", "torch.linspace(0, 1, 100)", []),
        ("nn.Module", "x", "torch.linspace(0, 1, 100)", ["TUN704"]),
        ("nn.Module", "x", "torch.linspace(0, 1, 100), 2, 3", []),
        ("nn.Module", "x", "torch.linspace(0, 1, 100), scales=2", []),
    ],
)
def test_a_class_may_call_its_models_in_its_own_way(base: str, way: str, given: str, finds: list[str]) -> None:
    text = CALLED.format(base=base, way=way, given=given)
    assert [one.code for one in lint_source(text, "columns.py").findings] == finds


@pytest.mark.parametrize(
    ("second", "finds"), [("isinstance(part, Parameter)", []), ("hasattr(part, 'requires_grad')", ["TUN301"])]
)
def test_a_model_is_no_parameter(second: str, finds: list[str]) -> None:
    text = f"""
from torch.nn import Module, Parameter


def freeze(part):
    if isinstance(part, Module):
        for param in part.parameters():
            param.requires_grad = False
    elif {second}:
        part.requires_grad = False
"""
    assert [one.code for one in lint_source(text, "freeze.py").findings] == finds


@pytest.mark.parametrize(("key", "finds"), [("id(p)", []), ("name", ["TUN705"])])
def test_which_value_stands_under_an_unknown_key_is_not_known(key: str, finds: list[str]) -> None:
    text = f"""
from torch import nn

net = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 16))
before = {{{key}: p.detach().clone() for name, p in net.named_parameters()}}
for name, p in net[0].named_parameters():
    print(p.detach() - before[{"id(p)" if key == "id(p)" else '"2.weight"'}])
"""
    assert [one.code for one in lint_source(text, "drift.py").findings] == finds


LATER = """
import torch
from torch import nn

from others import Estimator


class Classifier(Estimator):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return x

    def fit(self, x):
        model = self.model_class(x.shape[1])
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        model(x).sum().backward()
        optimizer.step()

    def build(self):
        class Net(nn.Module):
            def __init__(self, width):
                super().__init__()
                self.layer = nn.Linear(width, 1)

        self.model_class = Net
"""


def test_what_a_method_asks_for_may_be_set_by_a_later_one() -> None:
    assert not lint_source(LATER, "estimator.py").findings


@pytest.mark.parametrize(
    ("dtype", "finds"),
    [('{tv_tensors.Image: torch.float32, "others": None}', []), ("torch.int64", ["TUN706"]), ("torch.float32", [])],
)
def test_a_dict_of_dtypes_names_one_for_each_kind(dtype: str, finds: list[str]) -> None:
    text = f"""
import torch
from PIL import Image
from torchvision import tv_tensors
from torchvision.transforms import v2

prepare = v2.Compose([v2.ToImage(), v2.ToDtype(dtype={dtype}, scale=True), v2.Normalize([0.5] * 3, [0.5] * 3)])
prepare(Image.open("cat.png"))
"""
    assert [one.code for one in lint_source(text, "transforms.py").findings] == finds


WRAPPED = """
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset, random_split
from torchvision import datasets, transforms


class Prepared(Dataset):
    def __init__(self, subset, transform=None):
        self.subset, self.transform = subset, transform

    def __getitem__(self, index):
        x, y = self.subset[index]
        return self.transform(x), y

    def __len__(self):
        return len(self.subset)


def loader_of(dataset):
    if isinstance(dataset, {kind}):
        dataset = Prepared(dataset)
    dataset.transform = transforms.ToTensor()
    return DataLoader(dataset, batch_size=4, shuffle=True)


train, val = random_split(datasets.CIFAR10("data"), [40_000, 10_000])
model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in loader_of(train):
    opt.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    opt.step()
"""


@pytest.mark.parametrize(
    ("kind", "finds"),
    [
        ("Subset", []),
        ("Dataset", []),
        ("torch.utils.data.dataset.Subset", []),
        ("datasets.CIFAR10", ["TUN803"]),
        ("(nn.Module, datasets.MNIST)", ["TUN803"]),
    ],
)
def test_a_part_of_a_dataset_is_a_subset(kind: str, finds: list[str]) -> None:
    assert [one.code for one in lint_source(WRAPPED.format(kind=kind), "loaders.py").findings] == finds


CROPPED = """
import numpy as np
import torch
from torch import nn
from torch.autograd import Variable
from torch.utils.data import DataLoader, Dataset


class Crops(Dataset):
    def __init__(self, folder):
        self.folder = folder

    def __getitem__(self, index):
        crops = []
        for crop in np.load(self.folder):
            crops.append(crop)
        return torch.Tensor(crops), index

    def __len__(self):
        return 5


net = nn.Sequential(nn.Conv2d(4, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
opt = torch.optim.SGD(net.parameters(), lr=0.1)
train, val = DataLoader(Crops("train"), shuffle=True), DataLoader(Crops({folder}))


def measure(loader):
    with torch.no_grad():
        return sum(nn.functional.cross_entropy(net(x), y).item() for x, y in loader)


def measure_crops(loader):
    total = 0
    for x, y in loader:
        for i in range(x.size(1)):
            with torch.no_grad():
                total += nn.functional.cross_entropy(net({crop}), y).item()
    return total


for epoch in range(10):
    for x, y in train:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    print(measure(train), measure_crops({data}))
"""


@pytest.mark.parametrize("crop", ["Variable(x[:, i].unsqueeze(0))", "Variable(x)", "prepared(x).float()"])
@pytest.mark.parametrize(("data", "finds"), [("val", []), ("train", ["TUN801", "TUN801"])])
def test_a_part_of_a_batch_is_of_its_loader(crop: str, data: str, finds: list[str]) -> None:
    text = CROPPED.format(folder='"val"', crop=crop, data=data)
    assert [one.code for one in lint_source(text, "crops.py").findings] == finds


KNOWN_WELL = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

augmented = transforms.Compose([transforms.RandomHorizontalFlip(), transforms.ToTensor()])
train_data = ImageFolder("train", augmented)
val_data = ImageFolder("val", {transform})
train, metrics = DataLoader(train_data, shuffle=True), DataLoader(train_data)
val = DataLoader(val_data)
model = nn.Sequential(nn.Conv2d(3, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
opt = torch.optim.SGD(model.parameters(), lr=0.1)


def measure(loader):
    model.eval()
    with torch.no_grad():
        return sum((model(x).argmax(1) == y).sum().item() for x, y in loader)


for epoch in range(9):
    model.train()
    for x, y in train:
        opt.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        opt.step()
    print(measure(metrics), measure(val))
"""


@pytest.mark.parametrize(("transform", "finds"), [("transforms.ToTensor()", []), ("augmented", ["TUN802"])])
def test_augmented_training_data_may_be_measured_beside_validation(transform: str, finds: list[str]) -> None:
    assert [one.code for one in lint_source(KNOWN_WELL.format(transform=transform), "train.py").findings] == finds


@pytest.mark.parametrize(("nets", "finds"), [("[self.net, self.other]", []), ("", ["TUN501"]), ("True", ["TUN501"])])
def test_a_class_that_we_do_not_see_may_clear_gradients_in_its_own_way(nets: str, finds: list[str]) -> None:
    text = f"""
import torch
from torch import nn

from .base_model import BaseModel


class Cycle(BaseModel, nn.Module):
    def __init__(self):
        super().__init__()
        self.net, self.other = build(3), build(4)
        self.head = nn.Linear(3, 2)
        self.optimizer = torch.optim.Adam([*self.net.parameters(), *self.other.parameters()])

    def fit(self, loader):
        for x, y in loader:
            self.zero_grad({nets})
            nn.functional.mse_loss(self.other(self.net(x)), y).backward()
            self.optimizer.step()
"""
    assert [one.code for one in lint_source(text, "cycle.py").findings] == finds


def test_a_model_that_is_not_seen_makes_floats_of_whole_numbers() -> None:
    text = """
import torch
from torch import nn
from torch.nn import functional as F

from model import Discriminator

d = Discriminator(3)
optimizer = torch.optim.Adam(d.parameters(), lr=1e-4)
loss_fn = nn.BCELoss()
for images, labels in loader:
    real = d(x=images, c=F.one_hot(labels, 10))
    loss = loss_fn(input=real, target=torch.ones_like(real))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
    assert not lint_source(text, "train.py").findings


@pytest.mark.parametrize(("read", "finds"), [("model.heads[0].in_features", []), ("768", ["TUN202"])])
def test_an_attribute_that_is_read_is_there(read: str, finds: list[str]) -> None:
    text = f"""
import torch
from torch import nn


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(768, 1000)

    def forward(self, x):
        return self.head(x)


model = Transformer()
model.heads = nn.Linear({read}, 102)
model(torch.rand(2, 768))
"""
    assert [one.code for one in lint_source(text, "transfer.py").findings] == finds


@pytest.mark.parametrize(("copied", "finds"), [("embed_positions.weight", []), ("", ["TUN301"])])
def test_a_copy_of_a_part_that_is_not_seen_may_be_a_parameter(copied: str, finds: list[str]) -> None:
    text = f"""
import copy

from torch import nn
from transformers import WhisperModel


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = WhisperModel.from_pretrained("openai/whisper-tiny")
        self.positions = copy.deepcopy({f"self.backbone.encoder.{copied}" if copied else "nn.Linear(3, 3)"})
        self.positions.requires_grad = False

    def forward(self, x):
        return self.backbone(x + self.positions)
"""
    assert [one.code for one in lint_source(text, "net.py").findings] == finds


LATE = """
import torch
from torch import nn

from settings import config, get_model, loader


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.is_frozen = False
        self.body, self.head = get_model(), nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.body(x))

    def freeze(self):
        if not self.is_frozen:
            for p in self.body.parameters():
                p.requires_grad = False
            self.is_frozen = True

    def unfreeze(self):
        if self.is_frozen:
            for p in self.body.parameters():
                p.requires_grad = True
            self.is_frozen = False


model = Net()
{first}
optimizer = torch.optim.AdamW({weights}, lr=1e-4)
for epoch in range(10):
    if epoch < config.frozen:
        model.freeze()
    else:
        model.unfreeze()
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
"""


@pytest.mark.parametrize(
    ("first", "weights", "finds"),
    [
        ("", "model.parameters()", []),
        ("model.body.eval()", "model.parameters()", []),
        ("model.freeze()", "model.head.parameters()", ["TUN304"]),
    ],
)
def test_what_turns_out_to_be_a_model_was_one_for_the_optimizer(first: str, weights: str, finds: list[str]) -> None:
    assert [one.code for one in lint_source(LATE.format(first=first, weights=weights), "late.py").findings] == finds


@pytest.mark.parametrize(("through", "finds"), [("x", []), ("self.face(x)", ["TUN305"])])
def test_a_part_that_no_forward_runs_trains_nothing(through: str, finds: list[str]) -> None:
    text = f"""
import torch
from torch import nn

from data import loader


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.face = nn.Sequential(nn.BatchNorm1d(8, affine=False), nn.Dropout()).eval()
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head({through})


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-4)
net = net.train()
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
"""
    assert [one.code for one in lint_source(text, "emotion.py").findings] == finds


ENDED = """
import sys

from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, DataCollatorForLanguageModeling, Trainer

name = {}
tokenizer = AutoTokenizer.from_pretrained(name)
{}
    tokenizer.pad_token = tokenizer.eos_token


def encode(rows):
    return tokenizer([text + tokenizer.eos_token for text in rows["text"]], truncation=True)


data = load_dataset("imdb", split="train").map(encode, batched=True, remove_columns=["text", "label"])
collator = DataCollatorForLanguageModeling(tokenizer, mlm=False)
Trainer(AutoModelForCausalLM.from_pretrained(name), train_dataset=data, data_collator=collator).train()
"""


@pytest.mark.parametrize(
    ("name", "test", "finds"),
    [
        ("sys.argv[1]", "if tokenizer.pad_token is None:", []),
        ('"Qwen/Qwen2.5-0.5B"', "if not tokenizer.pad_token:", []),
        ('"gpt2"', "if tokenizer.pad_token is None:", ["TUN612"]),
        ("sys.argv[1]", "if True:", ["TUN612"]),
    ],
)
def test_a_tokenizer_may_have_a_token_to_pad_with(name: str, test: str, finds: list[str]) -> None:
    found = lint_source(ENDED.format(name, test), "finetune.py").findings
    assert [one.code for one in found if one.code == "TUN612"] == finds


@pytest.mark.parametrize(
    ("call", "finds"),
    [
        ("memory, outs = model(x, x)", []),
        ("outs = model(x, x, y=3)", []),
        ("outs = model(x, x)", ["TUN703"]),
    ],
)
def test_what_python_refuses_gives_nothing(call: str, finds: list[str]) -> None:
    text = f"""
import torch
from torch import nn

model, x = nn.Transformer(64, batch_first=True), torch.rand(32, 120, 64)
{call}
targets = torch.cat((torch.zeros(32, 1), torch.zeros(32, 119)), dim=1).long().flatten()
loss = nn.CrossEntropyLoss()(outs, targets)
"""
    assert [one.code for one in lint_source(text, "transformer.py").findings] == finds


@pytest.mark.parametrize(("key", "finds"), [("'length' + str(years(row))", []), ("'other'", ["TUN705"])])
def test_a_key_that_is_not_known_may_be_any(key: str, finds: list[str]) -> None:
    text = f"""
import torch

rows = torch.load("rows.pt")
by_length = {{}}
for i in range(2, 16):
    by_length["length" + str(i)] = torch.empty(0, i, 3)
by_length["other"] = torch.empty(0, 3, 3)
for row in rows:
    by_length[{key}] = torch.cat((by_length[{key}], row.unsqueeze(0)))
print(by_length["length10"][2, 0, 0].item())
"""
    assert [one.code for one in lint_source(text, "years.py").findings] == finds


RECORDS = """
from dataclasses import InitVar, dataclass, field
from typing import ClassVar

import torch
from torch import nn


@dataclass
class Block:
    width: int = -1
    kind: ClassVar[str] = "block"
    half: int = field(init=False, default=-1)

    def __post_init__(self):
        self.half = self.width // 2


@dataclass
class Config:
    width: int
    block: Block = field(default_factory=Block)
    depth: int = field(default=3)
    scale: InitVar[int] = 2

    def __post_init__(self, scale):
        self.block.width = self.width * scale
        self.block.__post_init__()


one, two = Config(8), Config(5, depth=7, scale=4)
nn.Linear(one.block.width, one.depth)(torch.rand(2, {width}))
nn.Linear(one.block.half, two.depth)(torch.rand(2, {half}))
nn.Linear(two.block.width, 2)(torch.rand(2, {other}))
"""


@pytest.mark.parametrize(
    ("sizes", "finds"), [({"width": 16, "half": 8, "other": 20}, 0), ({"width": -1, "half": 16, "other": 16}, 3)]
)
def test_dataclasses_finish_what_they_build(sizes: dict[str, int], finds: int) -> None:
    found = lint_source(RECORDS.format(**sizes), "config.py").findings
    assert len(found) == finds, [one.message for one in found]


@pytest.mark.parametrize(
    ("held", "finds"), [("torch.tensor([])", []), ("torch.empty(0)", []), ("torch.zeros(3)", ["TUN705"])]
)
def test_an_empty_tensor_holds_a_place(held: str, finds: list[str]) -> None:
    text = f"""
import torch
from torch import nn


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.cache = {held}

    def split(self):
        return self.cache.transpose(1, 2).split(3, dim=-1)
"""
    assert [one.code for one in lint_source(text, "attention.py").findings] == finds


@pytest.mark.parametrize(("image", "finds"), [("image.unsqueeze(0)", []), ("torch.rand(1, 1, 8, 8)", ["TUN705"])])
def test_a_filter_may_be_laid_over_one_image(image: str, finds: list[str]) -> None:
    text = f"""
import torch
from torch import nn
from torch.nn import functional as F


def blur(image: torch.Tensor):
    kernel = torch.ones(1, 1, 3, 3) / 9
    once = F.conv2d({image}, kernel, padding="same")
    return F.conv2d(once.unsqueeze(0), kernel, padding="same")
"""
    assert [one.code for one in lint_source(text, "blur.py").findings] == finds


def test_repeats_that_a_tensor_tells_add_up() -> None:
    text = """
import torch

labels = torch.repeat_interleave(torch.arange(6), torch.arange(1, 7))
print(torch.rand(21)[labels == 3])
"""
    assert not lint_source(text, "rows.py").findings


def test_another_class_for_a_model_is_no_layer_of_it() -> None:
    text = """
from torch import nn


def patched(cls):
    class Patched(cls):
        pass

    return Patched


def apply(model: nn.Module):
    if hasattr(model, "_parent"):
        model.__class__ = model._parent
    model.__class__ = patched(model.__class__)
"""
    assert not lint_source(text, "patch.py").findings


@pytest.mark.parametrize(
    ("read", "finds"),
    [
        ("print(y.item())", []),
        ("print(y[0].item())", ["TUN609"]),
        ("print([one.item() for one in y])", ["TUN609"]),
        ("pass", ["TUN609"]),
    ],
)
def test_a_batch_whose_label_is_one_number_has_one_sample(read: str, finds: list[str]) -> None:
    text = f"""
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
hits = 0
for x, y in DataLoader(MNIST("data", transform=ToTensor()), batch_size=int(sys.argv[1])):
    pred = torch.argmax(net(x).softmax(1))
    hits += (pred == y).sum().item()
    {read}
"""
    assert [one.code for one in lint_source(text, "test.py").findings] == finds


@pytest.mark.parametrize(("built", "finds"), [("build()", []), ("None", ["TUN705"]), ("nn.Conv2d(64, 256, 1)", [])])
def test_an_operator_goes_each_way_of_a_choice(built: str, finds: list[str]) -> None:
    text = f"""
import torch
from torch import nn

from parts import build


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(64, 256, 1)
        self.downsample = {built}

    def forward(self, x):
        identity = x
        if self.downsample is not None:
            identity = self.downsample(x)
        return self.conv(x) + identity


Block()(torch.rand(2, 64, 8, 8))
"""
    assert [one.code for one in lint_source(text, "block.py").findings] == finds


ADVERSARIES = """
import sys

import torch
from torch import nn

from data import loader


def net(width, out):
    return nn.Sequential(nn.Linear(8, width), nn.BatchNorm1d(width), nn.Linear(width, out))


if len(sys.argv) > 2:
    g, d = net(16, 8), net(16, 1)
else:
    g, d = net(32, 8), nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.BatchNorm1d(32), nn.Linear(32, 1))
g_opt, d_opt = torch.optim.Adam(g.parameters()), torch.optim.Adam(d.parameters())
for i, (x, y) in enumerate(loader):
    if i % 5 == 0:
        g.train()
        d.eval()
        g_opt.zero_grad()
        (-d(g(torch.randn(4, 8)))).mean().backward()
        g_opt.step()
    g.eval()
    d.train()
    with torch.no_grad():
        fake = g(torch.randn(4, 8))
    {zero}
    (d(fake) - d(x)).mean().backward()
    d_opt.step()
"""


@pytest.mark.parametrize("zero", ["d_opt.zero_grad()", "d.zero_grad()"])
def test_what_is_cleared_on_each_way_is_cleared(zero: str) -> None:
    assert not lint_source(ADVERSARIES.format(zero=zero), "gan.py").findings


SPLITS = """
import json

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import ToTensor

places = {{split: set(found) for split, found in json.load(open("splits.json")).items()}}
spare = DataLoader(ImageFolder("spare", ToTensor()))
{loaders}
net = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
opt = torch.optim.SGD(net.parameters(), lr=0.1)


def run(loader, train):
    net.train(train)
    with torch.set_grad_enabled(train):
        for x, y in loader:
            loss = nn.functional.cross_entropy(net(x), y)
            if train:
                opt.zero_grad()
                loss.backward()
                opt.step()


for epoch in range(9):
    run(loaders["train"], True)
    run(loaders[{second}], False)
"""
FILLED = """
loaders = {}
for split in places:
    loaders[split] = DataLoader(ImageFolder(split, ToTensor()), shuffle=split == "train")
"""


@pytest.mark.parametrize(
    ("loaders", "second", "finds"),
    [
        (FILLED, '"val"', []),
        ("loaders = {one: DataLoader(ImageFolder(one, ToTensor())) for one in places}", '"val"', []),
        ('loaders = {"train": DataLoader(ImageFolder("train", ToTensor())), "val": spare}', '"train"', ["TUN801"]),
    ],
)
def test_loaders_under_keys_that_are_not_known_are_several(loaders: str, second: str, finds: list[str]) -> None:
    text = SPLITS.format(loaders=loaders, second=second)
    assert [one.code for one in lint_source(text, "splits.py").findings] == finds


@pytest.mark.parametrize(
    ("kept", "back", "finds"),
    [
        ("[(p, p.requires_grad) for p in model.parameters()]", "for p, flag in flags:\n    p.requires_grad_(flag)", []),
        (
            "[p.requires_grad for p in model.parameters()]",
            "for p, flag in zip(model.parameters(), flags):\n    p.requires_grad = flag",
            [],
        ),
        (
            "{n: p.requires_grad for n, p in model.named_parameters()}",
            "for n, p in model.named_parameters():\n    p.requires_grad = flags[n]",
            [],
        ),
        ("True", "for p in model.parameters():\n    p.requires_grad = flags", ["TUN308"]),
        ("True", "model.requires_grad_(flags)", ["TUN308"]),
    ],
)
def test_flags_that_were_kept_are_put_back(kept: str, back: str, finds: list[str]) -> None:
    text = f"""
import torch
from torchvision import models

model = models.resnet18(weights="DEFAULT")
flags = {kept}
for p in model.parameters():
    p.requires_grad = False
{back}
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
model(torch.rand(2, 3, 224, 224)).sum().backward()
optimizer.step()
"""
    assert [one.code for one in lint_source(text, "flags.py").findings] == finds


HEADER = """
from dataclasses import KW_ONLY, dataclass, field
from typing import NamedTuple

import torch
from torch import nn

from other import Unseen
"""
MADE = {
    "an init of its own calls the one that is written": """
        @dataclass
        class Base:
            a: int = 1
        @dataclass
        class Own(Base):
            c: int = 3
            def __init__(self, a):
                self.c = 9
                super().__init__(a)
        size = Own(5).c
    """,
    "no init is written": """
        @dataclass(init=False)
        class Bare:
            a: int = 9
            def __post_init__(self):
                self.a = 3
        size = Bare().a
    """,
    "what stands behind KW_ONLY has no place": """
        @dataclass
        class Base:
            x: int
            _: KW_ONLY
            y: int = 3
        @dataclass
        class Further(Base):
            w: int = 2
        size = Further(5, 9).w
    """,
    "all of a class has no place": """
        @dataclass(kw_only=True)
        class Base:
            a: int = 1
        @dataclass
        class Further(Base):
            c: int
        size = Further(9).c
    """,
    "a class that is no dataclass has no fields": """
        class Plain:
            k: int = 7
        @dataclass
        class Record(Plain):
            w: int
        size = Record(9).w
    """,
    "a class that extends a dataclass is made as that": """
        @dataclass
        class Record:
            w: int = 2
        class Further(Record):
            k = 5
        size = Further(9).w
    """,
    "the nearer init counts": """
        class Own:
            def __init__(self, a):
                self.w = a
        @dataclass
        class Record(Own):
            v: int
            w: int
        size = Record(4, 9).w
    """,
    "a base that is not seen has fields of its own": """
        @dataclass
        class Record(Unseen):
            a: int = 3
        size = Record(9).a
    """,
    "a tuple with names": """
        class Pair(NamedTuple):
            a: int
            b: int = 2
        size = Pair(1, 9).b
    """,
    "a decorator that is not seen": """
        import attr
        @attr.s(auto_attribs=True)
        class Record:
            a: int = 3
        size = Record(9).a
    """,
}


@pytest.mark.parametrize("text", MADE.values(), ids=list(MADE))
def test_dataclasses_are_made_as_python_makes_them(text: str) -> None:
    script = HEADER + dedent(text) + "\nnn.Linear(size, 2)(torch.rand(3, 9))\n"
    assert not lint_source(script, "record.py").findings


UNDER_ANY = {
    "update": "d = {'n': 4}\nd.update({k: 8 for k in names})\nlayer = nn.Linear(d['n'], 2)",
    "a dict in a dict": "d = {'n': 4, **{k: 8 for k in names}}\nlayer = nn.Linear(d['n'], 2)",
    "what is passed": "d = dict({'n': 4}, **{k: 8 for k in names})\nlayer = nn.Linear(d['n'], 2)",
    "several": "d = {k: n for k, n in [(input(), 4), (input(), 8)]}\nlayer = nn.Linear(d['n'], 2)",
    "several layers": "d = {k: nn.Linear(n, 2) for k, n in [(input(), 8), (input(), 4)]}\nlayer = d['n']",
}


@pytest.mark.parametrize("text", UNDER_ANY.values(), ids=list(UNDER_ANY))
def test_what_is_put_under_any_key_may_be_under_this_one(text: str) -> None:
    script = f"import torch\nfrom torch import nn\nfrom other import names\n{text}\nlayer(torch.rand(3, 8))\n"
    assert not lint_source(script, "keys.py").findings


@pytest.mark.parametrize(
    ("change", "use", "finds"),
    [
        ("self.layer, self.size = nn.Linear(6, 2), 6", "self.layer", []),
        ("for self.layer in [nn.Linear(6, 2)]:\n            pass", "self.layer", []),
        ("self.sizes['n'] = 6", "nn.Linear(self.sizes['n'], 2)", []),
        ("self.other = nn.Linear(8, 2)", "self.layer", ["TUN704"]),
        ("self.other = 8", "nn.Linear(self.sizes['n'], 2)", ["TUN704"]),
    ],
)
def test_what_another_method_changes_is_not_known(change: str, use: str, finds: list[str]) -> None:
    text = f"""
import torch
from torch import nn


class Base:
    def prepare(self):
        {change}


class Owner(Base):
    def __init__(self):
        self.layer, self.sizes = nn.Linear(4, 2), {{"n": 4}}

    def open(self):
        self.prepare()

    def run(self):
        print({use}(torch.rand(3, 8)))
"""
    assert [one.code for one in lint_source(text, "owner.py").findings] == finds


def test_a_step_for_each_batch_leaves_no_gradients_to_throw_away() -> None:
    text = """
import torch
from torch import nn

from data import loader

net = nn.Linear(8, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for index, (x, y) in enumerate(loader):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(x), y) / 8
    loss.backward()
    optimizer.step()
    if (index + 1) % 8 == 0:
        optimizer.step()
        net.zero_grad()
"""
    assert [one.code for one in lint_source(text, "train.py").findings] == []


def test_a_mask_that_is_put_into_a_model_trains_in_evaluation_mode_on_purpose() -> None:
    text = """
import torch
from torch import nn

from data import images, test_loader, train_loader

net = nn.Sequential(nn.Linear(8, 8), nn.Dropout(), nn.Linear(8, 2))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
net.train()
for x, y in train_loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()

net.eval()
with torch.no_grad():
    hits = sum((net(x).argmax(1) == y).sum().item() for x, y in test_loader)
for image in images:
    mask = nn.Parameter(torch.zeros(8))
    net[0].mask = mask
    explaining = torch.optim.Adam([mask], lr=0.1)
    for step in range(100):
        explaining.zero_grad()
        net(image * mask.sigmoid()).sum().backward()
        explaining.step()
    print(mask)
"""
    assert [one.code for one in lint_source(text, "explain.py").findings] == []


def test_each_agent_of_a_list_has_an_optimizer_of_its_own() -> None:
    text = """
import torch
from torch import nn

from game import batches, play

actors, optimizers = [], []
for _ in range(3):
    actor = nn.Linear(8, 2)
    actors.append(actor)
    optimizers.append(torch.optim.Adam(actor.parameters(), lr=1e-3))
for observations, gains in batches:
    for number in range(3):
        loss = -(torch.log_softmax(actors[number](observations), 1).mean(1) * gains).mean()
        optimizers[number].zero_grad()
        loss.backward()
        optimizers[number].step()
    play([actor(observations) for actor in actors])
"""
    assert [one.code for one in lint_source(text, "agents.py").findings] == []


def test_a_call_for_its_effect_may_fill_a_tensor_that_holds_a_place() -> None:
    text = """
import torch
from torch import nn

from data import fill, loader

image = torch.FloatTensor(4, 3, 32, 32)
net = nn.Conv2d(1, 8, 3)
for batch, _ in loader:
    fill(image, batch)
    print(net(image).mean())
"""
    assert [one.code for one in lint_source(text, "crnn.py").findings] == []
    assert [one.code for one in lint_source(text.replace("    fill(", "    print("), "crnn.py").findings] == ["TUN704"]


def test_parameters_of_a_body_that_stand_alone_are_not_all_of_it() -> None:
    text = """
import torch.nn as nn
from torch.optim import AdamW
from transformers import AutoModel


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.roberta = AutoModel.from_pretrained("roberta-base")
        self.head = nn.Linear(768, 1)
        for layer in self.roberta.encoder.layer:
            print(layer)


net = Net()
named = list(net.named_parameters())
groups = [{"params": [p for n, p in named if "roberta" not in n]}]
for name, p in [(n, p) for n, p in named if "roberta" in n]:
    groups.append({"params": p, "lr": 1e-5})
optimizer = AdamW(groups)
"""
    assert [one.code for one in lint_source(text, "groups.py").findings] == []


def test_what_goes_back_itself_may_have_turned_automatic_optimization_off() -> None:
    text = """
import lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader

from data import log, read, train_set


class Model(pl.LightningModule):
    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg
        if cfg["awp"] is not None:
            self.automatic_optimization = False
            self.accumulate = cfg["awp"]["accumulate"]
        self.net = nn.Linear(8, 2)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.cross_entropy(self.net(x), y)
        if self.cfg["awp"] is not None:
            opt = self.optimizers()
            self.manual_backward(loss)
            if (batch_idx + 1) % self.accumulate == 0:
                opt.step()
                opt.zero_grad()
        return loss

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-4)


cfg = read("config.yaml")
model = Model(cfg)
log(cfg)
pl.Trainer(max_epochs=3).fit(model, DataLoader(train_set, 8, shuffle=True))
"""
    assert [one.code for one in lint_source(text, "manual.py").findings] == []


def test_a_full_tensor_was_of_floats_before_torch_1_7() -> None:
    text = """
import torch
from torch import nn

targets = torch.full((4, 1), 1)
print(nn.BCELoss()(torch.rand(4, 1), targets))
"""
    old = Versions(project=(("torch", "==1.4"),))
    assert [one.code for one in lint_source(text, "full.py", versions=old).findings] == []
    assert [one.code for one in lint_source(text, "full.py").findings] == ["TUN705"]


def test_a_scheduler_went_before_the_optimizer_before_torch_1_1() -> None:
    text = """
import torch
from torch import nn

from project import loader

net = nn.Linear(4, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 5)
for epoch in range(9):
    scheduler.step()
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
"""
    old = Versions(project=(("torch", "==0.4.1"),))
    assert [one.code for one in lint_source(text, "train.py", versions=old).findings] == []
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN405"]


def test_dimensions_may_have_names() -> None:
    text = """
import torch

states = torch.rand(100, 7, names=("particle", "state"))
print(states.select("state", 6).sum(), states.sum("state"))
"""
    assert [one.code for one in lint_source(text, "named.py").findings] == []


def test_a_loop_may_go_through_the_images_of_a_batch() -> None:
    text = """
import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(80, 64, 3, padding=1)

    def forward(self, recordings):
        return torch.cat([self.conv(one).permute(1, 0) for one in recordings])

    def encode(self, recordings):
        found = []
        for one in recordings:
            found.append(self.conv(one).permute(1, 0))
        return found
"""
    assert [one.code for one in lint_source(text, "encoder.py").findings] == []


def test_what_a_continue_leaves_out_stays_frozen() -> None:
    text = """
import torch


class Unfreezer:
    def __init__(self, body: torch.nn.Module):
        self.body = body

    def step(self):
        for weight in self.body.parameters():
            weight.requires_grad = False
        for name, weight in self.body.named_parameters():
            if "embeddings" in name:
                continue
            weight.requires_grad = True
"""
    assert [one.code for one in lint_source(text, "unfreeze.py").findings] == []
    whole = text.replace('            if "embeddings" in name:\n                continue\n', "")
    assert [one.code for one in lint_source(whole, "unfreeze.py").findings] == ["TUN308"]


CHOSEN_APART = """
import torch
from torch import nn

from data import loader
{elsewhere}

net = nn.Linear(8, 2)
if args.probs:
    act = nn.Sigmoid()
else:
    crit = nn.BCEWithLogitsLoss()
{before}
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
for x, y in loader:
    optimizer.zero_grad()
    crit(act(net(x)), y).backward()
    optimizer.step()
"""


@pytest.mark.parametrize(
    ("elsewhere", "before"),
    [
        ("from config import *", ""),
        ("from config import args\nexec(open('config.py').read())", ""),
        ("from config import args, settings\nglobals().update(settings)", ""),
        (
            "from config import args",
            "try:\n    act, crit\nexcept NameError:\n    act, crit = nn.Identity(), nn.MSELoss()",
        ),
    ],
)
def test_a_name_may_be_bound_where_we_do_not_see_it(elsewhere: str, before: str) -> None:
    text = CHOSEN_APART.format(elsewhere=elsewhere, before=before)
    assert [one.code for one in lint_source(text, "train.py").findings] == []


def test_families_of_pretrained_models_are_not_one_another() -> None:
    text = """
import torch
from torch import nn
from transformers import BertModel, BertPreTrainedModel, T5PreTrainedModel

from data import loader


class Net(BertPreTrainedModel):
    def __init__(self, config):
        super().__init__(config)
        self.bert = BertModel(config)
        self.head = nn.Linear(config.hidden_size, 2)

    def forward(self, ids):
        return self.head(self.bert(ids).pooler_output)


net = Net.from_pretrained("bert-base-uncased")
if isinstance(net, T5PreTrainedModel):
    net.requires_grad_(False)
net.train()
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-5)
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
"""
    assert [one.code for one in lint_source(text, "families.py").findings] == []


def test_what_a_loop_gives_may_be_a_module() -> None:
    text = """
import torch
from torch import nn

from blocks import make_blocks


class Net(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        for block in blocks:
            self.last = block
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.last(x))


net = Net(make_blocks())
for weight in net.parameters():
    weight.requires_grad = False
for weight in list(net.parameters())[-2:]:
    weight.requires_grad = True
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
net(torch.rand(4, 8)).sum().backward()
optimizer.step()
"""
    assert [one.code for one in lint_source(text, "blocks.py").findings] == []


def test_a_pin_that_contradicts_another_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "requirements.txt").write_text("transformers<4.40\n")
    (tmp_path / "Dockerfile").write_text("FROM python:3.11\nRUN pip install transformers==4.56.0\n")
    script = tmp_path / "train.py"
    script.write_text(
        "from transformers import TrainingArguments\nprint(TrainingArguments('out', evaluation_strategy='epoch'))\n"
    )
    assert lint_file(script, versions=versions_of(script)).findings == ()


def test_a_wrapper_brings_no_new_parameters() -> None:
    text = """
import torch
from torch import nn, optim

from settings import loader


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.middle, self.head = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.middle(self.body(x)))


net = Net()
optimizer = optim.SGD([{"params": net.body.parameters()}, {"params": net.head.parameters()}], lr=0.1)
net = nn.DataParallel(net).cuda()
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
"""
    assert [one.code for one in lint_source(text, "wrapped.py").findings] == []


def test_a_loop_that_draws_a_schedule_needs_no_order() -> None:
    text = """
from torch import nn, optim

net = nn.Linear(4, 4)
optimizer = optim.SGD(net.parameters(), lr=0.1)
scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, 100)
rates = []
for epoch in range(100):
    scheduler.step()
    for step in range(3):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
"""
    assert [one.code for one in lint_source(text, "plot.py").findings] == []
    used = text.replace("        optimizer.step()", "        net(x).sum().backward()\n        optimizer.step()")
    assert "TUN405" in [one.code for one in lint_source("from data import x\n" + used, "plot.py").findings]


SWITCHED_DATA = """
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset


class Scenes(Dataset):
    def __init__(self):
        self.mode, self.items = "train", {"train": torch.rand(80, 8), "val": torch.rand(20, 8)}

    def set_mode(self, mode):
        self.mode = mode

    def __len__(self):
        return len(self.items[self.mode])

    def __getitem__(self, index):
        return self.items[self.mode][index], 0


def train(data, net, optimizer):
    data.set_mode("train")
    net.train()
    for x, y in DataLoader(data, 8, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()


def validate(data, net):
    data.set_mode("val")
    net.eval()
    with torch.no_grad():
        for x, y in DataLoader(data, 8):
            print(nn.functional.cross_entropy(net(x), y))


data, net = Scenes(), nn.Linear(8, 2)
optimizer = optim.Adam(net.parameters())
for epoch in range(3):
    train(data, net, optimizer)
    validate(data, net)
"""


def test_a_dataset_that_is_told_what_to_give_is_not_the_training_data() -> None:
    assert [one.code for one in lint_source(SWITCHED_DATA, "scenes.py").findings] == []
    same = SWITCHED_DATA.replace('    data.set_mode("train")\n', "").replace('    data.set_mode("val")\n', "")
    assert [one.code for one in lint_source(same, "scenes.py").findings] == ["TUN801"]


def test_what_a_class_that_is_not_seen_gives_for_a_name_is_no_tensor() -> None:
    text = """
from torch import nn

from library import PADDING, Model


class Tagger(Model):
    def __init__(self, vocabulary):
        super().__init__(vocabulary)
        self.loss = nn.CrossEntropyLoss(ignore_index=self.vocabulary.index_of(PADDING))
        self.other = nn.CrossEntropyLoss(ignore_index=self.index_of("pad"))

    def forward(self, scores, labels):
        return self.loss(scores, labels) + self.other(scores, labels)
"""
    assert [one.code for one in lint_source(text, "tagger.py").findings] == []


LOADED_MODE = """
import torch
from transformers import BertForSequenceClassification

from data import held_out, loader

model = BertForSequenceClassification.from_pretrained("bert-base-uncased")
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
for epoch in range(3):
    for step, batch in enumerate(loader):
        optimizer.zero_grad()
        model(**batch).loss.backward()
        optimizer.step()
        if step % 10 == 0:
            model.eval()
            with torch.no_grad():
                print([model(**one).loss for one in held_out])
            model.train()
"""


def test_dropout_is_off_until_the_first_validation_alone() -> None:
    assert [one.code for one in lint_source(LOADED_MODE, "loaded.py").findings] == []
    kept = LOADED_MODE.replace("            model.train()\n", "")
    assert "TUN511" in [one.code for one in lint_source(kept, "loaded.py").findings]


def test_the_attributes_of_an_abstract_class_are_those_of_its_subclasses() -> None:
    text = """
from abc import ABC, abstractmethod

import torch


class Boxes(ABC):
    size = 3

    def corners(self):
        return torch.zeros(2, 4).reshape((2, self.size))

    {mark}
    def area(self):
        raise NotImplementedError
"""
    assert [one.code for one in lint_source(text.replace("{mark}", "@abstractmethod"), "boxes.py").findings] == []
    assert [one.code for one in lint_source(text.replace("{mark}", ""), "boxes.py").findings] == ["TUN705"]


LET_GO = """
from torch import nn


class Scans(nn.Module):
    def __init__(self, base):
        super().__init__()
        self.base = base
        self.stem = nn.Conv2d(1, 64, kernel_size=3)
        self.base.stem = self.stem
        self.head = nn.Linear(4, 2)

    def freeze(self):
        for weight in self.base.parameters():
            weight.requires_grad = False

    def let_go(self):
        self.base.requires_grad = True
        {loop}

    def forward(self, x):
        return self.head(self.base(x))
"""


def test_a_flag_that_the_next_lines_set_on_all_parameters_is_set() -> None:
    loop = "for weight in self.base.parameters():\n            weight.requires_grad = True"
    assert [one.code for one in lint_source(LET_GO.replace("{loop}", loop), "scans.py").findings] == []
    one = "self.base.stem.weight.requires_grad = True"
    assert [one.code for one in lint_source(LET_GO.replace("{loop}", one), "scans.py").findings] == ["TUN301"]


GROUPS_ANEW = """
import torch

net = torch.nn.Linear(4, 2)
optimizer = torch.optim.Adam(net.parameters())
{emptied}optimizer.add_param_group({"params": list(net.parameters())})
for x in torch.randn(3, 5, 4):
    optimizer.zero_grad()
    net(x).sum().backward()
    optimizer.step()
"""


def test_groups_that_were_emptied_hold_nothing() -> None:
    emptied = GROUPS_ANEW.replace("{emptied}", "optimizer.param_groups = []\n")
    assert [one.code for one in lint_source(emptied, "grown.py").findings] == []
    assert [one.code for one in lint_source(GROUPS_ANEW.replace("{emptied}", ""), "grown.py").findings] == ["TUN402"]


@pytest.mark.parametrize("given", ["[p]", "p"])
def test_each_of_the_parameters_that_we_do_not_see_is_another(given: str) -> None:
    text = f"""
import torch
from transformers import BertModel

net = BertModel.from_pretrained("bert-base-uncased")
body = net.encoder
groups = [{{"params": {given}, "lr": 1e-5}} for name, p in net.named_parameters()]
optimizer = torch.optim.AdamW(groups)
"""
    assert [one.code for one in lint_source(text, "groups.py").findings] == []


ONE_ROW = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(8, 16)
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(16, 8), nn.BatchNorm1d(8), nn.Linear(8, 5))

    def forward(self, x):
        h = self.body(x)
        if h.size(0) == 1:
            self.head.eval()
            scores = self.head(h)
            self.head.train()
            return scores
        return self.head(h)


net = Net()
optimizer = torch.optim.Adam(net.parameters())
for epoch in range(5):
    net.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        print([net(x).argmax(1) for x, y in val_loader])
"""


def test_a_batch_of_one_may_go_through_in_evaluation_mode() -> None:
    assert [one.code for one in lint_source(ONE_ROW, "rows.py").findings] == []
    kept = ONE_ROW.replace("    net.train()\n", "")
    assert [one.code for one in lint_source(kept, "rows.py").findings] == ["TUN505"]


def test_a_pinned_library_may_pin_another() -> None:
    text = "from trl import DataCollatorForCompletionOnlyLM\n"
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN904"]
    pinned = f"# pip install transformers==4.45.1 trl\n{text}"
    assert [one.code for one in lint_source(pinned, "train.py").findings] == []


def test_a_fork_under_the_name_of_transformers_has_what_version_4_had() -> None:
    text = "from transformers import AdamW, BertModel\nnet = BertModel.from_pretrained('bert-base-uncased')\n"
    assert [one.code for one in lint_source(text, "train.py").findings] == ["TUN904"]
    assert [one.code for one in lint_source(f"{text}net.train_adapter('sst')\n", "train.py").findings] == []


FOR_USERS = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from interactions import held, ndcg, seen

rows = torch.FloatTensor(seen.toarray())
data = TensorDataset(rows)
train_loader = DataLoader(data, batch_size=64, shuffle=True)
test_loader = DataLoader(data, batch_size=64)
net = nn.Sequential(nn.Linear(rows.shape[1], 200), nn.Sigmoid(), nn.Linear(200, rows.shape[1]))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(100):
    net.train()
    for (x,) in train_loader:
        optimizer.zero_grad()
        ((net(x) - x) ** 2).mean().backward()
        optimizer.step()
    net.eval()
    scores = []
    with torch.no_grad():
        for (x,) in test_loader:
            answer = net(x.to("cuda"))
            answer[x > 0] = -1e9
            scores.append({kept})
    print(ndcg(scores, held))
"""


def test_what_users_have_is_asked_for_what_they_will_have() -> None:
    assert [one.code for one in lint_source(FOR_USERS.replace("{kept}", "answer"), "users.py").findings] == []
    loss = FOR_USERS.replace("{kept}", "nn.functional.mse_loss(answer, x).item()")
    assert [one.code for one in lint_source(loss, "users.py").findings] == ["TUN801"]


MEAN_TEACHER = """
import copy

import torch
import torch.nn.functional as F
from torchvision.models import resnet18

from images import loader

student = resnet18(weights="DEFAULT")
teacher = {teacher}
optimizer = torch.optim.SGD(student.parameters(), lr=0.01)
for images, labels in loader:
    with torch.no_grad():
        expected = teacher(images)
    logits = student(images)
    loss = F.kl_div(F.log_softmax(logits, dim=1), F.softmax(expected, dim=1), reduction="batchmean")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    for slow, fast in zip(teacher.parameters(), student.parameters()):
        {follow}
"""


@pytest.mark.parametrize("teacher", ["copy.deepcopy(student)", 'resnet18(weights="DEFAULT")'])
@pytest.mark.parametrize(
    "follow",
    [
        "slow.data.mul_(0.9).add_(fast.data, alpha=0.1)",
        "slow.data = 0.9 * slow.data + 0.1 * fast.data",
        "slow.data.copy_(0.9 * slow.data + 0.1 * fast.data)",
        "slow.data.lerp_(fast.data, 0.1)",
    ],
)
def test_a_mean_teacher_follows_in_training_mode(teacher: str, follow: str) -> None:
    text = MEAN_TEACHER.replace("{teacher}", teacher)
    assert [one.code for one in lint_source(text.replace("{follow}", follow), "mean.py").findings] == []
    assert [one.code for one in lint_source(text.replace("{follow}", "pass"), "kd.py").findings] == ["TUN506"]


def test_a_train_method_that_keeps_a_part_in_evaluation_mode_is_asked_by_the_whole() -> None:
    text = """
import torch
from torch import nn
from torchvision.models import resnet18

from images import loader


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = resnet18(weights="DEFAULT")
        self.out = nn.Linear(1000, 128)

    def train(self, mode=True):
        super().train(mode)
        {keep}
        return self

    def forward(self, x):
        return self.out(self.backbone(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.head = Encoder(), nn.Linear(128, 2)
        {once}

    def forward(self, x):
        return self.head(self.encoder(x))


model = Net()
model.eval()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
model.train()
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
"""
    kept = text.replace("{keep}", "self.backbone.eval()").replace("{once}", "")
    assert [one.code for one in lint_source(kept, "kept.py").findings] == []


def test_a_state_that_a_model_carries_is_no_parameter() -> None:
    text = """
import torch
from torch import nn
from torch.autograd import Variable

from texts import loader


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb, self.rnn, self.out = nn.Embedding(100, 16), nn.GRU(16, 16, batch_first=True), nn.Linear(16, 5)
        self.hidden = None

    def forward(self, x):
        e = self.emb(x)
        if self.hidden is None:
            self.hidden = {made}
        h, self.hidden = self.rnn(e, self.hidden.detach())
        return self.out(h)


model = Tagger()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x).transpose(1, 2), y).backward()
    optimizer.step()
"""
    carried = text.replace("{made}", "Variable(e.mean(1).unsqueeze(0), requires_grad=True)")
    assert [one.code for one in lint_source(carried, "carried.py").findings] == []
    learnt = text.replace("{made}", "nn.Parameter(e.mean(1).unsqueeze(0))")
    assert [one.code for one in lint_source(learnt, "learnt.py").findings] == ["TUN201"]


def test_a_layer_that_is_moved_is_not_replaced() -> None:
    text = """
import torch
from torch import nn

from data import loader


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(8, 8), None

    def build(self, size):
        self.head = nn.Linear(size, 1)
        self.head = self.head.to("cuda")

    def forward(self, x):
        x = self.body(x)
        if self.head is None:
            self.build(x.shape[1])
        return self.head(x)


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.mse_loss(model(x), y).backward()
    optimizer.step()
"""
    found = lint_source(text, "lazy.py").findings
    assert [(one.code, one.line) for one in found] == [("TUN201", 14)]


def test_what_an_earlier_loop_left_on_a_way_that_is_never_taken() -> None:
    text = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from sklearn.model_selection import train_test_split

from texts import others, pairs

train_part, val_part = train_test_split(pairs, test_size=0.1)
train_loader, val_loader = DataLoader(train_part, 64, shuffle=True), DataLoader(val_part, 64)
other_val_loader = DataLoader(others, 64)
model = nn.Linear(100, 4)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for epoch in range(5):
    model.train()
    for batch in train_loader:
        if len(batch) == 2:
            ids, target = batch
        elif len(batch) == 3:
            ids, target, extra = batch
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(ids), target).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        for batch in {loader}:
            if len(batch) == 2:
                ids, target = batch
            elif len(batch) == 3:
                ids, target, extra = batch
            print(nn.functional.cross_entropy(model(ids), target).item())
"""
    assert [one.code for one in lint_source(text.replace("{loader}", "val_loader"), "left.py").findings] == []
    same = lint_source(text.replace("{loader}", "train_loader"), "left.py").findings
    assert [one.code for one in same] == ["TUN801"]


@pytest.mark.parametrize("missing", ["", "\n        return x"])
def test_a_forward_without_a_return_raises_before_any_step(missing: str) -> None:
    text = f"""
import torch
from torch import nn

from texts import loader


class Block(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.attn, self.norm = nn.MultiheadAttention(n, 4, batch_first=True), nn.LayerNorm(n)

    def forward(self, x, memory):
        h, _ = self.attn(self.norm(x), memory, memory)
        x = x + h{missing}


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb, self.layers = nn.Embedding(100, 32), nn.ModuleList([Block(32) for _ in range(2)])
        self.out = nn.Linear(32, 100)

    def forward(self, x, memory=None):
        x = self.emb(x)
        for layer in self.layers:
            x = layer(x, x if memory is None else memory)
        return x


enc, dec, out = Encoder(), Encoder(), nn.Linear(32, 100)
first = torch.optim.AdamW(enc.parameters(), lr=1e-3)
second = torch.optim.AdamW([*dec.parameters(), *out.parameters()], lr=1e-3)
for x, y, t in loader:
    first.zero_grad()
    second.zero_grad()
    nn.functional.cross_entropy(out(dec(y, enc(x))).view(-1, 100), t.view(-1)).backward()
    first.step()
    second.step()
"""
    assert [one.code for one in lint_source(text, "blocks.py").findings] == []


def test_one_of_several_models_that_a_call_does_not_fit() -> None:
    text = """
import torch
from torch import nn

from project import cfg, loader


class New(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb, self.head = nn.Embedding(3, 2), nn.Linear(4, 1)

    def forward(self, cate, cont):
        return self.head(torch.cat((self.emb(cate), cont), 2))


class Old(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(2, 1)

    def forward(self, cont):
        return self.head(cont)


model = New() if cfg.new else Old()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for y in loader:
    optimizer.zero_grad()
    nn.functional.l1_loss(model({given}), y).backward()
    optimizer.step()
"""
    alone = text.replace("{given}", "torch.rand(8, 5, 2)")
    assert [one.code for one in lint_source(alone, "models.py").findings] == []
    both = text.replace("{given}", "torch.rand(8, 5), torch.rand(8, 5, 2)")
    assert [one.code for one in lint_source(both, "models.py").findings] == ["TUN704"]


def test_a_number_that_goes_back_is_meant_to_be_a_loss() -> None:
    text = """
import argparse
import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--w-rec", type=float, default=0)
args = parser.parse_args()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(8, 8)

    def forward(self, x):
        out, losses = self.body(x), {}
        if args.w_rec > 0:
            losses.update({"rec": args.w_rec * nn.functional.mse_loss(out, x)})
        return out, losses


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(10):
    out, losses = model(torch.rand(16, 8))
    optimizer.zero_grad()
    sum(losses.values()).backward()
    optimizer.step()
"""
    assert [one.code for one in lint_source(text, "weights.py").findings] == []


def test_what_is_saved_of_the_training_data_by_a_function_that_says_so() -> None:
    text = """
import torch
from torch import nn
from torch.utils.data import DataLoader

from texts import seen

model = nn.Sequential(nn.Linear(16, 16), nn.Dropout(0.5), nn.Linear(16, 2))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)


def {name}(data):
    eval_loader = DataLoader(data, batch_size=1)
    model.eval()
    with torch.no_grad():
        for x, y in eval_loader:
            print(nn.functional.cross_entropy(model(x), y).item())


for x, y in DataLoader(seen, batch_size=16, shuffle=True):
    model.train()
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
{name}(seen)
"""
    assert [one.code for one in lint_source(text.replace("{name}", "save_training"), "saved.py").findings] == []
    found = lint_source(text.replace("{name}", "evaluate"), "evaluated.py").findings
    assert [one.code for one in found] == ["TUN801"]


@pytest.mark.parametrize("run", ["torch.enable_grad()(closure)()", "torch.enable_grad()(closure)", "unseen(closure)"])
def test_a_closure_that_is_handed_over_where_no_gradients_are_recorded(run: str) -> None:
    text = f"""
import torch
from torch import nn
from torchvision.models import resnet18

from images import loader, unseen

model = resnet18(weights="DEFAULT")
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)


def train():
    for images, labels in loader:

        def closure():
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            return loss

        with torch.no_grad():
            {run}
            optimizer.step()


train()
"""
    assert [one.code for one in lint_source(text, "sam.py").findings] == []
    refused = text.replace(run, "torch.no_grad()(closure)()")
    assert "TUN510" in [one.code for one in lint_source(refused, "sam.py").findings]


@pytest.mark.parametrize("used", ["", "clf = Classifier()\nclf.fit(train_loader)"])
def test_methods_that_a_file_calls_have_done_their_part_before_those_that_it_does_not(used: str) -> None:
    text = f"""
import torch
from torch import nn
from torchvision.models import resnet18

from images import test_loader, train_loader


class Classifier:
    def __init__(self):
        self.model = resnet18(weights="DEFAULT")
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-4)

    def fit(self, loader):
        self.model.train()
        for x, y in loader:
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(self.model(x), y).backward()
            self.optimizer.step()
        self.model.eval()

    @torch.no_grad()
    def predict(self, loader):
        return [self.model(x).argmax(1) for x, _ in loader]


{used}
"""
    assert [one.code for one in lint_source(text, "classifier.py").findings] == []


def test_a_model_that_is_put_there_where_the_loop_is_left_trains_no_more() -> None:
    text = """
import copy
import torch
from torch import nn

from data import loader, score

model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
optimizer = torch.optim.Adam(model.parameters())
best, patience = 0, 0
for epoch in range(20):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    if score() > best:
        best, patience, kept = score(), 0, copy.deepcopy(model)
    else:
        patience += 1
        if patience == 5:
            model = kept
            {then}
print(score())
"""
    assert [one.code for one in lint_source(text.replace("{then}", "break"), "stop.py").findings] == []
    on = lint_source(text.replace("{then}", "patience = 0"), "on.py").findings
    assert [one.code for one in on] == ["TUN201"]


OWN_MODES = """
import torch
from torch import nn
from torch.utils.data import DataLoader

from data import held, seen

net = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 3))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
train_loader, val_loader = DataLoader(seen, batch_size=16, shuffle=True), DataLoader(held, batch_size=16)


class evaluating:
    def __init__(self, *models):
        self.models = models

    def __enter__(self):
        self.before = [model.training for model in self.models]
        for model in self.models:
            model.{set}

    def __exit__(self, *args):
        for model, state in zip(self.models, self.before):
            model.train(state)
        return False


def evaluated(function):
    def inner(model, loader):
        model.{set}
        with torch.no_grad():
            result = function(model, loader)
        model.train()
        return result

    return inner


{decorator}
def score(model, loader):
    return sum((model(x).argmax(1) == y).sum().item() for x, y in loader)


for epoch in range(3):
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    {run}
"""


@pytest.mark.parametrize(
    ("decorator", "run"),
    [
        ("", "with torch.no_grad(), evaluating(net):\n        print(score(net, val_loader))"),
        ("@evaluated", "print(score(net, val_loader))"),
    ],
)
def test_modes_that_a_manager_or_a_decorator_of_the_scripts_own_sets(decorator: str, run: str) -> None:
    text = OWN_MODES.replace("{decorator}", decorator).replace("{run}", run)
    assert [one.code for one in lint_source(text.replace("{set}", "eval()"), "modes.py").findings] == []
    if not decorator:  # what a decorator makes of a function is not followed
        found = lint_source(text.replace("{set}", "float()"), "modes.py").findings
        assert [one.code for one in found] == ["TUN506"]


def test_modes_that_are_set_by_all_that_an_object_holds() -> None:
    text = """
import torch
from torch import nn
from torch.utils.data import DataLoader

from data import held, seen


class Classifier:
    def __init__(self):
        self.body = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU())
        self.head = nn.Linear(32, 3)
        self.optimizer = torch.optim.Adam([*self.body.parameters(), *self.head.parameters()])

    def set_mode(self, training):
        for net in {held}:
            if isinstance(net, nn.Module):
                net.train(training)

    def fit(self, loader):
        self.set_mode(True)
        for x, y in loader:
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(self.head(self.body(x)), y).backward()
            self.optimizer.step()

    def score(self, loader):
        self.set_mode(False)
        with torch.no_grad():
            return sum((self.head(self.body(x)).argmax(1) == y).sum().item() for x, y in loader)


classifier = Classifier()
classifier.fit(DataLoader(seen, batch_size=16, shuffle=True))
print(classifier.score(DataLoader(held, batch_size=16)))
"""
    assert [one.code for one in lint_source(text.replace("{held}", "vars(self).values()"), "held.py").findings] == []
    assert [one.code for one in lint_source(text.replace("{held}", "[]"), "none.py").findings] == ["TUN506"]


@pytest.mark.parametrize("kept", ["", "hits += "])
def test_statistics_that_are_computed_anew_validate_nothing(kept: str) -> None:
    text = f"""
import torch
from torch import nn
from torch.utils.data import DataLoader

from data import held, seen

net = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 3))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
train_loader, other_loader = DataLoader(seen, batch_size=16, shuffle=True), DataLoader(held, batch_size=16)
for x, y in train_loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
hits = 0
with torch.no_grad():
    for x, y in other_loader:
        {kept}net(x)
"""
    assert [one.code for one in lint_source(text, "anew.py").findings] == (["TUN506"] if kept else [])


def test_the_dropout_of_a_generator_is_its_noise() -> None:
    text = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.utils import save_image

from pairs import held, seen

generator = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.Dropout(0.5), nn.ReLU(), nn.Conv2d(16, 3, 3, padding=1))
critic = nn.Sequential(nn.Conv2d(3, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(16, 1, 4, 1, 1))
opt_g = torch.optim.Adam(generator.parameters(), lr=2e-4)
opt_c = torch.optim.Adam(critic.parameters(), lr=2e-4)
train_loader, val_loader = DataLoader(seen, batch_size=4, shuffle=True), DataLoader(held, batch_size=4)
for a, b in train_loader:
    fake = generator(a)
    opt_c.zero_grad()
    {alone}
    opt_c.step()
    opt_g.zero_grad()
    (100 * (fake - b).abs().mean() - critic(fake).mean()).backward()
    opt_g.step()
with torch.no_grad():
    for a, b in val_loader:
        save_image(generator(a), "drawn.png")
"""
    alone = text.replace("{alone}", "(critic(fake.detach()).mean() - critic(b).mean()).backward()")
    assert [one.code for one in lint_source(alone, "drawn.py").findings] == []


def test_the_reference_of_an_attack_on_the_batch_that_is_trained_on() -> None:
    text = """
import torch
from torch import nn
from torch.utils.data import DataLoader

from data import held, seen

net = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 3))
optimizer = torch.optim.SGD(net.parameters(), 0.1)
train_loader, val_loader = DataLoader(seen, batch_size=16, shuffle=True), DataLoader(held, batch_size=16)


def trades(x, y):
    net.eval()
    with torch.no_grad():
        reference = net(x).softmax(1)
    near = x + 0.01 * torch.randn_like(x)
    for _ in range(3):
        near.requires_grad_()
        with torch.enable_grad():
            away = nn.functional.kl_div(net(near).log_softmax(1), reference, reduction="sum")
        near = (near + 0.01 * torch.autograd.grad(away, [near])[0].sign()).detach()
    net.train()
    near = nn.functional.kl_div(net(near).log_softmax(1), reference, reduction="batchmean")
    return nn.functional.cross_entropy(net(x), y) + near


for epoch in range(3):
    for x, y in train_loader:
        optimizer.zero_grad()
        trades(x, y).backward()
        optimizer.step()
"""
    assert [one.code for one in lint_source(text, "trades.py").findings] == []


def test_modes_of_models_that_are_found_in_what_is_not_seen() -> None:
    text = """
import torch
from torch import nn
from torch.utils.data import DataLoader

from data import held, models_of, seen

body, head = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU()), nn.Linear(32, 3)
optimizer = torch.optim.Adam([*body.parameters(), *head.parameters()])
for x, y in DataLoader(seen, batch_size=16, shuffle=True):
    optimizer.zero_grad()
    nn.functional.cross_entropy(head(body(x)), y).backward()
    optimizer.step()
for model in models_of(__name__):
    model.{mode}()
with torch.no_grad():
    for x, y in DataLoader(held, batch_size=16):
        print((head(body(x)).argmax(1) == y).sum().item())
"""
    assert [one.code for one in lint_source(text.replace("{mode}", "eval"), "unseen.py").findings] == []
    assert [one.code for one in lint_source(text.replace("{mode}", "show"), "unseen.py").findings] == ["TUN506"]


def test_gradients_that_are_put_into_a_shared_model_by_hand() -> None:
    text = """
import torch
from torch import nn

from data import loader

local, shared = nn.Linear(8, 3), nn.Linear(8, 3)
optimizer = torch.optim.RMSprop(shared.parameters(), 1e-4)
for x, y in loader:
    local.load_state_dict(shared.state_dict())
    local.zero_grad()
    nn.functional.cross_entropy(local(x), y).backward()
    for mine, ours in zip(local.parameters(), shared.parameters()):
        ours._grad = mine.grad
    optimizer.step()
"""
    assert [one.code for one in lint_source(text, "a3c.py").findings] == []
    assert [one.code for one in lint_source(text.replace("ours._grad", "ours.x"), "a3c.py").findings] == ["TUN503"]


def test_a_decorator_of_the_scripts_own_around_forward() -> None:
    text = """
import torch
from torch import nn


def folded(forward):
    def inner(self, x):
        return forward(self, x.flatten(1))

    return inner


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(48, 3)

    {decorator}
    def forward(self, x):
        return self.out(x)


print(Net()(torch.randn(4, 3, 4, 4)))
"""
    assert [one.code for one in lint_source(text.replace("{decorator}", "@folded"), "folded.py").findings] == []
    assert [one.code for one in lint_source(text.replace("{decorator}", ""), "folded.py").findings] == ["TUN704"]


def test_handlers_that_decorators_register() -> None:
    text = """
import torch
from torch import nn
from torch.nn import functional as F

from data import loader


class Loop:
    def __init__(self):
        self.handlers = {}

    def on(self, event):
        def keep(handler):
            self.handlers.setdefault(event, []).append(handler)
            return handler
        return keep

    def fire(self, event, **given):
        for handler in self.handlers.get(event, []):
            handler(**given)

    def fit(self, model, optimizer):
        for x, y in loader:
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
            self.fire("stepped", optimizer=optimizer)


loop = Loop()


{decorator}
def clean(optimizer):
    optimizer.zero_grad()


model = nn.Linear(8, 3)
loop.fit(model, torch.optim.SGD(model.parameters(), 0.1, momentum=0.9))
"""
    assert lint_source(text.replace("{decorator}", '@loop.on("stepped")'), "loop.py").findings == ()
    unheard = lint_source(text.replace("{decorator}", '@loop.on("unheard")'), "loop.py").findings
    assert [one.code for one in unheard] == ["TUN501"]


def test_what_a_decorator_makes_of_a_class() -> None:
    text = """
import torch
from torch import nn


def folded(cls):
    forward = cls.forward
    cls.forward = lambda self, x: forward(self, x.flatten(1))
    return cls


def kept(cls):
    print(cls)
    return cls


{decorator}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(48, 3)

    def forward(self, x):
        return self.out(x)


print(Net()(torch.randn(4, 3, 4, 4)))
"""
    assert lint_source(text.replace("{decorator}", "@folded"), "folded.py").findings == ()
    assert [one.code for one in lint_source(text.replace("{decorator}", "@kept"), "kept.py").findings] == ["TUN704"]


def test_a_hook_that_gives_a_layer_another_input() -> None:
    text = """
import torch
from torch import nn

net = nn.Sequential(nn.Linear(48, 32), nn.ReLU(), nn.Linear(32, 10))
net.register_forward_pre_hook({hook})
print(net(torch.randn(4, 3, 4, 4)))
"""
    flat = "lambda module, given: (given[0].flatten(1),)"
    assert lint_source(text.replace("{hook}", flat), "hooked.py").findings == ()
    logs = "lambda module, given: print(given[0].shape)"
    assert [one.code for one in lint_source(text.replace("{hook}", logs), "hooked.py").findings] == ["TUN704"]


@pytest.mark.parametrize(
    ("emptied", "codes"),
    [
        ("optimizer.register_step_post_hook(lambda given, args, kwargs: given.zero_grad())", []),
        ("optimizer.register_step_post_hook(lambda given, args, kwargs: print(args))", ["TUN501"]),
        ("step = optimizer.step\noptimizer.step = lambda: (step(), optimizer.zero_grad())", []),
        ("step = optimizer.step\noptimizer.step = lambda: (step(), print())", ["TUN501"]),
    ],
)
def test_steps_that_empty_the_gradients_themselves(emptied: str, codes: list[str]) -> None:
    text = f"""
import torch
from torch import nn

from data import loader

net = nn.Linear(8, 3)
optimizer = torch.optim.Adam(net.parameters())
{emptied}
for x, y in loader:
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
"""
    assert [one.code for one in lint_source(text, "hooks.py").findings] == codes


@pytest.mark.parametrize(
    ("handed", "codes"),
    [
        ('optimizer.param_groups[0]["params"] = list(net.parameters())', []),
        ('optimizer.param_groups[0]["params"].extend(net[2].parameters())', []),
        ('optimizer.param_groups[0]["params"][2] = net[2].weight', []),
        ('optimizer.param_groups[0]["lr"] = 0.01', ["TUN201"]),
    ],
)
def test_parameters_that_are_put_into_a_group_by_hand(handed: str, codes: list[str]) -> None:
    text = f"""
import torch
from torch import nn

from data import loader

net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
optimizer = torch.optim.SGD(net.parameters(), 0.05)
net[2] = nn.Linear(16, 3)
{handed}
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
"""
    assert [one.code for one in lint_source(text, "groups.py").findings] == codes


def test_weights_that_are_kept_where_a_loop_ends() -> None:
    text = """
import torch
from torch import nn

from data import loader

net = nn.Linear(8, 3)
optimizer = torch.optim.SGD(net.parameters(), 0.05)
for epoch in range(20):
    total = 0
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    if total < 1 or epoch == 19:
        final = net.state_dict()
        {then}
torch.save(final, "final.pt")
"""
    assert lint_source(text.replace("{then}", "break"), "final.py").findings == ()
    assert [one.code for one in lint_source(text.replace("{then}", "print()"), "final.py").findings] == ["TUN805"]


def test_a_trainer_that_trains_again_and_again() -> None:
    text = """
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

data = load_dataset("imdb")
model = AutoModelForSequenceClassification.from_pretrained("roberta-base", num_labels=2)
arguments = TrainingArguments("out", num_train_epochs=3)
trainer = Trainer(model, arguments, train_dataset=data["train"], eval_dataset=data["test"])
for epoch in range(3):
    {anew}
    trainer.train()
"""
    made = 'trainer = Trainer(model, arguments, train_dataset=data["train"])'
    for anew in ("trainer.evaluate()", made):
        assert lint_source(text.replace("{anew}", anew), "again.py").findings == (), anew


def test_dropout_whose_rate_is_off_by_default() -> None:
    text = """
import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, width, drop=RATE):
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.drop = drop

    def forward(self, x):
        return F.dropout(self.fc(x), p=self.drop)
"""
    assert lint_source(text.replace("RATE", "0.0"), "block.py").findings == ()
    assert [one.code for one in lint_source(text.replace("RATE", "0.1"), "block.py").findings] == ["TUN508"]


def test_a_choice_that_a_file_may_overrule() -> None:
    text = """
import json
import sys

import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR, StepLR

from data import loader


class Settings:
    def __init__(self, path):
        self.finetune = CHOSEN
        self.epochs = 5
        for key, value in json.load(open(path)).items():
            setattr(self, key, value)


settings = Settings(sys.argv[1])
model = nn.Linear(8, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
if settings.finetune:
    scheduler = StepLR(optimizer, 3)
else:
    scheduler = OneCycleLR(optimizer, 0.1, total_steps=settings.epochs * len(loader))
for epoch in range(settings.epochs):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    scheduler.step()
"""
    assert lint_source(text.replace("CHOSEN", "True"), "settings.py").findings == ()
    assert [one.code for one in lint_source(text.replace("CHOSEN", "False"), "settings.py").findings] == ["TUN406"]


BY_HAND = {
    "all at once": "torch._foreach_zero_([p.grad for p in net.parameters() if p.grad is not None])",
    "other data": "for p in net.parameters(): p.grad.data = torch.zeros_like(p.grad)",
    "only where there is one": """
    for p in net.parameters():
        if p.grad is not None:
            p.grad.data.zero_()""",
    "unless there is none": """
    for p in net.parameters():
        gradient = p.grad
        if gradient is None:
            continue
        gradient.detach_()
        gradient.zero_()""",
    "all its items": "for p in net.parameters(): p.grad[:] = 0",
    "by a function": "for p in net.parameters(): nn.init.zeros_(p.grad)",
    "by torch's function": "for p in net.parameters(): torch.zero_(p.grad)",
    "times nothing": "for p in net.parameters(): p.grad.mul_(0)",
    "group by group": 'for p in optimizer.param_groups[0]["params"]: p.grad = None',
}


@pytest.mark.parametrize("zeroed", BY_HAND.values(), ids=BY_HAND)
def test_gradients_that_are_zeroed_by_hand(zeroed: str) -> None:
    text = """
import torch
from torch import nn

from data import loader

net = nn.Linear(8, 3)
optimizer = torch.optim.SGD(net.parameters(), 0.05)
for x, y in loader:
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
    {}
"""
    assert lint_source(text.replace("{}", zeroed), "zeroed.py").findings == ()
    shown = "print(*(p.grad.norm() for p in net.parameters() if p.grad is not None))"
    assert [one.code for one in lint_source(text.replace("{}", shown), "shown.py").findings] == ["TUN501"]


def test_gradients_that_are_parts_of_one_tensor() -> None:
    text = """
import torch
from torch import nn

from data import loader

model = nn.Linear(8, 3)
parameters = list(model.parameters())
flat = torch.zeros(sum(p.numel() for p in parameters))
at = 0
for p in parameters:
    p.grad = flat[at : at + p.numel()].view_as(p)
    at += p.numel()
optimizer = torch.optim.SGD(parameters, lr=0.1)
for x, y in loader:
    flat.zero_()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
"""
    assert lint_source(text, "flat.py").findings == ()
    assert [one.code for one in lint_source(text.replace("    p.grad =", "    q ="), "flat.py").findings] == ["TUN501"]


def test_a_generator_that_steps_when_what_it_gives_was_used() -> None:
    text = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

loader = DataLoader(TensorDataset(torch.randn(32, 8), torch.randint(3, (32,))), 8, shuffle=True)

class Learner:
    def __init__(self, model):
        self.model, self.optimizer = model, torch.optim.Adam(model.parameters(), lr=1e-3)

    def batches(self):
        for x, y in loader:
            self.optimizer.zero_grad()
            yield {given}
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()


learner = Learner(nn.Linear(8, 3))
for {names} in learner.batches():
    {body}
"""
    loss = "nn.functional.cross_entropy(self.model(x), y)"
    batch = ("x, y", "x, y", "nn.functional.cross_entropy(learner.model(x), y).backward()")
    for given, names, body in ((loss, "loss", "loss.backward()"), batch):
        asked = text.replace("{given}", given).replace("{names}", names).replace("{body}", body)
        assert lint_source(asked, "steps.py").findings == (), given


MADE_ONCE = {
    "properties": """
class Run:
    @functools.cached_property
    def net(self):
        return nn.Linear(8, 3)

    @functools.cached_property
    def optimizer(self):
        return torch.optim.SGD(self.net.parameters(), 0.1)

run = Run()
for x, y in loader:
    run.optimizer.zero_grad()
    F.cross_entropy(run.net(x), y).backward()
    run.optimizer.step()
""",
    "functions by name": """
def make_net(width):
    return nn.Linear(width, 3)

net = functools.lru_cache(make_net)
optimizer = functools.cache(lambda: torch.optim.SGD(net(8).parameters(), 0.1))
for x, y in loader:
    optimizer().zero_grad()
    F.cross_entropy(net(8)(x), y).backward()
    optimizer().step()
""",
    "functions": """
@functools.CACHE
def net(width):
    return nn.Linear(width, 3)

@functools.CACHE
def optimizer():
    return torch.optim.SGD(net(8).parameters(), 0.1)

for x, y in loader:
    optimizer().zero_grad()
    F.cross_entropy(net(8)(x), y).backward()
    optimizer().step()
""",
}


@pytest.mark.parametrize("kept", ["cache", "lru_cache(maxsize=None)", "lru_cache"])
@pytest.mark.parametrize("program", MADE_ONCE.values(), ids=MADE_ONCE)
def test_what_is_made_once_and_kept(program: str, kept: str) -> None:
    start = "import functools\nimport torch\nfrom torch import nn\nfrom torch.nn import functional as F\n"
    text = f"{start}from data import loader\n{program}"
    assert lint_source(text.replace("CACHE", kept), "kept.py").findings == ()
    anew = text.replace("@functools.cached_property", "@property").replace("@functools.CACHE\n", "")
    anew = anew.replace("functools.lru_cache(make_net)", "make_net").replace("functools.cache(lambda", "(lambda")
    assert [one.code for one in lint_source(anew, "anew.py").findings] == ["TUN503"]


DRAWN_ANEW = {
    "an entry": 'batch["x"] = batch["x"].permute(0, 3, 1, 2)',
    "the whole": 'batch = {"x": batch["x"].permute(0, 3, 1, 2), "y": batch["y"]}',
    "in place": 'batch["x"].transpose_(1, 3)',
}


@pytest.mark.parametrize("change", DRAWN_ANEW.values(), ids=DRAWN_ANEW)
def test_a_batch_that_is_changed_and_drawn_anew(change: str) -> None:
    text = f"""
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Images(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        return {{"x": torch.randn(9, 8, 3), "y": torch.tensor(index % 2)}}


net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
optimizer = torch.optim.SGD(net.parameters(), 0.1)
for epoch in range(2):
    for batch in DataLoader(Images(), 4, shuffle=True):
        {change}
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(batch["x"]), batch["y"]).backward()
        optimizer.step()
"""
    assert lint_source(text, "anew.py").findings == ()
    assert [one.code for one in lint_source(text.replace(change, "print(epoch)"), "as.py").findings] == ["TUN704"]


def test_a_property_that_sets_the_mode() -> None:
    text = """
import torch
from torch import nn

from data import test_loader, train_loader


class Trainer:
    def __init__(self):
        self.model = nn.Sequential(nn.Linear(8, 16), nn.Dropout(0.5), nn.Linear(16, 3))
        self.optimizer = torch.optim.SGD(self.model.parameters(), 0.05)

    @property
    def phase(self):
        return self._phase

    @phase.setter
    def phase(self, name):
        self._phase = name
        self.model.train(name == "train")


trainer = Trainer()
for epoch in range(2):
    trainer.phase = "train"
    for x, y in train_loader:
        trainer.optimizer.zero_grad()
        nn.functional.cross_entropy(trainer.model(x), y).backward()
        trainer.optimizer.step()
    trainer.phase = "test"
    with torch.no_grad():
        for x, y in test_loader:
            print((trainer.model(x).argmax(1) == y).sum().item(), trainer.phase.upper())
"""
    assert lint_source(text, "phase.py").findings == ()
    told = lint_source(text.replace('trainer.phase = "test"', "print()"), "phase.py").findings
    assert [one.code for one in told] == ["TUN506"]


def test_a_hook_that_gives_another_output() -> None:
    text = """
import torch
from torch import nn
from torch.nn import functional as F

from data import loader

net = nn.Linear(8, 1)
net.register_forward_hook({hook})
optimizer = torch.optim.SGD(net.parameters(), 0.1)
for x, y in loader:
    optimizer.zero_grad()
    F.binary_cross_entropy(net(x), y).backward()
    optimizer.step()
"""
    assert lint_source(text.replace("{hook}", "lambda module, given, out: out.sigmoid()"), "hooked.py").findings == ()
    for hook in ("lambda module, given, out: seen.append(out.sigmoid())", "lambda *given: print(given)"):
        assert [one.code for one in lint_source(text.replace("{hook}", hook), "hooked.py").findings] == ["TUN603"]


def test_batch_norm_without_statistics_of_its_own() -> None:
    text = """
import torch
from torch import nn

from data import test_loader, train_loader

net = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16, {setting}), nn.Linear(16, 3))
{changed}
optimizer = torch.optim.SGD(net.parameters(), 0.1)
for x, y in train_loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
with torch.no_grad():
    for x, y in test_loader:
        print((net(x).argmax(1) == y).sum().item())
"""
    for setting, changed, codes in (
        ("track_running_stats=False", "", []),
        ("", "net[1].track_running_stats = False", []),
        ("momentum=0.05", "", ["TUN506"]),
    ):
        asked = text.replace("{setting}", setting).replace("{changed}", changed)
        assert [one.code for one in lint_source(asked, "norm.py").findings] == codes


def test_a_layer_that_has_another_train() -> None:
    text = """
import torch
from torch import nn
from torchvision import models

from data import loader

net = models.resnet18(weights="DEFAULT")
net.bn1.eval()
{}
optimizer = torch.optim.SGD(net.parameters(), 0.01)
for epoch in range(2):
    net.train()
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
"""
    for set_ in ("net.bn1.train = lambda mode=True: net.bn1", "net.bn1.train = make(net.bn1)"):
        assert lint_source(text.replace("{}", set_), "kept.py").findings == (), set_
    for set_ in ("", "net.bn2 = lambda mode=True: net.bn1"):
        assert [one.code for one in lint_source(text.replace("{}", set_), "undone.py").findings] == ["TUN305"], set_


@pytest.mark.parametrize(
    "change",
    [
        "optimizer.param_groups.append({**optimizer.param_groups[0], 'params': list(net.fc.parameters())})",
        "optimizer.param_groups.clear()\noptimizer.add_param_group({'params': list(net.parameters())})",
        "optimizer.param_groups[0] = {**optimizer.param_groups[0], 'params': list(net.parameters())}",
    ],
)
def test_the_list_of_groups_is_changed(change: str) -> None:
    text = f"""
import torch
from torch import nn
from torchvision import models

from data import loader

net = models.resnet18(weights="DEFAULT")
optimizer = torch.optim.SGD(net.parameters(), 0.01)
net.fc = nn.Linear(512, 10)
{change}
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
"""
    assert lint_source(text, "groups.py").findings == ()
    as_it_was = text.replace(change, "print(optimizer.param_groups)")
    assert [one.code for one in lint_source(as_it_was, "groups.py").findings] == ["TUN201"]


def test_folds_that_a_flag_tells_apart() -> None:
    text = """
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Clips(Dataset):
    def __init__(self, table, columns, train, augment):
        self.table = table[table["fold"] != 0] if train else table[table["fold"] == 0]
        self.augment, self.columns = augment, columns

    def __len__(self):
        return len(self.table)

    def __getitem__(self, index):
        return torch.from_numpy(self.table.iloc[index][self.columns].values), self.table.iloc[index]["label"]


clips, columns = pd.read_csv("clips.csv"), ["a", "b"]
train, val = Clips(clips, columns, True, True), Clips(clips, columns, False, False)
net = nn.Linear(2, 3)
optimizer = torch.optim.SGD(net.parameters(), 0.1)
val_loader = DataLoader(val, 8)
for epoch in range(3):
    for x, y in DataLoader(train, 8, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        for x, y in val_loader:
            print((net(x).argmax(1) == y).sum().item())
"""
    assert lint_source(text, "folds.py").findings == ()
    alike = text.replace("columns, False, False)", "columns, True, False)")
    assert [one.code for one in lint_source(alike, "folds.py").findings] == ["TUN801"]


def test_a_lightning_module_that_prepares_its_data() -> None:
    text = """
import lightning
import torch
from dataset import Rows
from torch import nn
from torch.utils.data import DataLoader


class System(lightning.LightningModule):
    def __init__(self, frame):
        super().__init__()
        self.net, self.frame, self.train_rows, self.val_rows = nn.Linear(1, 1), frame, None, None

    def {hook}:
        self.train_rows = Rows(self.frame[self.frame["fold"] != 0])
        self.val_rows = Rows(self.frame[self.frame["fold"] == 0])

    def train_dataloader(self):
        return DataLoader(self.train_rows, batch_size=8, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_rows, batch_size=8)

    def training_step(self, batch, index):
        return nn.functional.mse_loss(self.net(batch[0]), batch[1])

    def validation_step(self, batch, index):
        self.log("val_loss", nn.functional.mse_loss(self.net(batch[0]), batch[1]))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.1)


lightning.Trainer(max_epochs=2).fit(System(torch.load("rows.pt")))
"""
    for hook in ("prepare_data(self)", "setup(self, stage)", "set_up_by_somebody(self)"):
        assert lint_source(text.replace("{hook}", hook), "system.py").findings == (), hook
    same = text.replace('["fold"] == 0])', '["fold"] != 0])').replace(
        "self.val_rows = Rows", "self.val_rows = self.train_rows = Rows"
    )
    assert [one.code for one in lint_source(same.replace("{hook}", "setup(self, stage)"), "system.py").findings] == [
        "TUN801"
    ]


def test_a_size_where_a_filter_is_asked_for() -> None:
    text = """
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

change = transforms.Compose([transforms.Resize({}), transforms.ToTensor()])
net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 10))
for x, y in DataLoader(datasets.CelebA("data", "train", transform=change), 8):
    net(x)
"""
    assert lint_source(text.replace("{}", "64, 64"), "resize.py").findings == ()
    assert [one.code for one in lint_source(text.replace("{}", "64"), "resize.py").findings] == ["TUN701"]


def test_all_pairs_that_are_meant() -> None:
    text = """
import torch
from torch import nn

from data import loader

net = nn.Linear(8, 1)
centers = nn.Parameter(torch.linspace(-1, 1, 8))
optimizer = torch.optim.SGD([*net.parameters(), centers], 0.1)
target = torch.rand(8)
for _ in range(100):
    out = net(torch.rand(8, 8))
    optimizer.zero_grad()
    ({} ** 2).mean().backward()
    optimizer.step()
"""
    meant = ("(out - centers)", "(out.reshape(-1, 1) - target.reshape(-1))", "(out[:, 0] - target[:, None])")
    for difference in meant:
        assert lint_source(text.replace("{}", difference), "pairs.py").findings == (), difference
    for difference in ("(out - target)", "(target.view(-1) - out)", "(out.view(-1, 1) - target)"):
        found = lint_source(text.replace("{}", difference), "pairs.py").findings
        assert [one.code for one in found] == ["TUN606"], difference


@pytest.mark.parametrize("name", ["neg_loss", "accuracy_gap", "minus_loss", "attack_acc", "fpr_at_95_recall"])
def test_what_is_made_of_a_metric(name: str) -> None:
    mode = "max" if "loss" in name else "min"
    text = f"""
import torch
from torch import nn

net = nn.Linear(8, 1)
optimizer = torch.optim.SGD(net.parameters(), 0.1)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="{mode}")
for epoch in range(20):
    {name} = float(input())
    scheduler.step({name})
"""
    assert "TUN408" not in [one.code for one in lint_source(text, "plateau.py").findings]
    plain = text.replace(name, "loss" if mode == "max" else "accuracy")
    assert "TUN408" in [one.code for one in lint_source(plain, "plateau.py").findings]


def test_layers_that_are_run_by_their_names() -> None:
    text = """
import torch
from torch import nn
from torchvision import models

net = models.resnet18(weights="DEFAULT")
net.proj = nn.Linear(WIDTH, 10)
x = torch.randn(2, 3, 64, 64)
for name in ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool"):
    x = getattr(net, name)(x)
net.proj(x.flatten(1))
"""
    assert lint_source(text.replace("WIDTH", "512"), "names.py").findings == ()
    assert [one.code for one in lint_source(text.replace("WIDTH", "256"), "names.py").findings] == ["TUN701"]


def test_a_method_that_an_object_has_of_its_own() -> None:
    text = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Conv2d(3, 8, 3), nn.Linear(8, 10)

    def pool(self, x):
        return x.flatten(1)

    def forward(self, x):
        return self.head(self.pool(self.body(x)))


net = Net()
{}
net(torch.randn(2, 3, 32, 32))
"""
    pooled = ("net.pool = lambda x: x.amax((2, 3))", "net.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())")
    for one in pooled:
        assert lint_source(text.replace("{}", one), "pool.py").findings == (), one
    for one in ("print(net.pool)", "net.pool = lambda x: x.flatten(1)"):
        assert [found.code for found in lint_source(text.replace("{}", one), "pool.py").findings] == ["TUN701"], one


WRITTEN = {
    "a step written out": """
        with torch.no_grad():
            for p in net.head.parameters():
                p -= 0.1 * p.grad""",
    "means of classes": """
        with torch.no_grad():
            net.head.weight[y[0]] = 0.9 * net.head.weight[y[0]] + 0.1 * net.body(x).mean(0)""",
    "solved": """
        net.head.weight.data = torch.linalg.lstsq(net.body(x), nn.functional.one_hot(y, 3).float()).solution.T""",
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_a_head_that_is_written_by_hand(written: str) -> None:
    text = f"""
import torch
from torch import nn
from torchvision import models

from data import loader


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = models.resnet18(weights="DEFAULT")
        self.body.fc = nn.Identity()
        self.head = nn.Linear(512, 3, bias=False)

    def forward(self, x):
        return self.head(self.body(x))


net = Net()
optimizer = torch.optim.SGD(net.body.parameters(), 0.01)
for epoch in range(3):
    for x, y in loader:
        net.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step(){written}
"""
    assert lint_source(text, "written.py").findings == ()
    assert [one.code for one in lint_source(text.replace(written, ""), "left_out.py").findings] == ["TUN201"]


@pytest.mark.parametrize(
    ("schedule", "inside", "code"),
    [
        ("StepLR(optimizer, 10)", True, "TUN407"),
        ("OneCycleLR(optimizer, 0.1, epochs=30, steps_per_epoch=len(loader))", False, "TUN406"),
    ],
)
def test_a_loader_that_gives_all_at_once(schedule: str, inside: bool, code: str) -> None:
    text = f"""
import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR, StepLR
from torch.utils.data import DataLoader, TensorDataset

data = TensorDataset(torch.randn(64, 8), torch.randint(0, 3, (64,)))
loader = DataLoader(data, batch_size=SIZE, shuffle=True)
model = nn.Linear(8, 3)
optimizer = torch.optim.SGD(model.parameters(), 0.01)
scheduler = {schedule}
for epoch in range(30):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    {"    " if inside else ""}scheduler.step()
"""
    assert lint_source(text.replace("SIZE", "len(data)"), "whole.py").findings == ()
    assert [one.code for one in lint_source(text.replace("SIZE", "8"), "batches.py").findings] == [code]


KEPT_APART = {
    "arguments that are not seen": """
@functools.lru_cache(None)
def get(*files):
    return nn.Linear(3, 3)

frozen, net = get(*sys.argv[1:2]), get(*sys.argv[2:])
""",
    "emptied in between": """
@functools.cache
def get():
    return nn.Linear(3, 3)

frozen = get()
get.cache_clear()
net = get()
""",
    "other numbers": """
@functools.cache
def get(sizes):
    return nn.Linear(*sizes)

frozen, net = get((3, 3)), get((3, 4))
""",
}


@pytest.mark.parametrize("made", KEPT_APART.values(), ids=KEPT_APART)
def test_what_is_kept_for_other_arguments(made: str) -> None:
    text = f"""
import functools
import sys
import torch
from torch import nn

from data import loader
{made}
frozen.requires_grad_(False)
optimizer = torch.optim.SGD(net.parameters(), 0.1)
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
"""
    assert lint_source(text, "kept.py").findings == ()
    same = (
        text.replace("get(*sys.argv[1:2]), get(*sys.argv[2:])", "get(1), get(1)")
        .replace("get.cache_clear()", "")
        .replace("(3, 4)", "(3, 3)")
    )
    assert [one.code for one in lint_source(same, "kept.py").findings] == ["TUN303"]


def test_hooks_of_steps_that_something_else_makes() -> None:
    text = """
import torch
from torch import nn

from data import loader

net = nn.Linear(8, 3)
optimizer = torch.optim.SGD(net.parameters(), 0.1)
scaler = torch.amp.GradScaler()
{hook}
for x, y in loader:
    scaler.scale(nn.functional.cross_entropy(net(x), y)).backward()
    scaler.step(optimizer)
    scaler.update()
"""
    hook = "optimizer.register_step_post_hook(lambda given, *rest: given.zero_grad())"
    assert lint_source(text.replace("{hook}", hook), "hooks.py").findings == ()
    assert [one.code for one in lint_source(text.replace("{hook}", ""), "hooks.py").findings] == ["TUN501"]


def test_a_hook_that_runs_before_the_closure() -> None:
    text = """
import torch
from torch import nn

from data import loader

net = nn.Linear(8, 3)
optimizer = torch.optim.SGD(net.parameters(), 0.1)
optimizer.register_step_pre_hook(lambda given, *rest: given.zero_grad())
for x, y in loader:
    def closure():
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        return loss

    optimizer.step(closure)
"""
    assert lint_source(text, "closure.py").findings == ()


def test_a_module_takes_its_parts_before_a_property_is_asked() -> None:
    text = """
import torch
from torch import nn

from data import loader


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.fc = nn.Linear(8, 8), nn.Linear(8, 3)
        self.body.requires_grad_(False)

    @property
    def head(self):
        return self.fc

    @head.setter
    def head(self, value):
        value.requires_grad_(False)
        self.fc = value

    def forward(self, x):
        return self.fc(self.body(x))


net = Net()
net.head = nn.Linear(8, 3)
optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], 0.1)
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()
"""
    assert "TUN303" not in [one.code for one in lint_source(text, "head.py").findings]


def test_an_attribute_that_is_set_on_one_way() -> None:
    text = """
import sys
import torch
from torch import nn

from data import loader


class Trainer:
    def __init__(self, frozen):
        self.model = nn.Linear(8, 3)
        {when}self.frozen = "yes"


trainer = Trainer(len(sys.argv) > 1)
if hasattr(trainer, "frozen"):
    trainer.model.requires_grad_(False)
if len(sys.argv) <= 1:
    optimizer = torch.optim.SGD(trainer.model.parameters(), 0.1)
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(trainer.model(x), y).backward()
        optimizer.step()
"""
    assert lint_source(text.replace("{when}", "if frozen: "), "trainer.py").findings == ()
    told = lint_source(text.replace("{when}", "").replace("if len(sys.argv) <= 1", "if True"), "trainer.py").findings
    assert [one.code for one in told] == ["TUN303"]


def test_a_model_that_a_file_may_replace() -> None:
    text = """
import json
import torch
from torch import nn

from data import loader


class Trainer:
    def __init__(self, given):
        self.model = nn.Linear(8, 3)
        self.model.requires_grad_(False)
        for name, value in {given}.items():
            setattr(self, name, value)


trainer = Trainer(torch.load("trainer.pt"))
optimizer = torch.optim.SGD(trainer.model.parameters(), 0.1)
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(trainer.model(x), y).backward()
    optimizer.step()
"""
    assert lint_source(text.replace("{given}", "given"), "trainer.py").findings == ()
    told = lint_source(text.replace("{given}", "{}"), "trainer.py").findings
    assert [one.code for one in told] == ["TUN303"]


def test_a_dataset_with_more_than_another_name() -> None:
    text = """
from somelib import Coloured
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


class Digits({bases}):
    pass


net = nn.Conv2d(3, 8, 3)
for x, y in DataLoader(Digits("data", transform=transforms.ToTensor()), 8):
    net(x)
"""
    assert lint_source(text.replace("{bases}", "Coloured, datasets.MNIST"), "digits.py").findings == ()
    told = lint_source(text.replace("{bases}", "datasets.MNIST"), "digits.py").findings
    assert [one.code for one in told] == ["TUN708"]


UNCHOSEN = {
    "how large they are": "assert not (net(x) > 1e4).any()",
    "whether they are the same": "print(((net(x) - net(x)).abs() < 1e-6).all())",
    "whether they are nothing": "print((net(x) == 0).all())",
    "classes": "print((net(x) > 0.5).sum())",
}


@pytest.mark.parametrize("what", UNCHOSEN)
def test_answers_that_are_looked_at(what: str) -> None:
    text = f"""
import torch
from torch.utils.data import DataLoader
from torchvision import models
from torchvision.datasets import ImageFolder

net = models.resnet18(num_classes=1)
net.load_state_dict(torch.load("best.pt"))
with torch.no_grad():
    for x, y in DataLoader(ImageFolder("test"), 32):
        {UNCHOSEN[what]}
"""
    told = [one.code for one in lint_source(text, "look.py").findings]
    assert told == (["TUN506"] if what == "classes" else [])


def test_a_mean_teacher_that_chooses_classes() -> None:
    text = """
import torch
from torch import nn
from torchvision import models

from data import loader

teacher, student = models.resnet18(weights="DEFAULT"), models.resnet18(weights="DEFAULT")
optimizer = torch.optim.SGD(student.parameters(), 0.1)
for x, y in loader:
    with torch.no_grad():
        chosen = (torch.sigmoid(teacher(x)) > 0.5).float()
    optimizer.zero_grad()
    nn.functional.binary_cross_entropy_with_logits(student(x), chosen).backward()
    optimizer.step()
    with torch.no_grad():
        for mine, theirs in zip(teacher.parameters(), student.parameters()):
            {follow}
"""
    assert (
        lint_source(text.replace("{follow}", "mine.mul_(0.99).add_(theirs, alpha=0.01)"), "teacher.py").findings == ()
    )
    told = lint_source(text.replace("{follow}", "print(mine, theirs)"), "teacher.py").findings
    assert [one.code for one in told] == ["TUN506"]
    judged = """
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder

with torch.no_grad():
    for x, y in DataLoader(ImageFolder("test"), 32):
        print((teacher(x).argmax(1) == y).sum())
"""
    told = lint_source(
        text.replace("{follow}", "mine.mul_(0.99).add_(theirs, alpha=0.01)") + judged, "teacher.py"
    ).findings
    assert [one.code for one in told] == ["TUN506"]
