"""The tables of models say what their libraries say, on models drawn anew in each run.

``FT_LINT_SEED`` repeats a draw; every failure prints the seed of its run.
"""

from __future__ import annotations

import ast
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
import torchvision
import transformers

from ft_lint.interpreter.script import run
from ft_lint.library import argument_names
from ft_lint.library._zoo.architecture import Architecture
from ft_lint.library._zoo.table import Table
from ft_lint.library.timm import table as timm_table
from ft_lint.library.torchvision.models import table as torchvision_table
from ft_lint.library.transformers import architectures
from ft_lint.values.module import Module, named_parameters
from ft_lint.values.shape import Shape, is_named
from ft_lint.values.tensor import Tensor
from ft_lint.verify.harvest import arguments as arguments_harvest
from ft_lint.verify.harvest import meta
from ft_lint.verify.harvest import timm as timm_harvest
from ft_lint.verify.harvest import torchvision as torchvision_harvest
from ft_lint.verify.harvest import transformers as transformers_harvest

SEED = int(os.environ.get("FT_LINT_SEED", random.SystemRandom().randrange(10**6)))
DRAW = random.Random(SEED)

LARGEST = 400
"""Modules in the largest model that is drawn, so that the test stays short."""


@pytest.fixture(autouse=True)
def _seed() -> None:
    print(f"FT_LINT_SEED={SEED}")


def known(found: Architecture | None) -> Architecture:
    assert found is not None
    return found


def classifier(name: str) -> Architecture:
    return known(torchvision_table.architecture(name))


def drawn(count: int, names: tuple[str, ...], find: Callable[[str], Architecture | None]) -> list[str]:
    """Names of small models that classify images."""
    found: list[str] = []
    for name in DRAW.sample(names, len(names)):
        net = known(find(name))
        if net.family == "classification" and net.heads and sum(1 for _ in net.root.walk()) < LARGEST:
            found.append(name)
        if len(found) == count:
            return found
    raise AssertionError("too few small models")


def from_torchvision(count: int) -> list[str]:
    return drawn(count, torchvision_table.names(), torchvision_table.architecture)


def from_timm(count: int) -> list[str]:
    return drawn(count, timm_table.names(), timm_table.architecture)


def same_version(library: Any, table: Any) -> bool:
    return bool(table.version() == str(library.__version__).split("+")[0])


# --- the tables are what a harvest gives --------------------------------------------------------


@pytest.mark.skipif(not same_version(torchvision, torchvision_table), reason="read from another torchvision")
def test_torchvisions_table_is_what_a_harvest_gives(tmp_path: Path) -> None:
    assert list(torchvision_table.names()) == sorted(torchvision_harvest.names())
    for name in [*from_torchvision(2), "googlenet", "fcn_resnet50"]:
        torchvision_harvest.write([torchvision_harvest.harvest(name)], path=tmp_path / "zoo.z")
        assert Table(tmp_path / "zoo.z").record(name) == torchvision_table.TABLE.record(name), name


@pytest.mark.skipif(not same_version(timm, timm_table), reason="read from another timm")
def test_timms_table_is_what_a_harvest_gives(tmp_path: Path) -> None:
    assert list(timm_table.names()) == timm_harvest.names()
    for name in from_timm(3):
        timm_harvest.write([timm_harvest.harvest(name)], path=tmp_path / "zoo.z")
        assert Table(tmp_path / "zoo.z").record(name) == timm_table.TABLE.record(name), name


def test_transformers_table_is_what_a_harvest_gives() -> None:
    if architectures.version() != transformers.__version__:
        pytest.skip("read from another transformers")
    assert set(architectures.names()) <= set(transformers_harvest.names())
    for name in [*DRAW.sample(architectures.names(), 5), "bert", "gpt2"]:
        record = transformers_harvest.harvest(name)
        assert record is not None
        assert architectures.decoded(json.loads(json.dumps(record))) == architectures.architecture(name), name


def test_the_table_of_arguments_is_what_a_harvest_gives() -> None:
    for path in DRAW.sample(argument_names.paths(), 40):
        library = path.partition(".")[0]
        if argument_names.version(library) == arguments_harvest.version(library):
            assert argument_names.parameters(path) == arguments_harvest.harvest(path), path


