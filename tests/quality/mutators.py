"""Mistakes that are put into clean scripts: one function each, with the codes that should tell it and why torch minds.

A mutator yields changes, each of which is one mistake at one place; it looks only at places where the change surely is
a mistake, by what the script says elsewhere.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import libcst as cst
from script import (
    Block,
    Change,
    Script,
    argument,
    body,
    code,
    dropped,
    expression,
    inserted,
    last_name,
    moved,
    receiver,
    statement,
    with_argument,
    without_argument,
)


@dataclass(frozen=True, slots=True)
class Mutator:
    """One mistake; any of the codes tells it, the first is the rule that is measured."""

    name: str
    codes: tuple[str, ...]
    why: str
    changes: Callable[[Script], Iterator[Change]]


Changes = Callable[[Script], Iterator[Change]]
MUTATORS: dict[str, Mutator] = {}
OPTIMIZERS = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "NAdam", "RAdam")
BATCH_SCHEDULES = ("OneCycleLR", "get_linear_schedule_with_warmup", "get_cosine_schedule_with_warmup", "get_scheduler")
EPOCH_SCHEDULES = ("StepLR", "MultiStepLR")
MODAL = ("Dropout", "dropout", "BatchNorm", "resnet", "densenet", "vgg", "from_pretrained", "create_model")
"""What says that the mode matters to a model."""
PRETRAINED = ("from_pretrained", "pretrained=True", "weights=")


def mistake(*codes: str, why: str) -> Callable[[Changes], Changes]:
    """Register a mutator under its function's name."""

    def register(changes: Changes) -> Changes:
        name = changes.__name__.replace("_", "-")
        MUTATORS[name] = Mutator(name, codes, why, changes)
        return changes

    return register


def names(statement: cst.CSTNode, script: Script, name: str) -> bool:
    """Whether a statement names a variable."""
    return any(one.value == name for one in script.all(cst.Name, statement))


def steps(script: Script) -> Iterator[tuple[Block, int, int, str]]:
    """Blocks of training: the places of `backward()` and `step()` in it, and the optimizer as it is written."""
    for block, index, backward in script.statements("backward"):
        if not backward.args:
            for around, later, call in script.statements("step"):
                if around is block and later > index and zeroed(script, receiver(call)):
                    yield block, index, later, receiver(call)
                    break


def zeroed(script: Script, optimizer: str) -> bool:
    """Whether a script zeroes the gradients of what is written so."""
    return bool(optimizer) and any(receiver(call) == optimizer for call in script.calls("zero_grad"))


def loops(script: Script, node: cst.CSTNode) -> bool:
    """Whether a node stands in a loop."""
    return any(isinstance(one, cst.For | cst.While) for one in script.around(node))


# --- the training step ---


@mistake("TUN501", why="`backward()` adds to `.grad`, so every step is made with the sum of all gradients so far")
def zero_grad_deleted(script: Script) -> Iterator[Change]:
    every = list(script.statements("zero_grad"))
    for block, index, call in every:
        trains = any(True for _ in script.calls("backward", inside=block)) and loops(script, call)
        if (
            trains
            and sum(receiver(other) == receiver(call) for _, _, other in every) == 1
            and script.mentions(".step(")
        ):
            yield dropped(block, index)


@mistake("TUN502", why="`step()` skips parameters whose gradients have been zeroed or set to None")
def zeroed_before_step(script: Script) -> Iterator[Change]:
    for block, _, step, optimizer in steps(script):
        yield inserted(block, step, statement(f"{optimizer}.zero_grad()"))


@mistake("TUN503", why="without `backward()` no parameter has a gradient, and `step()` skips it")
def backward_deleted(script: Script) -> Iterator[Change]:
    if len(list(script.calls("backward"))) == 1:
        for block, index, _, _ in steps(script):
            yield dropped(block, index)


@mistake("TUN503", why="the step comes before the gradients, which are zeroed before the next one")
def step_before_backward(script: Script) -> Iterator[Change]:
    for block, index, step, optimizer in steps(script):
        zeroes = [at for around, at, call in script.statements("zero_grad") if around is block and at < index]
        if zeroes and len(list(script.calls("backward"))) == 1 and optimizer:
            yield moved(block, step, index)


