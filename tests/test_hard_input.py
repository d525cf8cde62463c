"""Scripts that are hard on whoever runs them: the finding in them is found, soon, and nothing fails."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ft_lint import registry
from ft_lint.lint import lint_bytes
from ft_lint.values.base import FALSE, Choice, Items, Unknown, Value
from ft_lint.values.store import Store
from scripts import FAULTY, run

MOST = 5.0
"""Seconds that one of them may take."""


def _nested(head: str, depth: int) -> str:
    return "".join(f"{' ' * level}{head}\n" for level in range(depth)) + " " * depth + "pass\n"


def _doubled(start: str, step: str) -> str:
    """What a script makes twice as large sixty times."""
    return f"x = {start}\n" + f"{step}\n" * 60


NET = """class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.own = self
        self.twice = torch.nn.Sequential(self, self)
    def forward(self, x):
        return self.twice(self(self.own(x)))
net = Net()
net.train()
torch.optim.SGD(net.parameters(), lr=0.1).step()
net(torch.zeros(3))
"""
MUTUAL = """def even(n, x): return x if n == 0 else odd(n - 1, torch.relu(x))
def odd(n, x): return even(n - 1, even(n - 1, x))
def endless(x): return endless(endless(x))
def grown(x, *rest): return grown(x, x, *rest, *rest)
y = even(1000, torch.zeros(3)), endless(torch.zeros(3)), grown(1)
"""
HARD = {
    "parentheses": "x = " + "(" * 190 + "1" + ")" * 190 + "\n",
    "ifs": _nested("if a:", 90),
    "functions": _nested("def f(x):", 90),
    "classes": _nested("class C(torch.nn.Module):", 90),
    "loops": _nested("for i in range(9):", 19),
    "lambdas": "x = " + "lambda: " * 90 + "1\n",
    "calls": "x = " + "f(" * 90 + ")" * 90 + "\n",
    "attributes": "x = a" + ".b" * 400 + "\n",
    "long text": "x = '" + "a" * 1_900_000 + "'\n",
    "many numbers": "x = [" + "1, " * 20_000 + "]\n",
    "one line": ";".join(f"x{i}=torch.relu(torch.zeros({i}))" for i in range(1000)) + "\n",
    "long number": "x = 0x" + "f" * 500_000 + "\ny = x * x\n",
    "huge results": "x = 10**10**10, 2**(2**40), 'a' * 10**12, [0] * 10**12, 1 << 10**12, '%1000000000d' % 1, "
    "f'{1:1000000000}', (1,) * 10**12, '1'.zfill(10**11), list(range(10**12)), [i for i in range(10**9)]\n",
    "powers": "x = 9\n" + "x = x**9\n" * 50 + "x = x * x\n" * 50,
    "text + text": _doubled("'a'", "x = x + x"),
    "bytes + bytes": _doubled("b'a'", "x += x"),
    "f-string": _doubled("'a'", "x = f'{x}{x}'"),
    "percent": _doubled("'a'", "x = '%s%s' % (x, x)"),
    "format": _doubled("'a'", "x = '{0}{0}'.format(x)"),
    "join": _doubled("'a'", "x = x.join([x, x])"),
    "replace": _doubled("'a'", "x = x.replace('a', 'aa')"),
    "list + list": _doubled("[1]", "x = x + x"),
    "list * 100": _doubled("[1]", "x = x * 100"),
    "extend": _doubled("[1]", "x.extend(x)"),
    "starred": _doubled("[1]", "x = [*x, *x]"),
    "starred arguments": _doubled("[1]", "x = list((lambda *a: a)(*x, *x))"),
    "tuple + tuple": _doubled("(1, 2)", "x += x") + "y = torch.zeros(*x)\n",
    "layers": _doubled("[torch.nn.ReLU()]", "x = torch.nn.Sequential(*x, *x)"),
    "containers in themselves": "x = []\nx.append(x)\nd = {}\nd['d'] = d\nm = torch.nn.ModuleList()\nm.append(m)\n"
    "m.train()\ny = torch.stack(x), m.parameters(), m(d), str(x), x == x\n",
    "modules in themselves": NET,
    "mutual recursion": MUTUAL,
    "class of itself": "class A(A): pass\nclass B(C): pass\nclass C(B): pass\nx = A(), B(), C()\n"
    "class A(A, torch.nn.Module):\n    def forward(self, x): return super().forward(x)\nA()(A())\n",
    "class of the unknown": "class A(mystery, input(), *more, metaclass=M, **what): pass\n"
    "A().train()(torch.zeros(3)).x\n",
    "decorators": "@d\n" * 300 + "def f(x): return x\ny = f(torch.zeros(3))\n",
    "parameters": f"def f({', '.join(f'a{i}' for i in range(2000))}): return a0\ny = f(*range(2000))\n",
    "no end": "while True:\n    while 1:\n        x = [torch.zeros(3)]\n        if x: continue\n",
}


@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_hard_scripts(text: str) -> None:
    begun = time.process_time()
    result = lint_bytes(f"{FAULTY}import torch\n{text}".encode(), "x.py", selection=registry.EVERYTHING)
    took = time.process_time() - begun
    assert "TUN105" in [finding.code for finding in result.findings]
    assert result.problems == ()
    assert took < MOST, took


LINES = 100_000


@pytest.mark.timeout(600)
@pytest.mark.parametrize("line", ["#", "x = 1"])
def test_a_hundred_thousand_lines(line: str) -> None:
    text = FAULTY + f"{line}\n" * LINES
    result = lint_bytes(text.encode(), "x.py")
    assert ([finding.code for finding in result.findings], result.problems) == (["TUN105"], ())


ENCODED = {
    "byte order mark": b"\xef\xbb\xbf" + FAULTY.encode(),
    "windows line ends": FAULTY.replace("\n", "\r\n").encode(),
    "old mac line ends": FAULTY.replace("\n", "\r").encode(),
    "form feeds": FAULTY.replace("\n\n", "\n\f\n").encode(),
    "latin-1": b"# coding: latin-1\nx = '\xe9'\n" + FAULTY.encode(),
    "cp1252": b"#!/usr/bin/python\n# -*- coding: cp1252 -*-\nx = '\x80'\n" + FAULTY.encode(),
    "shift-jis": b"# coding: shift_jis\nx = '\x83\x65'\n" + FAULTY.encode(),
    "no last line end": FAULTY.rstrip().encode(),
    "tabs": b"if 1:\n\tif 1:\n\t\tpass\n" + FAULTY.encode(),
    "continued": b"x = 1 + \\\n  2\n" + FAULTY.encode(),
    "names that are no ascii": "π = 3\nfür = π\n".encode() + FAULTY.encode(),
}


@pytest.mark.parametrize("data", ENCODED.values(), ids=ENCODED)
def test_encodings_and_line_ends(data: bytes) -> None:
    result = lint_bytes(data, "x.py")
    assert ([finding.code for finding in result.findings], result.problems) == (["TUN105"], ())


REFUSED = {
    "utf-16": (FAULTY + "# torch").encode("utf-16"),
    "wrong cookie": b"# coding: ascii\nx = '\xe9'\n" + FAULTY.encode(),
    "mark against cookie": b"\xef\xbb\xbf# coding: latin-1\n" + FAULTY.encode(),
    "ten thousand parentheses": FAULTY.encode() + b"x = " + b"(" * 10_000 + b")" * 10_000 + b"\n",
    "ten thousand brackets": FAULTY.encode() + b"x = " + b"[" * 10_000,
    "a thousand ifs": (FAULTY + _nested("if a:", 1000)).encode(),
    "a thousand functions": (FAULTY + _nested("def f():", 1000)).encode(),
    "ten megabytes of text": (FAULTY + f"x = '{'a' * 10**7}'\n").encode(),
    "a million numbers": (FAULTY + f"x = [{'1, ' * 10**6}]\n").encode(),
    "digits": (FAULTY + f"x = {'9' * 100_000}\n").encode(),
}


@pytest.mark.parametrize("name", [name for name in REFUSED if name != "utf-16"])
def test_refused_with_one_line(name: str) -> None:
    begun = time.process_time()
    result = lint_bytes(REFUSED[name], "x.py", selection=registry.EVERYTHING)
    assert (result.findings, len(result.problems)) == ((), 1)
    assert result.problems[0].fault.value == "input"
    assert len(result.problems[0].message) < 200
    assert time.process_time() - begun < MOST


def test_files_that_import_each_other(tmp_path: Path) -> None:
    for name, others in {"a": "b c a", "b": "c a", "c": "a"}.items():
        imports = "".join(f"from {other} import *\nimport {other}\n" for other in others.split())
        (tmp_path / f"{name}.py").write_text(f"{imports}{FAULTY}def {name}(x): return {others.split()[0]}.f(x)\n")
    answer = run("ft_lint", "check", "--output-format=concise", ".", cwd=tmp_path)
    assert (answer.code, len(answer.out), answer.err) == (1, 3, [])


def test_links_in_circles(tmp_path: Path) -> None:
    (tmp_path / "faulty.py").write_text(FAULTY)
    (tmp_path / "round").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.py").symlink_to(tmp_path / "self.py")
    (tmp_path / "nowhere.py").symlink_to(tmp_path / "gone.py")
    answer = run("ft_lint", "check", "--output-format=concise", ".", cwd=tmp_path)
    assert [line[:19] for line in answer.out] == ["faulty.py:3:9: TUN1"]
    assert not any("Traceback" in line for line in answer.err)


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "faulty.py").write_text(FAULTY)
    (tmp_path / "folder.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    answer = run("ft_lint", "check", "--output-format=concise", ".", cwd=tmp_path)
    assert (answer.code, len(answer.out), answer.err) == (1, 1, [])


def test_files_that_change_and_vanish_while_they_are_checked(tmp_path: Path) -> None:
    (tmp_path / "faulty.py").write_text(FAULTY)
    others = [tmp_path / f"other{number}.py" for number in range(150)]
    stopped = threading.Event()

    def disturb() -> None:
        while not stopped.is_set():
            for path in others:
                path.write_text(FAULTY * 20)
                path.write_bytes(b"import torch\n\xff(")
                path.unlink()

    disturber = threading.Thread(target=disturb)
    disturber.start()
    try:
        answers = [run("ft_lint", "check", "--output-format=concise", ".", cwd=tmp_path) for _ in range(3)]
    finally:
        stopped.set()
        disturber.join()
    for answer in answers:
        assert answer.code in (1, 2)
        assert any(line.startswith("faulty.py:3:9: TUN105") for line in answer.out)
        assert not any("Traceback" in line or "failed here" in line for line in answer.err)


SYNTAX = {
    (3, 0): "def f(a: int, *, b=1) -> str:\n    nonlocal_ = [*[]] and {1, 2}\n    raise E from None\n",
    (3, 3): "def f():\n    yield from g()\nx = u'text'\n",
    (3, 5): "async def f(a):\n    async with a as b: pass\n    async for c in a: await c\n"
    "x = a @ b\ny = [*a, *b], {**a}\n",
    (3, 6): "x: int = 1\ny: str\nz = f'{x!r:>{y}}', 1_000\nasync def f(): return [i async for i in x]\n",
    (3, 8): "if (n := 1): pass\ndef f(a, /, b, *, c): return a, *b\nx = f'{n=}'\n",
    (3, 9): "@a[0].b(1)\ndef f(): pass\nx: list[int] = {} | {}\n",
    (3, 10): "match a:\n    case [1, *_] | {'k': v, **r}: pass\n    case C(x=1) as c if c: pass\n    case _: pass\n"
    "with (open(a) as b, open(c) as d): pass\n",
    (3, 11): "try: pass\nexcept* (A, B) as e: pass\ndef f(*a: *T): pass\nx[*a]\n",
    (3, 12): "type X[T: int, *S, **P] = list[T]\ndef f[T](a: T) -> T: return a\nclass C[T](B): pass\n"
    "x = f'{a['b']} {f'{f'{1}'}'}'\n",
    (3, 13): "class C[T = int]: pass\n",
    (3, 14): "x = t'a {b!r} c'\n",
    (3, 15): "lazy import json\nlazy from a import b\n",
}
UNBRACKETED = "try: pass\nexcept A, B: pass\n"
"""Python 2's way to name an exception, and Python 3.14's to catch several."""


@pytest.mark.parametrize(("version", "text"), [*SYNTAX.items(), ((3, 14), UNBRACKETED)])
def test_syntax_of_every_version(version: tuple[int, int], text: str) -> None:
    result = lint_bytes(f"{FAULTY}{text}".encode(), "x.py")
    if version <= sys.version_info[:2]:
        assert ([finding.code for finding in result.findings], result.problems) == (["TUN105"], ())
        return
    (problem,) = result.problems
    assert (result.findings, problem.fault.value) == ((), "input")
    assert problem.line > 3
    assert problem.message.startswith("syntax error: ")


def test_nothing_is_left_behind_by_files() -> None:
    """A worker that checks one file after the other does not grow."""
    import gc

    fixtures = sorted((Path(__file__).parents[1] / "fixtures").rglob("*.py"))[::20]
    held = []
    for _ in range(3):
        for path in fixtures:
            lint_bytes(path.read_bytes(), str(path), selection=registry.EVERYTHING)
        gc.collect()
        held.append(len(gc.get_objects()) + gc.get_freeze_count())
    assert held[2] - held[1] < 100


def test_the_collector_does_not_go_through_what_modules_hold() -> None:
    """In flake8, which makes much garbage, that took a tenth of the time of a run."""
    path = sorted((Path(__file__).parents[1] / "fixtures").rglob("*.py"))[0]
    script = f"""if True:
        import gc
        from pathlib import Path
        from ft_lint.lint import lint_file
        for _ in range(2):
            lint_file(Path({str(path)!r}))
        gc.collect()
        print(len(gc.get_objects()), gc.get_freeze_count())
    """
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    seen, aside = map(int, shown.split())
    assert aside > 10 * seen


def test_conditions_made_of_conditions_are_assumed_once() -> None:
    store = Store()
    test: Value = Unknown("a test")
    for _ in range(16):
        test = Choice(test, Choice(test, Unknown("another"), FALSE), FALSE)
    store.assume(test, True)
    assert store.decided(test) is True
    assert len(store.trail) < 100


def test_tests_of_one_condition_are_not_kept_without_end() -> None:
    store = Store()
    condition = Unknown("a test")
    for _ in range(1_000):
        store.assume(Choice(condition, Unknown("this"), Unknown("that")), True)
    assert sum(len(value.values) for value in store.assumed.values() if isinstance(value, Items)) < 3_000


@pytest.mark.parametrize(
    ("begin", "given"),
    [
        ("", "if a:\n        x = 1\n    assert not a\n    return x"),
        ("if a:\n    x = 1\n", "assert not a\n    return x"),
        ("d = {}\nif a:\n    d['k'] = 3\n", "assert not a\n    return d.get('k')"),
        ("d = {}\nif a:\n    d['k'] = 3\n", "assert not a\n    return d['k']"),
        ("class C:\n    if a:\n        x = 3\n", "assert not a\n    return C.x"),
        (
            "class C:\n    def __init__(self):\n        if a:\n            self.x = 3\n",
            "c = C()\n    assert not a\n    return c.x",
        ),
        ("net = torch.nn.Linear(2, 2)\nif a:\n    net.x = 3\n", "assert not a\n    return net.x"),
    ],
)
def test_what_is_not_there_on_the_way_that_is_taken(begin: str, given: str) -> None:
    text = f"import torch\nfrom settings import a\n{begin}\n\ndef f():\n    {given}\n\n\nprint(f())\n"
    assert lint_bytes(text.encode(), "missing.py").problems == ()
