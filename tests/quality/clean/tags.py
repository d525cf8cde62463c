"""Trains a network for several tags at once in half precision, with a rate that a plateau lowers."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

images = torch.randn(512, 3, 32, 32)
tags = torch.randint(0, 2, (512, 5)).float()
train_loader = DataLoader(TensorDataset(images[:400], tags[:400]), batch_size=32, shuffle=True)
val_loader = DataLoader(TensorDataset(images[400:], tags[400:]), batch_size=32)

model = nn.Sequential(
    nn.Conv2d(3, 16, 3),
    nn.BatchNorm2d(16),
    nn.ReLU(),
    nn.Conv2d(16, 32, 3),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(32, 64),
    nn.ReLU(),
    nn.Linear(64, 5),
).cuda()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="min")
scaler = torch.amp.GradScaler("cuda")
for epoch in range(20):
    model.train()
    for inputs, wanted in train_loader:
        optimizer.zero_grad()
        with torch.autocast("cuda"):
            loss = criterion(model(inputs.cuda()), wanted.cuda())
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
    model.eval()
    val_loss = 0.0
    with torch.no_grad():
        for inputs, wanted in val_loader:
            val_loss += criterion(model(inputs.cuda()), wanted.cuda()).item()
    scheduler.step(val_loss)
    print(epoch, val_loss)