@mistake("TUN504", why="a tensor that is made anew has no graph: its backward() reaches no parameter")
def loss_made_anew(script: Script) -> Iterator[Change]:
    if not script.mentions("import torch\n"):
        return
    for block, index, _, _ in steps(script):
        loss = backward_of(block, index)
        if loss.isidentifier():
            yield inserted(block, index, statement(f"{loss} = torch.tensor({loss}.item(), requires_grad=True)"))


@mistake("TUN510", why="what is computed under no_grad has no graph, so backward() raises")
def trained_under_no_grad(script: Script) -> Iterator[Change]:
    if not script.mentions("import torch\n"):
        return
    for block, index, _, _ in steps(script):
        if index > 0:
            inner = cst.IndentedBlock(body=block.body[:index])
            guarded = statement("with torch.no_grad():\n    pass").with_changes(body=inner)
            yield body(block, [guarded, *block.body[index:]])


@mistake("TUN507", why="a method that is only named does nothing")
def parentheses_forgotten(script: Script) -> Iterator[Change]:
    for _, _, call in script.statements("zero_grad", "backward", "step", "eval", "train"):
        if not call.args and isinstance(call.func, cst.Attribute) and known_object(script, call):
            yield {call: call.func}


def known_object(script: Script, call: cst.Call) -> bool:
    """Whether a method is surely one of an optimizer, a loss or a model."""
    method = last_name(call.func)
    if method in ("step", "train"):
        return zeroed(script, receiver(call)) if method == "step" else "trainer" not in receiver(call).lower()
    return True


@mistake("TUN509", why="a sum of losses keeps the graph of every batch alive")
def loss_summed_with_its_graph(script: Script) -> Iterator[Change]:
    for add in script.all(cst.AugAssign):
        for call in script.calls("item", inside=add):
            block = script.nearest(add, cst.IndentedBlock)
            if isinstance(block, cst.IndentedBlock) and any(
                receiver(one) == receiver(call) for _, _, one in script.statements("backward", inside=block)
            ):
                assert isinstance(call.func, cst.Attribute)
                yield {call: call.func.value}


def backward_of(block: Block, index: int) -> str:
    return code(block.body[index]).removesuffix(".backward()")


# --- modes ---


@mistake("TUN506", why="validation draws dropout, and batch norm uses and moves the statistics of the batch")
def eval_deleted(script: Script) -> Iterator[Change]:
    if not script.mentions(*MODAL) or (script.mentions("from_pretrained") and not script.mentions(".train()")):
        return
    for block, index, call in script.statements("eval"):
        function = script.nearest(call, cst.FunctionDef)
        alone = len(list(script.calls("eval", inside=function))) == 1
        guarded = any(True for _ in script.calls("no_grad", "inference_mode", inside=function))
        if not call.args and alone and guarded and script.mentions(".backward()"):
            yield dropped(block, index)


@mistake("TUN505", "TUN511", why="from the second epoch on the model trains without dropout and with frozen statistics")
def train_deleted(script: Script) -> Iterator[Change]:
    if not script.mentions(*MODAL) or not script.mentions(".eval()"):
        return
    every = list(script.statements("train"))
    for block, index, call in every:
        if not call.args and len(every) == 1 and script.mentions(".backward()"):
            yield dropped(block, index)


@mistake("TUN508", why="F.dropout is on unless it is told otherwise: eval() does not reach it")
def training_not_told(script: Script) -> Iterator[Change]:
    for call in script.calls("dropout"):
        told = argument(call, "training")
        if told is not None and code(told.value) == "self.training":
            yield {call: without_argument(call, told)}


# --- losses ---


def losses(script: Script, name: str, functional: str) -> Iterator[cst.Call]:
    """The calls that compute this loss, by a criterion made in the script or by the function."""
    made = {target.removeprefix("self.") for target, _ in script.assigned(name)}
    yield from (call for call in script.calls(*made) if len(call.args) == 2)
    yield from (call for call in script.calls(functional) if len(call.args) >= 2)


@mistake("TUN601", why="cross entropy takes scores; shares between 0 and 1 leave it hardly any gradient")
def softmax_before_cross_entropy(script: Script) -> Iterator[Change]:
    if script.mentions("import torch\n"):
        yield from (
            _wrapped(call, "torch.softmax({}, dim=1)") for call in losses(script, "CrossEntropyLoss", "cross_entropy")
        )


