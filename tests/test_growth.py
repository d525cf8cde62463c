"""Ten times as many functions, classes, calls, branches, loops, steps or findings take at most twelve times as long."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable

import pytest

from ft_lint.lint import lint_source

TIMES = 10
AT_MOST = 12.0


def _functions(n: int) -> str:
    return "".join(f"def f{i}(x):\n    y = torch.relu(x) + {i}\n    return y.view(-1, {i + 1})\n" for i in range(n))


def _called(n: int) -> str:
    return "def f(x):\n    return torch.relu(x) * 2\nx = torch.zeros(2, 3)\n" + "x = f(x)\n" * n


def _classes(n: int) -> str:
    body = "    def __init__(self):\n        super().__init__()\n        self.fc = torch.nn.Linear(8, 8)\n"
    body += "    def forward(self, x):\n        return self.fc(x)\n"
    return "".join(f"class M{i}(torch.nn.Module):\n{body}" for i in range(n))


def _branches(n: int) -> str:
    tests = "".join(f"    if a.b{i}:\n        x = x * {i}\n    else:\n        x = x + {i}\n" for i in range(n))
    return f"def f(a, x):\n{tests}    return x\n"


def _elifs(n: int) -> str:
    return "def f(a, x):\n    if a == 0:\n        y = 0\n" + "".join(
        f"    elif a == {i}:\n        y = x + {i}\n" for i in range(1, n)
    )


def _loops(n: int) -> str:
    return "net = torch.nn.Linear(8, 8)\n" + "for i in range(9):\n    y = net(torch.zeros(2, 8))\n" * n


def _depth(n: int) -> str:
    calls = "".join(f"def f{i}(x):\n    return f{i - 1}(x)\n" for i in range(1, n))
    return f"def f0(x):\n    return x + 1\n{calls}f{n - 1}(torch.zeros(2))\n"


def _exits(n: int) -> str:
    tests = "".join(f"    if a.b{i}:\n        return x + {i}\n" for i in range(n))
    return f"def f(a, x):\n{tests}    return x\ny = f(q, torch.zeros(3))\n"


def _training(n: int) -> str:
    start = "net = torch.nn.Linear(8, 8)\nopt = torch.optim.SGD(net.parameters(), lr=0.1)\n"
    return start + "opt.zero_grad()\nnet(torch.zeros(2, 8)).sum().backward()\nopt.step()\n" * n


def _lent(n: int) -> str:
    """An optimizer that may have gone to calls which nobody can follow."""
    start = "net = torch.nn.Linear(8, 8)\nopt = torch.optim.SGD(net.parameters(), lr=0.1)\n"
    return start + "".join(f"if a.b{i}:\n    a.use(opt)\n" for i in range(n))


def _findings(n: int) -> str:
    return "net = torch.nn.Linear(8, 8)\n" + "net.requires_grad = False\n" * n


GROWING: dict[Callable[[int], str], int] = {
    _functions: 100,
    _called: 200,
    _classes: 50,
    _branches: 60,
    _exits: 20,
    _elifs: 30,
    _depth: 60,
    _loops: 50,
    _training: 40,
    _lent: 2,
    _findings: 100,
}
"""The smaller size: large enough that what a file costs by itself does not hide how it grows."""


def _seconds(text: str) -> float:
    """CPU time of one look at a source: the least of three.

    Without ``ast.parse``, whose memory the system maps and unmaps for long sources alone: ten times as long ones take
    it up to twenty times as long.
    """
    best = float("inf")
    tree = ast.parse(text)
    for _ in range(3):
        begun = time.process_time()
        lint_source(text, "x.py", tree=tree)
        best = min(best, time.process_time() - begun)
    return best


def _is_at_most(times: float, long: str, short: str) -> bool:
    """Whether one source takes at most so many times as long as another one, once what else runs here lets it show."""
    for pause in (0, 2, 5, 10, 20, 40):
        time.sleep(pause)
        if _seconds(long) <= times * _seconds(short):
            return True
    return False


@pytest.mark.parametrize(("script", "n"), GROWING.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_time_grows_with_the_script(script: Callable[[int], str], n: int) -> None:
    small, large = (f"import torch\n{script(size)}" for size in (n, TIMES * n))
    _seconds(small)
    assert _is_at_most(AT_MOST, large, small)


def _handed_over(n: int) -> str:
    """An object of ``n`` parts that goes to ``n`` calls which nobody can follow, and so may change in each."""
    made = "".join(f"        self.a{i} = {{'k': [h.make(self, self.a{i - 1})]}}\n" for i in range(1, n))
    return (
        f"class T:\n    def __init__(self, h):\n        self.a0 = [h]\n{made}    def run(self, h):\n"
        + "        h.use(self)\n" * n
    )


def test_ignorance_costs_no_more_than_the_budget() -> None:
    """What is made unknown counts as work: a script that hands over ever more is given up after the same work."""
    much, more = (f"import torch\n{_handed_over(n)}" for n in (500, 1500))
    assert _is_at_most(2, more, much)


def test_a_filter_with_many_conditions_leaves_budget_for_what_follows() -> None:
    """Each of these parameters depends on a condition of its own: as many ways as there are sets of them."""
    layers = ", ".join(["nn.Linear(4, 4)"] * 20)
    frozen = "".join(f"if a.b{i}:\n    net[{i}].weight.requires_grad = False\n" for i in range(20))
    left = "left = [p for p in net.parameters() if p.requires_grad]\n"
    script = f"from torch import nn\nnet = nn.Sequential({layers})\n{frozen}{left}net.requires_grad = False\n"
    assert [finding.code for finding in lint_source(script, "x.py").findings] == ["TUN301"]


def _sampler(steps: int) -> str:
    """A diffusion: the same twelve layers, as often as there are steps."""
    return (
        "class Sampler(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.net = torch.nn.Sequential(*[torch.nn.Conv2d(3, 3, 3, padding=1) for _ in range(12)])\n"
        f"    def forward(self, x):\n        for step in range({steps}):\n            x = x - self.net(x)\n"
        "        return x\nSampler()(torch.zeros(1, 3, 8, 8))\n"
    )


def test_running_the_same_layers_again_and_again_is_followed_for_a_while() -> None:
    few, many = (f"import torch\n{_sampler(steps)}" for steps in (50, 200))
    assert _is_at_most(2, many, few)


def test_no_memory_is_mapped_at_each_call_wherever_the_walk_begins() -> None:
    # CPython keeps frames in chunks: a walk at the edge of one would map and unmap the next at each call
    resource = pytest.importorskip("resource")
    text = "import torch\ndef f(x):\n    return torch.relu(x)\nx = torch.zeros(2, 3)\n" + "x = f(f(f(f(x))))\n" * 100

    def faults(depth: int) -> int:
        if depth:
            return faults(depth - 1)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        lint_source(text, "a.py")
        return int(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

    faults(0)
    each = [faults(depth) for depth in range(0, 120, 5)]
    assert max(each) < text.count("f("), each
