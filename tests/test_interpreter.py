"""The interpreter on small scripts: values are followed, branches joined, loops met twice, ignorance kept."""

from __future__ import annotations

import ast
import textwrap

import pytest

from ft_lint.facts import Facts
from ft_lint.facts.data import TransformRefused
from ft_lint.facts.models import DropoutApplied, Forward, Frozen, LayerReplaced, ModelBuilt, Unfrozen
from ft_lint.facts.optimization import Backward, OptimizerBuilt, Stepped
from ft_lint.facts.tensors import ShapeRefused
from ft_lint.interpreter.attributes import required
from ft_lint.interpreter.machine import MAX_STEPS, Machine
from ft_lint.interpreter.script import run
from ft_lint.library import find
from ft_lint.lint import lint_source
from ft_lint.syntax.written import source_of
from ft_lint.values.base import Choice, Constant, Unknown, Value, constant, number, options
from ft_lint.values.containers import Tuple
from ft_lint.values.module import Mode, Module, named_parameters, parameters_of
from ft_lint.values.tensor import Tensor
from ft_lint.values.training import Optimizer

HEAD = """
import argparse, copy, torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision import models
"""


def machine(script: str) -> Machine:
    return run(ast.parse(HEAD + textwrap.dedent(script)))


def facts(script: str) -> Facts:
    return machine(script).facts


def value(script: str, name: str = "result") -> Value:
    m = machine(script)
    return m.store.resolve(m.scope.names[name])


def tensor(script: str) -> Tensor:
    found = value(script)
    assert type(found) is Tensor
    return found


def constants(script: str, name: str = "result") -> list[object]:
    return [option.value for option in options(value(script, name)) if isinstance(option, Constant)]


def trainable(script: str, name: str = "model") -> set[str | None]:
    m = machine(script)
    module = m.scope.names[name]
    assert isinstance(module, Module)
    return {name for name, parameter in named_parameters(module) if required(m, parameter) is True}


# --- constants and control ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("result = 2 ** 5 // 3 + (4 if 1 < 2 < 3 else 7)", 14),
        ("result = f'layer{1 + 3}' + '.0'", "layer4.0"),
        ("result = [x * x for x in range(4) if x % 2][-1]", 9),
        ("a, (b, *c) = 1, (2, 3, 4)\nresult = a + b + len(c)", 5),
        ("d = dict(a=1, **{'b': 2})\nd['c'] = 3\nresult = sum(d.values())", 6),
        ("def f(x, *, y=2, **rest):\n    return x + y + rest['z']\nresult = f(1, z=4)", 7),
        ("class C:\n  lr = 3\n  @property\n  def double(self):\n    return self.lr * 2\nresult = C().double", 6),
        ("total = 0\nfor i in [1, 2, 3]:\n    if i == 2:\n        continue\n    total += i\nresult = total", 4),
        ("def f(n):\n    for i in range(9):\n        if i == n:\n            return i\nresult = f(5)", 5),
        ("result = 'fc' in 'fc.weight' and not 'bn'.startswith('c')", True),
        ("x = [1]\ny = x\ny.append(2)\nresult = len(x)", 2),
        ("def f():\n  n = 1\n  def g():\n    nonlocal n\n    n += 1\n  g()\n  return n\nresult = f()", 2),
    ],
)
def test_plain_python_is_computed(script: str, expected: object) -> None:
    assert constants(script) == [expected]


def test_what_an_undecided_branch_leaves_is_a_choice_of_both() -> None:
    assert constants("import os\nresult = 1\nif os.environ:\n    result = 2") == [2, 1]


def test_a_method_that_only_raises_stands_for_those_of_subclasses() -> None:
    assert constants("class C:\n  def f(self):\n    raise NotImplementedError\nresult = C().f()") == []


def test_the_same_condition_is_decided_the_same_way_twice() -> None:
    script = """
    def f(args):
        x = 1 if args.big else 2
        if args.big:
            return x
        return 10 * x
    import sys
    result = f(sys)
    """
    assert constants(script) == [1, 20]


def test_a_way_that_returns_early_does_not_reach_what_follows() -> None:
    script = """
    import os
    def f():
        x = 1
        if os.environ:
            x = 2
            return x
        x += 10
        return x
    result = f()
    """
    assert sorted(map(str, constants(script))) == ["11", "2"]


def test_settings_are_their_defaults_and_say_so() -> None:
    script = """
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default="1e-3")
    parser.add_argument("--fast", action="store_true")
    args = parser.parse_args()
    result = args.lr
    switch = args.fast
    """
    found = value(script)
    assert isinstance(found, Constant)
    assert (found.value, found.default) == (0.001, "lr")
    assert isinstance(value(script, "switch"), Unknown)


def test_a_counter_is_known_in_the_first_pass_and_unknown_after_the_loop() -> None:
    script = "step = 0\nwhile True:\n    step += 1\nresult = step"
    assert isinstance(value(script), Unknown)


# --- modules --------------------------------------------------------------------------------------


def test_aliases_and_attributes_are_one_object() -> None:
    script = """
    class Wrapper(nn.Module):
        def __init__(self):
            super().__init__()
            self.backbone = models.resnet18()
    model = Wrapper()
    inner = model.backbone
    inner.fc = nn.Linear(512, 3)
    result = model.backbone.fc.out_features
    """
    assert constants(script) == [3]