@mistake("TUN602", why="the loss applies a sigmoid itself: a second one squeezes the scores")
def sigmoid_before_bce_with_logits(script: Script) -> Iterator[Change]:
    if script.mentions("import torch\n"):
        named = losses(script, "BCEWithLogitsLoss", "binary_cross_entropy_with_logits")
        yield from (_wrapped(call, "torch.sigmoid({})") for call in named)


def _wrapped(call: cst.Call, form: str) -> Change:
    first, *rest = call.args
    value = expression(form.format(code(first.value)))
    return {call: call.with_changes(args=[first.with_changes(value=value), *rest])}


@mistake("TUN603", why="BCELoss wants shares: scores below 0 or above 1 raise")
def bce_on_scores(script: Script) -> Iterator[Change]:
    for call in script.calls("BCEWithLogitsLoss"):
        if not call.args:
            yield {call.func: renamed(call.func, "BCELoss")}
    for call in script.calls("binary_cross_entropy_with_logits"):
        if len(call.args) == 2:
            yield {call.func: renamed(call.func, "binary_cross_entropy")}


@mistake("TUN604", why="nll_loss wants logarithms of shares: of scores it is no loss, and falls without end")
def nll_on_scores(script: Script) -> Iterator[Change]:
    if script.mentions("NLLLoss", "nll_loss", "log_softmax", "LogSoftmax"):
        return
    for call in script.calls("CrossEntropyLoss"):
        if not call.args and isinstance(call.func, cst.Attribute):
            yield {call.func: renamed(call.func, "NLLLoss")}
    for call in script.calls("cross_entropy"):
        if len(call.args) == 2 and isinstance(call.func, cst.Attribute):
            yield {call.func: renamed(call.func, "nll_loss")}


@mistake("TUN604", why="the model gives scores where nll_loss wants logarithms of shares")
def log_softmax_deleted(script: Script) -> Iterator[Change]:
    if not script.mentions("nll_loss", "NLLLoss"):
        return
    for call in script.calls("log_softmax"):
        if call.args and isinstance(script.nearest(call, cst.FunctionDef, cst.Return), cst.Return):
            yield {call: call.args[0].value}


@mistake("TUN607", why="a loss is built with settings: the tensors become its weight and so on")
def loss_built_with_tensors(script: Script) -> Iterator[Change]:
    makers = {target.removeprefix("self."): maker for target, maker in script.assigned("CrossEntropyLoss", "MSELoss")}
    for call in script.calls(*makers):
        if len(call.args) == 2 and all(arg.keyword is None for arg in call.args):
            yield {call: call.with_changes(func=makers[last_name(call.func)].func)}


def renamed(func: cst.BaseExpression, name: str) -> cst.BaseExpression:
    if isinstance(func, cst.Attribute):
        return func.with_changes(attr=cst.Name(name))
    return expression(f"torch.nn.{name}")


# --- optimizers and schedules ---


def optimized(script: Script) -> Iterator[tuple[cst.Call, cst.Arg, str]]:
    """Optimizers of all parameters of one model: the call, the argument, the model as it is written."""
    for call in script.calls(*OPTIMIZERS):
        given = argument(call, "params", 0)
        if given is not None and isinstance(given.value, cst.Call) and last_name(given.value.func) == "parameters":
            yield call, given, receiver(given.value)


def with_value(arg: cst.Arg, text: str) -> Change:
    return {arg: arg.with_changes(value=expression(text))}


@mistake("TUN404", why="an optimizer takes parameters: a module raises")
def model_instead_of_parameters(script: Script) -> Iterator[Change]:
    yield from (with_value(given, model) for _, given, model in optimized(script))


@mistake("TUN402", why="a parameter in two groups raises")
def parameters_in_two_groups(script: Script) -> Iterator[Change]:
    for _, given, model in optimized(script):
        group = f'{{"params": {model}.parameters()}}'
        yield with_value(given, f"[{group}, {group}]")