def test_a_second_harvest_writes_the_same_bytes(tmp_path: Path) -> None:
    models = DRAW.sample(("test_resnet", "test_vit", "test_convnext", "test_efficientnet"), 2)
    types = DRAW.sample(("bert", "vit", "t5", "distilbert"), 2)
    written = []
    for path in (tmp_path / "one.z", tmp_path / "two.z"):
        timm_harvest.write((timm_harvest.harvest(name) for name in models), path=path)
        found = path.read_bytes()
        transformers_harvest.write((transformers_harvest.harvest(name) for name in types), path=path)
        found += path.read_bytes()
        arguments_harvest.write(path)
        written.append(found + path.read_bytes())
    assert written[0] == written[1]


# --- the trees are those of torch -----------------------------------------------------------------


def torchs_parameters(model: Any) -> list[tuple[str, tuple[int, ...]]]:
    return [(name, tuple(parameter.shape)) for name, parameter in model.named_parameters()]


def test_parameters_and_modules_are_those_of_torch() -> None:
    models = [(classifier(name), torchvision.models.get_model_builder(name)) for name in from_torchvision(3)]
    models += [(known(timm_table.architecture(name)), timm.models.model_entrypoint(name)) for name in from_timm(4)]
    for net, factory in models:
        model = meta.build(factory, num_classes=net.num_classes)
        again = tuple(f"{path}." for path in net.shared)
        once = [(name, shape) for name, shape in net.root.named_parameters() if not name.startswith(again)]
        assert torchs_parameters(model) == once, net.name
        paths = [path for path, _ in net.root.walk() if not f"{path}.".startswith(again)]
        assert [path for path, _ in model.named_modules()] == paths, net.name


def interpreted(script: str) -> tuple[Module, Shape | None]:
    """The model and the shape of its output in a script."""
    head = "import torch, timm\nfrom torch import nn\nfrom torchvision import models\n"
    m = run(ast.parse(head + script))
    model, output = m.scope.names["model"], m.scope.names.get("output")
    assert isinstance(model, Module)
    return model, output.shape if isinstance(output, Tensor) else None


def derived_parameters(model: Module) -> dict[str | None, Any]:
    return {name: parameter.shape for name, parameter in named_parameters(model)}


