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


def network(name: str) -> table.Architecture:
    found = table.architecture(name)
    assert found is not None
    return found


def drawn(count: int) -> list[str]:
    """Small models, so that the test stays short; others in each run."""
    return random.sample([name for name in table.names() if len(list(network(name).root.walk())) < 250], count)


@pytest.mark.skipif(not SAME_VERSION, reason="the table is read from another version of torchvision")
def test_a_harvest_gives_what_the_table_holds() -> None:
    assert list(table.names()) == harvest.names()
    for name in [*drawn(2), "googlenet"]:
        assert json.loads(json.dumps(harvest.harvest(name))) == json.loads(table._lines()[name]), name


def test_parameters_and_modules_are_those_of_torch() -> None:
    for name in drawn(4):
        model, root = harvest.build(torchvision.models.get_model_builder(name)), network(name).root
        assert [(k, tuple(p.shape)) for k, p in model.named_parameters()] == list(root.named_parameters()), name
        assert [k for k, _ in model.named_modules()] == [k for k, _ in root.walk()], name
        assert [k for k, _ in model.named_children()] == [k for k, _ in root.children], name


def test_the_head_gives_the_classes_and_takes_what_is_written() -> None:
    """A head of 7 classes in place of the one that the table names makes the model answer with 7."""
    for name in ["resnet18", "vgg11", "squeezenet1_1", *drawn(2)]:
        head, size = network(name).head, network(name).input_size
        model = harvest.build(torchvision.models.get_model_builder(name))
        owner, _, attribute = head.path.rpartition(".")
        is_convolution = isinstance(model.get_submodule(head.path), torch.nn.Conv2d)
        new = torch.nn.Conv2d(head.in_features, 7, 1) if is_convolution else torch.nn.Linear(head.in_features, 7)
        setattr(model.get_submodule(owner), attribute, new.to("meta"))
        assert model.eval()(torch.zeros(1, 3, size, size, device="meta")).shape == (1, 7), name


def test_what_everybody_knows() -> None:
    """Facts by hand, so that a fault common to harvest and test is seen."""
    resnet, vgg, vit = network("resnet18"), network("vgg16"), network("vit_b_16")
    assert (resnet.head.path, resnet.head.in_features, resnet.num_classes) == ("fc", 512, 1000)
    assert (resnet.has_batchnorm, resnet.has_dropout) == (True, False)
    assert [name for name, _ in resnet.root.children][-2:] == ["avgpool", "fc"]
    assert (convolution := resnet.root.child("layer1.0.conv1")) is not None
    assert (convolution.kind, convolution.config["kernel_size"]) == ("torch.nn.Conv2d", (3, 3))
    assert (vgg.head.path, vgg.shapes["classifier"].input) == ("classifier.6", (25088,))
    assert (vgg.has_batchnorm, vgg.has_dropout) == (False, True)
    assert (vit.head.path, vit.fixed_size) == ("heads.head", True)
    assert (larger := vit.weight("IMAGENET1K_SWAG_E2E_V1")) is not None
    assert (larger.sets["image_size"], larger.crop_size) == (384, 384)
    assert network("squeezenet1_0").shapes["classifier"].input == (512, 13, 13)
    assert "blocks" in network("maxvit_t").called_in_training
    assert table.weights_enums()["ResNet18_Weights"] == "resnet18"
    assert table.architecture("no_such_model") is None


def test_auxiliary_heads() -> None:
    found = {name: [(aux.head, aux.kept_with_weights) for aux in network(name).auxiliary] for name in table.names()}
    assert {name: heads for name, heads in found.items() if heads} == {
        "inception_v3": [("AuxLogits.fc", True)],
        "googlenet": [("aux1.fc2", False), ("aux2.fc2", False)],
    }


def test_the_table_is_small() -> None:
    assert table.PATH.stat().st_size < 300_000