@mistake("TUN403", why="parameters() can be walked once: the optimizer gets an empty list and raises")
def parameters_already_walked(script: Script) -> Iterator[Change]:
    for call, given, model in optimized(script):
        place = script.place(call)
        if place is not None:
            block, index = place
            line = cst.ensure_type(block.body[index], cst.SimpleStatementLine)
            taken = line.deep_replace(given, given.with_changes(value=cst.Name("walked")))
            before = [f"walked = {model}.parameters()", "print(sum(one.numel() for one in walked))"]
            new = [*(statement(text) for text in before), taken]
            yield body(block, [*block.body[:index], *new, *block.body[index + 1 :]])


@mistake("TUN303", why="where nothing requires a gradient the loss has no graph, and backward() raises")
def everything_frozen(script: Script) -> Iterator[Change]:
    if not script.mentions(".backward("):
        return
    for call, _, model in optimized(script):
        place = script.place(call)
        if place is not None:
            freeze = f"for one in {model}.parameters():\n    one.requires_grad = False"
            yield inserted(*place, statement(freeze))


@mistake("TUN401", why="steps of this size take what the weights know in the first few batches")
def rate_a_thousand_times_too_large(script: Script) -> Iterator[Change]:
    if not script.mentions(*PRETRAINED):
        return
    for call, _, _ in optimized(script):
        rate = argument(call, "lr", 1)
        if rate is not None:
            yield with_value(rate, "10.0" if last_name(call.func) == "SGD" else "0.1")


@mistake("TUN413", why="a new optimizer has forgotten its moments")
def optimizer_built_every_epoch(script: Script) -> Iterator[Change]:
    for target, call in script.assigned("Adam", "AdamW"):
        place = script.place(call)
        if place is None:
            continue
        block, index = place
        loop = next((at for at, one in enumerate(block.body) if at > index and _is_epochs(one)), None)
        between = block.body[index + 1 : loop] if loop is not None else block.body
        if loop is not None and target.isidentifier() and not any(names(one, script, target) for one in between):
            epochs = cst.ensure_type(block.body[loop], cst.For)
            inner = cst.ensure_type(epochs.body, cst.IndentedBlock)
            again = epochs.with_changes(body=inner.with_changes(body=[block.body[index], *inner.body]))
            kept = [one for at, one in enumerate(block.body) if at not in (index, loop)]
            yield body(block, [*kept[: loop - 1], again, *kept[loop - 1 :]])


def _is_epochs(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.For) and isinstance(node.body, cst.IndentedBlock) and "epoch" in code(node.target)


def schedules(script: Script, *makers: str) -> Iterator[tuple[Block, int, cst.Call]]:
    """The statements in loops that step a schedule of these kinds."""
    made = {target for target, _ in script.assigned(*makers)}
    for block, index, call in script.statements("step"):
        if receiver(call) in made and loops(script, call):
            yield block, index, call


@mistake("TUN405", why="the first rate of the schedule is skipped")
def schedule_before_optimizer(script: Script) -> Iterator[Change]:
    kinds = (*EPOCH_SCHEDULES, "ExponentialLR", "CosineAnnealingLR", "LambdaLR", *BATCH_SCHEDULES)
    for block, index, call in schedules(script, *kinds):
        if index > 0 and not call.args and block is script.nearest(call, cst.IndentedBlock):
            loop = script.nearest(block, cst.For, cst.While, cst.If, cst.FunctionDef)
            if isinstance(loop, cst.For):
                yield moved(block, index, 0)


@mistake("TUN407", why="a schedule that counts epochs is through after the first few batches")
def epoch_schedule_in_every_batch(script: Script) -> Iterator[Change]:
    for block, index, call in schedules(script, *EPOCH_SCHEDULES):
        for batch, _, step, _ in steps(script):
            if batch is not block and block in script.around(batch) and not call.args:
                more = [*batch.body[: step + 1], block.body[index], *batch.body[step + 1 :]]
                yield {**body(batch, more), block.body[index]: statement("pass")}


@mistake("TUN406", why="a schedule that counts batches hardly moves when it is stepped once an epoch")
def batch_schedule_once_an_epoch(script: Script) -> Iterator[Change]:
    for block, index, call in schedules(script, *BATCH_SCHEDULES):
        loop = script.nearest(block, cst.For)
        around = script.place_of_compound(loop)
        if around is not None and loops(script, loop) and not call.args:
            outer, at = around
            inner = cst.ensure_type(loop, cst.For)
            if inner.body is block:
                short = inner.with_changes(body=dropped(block, index)[block])
                yield body(outer, [*outer.body[:at], short, block.body[index], *outer.body[at + 1 :]])