def test_a_freeze_by_name_leaves_what_the_name_spares() -> None:
    script = """
    model = models.resnet18(weights="DEFAULT")
    for name, parameter in model.named_parameters():
        if not name.startswith(("fc", "layer4.1.bn2")):
            parameter.requires_grad = False
    """
    assert trainable(script) == {"fc.weight", "fc.bias", "layer4.1.bn2.weight", "layer4.1.bn2.bias"}


def test_a_freeze_in_a_helper_reaches_the_caller() -> None:
    script = """
    def freeze(module, until):
        for index, child in enumerate(module.children()):
            if index < until:
                for parameter in child.parameters():
                    parameter.requires_grad_(False)
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    freeze(model, 2)
    """
    assert trainable(script) == {"2.weight", "2.bias"}


def test_nobody_knows_that_a_list_made_in_a_loop_has_a_second_item() -> None:
    script = """
    best = []
    for item in unknown:
        best.append(item)
    for place, item in enumerate(best):
        result = place
    """
    assert constants(script) == []


def test_layers_built_in_a_loop_are_all_there() -> None:
    script = """
    class Net(nn.Module):
        def __init__(self, widths):
            super().__init__()
            layers = []
            for a, b in zip(widths[:-1], widths[1:]):
                layers += [nn.Linear(a, b), nn.ReLU()]
            self.body = nn.Sequential(*layers)
        def forward(self, x):
            return self.body(x)
    result = Net([4, 8, 16, 2])(torch.randn(5, 4))
    """
    found = value(script)
    assert isinstance(found, Tensor)
    assert found.shape == (5, 2)


def test_a_deep_copy_has_weights_of_its_own() -> None:
    script = """
    model = nn.Linear(2, 2)
    twin = copy.deepcopy(model)
    for parameter in twin.parameters():
        parameter.requires_grad = False
    """
    assert trainable(script) == {"weight", "bias"}
    assert trainable(script, "twin") == set()


def test_parameters_are_those_of_that_moment() -> None:
    found = facts("""
    model = models.resnet18()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model.fc = nn.Linear(512, 2)
    """)
    built = next(found.of(OptimizerBuilt))
    replaced = next(found.of(LayerReplaced))
    assert len(built.groups[0].parameters) == 62
    assert not any(built.optimizer.holds(p) for _, p in named_parameters(replaced.new))
    assert list(found.after(built).of(LayerReplaced)) == [replaced]


def test_a_child_of_a_model_that_we_do_not_see_is_in_the_optimizer_that_had_the_whole() -> None:
    script = """
    import timm
    model = timm.create_model("some_net", pretrained=True)
    result = torch.optim.SGD(model.parameters(), lr=0.1)
    head = model.head
    """
    m = machine(script)
    optimizer, head = m.scope.names["result"], m.scope.names["head"]
    assert isinstance(optimizer, Optimizer)
    assert isinstance(head, Module)
    assert all(optimizer.holds(p) for _, p in named_parameters(head))


def test_the_mode_is_set_for_the_whole_tree_and_each_way_of_a_branch() -> None:
    script = """
    import os
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout())
    if os.environ:
        model.eval()
    """
    m = machine(script)
    module = m.scope.names["model"]
    assert isinstance(module, Module)
    inner = module.children["1"]
    assert isinstance(inner, Module)
    assert isinstance(inner.mode, Choice)
    assert {option.training for option in options(inner.mode) if isinstance(option, Mode)} == {True, False}


@pytest.mark.parametrize(
    ("test", "wrong"),
    [
        ("a and b", "not a"),
        ("a and not b", "b"),
        ("not (a or b)", "a or b"),
        ("a and b and c", "not c"),
        ("x == 1 and a", "x == 2"),
    ],
)
def test_a_test_decides_what_it_is_made_of(test: str, wrong: str) -> None:
    script = f"""
    import conf
    a, b, c, x = conf.a, conf.b, conf.c, conf.x
    result = 0
    if {test}:
        result = 1
        if {wrong}:
            result = 2
    """
    assert set(constants(script)) == {0, 1}


def test_a_member_of_an_unseen_enum_stays_the_same_whatever_else_gets_the_enum() -> None:
    script = """
    from constants import Phase
    import other
    before = Phase.TRAIN
    other.use(Phase)
    result = (before == Phase.TRAIN, before == Phase.VAL, before is Phase.TRAIN)
    """
    found = value(script)
    assert isinstance(found, Tuple)
    assert [constant(one) for one in found.values] == [True, False, True]


def test_what_a_test_leaves_open_is_decided_when_more_is_known() -> None:
    script = """
    import conf
    a, b, c = conf.a, conf.b, conf.c
    result = 0
    if a if c else b:
        if not a:
            if c:
                result = 1
            else:
                result = 2 if b else 3
    """
    assert set(constants(script)) == {0, 2}


@pytest.mark.parametrize(
    "call", ["split('.', 1)", "split('.', maxsplit=1)", "rsplit('.', 1)", "split()", "rsplit('.')"]
)
def test_a_text_is_split_as_python_does(call: str) -> None:
    assert constants(f"result = '|'.join('a.b.c'.{call})") == ["|".join(eval(f"'a.b.c'.{call}"))]


