"""The table of torchvision's classifiers says what torch says, on models drawn anew in each run."""

from __future__ import annotations

import json
import random

import pytest

torch = pytest.importorskip("torch")
torchvision = pytest.importorskip("torchvision")

from ft_lint.library.torchvision.models import table  # noqa: E402
from ft_lint.verify import harvest  # noqa: E402

SAME_VERSION = table.version() == torchvision.__version__.split("+")[0]
AUXILIARY = ("googlenet", "inception_v3")


def drawn(count: int) -> list[str]:
    """Small models, so that the test stays short; different ones in each run."""
    small = [name for name in table.names() if len(list(table.architecture(name).root.walk())) < 350]  # type: ignore[union-attr]
    return random.sample(small, count)


@pytest.mark.skipif(not SAME_VERSION, reason="the table is read from another version of torchvision")
@pytest.mark.parametrize("name", [*drawn(3), "googlenet"])
def test_a_harvest_gives_what_the_table_holds(name: str) -> None:
    stored = table._lines()[name]
    assert json.loads(json.dumps(harvest.harvest(name))) == json.loads(stored)


@pytest.mark.skipif(not SAME_VERSION, reason="the table is read from another version of torchvision")
def test_every_model_is_in_the_table() -> None:
    assert list(table.names()) == harvest.names()


@pytest.mark.parametrize("name", drawn(4))
def test_parameters_and_modules_are_those_of_torch(name: str) -> None:
    model = harvest.build(torchvision.models.get_model_builder(name))
    root = table.architecture(name).root  # type: ignore[union-attr]
    assert [(k, tuple(p.shape)) for k, p in model.named_parameters()] == list(root.named_parameters())
    assert [k for k, _ in model.named_modules()] == [k for k, _ in root.walk()]
    assert [k for k, _ in model.named_children()] == [k for k, _ in root.children]


@pytest.mark.parametrize("name", ["resnet18", "vgg11", "squeezenet1_1", *drawn(2)])
def test_the_head_gives_the_classes_and_takes_what_is_written(name: str) -> None:
    """A head of 7 classes in place of the one that the table names changes the model's output to 7."""
    network = table.architecture(name)
    assert network is not None
    model = torchvision.models.get_model(name, weights=None)
    assert isinstance(model, torch.nn.Module)
    owner, _, attribute = network.head.path.rpartition(".")
    last = model.get_submodule(network.head.path)
    makes = torch.nn.Conv2d(network.head.in_features, 7, 1) if isinstance(last, torch.nn.Conv2d) else None
    setattr(model.get_submodule(owner), attribute, makes or torch.nn.Linear(network.head.in_features, 7))
    with torch.no_grad():
        size = network.input_size
        assert model.eval()(torch.zeros(1, 3, size, size)).shape == (1, 7)


def test_what_everybody_knows() -> None:
    """A few facts by hand, so that a fault common to harvest and test is seen."""
    resnet, vgg, vit = table.architecture("resnet18"), table.architecture("vgg16"), table.architecture("vit_b_16")
    assert resnet is not None
    assert vgg is not None
    assert vit is not None
    assert (resnet.head.path, resnet.head.in_features, resnet.num_classes) == ("fc", 512, 1000)
    assert resnet.has_batchnorm
    assert not resnet.has_dropout
    assert (vgg.head.path, vgg.shapes["classifier"].input, vgg.has_dropout) == ("classifier.6", (25088,), True)
    assert (vit.head.path, vit.fixed_size, vit.weight("IMAGENET1K_SWAG_E2E_V1").sets["image_size"]) == (  # type: ignore[union-attr]
        "heads.head",
        True,
        384,
    )
    assert [name for name, _ in resnet.root.children][-2:] == ["avgpool", "fc"]
    assert resnet.root.child("layer1.0.conv1").config["kernel_size"] == (3, 3)  # type: ignore[union-attr]
    assert table.architecture("no_such_model") is None
    assert table.weights_enums()["ResNet18_Weights"] == "resnet18"


def test_auxiliary_heads() -> None:
    inception, googlenet = (table.architecture(name) for name in ("inception_v3", "googlenet"))
    assert inception is not None
    assert googlenet is not None
    assert [(aux.head, aux.kept_with_weights) for aux in inception.auxiliary] == [("AuxLogits.fc", True)]
    assert [(aux.head, aux.kept_with_weights) for aux in googlenet.auxiliary] == [("aux1.fc2", False), ("aux2.fc2", False)]


def test_it_is_small_and_needs_no_torch(root: object) -> None:
    assert table.PATH.stat().st_size < 300_000
    assert {name for name in table.names() if table.architecture(name).auxiliary} == set(AUXILIARY)  # type: ignore[union-attr]