@mistake("TUN408", why="the rate falls (or the checkpoint is kept) while the loss gets better")
def plateau_looks_the_wrong_way(script: Script) -> Iterator[Change]:
    for target, call in script.assigned("ReduceLROnPlateau"):
        if any("loss" in code(one) for one in script.calls("step") if receiver(one) == target):
            mode = argument(call, "mode", 1)
            if mode is None:
                yield {call: with_argument(call, "mode", '"max"')}
            elif "min" in code(mode.value):
                yield with_value(mode, '"max"')
    for call in script.calls("ModelCheckpoint", "EarlyStopping"):
        monitor, mode = argument(call, "monitor"), argument(call, "mode")
        if monitor is not None and "loss" in code(monitor.value) and code(monitor.value)[0] in "\"'":
            yield with_value(mode, '"max"') if mode is not None else {call: with_argument(call, "mode", '"max"')}


@mistake("TUN410", why="gradients that a step has used are clipped, and those that it uses are not")
def clip_after_step(script: Script) -> Iterator[Change]:
    for block, index, _ in script.statements("clip_grad_norm_", "clip_grad_value_", "clip_grad_norm"):
        for around, _, step, _ in steps(script):
            if around is block and index < step:
                yield moved(block, index, step)


@mistake("TUN410", why="there are no gradients as yet that could be clipped")
def clip_before_backward(script: Script) -> Iterator[Change]:
    for block, index, _ in script.statements("clip_grad_norm_", "clip_grad_value_", "clip_grad_norm"):
        for around, backward, _, _ in steps(script):
            if around is block and index > backward:
                yield moved(block, index, backward)


@mistake("TUN411", why="scaled gradients are thousands of times too large for the limit")
def unscale_deleted(script: Script) -> Iterator[Change]:
    for block, index, _ in script.statements("unscale_"):
        if any("clip_grad" in code(one) for one in block.body):
            yield dropped(block, index)


@mistake("TUN412", why="the optimizer steps with gradients that are still scaled")
def scaler_bypassed(script: Script) -> Iterator[Change]:
    for _, _, call in script.statements("step"):
        if "scaler" in receiver(call) and len(call.args) == 1 and not script.mentions("unscale_"):
            optimizer = code(call.args[0].value)
            yield {call: expression(f"{optimizer}.step()")}


# --- heads and layers ---


@mistake("TUN207", why="a class is not a module: Sequential raises, and a call builds one instead of using it")
def class_instead_of_instance(script: Script) -> Iterator[Change]:
    for call in script.calls("ReLU", "Sigmoid", "Tanh", "GELU", "Flatten", "LeakyReLU"):
        holder = script.nearest(call, cst.Call)
        if not call.args and isinstance(holder, cst.Call) and last_name(holder.func) == "Sequential":
            yield {call: call.func}


@mistake("TUN208", why="layers in a plain list are no part of the module: no optimizer and no device ever sees them")
def layers_in_a_plain_list(script: Script) -> Iterator[Change]:
    for target, call in script.assigned("ModuleList"):
        if target.startswith("self.") and len(call.args) < 2 and _optimizes(script):
            yield {call: expression(f"list({code(call.args[0].value)})" if call.args else "[]")}


def _optimizes(script: Script) -> bool:
    return script.mentions("nn.Module")


@mistake("TUN209", why="a layer that is built in forward() is new on every call and is never trained")
def layer_built_in_forward(script: Script) -> Iterator[Change]:
    layers = {target: call for target, call in script.assigned("Linear", "Conv2d") if target.startswith("self.")}
    for call in script.all(cst.Call):
        maker = layers.get(code(call.func))
        function = script.nearest(call, cst.FunctionDef)
        if maker is None or not isinstance(function, cst.FunctionDef) or function.name.value != "forward":
            continue
        if maker.args and all(isinstance(arg.value, cst.Integer) for arg in maker.args):
            yield {call: call.with_changes(func=maker)}