@pytest.mark.parametrize(
    "model", ["nn.Linear(2, 3)", "models.resnet18()", "nn.Sequential(nn.Linear(2, 3))", "Own()", "Wrapped()"]
)
def test_calling_forward_is_calling_the_model(model: str) -> None:
    def whole(call: str) -> list[tuple[str, str]]:
        script = f"""
        class Own(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(2, 3)

            def forward(self, x):
                return self.fc(x)

        class Wrapped(Own):
            def forward(self, x):
                return super().forward(x) + self.fc.forward(x)

        model = {model}
        result = {call}(torch.zeros(4, 2))
        """
        passes = (f for f in facts(script).of(Forward) if f.moment.run == 0 and not f.within)
        return [(f.module.kind, source_of(f.node)) for f in passes]

    (called,) = whole("model")
    (forwarded,) = whole("model.forward")
    assert forwarded == (called[0], "model.forward(torch.zeros(4, 2))")


def test_what_trains_with_a_hundred_settings_is_not_run_a_hundred_times() -> None:
    """Such scripts took ten seconds; each of the runs tells what the first told."""

    def backwards(settings: int) -> int:
        calls = "\n        ".join("main(0.1)" for _ in range(settings))
        return machine(f"""
        def main(lr):
            model = nn.Sequential(*[nn.Linear(2, 2) for _ in range(10)])
            optimizer = torch.optim.SGD(model.parameters(), lr=lr)
            for epoch in range(20):
                for step in range(20):
                    optimizer.zero_grad()
                    model(torch.zeros(4, 2)).sum().backward()
                    optimizer.step()
        {calls}
        """).backwards

    few, many, more = map(backwards, (10, 400, 600))
    assert many == more < 40 * few


def test_what_gives_no_value_stands_for_nothing_of_a_library() -> None:
    """``take_classifier_away`` is timm's neither here nor there, ``get_peft_model`` is peft's."""
    assert find("timm.models.take_classifier_away") is None
    assert find("peft.get_peft_model") is not None


def test_two_phases_run_as_they_are_written() -> None:
    found = facts("""
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout())
    for phase in ["train", "val"]:
        model.train(phase == "train")
        with torch.set_grad_enabled(phase == "train"):
            model(torch.randn(3, 2))
    """)
    passes = [f for f in found.of(Forward) if isinstance(f.module, Module) and f.module.kind == "torch.nn.Sequential"]
    assert [(f.mode.training, f.grad) for f in passes if isinstance(f.mode, Mode)] == [(True, True), (False, False)]


# --- gradients ------------------------------------------------------------------------------------

LOOP = """
model = nn.Linear(4, 2)
sgd = torch.optim.SGD(model.parameters(), lr=0.1)
def clear(o):
    o.zero_grad()
for x, y in [(torch.randn(3, 4), torch.zeros(3).long())] * 3:
    {before}
    loss = F.cross_entropy(model(x), y)
    {between}
    loss.backward()
    {after}
"""


@pytest.mark.parametrize(
    ("before", "between", "after", "stale"),
    [
        ("clear(sgd)", "", "sgd.step()", False),
        ("", "model.zero_grad()", "sgd.step()", False),
        ("", "", "sgd.step(); clear(sgd)", False),
        ("", "", "sgd.step(); [setattr(p, 'grad', None) for p in model.parameters()]", False),
        ("", "", "sgd.step()", True),
    ],
)
def test_a_step_with_gradients_of_earlier_steps_is_known(before: str, between: str, after: str, stale: bool) -> None:
    found = facts(LOOP.format(before=before, between=between, after=after))
    assert any(step.stale for step in found.of(Stepped)) is stale


def test_a_backward_reaches_the_trainable_weights_on_its_way_alone() -> None:
    found = facts("""
    first, second, other = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2)
    first.requires_grad_(False)
    other(torch.randn(1, 2))
    second(first(torch.randn(1, 2))).sum().backward()
    """)
    backward = next(found.of(Backward))
    assert backward.certain
    assert len(backward.trainable) == 2


def test_nothing_is_reached_under_no_grad_and_behind_a_detach() -> None:
    found = facts("""
    model = nn.Linear(2, 2)
    with torch.no_grad():
        a = model(torch.randn(1, 2))
    b = model(torch.randn(1, 2)).detach()
    (a + b).sum().backward()
    """)
    assert next(found.of(Backward)).trainable == ()


def test_freezing_and_unfreezing_are_told_apart() -> None:
    found = facts("""
    model = nn.Linear(2, 2)
    model.requires_grad_(False)
    model.weight.requires_grad = True
    """)
    assert [len(f.parameters) for f in found.of(Frozen)] == [2]
    assert [len(f.changed) for f in found.of(Unfrozen)] == [1]


# --- ignorance ------------------------------------------------------------------------------------


def test_what_goes_to_an_unknown_call_is_unknown_afterwards() -> None:
    script = """
    from project import prepare
    model = nn.Linear(2, 2)
    sgd = torch.optim.SGD(model.parameters(), lr=0.1)
    {call}
    """
    assert trainable(script.format(call="print(model)")) == {"weight", "bias"}
    assert trainable(script.format(call="prepare(model)")) == set()
    sgd = machine(script.format(call="prepare([1, {'o': sgd}])")).scope.names["sgd"]
    assert isinstance(sgd, Optimizer)
    assert not sgd.complete


def test_a_wrong_shape_is_never_invented() -> None:
    script = """
    from project import features
    result = nn.Linear(8, 2)(features(torch.randn(3, 8)))
    """
    found = value(script)
    assert isinstance(found, Tensor)
    assert found.shape is None


