"""Takes more memory than it may."""

import torch

pages = []
for _ in range(64):
    pages.append(torch.ones(64 << 20, dtype=torch.uint8))