@mistake("TUN201", why="the optimizer holds the old head: the new one never trains")
def optimizer_before_the_head(script: Script) -> Iterator[Change]:
    for call, _, model in optimized(script):
        place = script.place(call)
        if place is None:
            continue
        block, index = place
        for at, one in enumerate(block.body[:index]):
            head = re.match(
                rf"{re.escape(model)}(\.\w+)+(\[-?\d+\])? = (torch\.)?nn\.(Linear|Sequential|Conv2d)\(", code(one)
            )
            if head is not None:
                yield moved(block, index, at)
                break


@mistake("TUN302", why="a misspelt attribute freezes nothing")
def requires_grad_misspelt(script: Script) -> Iterator[Change]:
    for attribute in frozen(script):
        yield {attribute: attribute.with_changes(attr=cst.Name("require_grad"))}


def frozen(script: Script) -> Iterator[cst.Attribute]:
    """Parameters, as in `param.requires_grad`, that a loop over parameters freezes or not."""
    for assignment in script.all(cst.Assign):
        target = assignment.targets[0].target
        loop = script.nearest(assignment, cst.For)
        frees = isinstance(loop, cst.For) and "parameters()" in code(loop.iter)
        if frees and isinstance(target, cst.Attribute) and target.attr.value == "requires_grad":
            yield target


@mistake("TUN301", why="the attribute of a module freezes none of its parameters")
def module_frozen_by_attribute(script: Script) -> Iterator[Change]:
    for attribute in frozen(script):
        loop = script.nearest(attribute, cst.For)
        if isinstance(loop, cst.For) and re.fullmatch(r"[\w.]+\.parameters\(\)", code(loop.iter)):
            model = code(loop.iter).removesuffix(".parameters()")
            if isinstance(loop.body, cst.IndentedBlock) and len(loop.body.body) == 1:
                yield {loop: statement(f"{model}.requires_grad = False")}


# --- loading ---


@mistake("TUN102", why="load_state_dict() returns the keys that did not fit, not the model")
def load_result_assigned(script: Script) -> Iterator[Change]:
    for block, index, call in script.statements("load_state_dict"):
        model = receiver(call)
        used = [one for one in block.body[index + 1 :] if re.search(rf"\b{re.escape(model)}\b[.(]", code(one))]
        if model and used and "optim" not in model and "sched" not in model and "scaler" not in model:
            yield body(block, [*block.body[:index], statement(f"{model} = {code(call)}"), *block.body[index + 1 :]])


@mistake("TUN103", why="load_state_dict() takes a dictionary: a path raises")
def path_instead_of_state(script: Script) -> Iterator[Change]:
    for call in script.calls("load_state_dict"):
        given = call.args[0].value if call.args else None
        if isinstance(given, cst.Call) and code(given.func) == "torch.load" and given.args:
            yield with_value(call.args[0], code(given.args[0].value))


@mistake("TUN105", why="`pretrained=` is deprecated and means the oldest weights")
def pretrained_by_the_old_name(script: Script) -> Iterator[Change]:
    for call in _torchvision(script):
        weights = argument(call, "weights")
        if weights is not None:
            yield {call: with_argument(without_argument(call, weights), "pretrained", "True")}
        elif not call.args:
            yield {call: with_argument(call, "pretrained", "True")}


@mistake("TUN104", why="pretrained weights have 1000 classes: another number raises")
def classes_with_weights(script: Script) -> Iterator[Change]:
    for call in _torchvision(script):
        if argument(call, "num_classes") is None and all(arg.keyword is not None for arg in call.args):
            rest = [arg for arg in call.args if arg.keyword and arg.keyword.value not in ("weights", "pretrained")]
            plain = call.with_changes(args=rest)
            yield {call: with_argument(with_argument(plain, "weights", '"DEFAULT"'), "num_classes", "7")}


def _torchvision(script: Script) -> Iterator[cst.Call]:
    if script.mentions("from torchvision import", "import torchvision"):
        for call in script.all(cst.Call):
            if re.fullmatch(
                r"(torchvision\.)?models\.(resnet\d+|vgg\d+(_bn)?|densenet\d+|mobilenet_v\d|alexnet)", code(call.func)
            ):
                yield call


# --- shapes ---