def test_where_knowledge_ended_is_written_down() -> None:
    found = facts("import project\nx = project.load()")
    assert any("project" in why for _, why in found.silences)
    assert any(source_of(node) == "project.load()" for node, _ in found.silences)


@pytest.mark.parametrize(
    "script",
    [
        "def f(x):\n    return f(x) + f(x)\nf(1)",
        "class A(A):\n    pass\nA()",
        "x = []\nx.append(x)\nfor y in x:\n    x.append(y)",
        "m = nn.Sequential()\nm.add_module('self', m)\nm(torch.randn(1))\nlist(m.parameters())",
        "f = lambda g: g(g)\nf(f)",
        "def g():\n    yield from g()\nfor x in g():\n    print(x)",
        "\n".join(f"{'    ' * i}for i{i} in range(9):" for i in range(12)) + "\n" + "    " * 12 + "torch.randn(1)",
        "x = " + " + ".join(["1"] * 400),
    ],
)
def test_scripts_that_turn_in_circles_end(script: str) -> None:
    assert machine(script).steps <= MAX_STEPS + 1


def test_a_fault_in_one_library_function_costs_that_call_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from ft_lint.library.torch.nn.modules import linear

    def broken(*args: object) -> None:
        raise KeyError("broken on purpose")

    monkeypatch.setattr(linear, "linear_shape", broken)
    found = facts("""
    model = nn.Linear(2, 2)
    model(torch.randn(1, 2))
    sgd = torch.optim.SGD(model.parameters(), lr=0.1)
    """)
    assert [type(error) for error, _ in found.faults.values()] == [KeyError]
    assert len(list(found.of(OptimizerBuilt))) == 1


def test_a_class_that_extends_a_builtin_is_no_builtin() -> None:
    script = """
    class Registry(dict):
        def __init__(self):
            super().__init__()
            super().update(a=1)
        def names(self):
            return super().get("a")
    result = Registry().names()
    """
    assert facts(script).faults == {}
    assert isinstance(value(script), Unknown)


# --- identity -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("id(a) == id(a)", [True]),
        ("id(a) != id(alias)", [False]),
        ("id(a) in {id(x) for x in (a, b)}", [True]),
        ("id(layer.weight) in [id(p) for p in layer.parameters()]", [True]),
        ("id(other.weight) in [id(p) for p in layer.parameters()]", [False]),
        ("id(a) == id(b)", []),
        ("id(a) == id(unknown)", []),
    ],
)
def test_identities_are_numbers_and_no_tensors(test: str, expected: list[object]) -> None:
    script = f"""
        from elsewhere import unknown
        a, b = torch.randn(4, 3), torch.randn(2, 5)
        alias = a
        layer, other = nn.Linear(3, 4), nn.Linear(5, 2)
        result = {test}
    """
    assert constants(script) == expected
    assert list(facts(script).of(ShapeRefused)) == []


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        ("a.squeeze_()\nresult = a", (4, 3)),
        ("alias = a\na.squeeze_()\nresult = alias", (4, 3)),
        ("alias = a\nalias.unsqueeze_(0)\nresult = a", (1, 4, 1, 3)),
        ("def f(x):\n    x.resize_(12)\nf(a)\nresult = a", (12,)),
        ("holder = nn.Module()\nholder.x = a\nholder.x.transpose_(0, 2)\nresult = a", (3, 1, 4)),
        ("copy = a.clone()\ncopy.squeeze_()\nresult = a", (4, 1, 3)),
        ("a.data.squeeze_()\nresult = a", (4, 1, 3)),
        ("view = a.detach()\nview.squeeze_()\nresult = a", (4, 1, 3)),
        ("b = a.squeeze_()\nb.unsqueeze_(0)\nresult = a", (1, 4, 3)),
        ("if unknown:\n    a.squeeze_()\nresult = a", None),
        ("if unknown:\n    a.transpose_(0, 2)\nelse:\n    a.transpose_(2, 0)\nresult = a", (3, 1, 4)),
    ],
)
def test_a_shape_changed_in_place_is_changed_by_every_name(body: str, shape: tuple[int, ...] | None) -> None:
    found = value("from elsewhere import unknown\na = torch.randn(4, 1, 3)\n" + body)
    assert isinstance(found, Tensor)
    assert found.shape == shape


@pytest.mark.parametrize("made", ["set('to be or not to be'.split())", "{*'to be or not to be'.split()}"])
def test_a_set_holds_equal_items_once(made: str) -> None:
    assert constants(f"result = len({made})") == [4]
    assert constants(f"words = {made}\nwords.add('be')\nresult = len(list(words))") == [4]


def test_unknown_items_of_a_set_may_be_equal() -> None:
    assert isinstance(value("result = len({first(), second()})"), Unknown)


@pytest.mark.parametrize(("method", "sure"), [("transpose(0, 1)", False), ("permute(1, 0)", True)])
def test_what_gives_a_method_that_arrays_have_too_may_be_no_tensor(method: str, sure: bool) -> None:
    found = value(f"result = isinstance(load().{method}, torch.Tensor)")
    assert isinstance(found, Constant) is sure


@pytest.mark.parametrize(("method", "refused"), [("transpose(1, 0)", 0), ("permute(2, 0, 1)", 1)])
def test_to_tensor_refuses_what_surely_is_a_tensor(method: str, refused: int) -> None:
    found = facts(f"""
    from torchvision import transforms
    transforms.ToTensor()(load().{method})
    """)
    assert len(list(found.of(TransformRefused))) == refused