CHANGES = {
    "another head": "model = timm.create_model({name!r}, num_classes=7)",
    "no head": "model = timm.create_model({name!r}, num_classes=0)",
    "one channel": "model = timm.create_model({name!r}, in_chans=1, num_classes=7)",
    "a head anew": "model = timm.create_model({name!r}, pretrained=False)\nmodel.reset_classifier(5)",
    "no head any more": "model = timm.create_model({name!r}, num_classes=3)\nmodel.reset_classifier(0)",
    "by its builder": "model = timm.models.{name}(num_classes=12)",
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_scripts_make_of_timms_models_is_what_torch_makes_of_them(change: str) -> None:
    """Names and shapes of all parameters, and the shape of the output."""
    for name in from_timm(2):
        net = known(timm_table.architecture(name))
        assert net.input is not None
        channels = 1 if change == "one channel" else net.input[0]
        script = CHANGES[change].format(name=name)
        image = f"torch.zeros(2, {channels}, {net.input[1]}, {net.input[2]}"
        model, output = interpreted(f"{script}\noutput = model({image}))")
        theirs = of_torch(script)
        if model.complete:  # a change that may touch more than the table tells gives a model that is not seen into
            assert derived_parameters(model) == dict(torchs_parameters(theirs)), (name, change)
        if output is not None:
            seen = theirs.eval()(torch.zeros(2, channels, *net.input[1:], device="meta"))
            # a size of which nothing is known is none that could be wrong
            expected = tuple(size if is_named(dim) else dim for dim, size in zip(output, seen.shape, strict=True))
            assert output == expected, (name, change)


def of_torch(script: str) -> Any:
    def built() -> Any:
        names: dict[str, Any] = {"timm": timm, "models": torchvision.models}
        exec(script, names)
        return names["model"]

    return meta.build(built)


def test_segmentation_and_detection_are_resized_as_torch_does_it() -> None:
    for script in (
        "model = models.segmentation.fcn_resnet50(weights_backbone=None, num_classes=4, aux_loss=True)",
        "model = models.segmentation.lraspp_mobilenet_v3_large(weights_backbone=None, num_classes=4)",
        "model = models.detection.fasterrcnn_mobilenet_v3_large_fpn(weights_backbone=None, num_classes=4)",
        "model = models.detection.ssd300_vgg16(weights_backbone=None, num_classes=4)",
        "model = models.video.r3d_18(num_classes=4)",
    ):
        model, _ = interpreted(script)
        assert derived_parameters(model) == dict(torchs_parameters(of_torch(script))), script


def test_what_segmentation_and_video_give() -> None:
    _, output = interpreted(
        "model = models.segmentation.fcn_resnet50(num_classes=4)\noutput = model(torch.zeros(2, 3, 96, 64))['out']"
    )
    assert output == (2, 4, 96, 64)
    _, output = interpreted("model = models.video.r3d_18()\noutput = model(torch.zeros(2, 3, 8, 56, 56))")
    assert output == (2, 400)


def test_the_head_gives_the_classes_and_takes_what_is_written() -> None:
    """A head of 7 classes in place of the one that the table names makes the model answer with 7."""
    for name in ["resnet18", "vgg11", "squeezenet1_1", *from_torchvision(2)]:
        head, size = classifier(name).head, classifier(name).input_size
        model = torchvision_harvest.build(torchvision.models.get_model_builder(name))
        owner, _, attribute = head.path.rpartition(".")
        is_convolution = isinstance(model.get_submodule(head.path), torch.nn.Conv2d)
        new = torch.nn.Conv2d(head.in_features, 7, 1) if is_convolution else torch.nn.Linear(head.in_features, 7)
        setattr(model.get_submodule(owner), attribute, new.to("meta"))
        assert model.eval()(torch.zeros(1, 3, size, size, device="meta")).shape == (1, 7), name


# --- facts by hand, so that a fault common to harvest and test is seen --------------------------


def test_what_everybody_knows_of_torchvision() -> None:
    resnet, vgg, vit = (torchvision_table.architecture(name) for name in ("resnet18", "vgg16", "vit_b_16"))
    assert resnet is not None
    assert vgg is not None
    assert vit is not None
    assert (resnet.head.path, resnet.head.in_features, resnet.num_classes) == ("fc", 512, 1000)
    assert (resnet.has_batchnorm, resnet.has_dropout) == (True, False)
    assert [name for name, _ in resnet.root.children][-2:] == ["avgpool", "fc"]
    assert (convolution := resnet.root.child("layer1.0.conv1")) is not None
    assert (convolution.kind, convolution.config["kernel_size"]) == ("torch.nn.Conv2d", (3, 3))
    assert (vgg.head.path, vgg.shapes["classifier"].input) == ("classifier.6", (25088,))
    assert (vgg.has_batchnorm, vgg.has_dropout) == (False, True)
    assert (vit.head.path, vit.fixed_size) == ("heads.head", True)
    assert (larger := vit.weight("IMAGENET1K_SWAG_E2E_V1")) is not None
    assert (larger.sets["image_size"], larger.crop_size, larger.num_classes) == (384, 384, 1000)
    assert classifier("squeezenet1_0").shapes["classifier"].input == (512, 13, 13)
    assert "blocks" in classifier("maxvit_t").called_in_training
    assert torchvision_table.weights_enums()["ResNet18_Weights"] == "resnet18"
    assert torchvision_table.architecture("no_such_model") is None


def test_what_everybody_knows_of_the_other_families() -> None:
    found = {
        name: (net.family, net.head.path, net.num_classes, net.legacy_weights, net.backbone_weights)
        for name in ("fcn_resnet50", "fasterrcnn_resnet50_fpn", "r3d_18")
        if (net := torchvision_table.architecture(name)) is not None
    }
    backbone = "ResNet50_Weights.IMAGENET1K_V1"
    box = "roi_heads.box_predictor.cls_score"
    assert found == {
        "fcn_resnet50": ("segmentation", "classifier.4", 21, "COCO_WITH_VOC_LABELS_V1", backbone),
        "fasterrcnn_resnet50_fpn": ("detection", box, 91, "COCO_V1", backbone),
        "r3d_18": ("video", "fc", 400, "KINETICS400_V1", None),
    }
    assert torchvision_table.factory_of("torchvision.models.segmentation.fcn_resnet50") == "fcn_resnet50"
    assert torchvision_table.factory_of("torchvision.models.segmentation.fcn.fcn_resnet50") == "fcn_resnet50"
    assert torchvision_table.factory_of("torchvision.models.fcn_resnet50") is None


def test_what_everybody_knows_of_timm() -> None:
    resnet, small, deit, vit = (
        timm_table.architecture(name)
        for name in ("resnet50", "mobilenetv3_small_050", "deit_tiny_distilled_patch16_224", "vit_base_patch16_224")
    )
    assert resnet is not None
    assert small is not None
    assert deit is not None
    assert vit is not None
    assert (resnet.head.path, resnet.head.in_features, resnet.num_features) == ("fc", 2048, 2048)
    assert (resnet.has_batchnorm, resnet.has_dropout, resnet.fixed_size) == (True, False, False)
    assert (small.head.path, small.head.in_features, small.num_features) == ("classifier", 1024, 288)
    assert deit.classifier == ("head", "head_dist")
    assert (vit.fixed_size, vit.forward_features, vit.has_batchnorm) == (True, ((197, 768), False), False)
    assert (larger := vit.weights_of("augreg_in21k")) is not None
    assert larger.num_classes == 21843
    assert timm_table.builder_of("timm.models.resnet50") == "resnet50"
    assert timm_table.builder_of("timm.models.resnet.resnet50") == "resnet50"
    assert timm_table.architecture("no_such_model") is None


def test_auxiliary_heads() -> None:
    found = {}
    for name in torchvision_table.names():
        net = classifier(name)
        found[name] = [(one.head, one.kept_with_weights, one.kept_without_weights) for one in net.auxiliary]
    segmentation = ("deeplabv3_mobilenet_v3_large", "deeplabv3_resnet101", "deeplabv3_resnet50")
    assert {name: heads for name, heads in found.items() if heads} == {
        "inception_v3": [("AuxLogits.fc", True, True)],
        "googlenet": [("aux1.fc2", False, True), ("aux2.fc2", False, True)],
        **{name: [("aux_classifier.4", True, False)] for name in (*segmentation, "fcn_resnet101", "fcn_resnet50")},
    }


def test_what_everybody_knows_of_transformers() -> None:
    bert, gpt2 = architectures.architecture("bert"), architectures.architecture("gpt2")
    assert bert is not None
    assert gpt2 is not None
    assert (bert.hidden_size, bert.vocab_size, bert.lora_targets) == (768, 30522, ("query", "value"))
    assert (bert.is_decoder_only, gpt2.is_decoder_only) == (False, True)
    assert (bert.has_pad_token, gpt2.has_pad_token) == (True, False)
    found = {
        name: (one.model_type, one.base, [head.path for head in one.label_heads], one.loss, one.embedding)
        for name in ("BertForSequenceClassification", "LlamaForSequenceClassification", "ViTForImageClassification")
        if (one := architectures.of_class(name)) is not None
    }
    assert found == {
        "BertForSequenceClassification": (
            *("bert", "bert", ["classifier"], "ForSequenceClassification", "bert.embeddings.word_embeddings"),
        ),
        "LlamaForSequenceClassification": (
            *("llama", "model", ["score"], "ForSequenceClassification", "model.embed_tokens"),
        ),
        "ViTForImageClassification": ("vit", "vit", ["classifier"], "ForImageClassification", None),
    }
    llama = architectures.of_class("LlamaForCausalLM")
    assert llama is not None
    names = "q_proj k_proj v_proj o_proj gate_proj up_proj down_proj lm_head"
    assert llama.linear_names == set(names.split())
    assert "model.layers.*.self_attn.q_proj" in llama.linears
    assert architectures.architecture("no_such_type") is None
    assert architectures.of_class("NoSuchClass") is None


def test_what_everybody_knows_of_arguments() -> None:
    training, lora = (argument_names.parameters(path) for path in ("transformers.TrainingArguments", "peft.LoraConfig"))
    assert training is not None
    assert lora is not None
    assert (training.accepts("eval_strategy"), training.accepts("evaluation_strategy")) == (True, False)
    assert (lora.accepts("target_modules"), lora.accepts("lora_rank")) == (True, False)
    assert (anything := argument_names.parameters("timm.create_model")) is not None
    assert anything.accepts("drop_rate")
    assert argument_names.parameters("peft.NoSuchConfig") is None


TABLES = (torchvision_table.PATH, timm_table.PATH, architectures.PATH, argument_names.PATH)


def test_the_tables_are_small() -> None:
    assert sum(path.stat().st_size for path in TABLES) < 1_000_000


def test_a_table_is_read_when_it_is_asked_for_and_no_sooner() -> None:
    script = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from ft_lint.lint import lint_source
lint_source("from torchvision import models\\nmodel = models.resnet18()\\n", "script.py")
print(*(path for path in opened if path.endswith(".z")))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(torchvision_table.PATH)]