_ONE_OF_SHAPES = ("TUN704", "TUN705", "TUN701")


@mistake(*_ONE_OF_SHAPES, why="a layer refuses what the one before it gives")
def width_of_a_layer_changed(script: Script) -> Iterator[Change]:
    for sequence in script.calls("Sequential"):
        gives = ""
        for layer in (arg.value for arg in sequence.args):
            if isinstance(layer, cst.Call) and last_name(layer.func) in ("Linear", "Conv2d") and len(layer.args) > 1:
                takes, given = layer.args[0], layer.args[1]
                if takes.keyword is None and code(takes.value) == gives and gives.isdigit():
                    yield with_value(takes, str(int(gives) + 1))
                gives = code(given.value) if given.keyword is None else ""


@mistake("TUN704", "TUN705", "TUN701", why="a layer refuses what the one before it gives")
def width_of_an_attribute_changed(script: Script) -> Iterator[Change]:
    for kind in script.all(cst.ClassDef):
        gives: set[str] = set()
        for call in script.calls("Linear", inside=kind):
            if len(call.args) < 2 or any(arg.keyword for arg in call.args[:2]):
                continue
            takes = code(call.args[0].value)
            if takes in gives and takes.isdigit():
                yield with_value(call.args[0], str(int(takes) + 1))
            gives.add(code(call.args[1].value))


@mistake("TUN703", "TUN704", "TUN705", why="the batch is flattened with the features: the layer behind refuses it")
def batch_flattened(script: Script) -> Iterator[Change]:
    if not script.mentions("DataLoader("):
        return  # of a single picture nothing else is in the batch
    for call in script.calls("flatten"):
        start = argument(call, "start_dim", 1)
        if code(call.func) == "torch.flatten" and start is not None and code(start.value) == "1":
            yield {call: without_argument(call, start)}
    for call in script.calls("view"):
        if re.fullmatch(r"\w+\.(size\(0\)|shape\[0\]), -1", ", ".join(code(arg.value) for arg in call.args)):
            yield {call: call.with_changes(args=[call.args[1]])}