@pytest.mark.parametrize(("built", "noisy"), [("nn.Dropout().eval()", False), ("nn.Dropout()", True)])
def test_a_part_in_evaluation_mode_makes_no_noise_in_a_model_in_training_mode(built: str, noisy: bool) -> None:
    found = facts(f"nn.Sequential(nn.Linear(2, 2), {built})(torch.randn(1, 2))")
    (whole,) = (forward for forward in found.of(Forward) if not forward.within)
    assert whole.noisy is noisy


def test_a_method_of_modules_on_an_object_that_is_none_breaks_nothing() -> None:
    found = facts("""
    from base import Base
    class Net(Base):
        def train(self, mode=True):
            nn.Module.train(self, mode)
    Net().train()
    """)
    assert not found.faults


@pytest.mark.parametrize(
    ("written", "reached"),
    [("image[0] = patch", 1), ("image.copy_(patch)", 1), ("with torch.no_grad(): image[0] = patch", 0)],
)
def test_a_gradient_reaches_what_was_written_into_a_tensor(written: str, reached: int) -> None:
    found = facts(f"""
    patch = nn.Parameter(torch.zeros(2, 2))
    def stick(image):
        {written}
    image = torch.zeros(2, 2)
    stick(image)
    image.sum().backward()
    """)
    (backward,) = found.of(Backward)
    assert len(backward.forwards) == reached


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("except RuntimeError as error: print(error)", True),
        ("except (KeyError, ValueError): pass", True),
        ("except RuntimeError: raise", False),
        ("except Exception as error: print(error)", False),
        ("except KeyboardInterrupt: pass", False),
    ],
)
def test_an_exception_that_is_caught_by_its_name_is_expected(handler: str, expected: bool) -> None:
    found = facts(f"layer = nn.Linear(2, 2)\ntry: layer(torch.randn(1, 2))\n{handler}\nlayer(torch.randn(1, 2))")
    assert [forward.moment.expected for forward in found.of(Forward)] == [expected, False]


@pytest.mark.parametrize("handled", ["return 2", "if path is None: return 2"])
def test_what_an_except_returns_is_not_what_its_try_returned(handled: str) -> None:
    assert constants(f"""
    def read(path):
        try:
            return 1
        except OSError:
            {handled}
    result = read(a.b)
    """) == [1]


def test_a_layer_of_the_scripts_own_that_nobody_builds_has_settings_that_we_do_not_know() -> None:
    found = facts("""
    class Padded(nn.Conv2d):
        def forward(self, x):
            return super().forward(F.pad(x, (1, 1, 1, 1)))
    """)
    assert not found.faults


@pytest.mark.parametrize("given", ["types.MethodType(forward, model)", "lambda x: forward(model, x)"])
def test_a_forward_that_is_put_on_a_model_is_the_one_that_runs(given: str) -> None:
    found = value(f"""
    import types
    model = models.resnet18()
    def forward(self, x):
        return self.maxpool(self.conv1(x))
    model.forward = {given}
    result = model(torch.randn(1, 3, 64, 64))
    """)
    assert isinstance(found, Tensor)
    assert found.shape == (1, 64, 16, 16)


def test_torch_still_takes_the_old_name_of_the_mean() -> None:
    found = value("result = F.l1_loss(torch.randn(2), torch.randn(2), reduction='elementwise_mean')")
    assert isinstance(found, Tensor)
    assert found.shape == ()


def test_parts_of_something_unknown_are_not_one_thing() -> None:
    assert constants("a, b = iter(load())\nresult = a is b") == []
    found = value("a, b = torch.randn(2, 3)\nresult = [a, b]")
    first, second = found.items.values  # type: ignore[attr-defined]
    assert first is not second
    assert first.shape == second.shape == (3,)


@pytest.mark.parametrize(
    ("use", "refused"), [("load().take(1)[0]", 0), ("nn.Linear(3, 2)(load().squeeze().reshape(5, 4))", 1)]
)
def test_what_may_be_no_tensor_is_refused_by_layers_alone(use: str, refused: int) -> None:
    assert len(list(facts(use).of(ShapeRefused))) == refused


@pytest.mark.parametrize(
    "script",
    [
        """
        class Parser(argparse.ArgumentParser):
            def add(self):
                self.add_argument("--lr", default=1)
                return self.parse_args()
        Parser().add()
        """,
        """
        class Masked(nn.CrossEntropyLoss):
            def forward(self, scores, labels):
                return super().forward(scores, labels)
        """,
        """
        class Twice(torch.optim.Optimizer):
            def step(self):
                super().step()
                self.zero_grad()
        Twice([torch.zeros(2, requires_grad=True)], {}).step()
        """,
        """
        from functools import partial
        partial(print, func=print)
        """,
    ],
)
def test_what_extends_or_wraps_a_librarys_own_is_no_fault(script: str) -> None:
    assert not facts(script).faults


@pytest.mark.parametrize(("call", "starved"), [("helpers.freeze(model.copy)", 0), ("print(model.copy)", 2)])
def test_what_a_call_may_have_frozen_is_not_starved(call: str, starved: int) -> None:
    found = facts(f"""
    import helpers
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(2, 2)
            self.copy = nn.Linear(2, 2)
        def forward(self, x):
            return self.head(self.copy(x))
    model = Net()
    sgd = torch.optim.SGD(model.parameters(), lr=0.1)
    model.copy = copy.deepcopy(model.head)
    {call}
    model(torch.randn(1, 2)).sum().backward()
    sgd.step()
    """)
    change = next(put for put in found.of(LayerReplaced) if not put.building)
    assert len(found.starved(parameters_of(change.new), since=change)) == starved


