"""Models that another file builds: what the script does with them is followed all the same."""

from __future__ import annotations

from textwrap import dedent

import pytest

from ft_lint import lint_source

IMPORTS = """
import copy
import itertools

import torch
import torch.nn.functional as F
from torch import nn, optim
from transformers import get_linear_schedule_with_warmup

from project import Discriminator, Generator, Net, args, build, evaluate, train_loader, val_loader
"""

TRAINING = """
model = {built}
optimizer = optim.AdamW(model.parameters(), lr=1e-4)
for epoch in range(10):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        scores = model(x)
        loss = F.cross_entropy(scores, y)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader))
"""

MISTAKES = {
    "TUN501": ("        optimizer.zero_grad()\n", ""),
    "TUN502": ("loss.backward()\n", "loss.backward()\n        optimizer.zero_grad()\n"),
    "TUN503": ("        loss.backward()\n", ""),
    "TUN504": ("model(x)\n", "model(x).detach()\n"),
    "TUN510": ("        scores = model(x)\n", "        with torch.no_grad():\n            scores = model(x)\n"),
    "TUN201": ("for epoch", "model.fc = nn.Linear(512, 10)\nfor epoch"),
}


@pytest.mark.parametrize("built", ["Net(10)", "build(args).cuda()", "nn.DataParallel(Net(10))", "args.models['net']"])
@pytest.mark.parametrize("code", MISTAKES)
def test_a_mistake_is_found_around_a_model_that_is_not_seen(code: str, built: str) -> None:
    clean = IMPORTS + TRAINING.format(built=built)
    assert lint_source(clean, "train.py").findings == ()
    written, instead = MISTAKES[code]
    if "DataParallel" in built:
        instead = instead.replace("model.fc", "model.module.fc")
    found = {finding.code for finding in lint_source(clean.replace(written, instead, 1), "train.py").findings}
    assert found == {code}