@mistake("TUN702", "TUN701", "TUN704", why="a view with another width moves samples of the batch into one another")
def view_width_changed(script: Script) -> Iterator[Change]:
    for call in script.calls("view"):
        if len(call.args) == 2 and code(call.args[0].value) == "-1" and isinstance(call.args[1].value, cst.Integer):
            width = int(call.args[1].value.value)
            if width > 16 and width % 2 == 0 and script.mentions(f"Linear({width},"):
                yield with_value(call.args[1], str(width // 2))


@mistake("TUN706", why="Normalize wants a tensor: the picture that it gets raises")
def normalized_before_to_tensor(script: Script) -> Iterator[Change]:
    for compose in script.calls("Compose"):
        steps = compose.args[0].value if compose.args else None
        if isinstance(steps, cst.List):
            kinds = [last_name(one.value.func) if isinstance(one.value, cst.Call) else "" for one in steps.elements]
            for at, pair in enumerate(itertools.pairwise(kinds)):
                if pair == ("ToTensor", "Normalize"):
                    first, second = steps.elements[at : at + 2]
                    turned = [first.with_changes(value=second.value), second.with_changes(value=first.value)]
                    yield {
                        steps: steps.with_changes(elements=[*steps.elements[:at], *turned, *steps.elements[at + 2 :]])
                    }


@mistake("TUN708", why="three means do not fit pictures with one channel")
def grayscale_normalized_as_colour(script: Script) -> Iterator[Change]:
    if script.mentions("MNIST(") and not script.mentions("Grayscale", "CIFAR"):
        for call in script.calls("Normalize"):
            if len(call.args) == 2 and all(code(arg.value).count(",") < 2 for arg in call.args):
                yield {call: expression(f"{code(call.func)}((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))")}


@mistake("TUN707", why="pretrained weights expect the colours to be scaled as in their own training")
def normalized_otherwise(script: Script) -> Iterator[Change]:
    if script.mentions(*PRETRAINED) and script.mentions("ImageFolder"):
        for call in script.calls("Normalize"):
            if "0.485" in code(call):
                yield {call: expression(f"{code(call.func)}((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))")}


# --- data and evaluation ---


@mistake("TUN801", why="the accuracy on training data measures memory")
def validated_on_the_training_loader(script: Script) -> Iterator[Change]:
    for call in script.calls("validate", "evaluate", "test", "validation", "eval_model", "evaluate_model"):
        for arg in call.args:
            name = code(arg.value)
            twin = re.sub(r"(?i)^(val|valid|validation|test|eval)(?=_|load|dl)", "train", name)
            if (
                twin != name
                and name.isidentifier()
                and any(target == twin for target, _ in script.assigned("DataLoader"))
            ):
                yield with_value(arg, twin)


@mistake("TUN809", why="every epoch has the same batches, and sorted pictures come class by class")
def not_shuffled(script: Script) -> Iterator[Change]:
    if not script.mentions("ImageFolder", "MNIST", "CIFAR"):
        return
    for call in script.calls("DataLoader"):
        shuffled = argument(call, "shuffle")
        if shuffled is not None and code(shuffled.value) == "True" and "train" in code(call):
            yield with_value(shuffled, "False")


@mistake("TUN810", why="the sampler draws the same order in every epoch")
def set_epoch_deleted(script: Script) -> Iterator[Change]:
    every = list(script.statements("set_epoch"))
    if script.mentions("DistributedSampler("):
        yield from (dropped(block, index) for block, index, _ in every if len(every) == 1)


@mistake("TUN805", why="state_dict() holds references: the best weights move on with the model")
def best_weights_by_reference(script: Script) -> Iterator[Change]:
    for call in script.calls("deepcopy"):
        weights = bool(call.args) and code(call.args[0].value).endswith(".state_dict()")
        if weights and loops(script, call) and script.mentions(".load_state_dict("):
            yield {call: call.args[0].value}


@mistake("TUN807", why="right answers among samples are divided by the number of batches")
def divided_by_batches(script: Script) -> Iterator[Change]:
    for division in script.all(cst.BinaryOperation):
        by = division.right
        if not isinstance(division.operator, cst.Divide) or not isinstance(by, cst.Call) or last_name(by.func) != "len":
            continue
        if "correct" in code(division.left) and code(by.args[0].value).endswith(".dataset"):
            yield with_value(by.args[0], code(by.args[0].value).removesuffix(".dataset"))


@mistake("TUN813", why="datasets are immutable: what map() returns is thrown away")
def dataset_operation_discarded(script: Script) -> Iterator[Change]:
    if not script.mentions("load_dataset"):
        return
    for target, call in script.assigned("map", "shuffle", "filter", "rename_column", "remove_columns", "cast_column"):
        place = script.place(call)
        if place is not None and receiver(call) == target:
            block, index = place
            yield body(block, [*block.body[:index], statement(code(call)), *block.body[index + 1 :]])


# --- what is gone ---


@mistake("TUN901", why="the argument is gone: TrainingArguments raises a TypeError")
def removed_training_argument(script: Script) -> Iterator[Change]:
    for call in script.calls("TrainingArguments"):
        if not any(arg.star for arg in call.args):
            now = argument(call, "eval_strategy")
            rest = call if now is None else without_argument(call, now)
            yield {call: with_argument(rest, "evaluation_strategy", '"epoch"')}


@mistake("TUN902", why="the argument is gone: Trainer raises a TypeError")
def removed_trainer_argument(script: Script) -> Iterator[Change]:
    if script.mentions("tokenizer ="):
        for call in script.calls("Trainer"):
            now = argument(call, "processing_class")
            if code(call.func) in ("Trainer", "transformers.Trainer") and not any(arg.star for arg in call.args):
                rest = call if now is None else without_argument(call, now)
                yield {call: with_argument(rest, "tokenizer", "tokenizer")}


@mistake("TUN904", why="the name is gone from transformers: the import raises")
def removed_import(script: Script) -> Iterator[Change]:
    for line in script.all(cst.ImportFrom):
        if (
            line.module is not None
            and code(line.module) == "transformers"
            and not isinstance(line.names, cst.ImportStar)
        ):
            more = [*(one.with_changes(comma=cst.MaybeSentinel.DEFAULT) for one in line.names)]
            yield {line: line.with_changes(names=[*more, cst.ImportAlias(cst.Name("AdamW"))])}