def test_a_refusal_that_is_caught_by_its_name_is_none() -> None:
    refused = "layer(torch.randn(1, 3))"
    script = f"layer = nn.Linear(2, 2)\ntry: {refused}\nexcept RuntimeError as error: print(error)\n"
    assert not list(facts(script).of(ShapeRefused))
    assert len(list(facts(f"layer = nn.Linear(2, 2)\n{refused}").of(ShapeRefused))) == 1


def test_a_model_has_the_name_that_it_goes_by_outside() -> None:
    m = machine("""
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(2, 2)
            for m in self.modules():
                print(m)
    model = Net()
    """)
    assert m.facts.name_of(m.scope.names["model"]) == "model"


@pytest.mark.parametrize(("handler", "kept"), [("pass", True), ("raise", False)])
def test_a_model_that_is_loaded_in_a_try_may_still_be_the_old_one(handler: str, kept: bool) -> None:
    found = value(
        f"""
    model = nn.Linear(2, 2)
    try:
        model = torch.load("model.pt")
    except Exception:
        {handler}
    """,
        "model",
    )
    assert any(isinstance(option, Module) for option in options(found)) is kept


def test_a_greatest_of_what_a_star_hides_is_unknown() -> None:
    m = machine("result = max(*load())\nother = max(1, 2, *load())")
    assert not m.facts.faults
    assert isinstance(m.scope.names["result"], Unknown)
    assert isinstance(m.scope.names["other"], Unknown)


def test_a_tensor_that_is_trained_by_hand_stays_what_it_is() -> None:
    found = facts("""
    w = torch.zeros(2, 1).requires_grad_(True)
    for step in range(3):
        torch.ones(3, 2).mm(w).sum().backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
    """)
    assert {len(backward.forwards) for backward in found.of(Backward)} == {1}


def test_the_dict_of_a_modules_children_is_the_modules_own() -> None:
    found = value("""
    model = nn.Sequential(nn.Linear(4, 3))
    model._modules["0"] = nn.Linear(4, 2)
    model._modules["1"] = nn.LogSoftmax(dim=1)
    result = model(torch.randn(5, 4))
    """)
    assert isinstance(found, Tensor)
    assert found.shape == (5, 2)
    assert found.activation is not None
    assert found.activation.kind == "log_softmax"


def test_what_a_module_gives_after_an_unknown_call_had_it_may_have_gone_through_anything() -> None:
    found = value("""
    import surgery
    model = nn.Sequential(nn.Linear(4, 3))
    surgery.extend(model)
    result = model(torch.randn(5, 4))
    """)
    assert isinstance(found, Tensor)
    assert found.scores is None


def test_keywords_that_differ_from_way_to_way_hide_only_themselves() -> None:
    script = """
    import sys
    more = {"stride": 2, "bias": False} if len(sys.argv) > 1 else {"bias": False}
    result = nn.Conv2d(3, 8, 3, **more)
    """
    layer = value(script)
    assert isinstance(layer, Module)
    given = {name: one for name, one in layer.arguments.items() if name in ("in_channels", "stride", "bias")}
    assert isinstance(given["stride"], Unknown)
    assert [one.value for one in (given["in_channels"], given["bias"]) if isinstance(one, Constant)] == [3, False]


def test_keywords_for_two_versions_are_hidden() -> None:
    script = """
    import sys
    more = {"pretrained": True} if len(sys.argv) > 1 else {"weights": "DEFAULT"}
    result = models.resnet18(**more)
    """
    assert not any({"pretrained", "weights"} & set(built.arguments) for built in machine(script).facts.of(ModelBuilt))


def test_a_list_that_differs_from_way_to_way_may_hold_more_after_an_unknown_call() -> None:
    found = value("""
    import sys
    import helpers
    more = len(sys.argv) > 1
    sizes = []
    if more:
        sizes.append(1)
    if more:
        helpers.extend(sizes)
        result = len(sizes)
    """)
    assert not any(isinstance(one, Constant) for one in options(found))


BLOCK = """
class Block(nn.Module):
    def __init__(self, wide):
        super().__init__()
        self.layers = nn.ModuleList([])
        for width in (1, 2, 3, 4):
            self.layers.append(nn.Linear(width, width))
        self.mixed = nn.Linear(wide, 5)
        self.last = nn.Linear(5, 2)
    def forward(self, x):
        for layer in self.layers:
            print(layer)
        return self.last(self.mixed(x))
"""
AGAIN = "    outputs.append(Block(7)(torch.zeros(1, 7)))\n"


def test_code_that_nobody_calls_runs_a_function_no_more_often_than_tells_something() -> None:
    few, many = (machine(BLOCK + "def f(outputs):\n" + AGAIN * calls).steps for calls in (40, 400))
    assert many - few < 5 * 360
    called = machine(BLOCK + "outputs = []\n" + AGAIN.strip() + ("\n" + AGAIN.strip()) * 99).steps
    assert called > 99 * 15


APPLY = """
def apply(first, second):
    here = first
    there = second
    other = here, there
    return here(there)

class Sizes:
    def __init__(self, wide):
        self.wide = wide

"""