CORRECT = {
    "a language model with groups by name": """
        def hf():
            model = build(args)
            no_decay = ["bias", "LayerNorm.weight"]
            named = list(model.named_parameters())
            groups = [
                {"params": [p for n, p in named if not any(d in n for d in no_decay)], "weight_decay": 0.01},
                {"params": [p for n, p in named if any(d in n for d in no_decay)], "weight_decay": 0.0},
            ]
            optimizer = optim.AdamW(groups, lr=2e-5)
            scheduler = get_linear_schedule_with_warmup(optimizer, 0, len(train_loader) * 3)
            if torch.cuda.device_count() > 1:
                model = nn.DataParallel(model)
            model.zero_grad()
            for epoch in range(3):
                for step, batch in enumerate(train_loader):
                    model.train()
                    outputs = model(**batch)
                    loss = outputs[0]
                    if args.n_gpu > 1:
                        loss = loss.mean()
                    if args.accum > 1:
                        loss = loss / args.accum
                    loss.backward()
                    if (step + 1) % args.accum == 0:
                        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                        optimizer.step()
                        scheduler.step()
                        model.zero_grad()
                evaluate(model, val_loader)
            to_save = model.module if hasattr(model, "module") else model
            torch.save(to_save.state_dict(), "x")

        hf()
    """,
    "a tuple, and a dict where nothing is trained": """
        def tup():
            net = Net()
            opt = optim.Adam(net.parameters(), 1e-3)
            for x, y in train_loader:
                opt.zero_grad()
                loss, logits = net(x, labels=y)
                loss.backward()
                opt.step()
            net.eval()
            with torch.no_grad():
                for x, y in val_loader:
                    logits = net(x)["logits"]

        tup()
    """,
    "two that play against each other": """
        def gan():
            G, D = Generator(), Discriminator()
            og, od = optim.Adam(G.parameters(), 2e-4), optim.Adam(D.parameters(), 2e-4)
            bce = nn.BCELoss()
            for real, _ in train_loader:
                b = real.size(0)
                D.zero_grad()
                l1 = bce(D(real).view(-1), torch.ones(b)); l1.backward()
                fake = G(torch.randn(b, 100, 1, 1))
                l2 = bce(D(fake.detach()).view(-1), torch.zeros(b)); l2.backward()
                od.step()
                G.zero_grad()
                l3 = bce(D(fake).view(-1), torch.ones(b)); l3.backward()
                og.step()

        gan()
    """,
    "four that play, of which two are switched off": """
        def cyc():
            A, B, DA, DB = Generator(), Generator(), Discriminator(), Discriminator()
            og = optim.Adam(itertools.chain(A.parameters(), B.parameters()), 2e-4)
            od = optim.Adam(itertools.chain(DA.parameters(), DB.parameters()), 2e-4)
            for x, y in train_loader:
                for p in itertools.chain(DA.parameters(), DB.parameters()): p.requires_grad = False
                og.zero_grad(); fy, fx = A(x), B(y)
                loss = F.mse_loss(DB(fy), torch.ones(1)) + F.l1_loss(B(fy), x); loss.backward(); og.step()
                for p in itertools.chain(DA.parameters(), DB.parameters()): p.requires_grad = True
                od.zero_grad()
                loss = F.mse_loss(DB(fy.detach()), torch.zeros(1)) + F.mse_loss(DB(y), torch.ones(1))
                loss.backward(); od.step()

        cyc()
    """,
    "a freeze by names that nobody sees": """
        def frozen():
            model = build(args)
            for n, p in model.named_parameters():
                if "head" not in n:
                    p.requires_grad = False
            optimizer = optim.SGD(filter(lambda p: p.requires_grad, model.parameters()), lr=0.1, momentum=0.9)
            for x, y in train_loader:
                loss = F.cross_entropy(model(x), y)
                optimizer.zero_grad(); loss.backward(); optimizer.step()

        frozen()
    """,
    "a new head on what is frozen": """
        def frozen2():
            model = build(args)
            for p in model.parameters():
                p.requires_grad = False
            model.fc = nn.Linear(512, 10)
            optimizer = optim.SGD(model.fc.parameters(), lr=0.1, momentum=0.9)
            for x, y in train_loader:
                loss = F.cross_entropy(model(x), y)
                optimizer.zero_grad(); loss.backward(); optimizer.step()

        frozen2()
    """,
    "parts with rates of their own": """
        def groups2():
            model = Net()
            body = {"params": model.backbone.parameters(), "lr": 1e-5}
            optimizer = optim.AdamW([body, {"params": model.head.parameters()}], lr=1e-3)
            scaler = torch.cuda.amp.GradScaler()
            for x, y in train_loader:
                optimizer.zero_grad()
                with torch.cuda.amp.autocast():
                    loss = model.loss(x, y)
                scaler.scale(loss).backward(); scaler.step(optimizer); scaler.update()

        groups2()
    """,
    "a momentum encoder": """
        def moco():
            q = Net(); k = Net()
            for a, b in zip(q.parameters(), k.parameters()):
                b.data.copy_(a.data); b.requires_grad = False
            opt = optim.SGD(q.parameters(), 0.03)
            for x, y in train_loader:
                loss = F.mse_loss(q(x), k(y).detach())
                opt.zero_grad(); loss.backward(); opt.step()
                with torch.no_grad():
                    for a, b in zip(q.parameters(), k.parameters()):
                        b.data.mul_(0.99).add_(a.data, alpha=0.01)

        moco()
    """,
    "a target that is copied now and then": """
        def rl(env):
            policy, target = Net(), Net()
            target.load_state_dict(policy.state_dict()); target.eval()
            opt = optim.RMSprop(policy.parameters())
            for i in range(100):
                s, a, r, s2 = env.sample()
                q = policy(s).gather(1, a)
                with torch.no_grad(): t = r + 0.99 * target(s2).max(1)[0]
                loss = F.smooth_l1_loss(q, t.unsqueeze(1))
                opt.zero_grad(); loss.backward()
                for p in policy.parameters(): p.grad.data.clamp_(-1, 1)
                opt.step()
                if i % 10 == 0: target.load_state_dict(policy.state_dict())

        rl(args.env)
    """,
    "a trainer that holds one": """
        class Trainer:
            def __init__(self, args):
                self.model = build(args).cuda()
                self.opt = optim.Adam(self.model.parameters(), lr=args.lr)
                self.best = 0
                self.ema = copy.deepcopy(self.model)
            def train(self):
                for e in range(3):
                    self.model.train()
                    for x, y in train_loader:
                        self.opt.zero_grad()
                        out = self.model(x)
                        loss = F.cross_entropy(out, y)
                        loss.backward()
                        self.opt.step()
                    self.validate()
            def validate(self):
                self.model.eval()
                with torch.no_grad():
                    for x, y in val_loader:
                        p = self.model(x)
                        p2 = self.ema(x)
            def test(self):
                self.model.load_state_dict(torch.load("a"))
                self.model.eval()
                for x, y in val_loader:
                    with torch.no_grad(): self.model(x)

        Trainer(args).train()
    """,
    "one that does its steps itself": """
        def fit(model, loader, val, epochs, lr):
            opt = optim.SGD(model.parameters(), lr)
            hist = []
            for e in range(epochs):
                for batch in loader:
                    loss = model.training_step(batch)
                    loss.backward()
                    opt.step()
                    opt.zero_grad()
                hist.append(model.validation_step(val))
            return hist
    """,
    "weights given to the model": """
        def meta(model):
            opt = optim.Adam(model.parameters(), 1e-3)
            for e in range(10):
                fast = list(model.parameters())
                for k in range(3):
                    loss = F.cross_entropy(model(torch.rand(3), fast), torch.zeros(1).long())
                    g = torch.autograd.grad(loss, fast, create_graph=True)
                    fast = [a - 0.1 * b for a, b in zip(fast, g)]
                l = F.cross_entropy(model(torch.rand(3), fast), torch.zeros(1).long())
                opt.zero_grad(); l.backward(); opt.step()
    """,
    "features for a head": """
        def feats():
            enc = build(args)
            enc.load_state_dict(torch.load("x"))
            enc.eval()
            print(sum(p.numel() for p in enc.parameters()))
            head = nn.Linear(10, 2)
            opt = optim.Adam(head.parameters())
            for x, y in train_loader:
                with torch.no_grad(): f = enc(x)
                loss = F.cross_entropy(head(f), y)
                opt.zero_grad(); loss.backward(); opt.step()

        feats()
    """,
    "an encoder and a decoder": """
        def two_steps():
            enc, dec = Net(), Net()
            o1, o2 = optim.Adam(enc.parameters()), optim.Adam(dec.parameters())
            for x, y in train_loader:
                o1.zero_grad(); o2.zero_grad()
                h = None
                e, h = enc(x, h)
                loss = 0
                for t in range(3):
                    d, h = dec(y, h, e); loss += F.nll_loss(F.log_softmax(d, 1), y)
                loss.backward(); o1.step(); o2.step()

        two_steps()
    """,
    "a picture that is trained": """
        def style(img):
            cnn = build(args).eval()
            for p in cnn.parameters(): p.requires_grad_(False)
            x = img.clone().requires_grad_(True)
            opt = optim.LBFGS([x])
            def closure():
                opt.zero_grad(); l = F.mse_loss(cnn(x), torch.zeros(1)); l.backward(); return l
            for i in range(10): opt.step(closure)
    """,
    "a picture that is attacked": """
        def attack(x, y):
            net = build(args); net.eval()
            for p in net.parameters(): p.requires_grad = False
            x.requires_grad = True
            for i in range(10):
                loss = F.cross_entropy(net(x), y); loss.backward()
                x = (x + 0.1 * x.grad.sign()).detach().requires_grad_(True)
    """,
    "blocks that are switched on again": """
        model = build(args)
        for p in model.parameters():
            p.requires_grad = False
        for block in model.features[-args.blocks :]:
            block.requires_grad_(True)
        optimizer = optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    """,
    "weights of blocks that are switched on again": """
        model = build(args)
        for p in model.parameters():
            p.requires_grad = False
        for block in model.features[-args.blocks :]:
            for p in block.parameters():
                p.requires_grad = True
        optimizer = optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    """,
    "what a method switches on again": """
        model = build(args)
        model.requires_grad_(False)
        model.unfreeze("head")
        optimizer = optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    """,
    "a head that a method gives": """
        model = build(args)
        model.requires_grad_(False)
        model.get_classifier().requires_grad_(True)
        optimizer = optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    """,
    "a loss that a method gives, and scores beside it": """
        model = build(args)
        optimizer = optim.Adam(model.parameters(), lr=1e-3)
        for epoch in range(3):
            model.train()
            for x, y in train_loader:
                optimizer.zero_grad()
                model.log_likelihood(x, y).backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                for x, y in val_loader:
                    print(model(x), model.log_likelihood(x, y))
    """,
    "a part of a part that is trained beside the whole": """
        model = build(args)
        optimizer = optim.Adam(model.parameters(), lr=1e-3)
        for x, y in train_loader:
            optimizer.zero_grad()
            model.encoder.loss(x, y).backward()
            optimizer.step()
            print(model(x))
    """,
    "a method of a copied part": """
        model = build(args)
        optimizer = optim.Adam(model.parameters(), lr=1e-3)
        model.encoder
        average = copy.deepcopy(model)
        average.encoder()
        average.encoder.reset()
    """,
    "parts told apart by their numbers": """
        net = Net()
        ignored = list(map(id, net.decoder.parameters()))
        others = filter(lambda p: id(p) not in ignored, net.parameters())
        groups = [{"params": others}, {"params": net.decoder.parameters(), "lr": 1e-4}]
        optimizer = optim.Adam(groups, lr=1e-3)
    """,
}


@pytest.mark.parametrize("text", CORRECT.values(), ids=list(CORRECT))
def test_a_correct_program_has_no_finding(text: str) -> None:
    result = lint_source(IMPORTS + dedent(text), "train.py")
    assert (result.findings, result.problems) == ((), ())