def test_what_told_nothing_is_not_run_again_where_nothing_is_known() -> None:
    few, many = (machine(APPLY + "def f(a, b):\n" + "    apply(a, b)\n" * calls).steps for calls in (10, 110))
    assert many - few == 100


def test_what_told_nothing_is_run_again_for_what_is_known() -> None:
    found = facts(APPLY + "def f(a, b):\n    apply(a, b)\n    apply(nn.Linear(3, 2), torch.zeros(1, 4))\n")
    assert [source_of(fact.node) for fact in found.of(ShapeRefused)] == ["here(there)"]


def test_what_builds_an_object_is_run_for_each() -> None:
    run = "nn.Linear(sizes.wide, 2)(torch.zeros(1, 4))"
    found = facts(APPLY + f"def f(n):\n    Sizes(n)\n    sizes = Sizes(3)\n    {run}\n")
    assert [source_of(fact.node) for fact in found.of(ShapeRefused)] == [run]


def test_what_is_built_after_enough_runs_is_not_known_and_contradicts_nothing() -> None:
    late = """
        model = Block(7)
        model.last = nn.Linear(9, 2)
        model.norm(model(torch.zeros(1, 3)))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        model.last(torch.zeros(1, 4))
        return model, optimizer
    """
    found = facts(BLOCK + "def f(outputs):\n" + AGAIN * 40 + textwrap.indent(textwrap.dedent(late), "    "))
    assert [source_of(fact.node) for fact in found.of(ShapeRefused)] == ["model.last(torch.zeros(1, 4))"]
    built = list(found.of(OptimizerBuilt))[-1]
    assert any(parameter.rest for group in built.optimizer.groups() for parameter in group.parameters)
    assert any("often enough" in why for _, why in found.silences)


@pytest.mark.parametrize("start", ["super().__init__(7)", "Block.__init__(self, 7)", "super().__init__(wide=7)"])
def test_what_a_constructor_leaves_to_one_that_is_passed_over_is_not_taken_to_be_all(start: str) -> None:
    below = f"""
class Headed(Block):
    def __init__(self):
        {start}
        self.head = nn.Linear(2, 2)
"""
    late = "    model = Headed()\n    return torch.optim.SGD(model.parameters(), lr=0.1)\n"
    built = list(facts(BLOCK + below + "def f(outputs):\n" + AGAIN * 40 + late).of(OptimizerBuilt))[-1]
    assert any(parameter.rest for group in built.optimizer.groups() for parameter in group.parameters)


def test_what_goes_by_the_mode_is_decided_where_the_mode_is() -> None:
    script = """
    class Attention(nn.Module):
        def __init__(self, p=0.1):
            super().__init__()
            self.p = p

        def forward(self, x):
            return F.scaled_dot_product_attention(x, x, x, dropout_p=self.p if self.training else 0.0)

    model, first, second = Attention(), unknown(), unknown()
    if first:
        model.eval()
    if second:
        model.eval()
    if second:
        model(torch.rand(2, 4, 8))
    """
    (applied,) = facts(script).of(DropoutApplied)
    assert isinstance(applied.mode, Mode)
    assert (applied.mode.training, number(applied.rate)) == (False, 0.0)


def test_the_same_number_on_two_ways_is_that_number() -> None:
    script = """
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=0.0)
    rate = parser.parse_args().rate
    result = rate if unknown() else 0.0
    """
    assert number(value(script)) == 0.0


def test_what_a_script_does_by_the_name_of_the_class_it_does_to_that_class() -> None:
    script = """
    model = models.resnet50() if unknown() else models.convnext_tiny()
    if "ResNet" in model._get_name():
        model.fc = nn.Linear(2048, 2)
    """
    (put,) = facts(script).of(LayerReplaced)
    assert put.module.architecture is not None
    assert put.module.architecture.name == "resnet50"


METHODS = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Linear(3, 4)
        self.head = nn.Linear(4, 2)

    def freeze(self):
        for parameter in self.features.parameters():
            parameter.requires_grad = False
        {here}

    def unfreeze(self):
        for parameter in self.features.parameters():
            parameter.requires_grad = True
"""


@pytest.mark.parametrize(("here", "expected"), [("", []), ("self.unfreeze()", ["TUN308"])])
def test_methods_that_nobody_calls_are_not_called_one_after_the_other(here: str, expected: list[str]) -> None:
    text = HEAD + METHODS.format(here=here)
    assert [finding.code for finding in lint_source(text, "a.py").findings] == expected


@pytest.mark.parametrize(
    ("tensor", "expected"), [("model.features[3].weight", []), ("torch.rand(192, 64, 5, 5)", ["TUN702"])]
)
def test_the_rows_of_a_weight_are_no_samples(tensor: str, expected: list[str]) -> None:
    text = f"{HEAD}\nmodel = models.alexnet()\nkernels = {tensor}\nkernels.view(-1, 3, 5, 5)\n"
    assert [finding.code for finding in lint_source(text, "a.py").findings] == expected


@pytest.mark.parametrize(
    ("change", "first", "total"),
    [("", 64, 96), ("sizes.reverse()", 32, 96), ("sizes.sort()", None, None), ("sizes.sort(reverse=True)", None, None)],
)
def test_lists_in_another_order(change: str, first: int | None, total: int | None) -> None:
    script = f"sizes = [64 // 2**i for i in range(2)]\n{change}\nfirst, total = sizes[0], sum(sizes)\n"
    assert (number(value(script, "first")), number(value(script, "total"))) == (first, total)


def test_a_call_whose_arguments_do_not_fit_is_not_followed() -> None:
    assert number(value("sizes = [1, 2]\nsizes.insert(x=3)\nresult = sizes[0]\n")) is None


IN_FORWARD = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.parts = nn.Linear(4, 4), nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

    def forward(self, x):
        return {made}(x)

net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
net(torch.rand(2, 4)).sum().backward()
optimizer.step()
"""


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("nn.Sequential(*self.parts)", []),
        ("nn.Sequential(self.first, nn.ReLU())", []),
        ("nn.Sequential(nn.Linear(4, 4), nn.ReLU())", ["TUN209"]),
    ],
)
def test_a_container_of_layers_that_were_there_is_no_new_layer(made: str, expected: list[str]) -> None:
    found = [finding.code for finding in lint_source(HEAD + IN_FORWARD.format(made=made), "a.py").findings]
    assert [code for code in found if code == "TUN209"] == expected


SHARED = """
class Part(nn.Module):
    def __init__(self, shared):
        super().__init__()
        self.shared = {shared}

    def forward(self, x):
        return self.shared[0](x)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.part = Part([self.first])

    def forward(self, x):
        return self.part(x)

net = Net()
optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
net(torch.rand(2, 4)).sum().backward()
optimizer.step()
"""


@pytest.mark.parametrize(("shared", "expected"), [("shared", []), ("[nn.Linear(4, 4)]", ["TUN208"])])
def test_layers_in_a_list_that_are_another_modules_own_are_seen(shared: str, expected: list[str]) -> None:
    found = [finding.code for finding in lint_source(HEAD + SHARED.format(shared=shared), "a.py").findings]
    assert [code for code in found if code == "TUN208"] == expected


NAMED = """
class Clip(nn.Module):
    def __init__(self, given):
        super().__init__()
        self.prompt = nn.Linear(4, 4)
        self.encoder = {encoder}

def build(given):
    model = Clip(given)
    for name, parameter in model.named_parameters():
        if "prompt" not in name:
            parameter.requires_grad_(False)
"""


@pytest.mark.parametrize(("encoder", "expected"), [("given.visual", []), ("3", ["TUN307"])])
def test_what_a_class_puts_into_itself_unseen_may_have_names(encoder: str, expected: list[str]) -> None:
    found = lint_source(HEAD + NAMED.format(encoder=encoder), "a.py").findings
    assert [finding.code for finding in found] == expected


@pytest.mark.parametrize(
    ("layer", "setting", "shape"),
    [
        ("nn.Conv2d(3, 8, 3, padding=1, stride=2)", "stride = (1, 1)", (2, 8, 64, 64)),
        ("nn.Conv2d(3, 8, 3)", "padding = 100", (2, 8, 262, 262)),
        ("nn.AvgPool2d(2)", "kernel_size = layer.stride = 4", (2, 3, 16, 16)),
        ("nn.Flatten()", "start_dim = 2", (2, 3, 4096)),
        ("nn.Conv2d(3, 8, 3)", "out_channels = 16", (2, 8, 62, 62)),
        ("nn.Conv2d(3, 8, 3)", "kernel_size = 5", (2, 8, 62, 62)),
    ],
)
def test_a_layer_reads_its_settings_at_each_call_but_for_those_of_its_weights(
    layer: str, setting: str, shape: tuple[int, ...]
) -> None:
    assert tensor(f"layer = {layer}\nlayer.{setting}\nresult = layer(torch.zeros(2, 3, 64, 64))").shape == shape


def test_a_zoos_body_with_another_stride_has_no_shape_that_was_seen() -> None:
    script = """
    net = models.resnet18()
    {}
    result = nn.Sequential(*list(net.children())[:-2])(torch.zeros(1, 3, 64, 64))
    """
    seen, other = tensor(script.format("pass")).shape, tensor(script.format("net.layer4[0].conv1.stride = 1")).shape
    assert seen == (1, 512, 2, 2)
    assert other != seen


@pytest.mark.parametrize(
    ("asked", "dtype"),
    [
        ("to('cuda', dtype=torch.float)", "float32"),
        ("to('cuda' if torch.cuda.is_available() else 'cpu')", "int64"),
        ("to(torch.device('cuda'), torch.float)", "float32"),
        ("to(config.device, torch.float)", "float32"),
        ("to(config.device, dtype=torch.float)", "float32"),
        ("to('cuda', dtype=config.dtype)", None),
        ("to(torch.float if len(sys.argv) > 1 else torch.double)", None),
        ("sum(dtype=config.dtype)", None),
        ("sum()", "int64"),
    ],
)
def test_a_dtype_that_is_asked_for_and_not_known_is_not_that_of_before(asked: str, dtype: str | None) -> None:
    assert tensor(f"import sys, config\nresult = torch.zeros(2, 3, dtype=torch.long).{asked}").dtype == dtype


def test_loops_over_pixels_leave_steps_for_what_follows() -> None:
    found = machine("""
    image = torch.zeros(3, 190, 190)
    for row in range(190):
        for column in range(190):
            if image[0, row, column] > 0 and image[1, row, column] > 0:
                image[2, row, column] = 1
    result = nn.Linear(2, 2)(torch.zeros(3, 4))
    """)
    assert found.steps < MAX_STEPS / 4
    assert len(found.facts.kept_by_kind(Forward)) == 1
