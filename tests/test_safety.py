"""Checking a file does nothing that the file would do; what a script does in the verifier stays in its folder."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ft_lint.lint import lint_bytes
from ft_lint.project import Settings, check, files
from ft_lint.source.problem import Fault
from ft_lint.verify import landlock, seccomp
from ft_lint.verify.keeper import descendants
from ft_lint.verify.sandbox import Limits, Outcome, run_script, unguarded
from scripts import FAULTY, run, with_further_rules

# ---------------------------------------------------------------------------- checking runs nothing

WATCHED = """
import os, runpy, sys

HARMLESS = {
    "os.listdir", "os.scandir", "os.walk",
    "os.getxattr", "os.listxattr",
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
HERE = os.getcwd()

def is_effect(event, arguments):
    if event == "open":
        return bool(arguments[2] & WRITING)
    if event == "exec":
        return arguments[0].co_filename.startswith(HERE)
    if event == "import":
        return arguments[0] == "hostile"
    return event not in HARMLESS and event.partition(".")[0] in {
        "os", "shutil", "subprocess", "socket", "ctypes", "tempfile", "pty", "urllib", "http", "ftplib", "sqlite3",
    }

def watch(event, arguments):
    if is_effect(event, arguments):
        print("EFFECT", event, arguments, file=sys.stderr)

sys.dont_write_bytecode = True
sys.addaudithook(watch)
"""
"""Before anything of ft_lint is loaded: from now on, all that changes or starts something is told."""

CHECK = """
sys.argv = ["ft-lint", "check", "--isolated", "--no-cache", "."]
runpy.run_module("ft_lint", run_name="__main__")
"""
FLAKE8 = """
sys.argv = ["flake8", "--isolated", "--jobs=1", "--tun-no-cache", "--select=TUN", "."]
runpy.run_module("flake8", run_name="__main__")
"""
SERVER = """
from pathlib import Path
from ft_lint.server.documents import script
from ft_lint.server.knowledge import find, infer

path = Path("hostile.py")
source = script(path, path.absolute().as_uri(), 1, path.read_text())
print([one.code for one in find(source, None).findings], infer(source, None))
sys.exit(1)
"""
"""What the language server does with a text."""

HOSTILE = f"""import os, pathlib, shutil, socket, subprocess
{FAULTY}
pathlib.Path("written").write_text("x")
os.remove("keep/kept.txt")
socket.create_connection(("127.0.0.1", PORT))
subprocess.run(["touch", "spawned"])
os.system("touch shell")
exec("open('by_exec', 'w')")
shutil.rmtree("keep")
"""


def _watched(then: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WATCHED + then]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120, check=False)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    (tmp_path / "keep").mkdir()
    (tmp_path / "keep" / "kept.txt").write_text("kept")
    (tmp_path / "hostile.py").write_text(HOSTILE)
    return tmp_path


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("command", [CHECK, FLAKE8, SERVER], ids=["check", "flake8", "server"])
def test_checking_a_file_does_nothing_that_it_would_do(hostile: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        script = hostile / "hostile.py"
        script.write_text(HOSTILE.replace("PORT", str(server.getsockname()[1])))
        before = _tree(hostile)
        answer = _watched(command, hostile)
        with pytest.raises(TimeoutError):
            server.accept()
    assert answer.returncode == 1, answer.stderr
    assert "TUN105" in answer.stdout
    assert "EFFECT" not in answer.stderr
    assert _tree(hostile) == before


def test_the_watch_sees_what_the_file_does_when_it_runs(hostile: Path) -> None:
    """Without this the test above could pass by seeing nothing."""
    body = HOSTILE.replace(FAULTY, "").replace('socket.create_connection(("127.0.0.1", PORT))', "socket.socket()")
    (hostile / "hostile.py").write_text(body)
    seen = _watched("sys.path.insert(0, HERE)\nimport hostile", hostile).stderr
    for event in "import exec open os.remove socket.__new__ subprocess.Popen os.system shutil.rmtree".split():
        assert f"EFFECT {event} " in seen
    assert not (hostile / "keep").exists()


# ------------------------------------------------------------------------------- rules of other packages


@pytest.fixture
def traced(tmp_path: Path) -> Path:
    """A folder with an installed package of rules, which writes a file when it is imported."""
    modules = with_further_rules(tmp_path / "site", failing=False)
    rule = modules / "further/demo/__init__.py"
    rule.write_text(f"open({str(tmp_path / 'loaded')!r}, 'w').close()\n{rule.read_text()}")
    (tmp_path / "faulty.py").write_text(FAULTY)
    return tmp_path


UNNAMED = [
    ("ft_lint", "check", "--no-cache", "faulty.py"),
    ("ft_lint", "check", "--output-format=sarif", "faulty.py"),
    ("ft_lint", "rules"),
    ("ft_lint", "explain", "TUN105"),
    ("flake8", "--isolated", "--select=TUN", "faulty.py"),
]


@pytest.mark.parametrize("command", UNNAMED, ids=" ".join)
def test_rules_of_a_package_that_nobody_names_are_not_loaded(traced: Path, command: tuple[str, ...]) -> None:
    run(*command, modules=traced / "site", cwd=traced)
    assert not (traced / "loaded").exists()


def test_a_package_is_named_before_its_rules_are_loaded(traced: Path) -> None:
    told = run("ft_lint", "rules", modules=traced / "site", cwd=traced)
    assert told.err == ["not loaded: the rules of further (further.demo); `plugins` in [tool.ft-lint] names it"]
    assert not any("TUN390" in line for line in told.out)
    (traced / "pyproject.toml").write_text('[tool.ft-lint]\nplugins = ["further"]\n')
    named = run("ft_lint", "rules", modules=traced / "site", cwd=traced)
    assert (named.err, sum("TUN390" in line for line in named.out)) == ([], 1)
    assert (traced / "loaded").exists()
    select = ("--select=TUN390", "--output-format=concise", "faulty.py")
    assert len(run("ft_lint", "check", *select, modules=traced / "site", cwd=traced).out) == 1


@pytest.mark.parametrize("command", [("ft_lint", "check", "--plugins"), ("flake8", "--tun-plugins")], ids=" ".join)
def test_a_package_without_rules_or_that_fails_is_one_clear_line(traced: Path, command: tuple[str, ...]) -> None:
    missing = run(*command, "nobody", "faulty.py", modules=traced / "site", cwd=traced)
    assert "no package 'nobody' has rules for ft_lint; installed are further" in " ".join((*missing.err, *missing.out))
    (traced / "site/further/demo/__init__.py").write_text("1 / 0\n")
    failing = run(*command, "further", "faulty.py", modules=traced / "site", cwd=traced)
    said = "the rules of further cannot be loaded from further.demo (ZeroDivisionError: division by zero)"
    assert said in " ".join((*failing.err, *failing.out))
    assert "Traceback" not in " ".join(failing.err)
    assert failing.code == missing.code != 0


# ------------------------------------------------------------------------------- what cannot be read


def test_a_file_that_vanishes_before_it_is_read(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(FAULTY)
    found = list(files([tmp_path], Settings()))
    (tmp_path / "a.py").unlink()
    gone, whole = check(found, Settings(), jobs=1)
    (problem,) = gone.problems
    assert (gone.findings, problem.fault, problem.message) == ((), Fault.USE, "No such file or directory")
    assert [finding.code for finding in whole.findings] == ["TUN105"]


def test_links_in_circles_end(tmp_path: Path) -> None:
    (tmp_path / "faulty.py").write_text(FAULTY)
    (tmp_path / "round").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.py").symlink_to(tmp_path / "self.py")
    answer = run("ft_lint", "check", "--no-cache", "--output-format=concise", ".", cwd=tmp_path)
    assert (answer.code, len(answer.out), answer.err) == (1, 1, [])


def test_a_device_without_end(tmp_path: Path) -> None:
    (tmp_path / "faulty.py").write_text(FAULTY)
    answer = run("ft_lint", "check", "--no-cache", "--output-format=concise", "/dev/zero", ".", cwd=tmp_path)
    assert (answer.code, len(answer.out), answer.err) == (1, 1, [])


def _notebook(*cells: str, metadata: str = "{}") -> bytes:
    coded = ",".join(f'{{"cell_type": "code", "source": {json.dumps(cell)}, "metadata": {{}}}}' for cell in cells)
    return f'{{"cells": [{coded}], "metadata": {metadata}, "nbformat": 4, "nbformat_minor": 5}}'.encode()


ABSURD: dict[str, tuple[Callable[[], bytes], str]] = {
    "lists": (lambda: b'{"torch": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    "objects": (lambda: b'{"torch":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
    "never closed": (lambda: b'{"torch": ' + b"[" * 3_000_000, "nested too deeply"),
    "metadata": (lambda: _notebook(FAULTY, metadata='{"a":' * 400 + "1" + "}" * 400), "nested too deeply"),
    "100 MB": (lambda: _notebook("import torch\n" + "#" * 100_000_000), "too large to check: more than 50 MB"),
    "a million cells": (lambda: _notebook(*["import torch"] * 1_000_000), "too large to check"),
    "a million lines": (
        lambda: _notebook("import torch\n" + "x = 1\n" * 1_000_000),
        "too large to check: 6.0 MB of code",
    ),
    "code": (lambda: _notebook("import torch\nx = " + "(" * 5_000 + ")" * 5_000), "too many nested parentheses"),
}


@pytest.mark.parametrize(("data", "part"), ABSURD.values(), ids=ABSURD)
def test_an_absurd_notebook_is_one_clear_line(data: Callable[[], bytes], part: str) -> None:
    (problem,) = lint_bytes(data(), "n.ipynb").problems
    assert problem.fault is Fault.INPUT
    assert part in problem.message
    assert len(problem.message.splitlines()) == 1
    assert len(problem.message) < 200


def test_other_files_are_checked_besides_an_absurd_notebook(tmp_path: Path) -> None:
    (tmp_path / "absurd.ipynb").write_bytes(ABSURD["metadata"][0]())
    (tmp_path / "faulty.py").write_text(FAULTY)
    for further in ((), ("--diff",)):
        answer = run("ft_lint", "check", "--no-cache", "--output-format=concise", *further, ".", cwd=tmp_path)
        assert answer.code == 1
        assert "absurd.ipynb:1:1: error: nested too deeply to check" in answer.err
        assert any("faulty.py" in line for line in answer.out)


def test_a_number_of_many_digits_in_a_notebook() -> None:
    result = lint_bytes(_notebook(FAULTY, metadata=f'{{"a": {"9" * 10_000}}}'), "n.ipynb")
    assert ([finding.code for finding in result.findings], result.problems) == (["TUN105"], ())


@pytest.mark.parametrize(
    ("setting", "part"),
    [
        ("x = " + "[" * 20_000, "nested too deeply to read"),
        ("x = " + "{a=" * 20_000, "nested too deeply to read"),
        ("jobs = " + "9" * 10_000, "4300 digits"),
        ("# " + "x" * 2_000_000, "too large to read: 2.0 MB"),
    ],
    ids=["lists", "tables", "digits", "2 MB"],
)
def test_an_absurd_configuration_is_one_clear_line(tmp_path: Path, setting: str, part: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.ft-lint]\n{setting}\n")
    (tmp_path / "faulty.py").write_text(FAULTY)
    answer = run("ft_lint", "check", "--no-cache", ".", cwd=tmp_path)
    assert (answer.code, answer.out) == (2, [])
    assert f"{tmp_path / 'pyproject.toml'}: " in answer.err[-1]
    assert part in answer.err[-1]


def test_a_selector_said_a_hundred_thousand_times(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.ft-lint]\nselect = [" + '"TUN1",' * 100_000 + "]\n")
    (tmp_path / "faulty.py").write_text(FAULTY)
    assert len(run("ft_lint", "check", "--no-cache", "--output-format=concise", ".", cwd=tmp_path).out) == 1


ASKS_FOR_NOTHING = {"pyproject.toml": "x = " + "[" * 20_000, "environment.yml": "\n" * 200_000}


@pytest.mark.parametrize(("name", "text"), ASKS_FOR_NOTHING.items(), ids=ASKS_FOR_NOTHING)
def test_a_projects_absurd_file_asks_for_nothing(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "faulty.py").write_text(FAULTY)
    answer = run("ft_lint", "check", "--no-cache", "--output-format=concise", ".", cwd=tmp_path)
    assert (answer.code, len(answer.out), answer.err) == (1, 1, [])


# --------------------------------------------------------------------------------------- the sandbox

needs_landlock = pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")
needs_seccomp = pytest.mark.skipif(not seccomp.is_available(), reason="no seccomp filter here")


def _script(folder: Path, text: str) -> Path:
    script = folder / "script.py"
    script.write_text(text)
    return script


def _printed(outcome: Outcome) -> list[str]:
    assert outcome.run is not None, outcome.problem
    assert outcome.run.exception is None
    return outcome.run.output.splitlines()


CHANGES = """
import os, pathlib, shutil, subprocess, sys, tempfile

def tell(what, act):
    try:
        act()
    except OSError as error:
        print(what, type(error).__name__)
    else:
        print(what, "done")

outside, inside = pathlib.Path(OUTSIDE), pathlib.Path("inside")
victim, folder = outside / "victim", outside / "folder"

def elsewhere(code):
    subprocess.run([sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL)

tell("inside", lambda: inside.write_text("mine"))
tell("temporary", lambda: tempfile.TemporaryDirectory().cleanup())
tell("a program's", lambda: subprocess.run(["mktemp"], check=True, stdout=subprocess.DEVNULL))
tell("home", lambda: pathlib.Path("~/deep/er").expanduser().mkdir(parents=True))
tell("null", lambda: pathlib.Path(os.devnull).write_text("gone"))
tell("create", lambda: (outside / "new").write_text("x"))
tell("overwrite", lambda: victim.write_text("x"))
tell("append", lambda: victim.open("a"))
tell("truncate", lambda: os.truncate(victim, 0))
tell("remove", victim.unlink)
tell("rename", lambda: victim.rename(outside / "renamed"))
tell("take", lambda: victim.rename("taken"))
tell("replace", lambda: inside.replace(victim))
tell("mkdir", lambda: (outside / "made").mkdir())
tell("rmdir", folder.rmdir)
tell("rmtree", lambda: shutil.rmtree(outside))
tell("link", lambda: os.link(inside, outside / "link"))
tell("symlink", lambda: (outside / "symlink").symlink_to(inside))
os.symlink(victim, "way")
tell("through a link", lambda: pathlib.Path("way").write_text("x"))
tell("by descriptor", lambda: os.unlink("victim", dir_fd=os.open(outside, os.O_DIRECTORY)))
tell("the parent's memory", lambda: open(f"/proc/{os.getppid()}/mem", "r+b"))
try:
    elsewhere(f"open({str(victim)!r}, 'w')")
except subprocess.CalledProcessError:
    print("another process PermissionError")
"""
ALLOWED = ("inside", "temporary", "a program's", "home", "null")


@needs_landlock
def test_a_script_changes_nothing_outside_its_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "folder").mkdir(parents=True)
    (outside / "victim").write_text("kept")
    before = _tree(tmp_path)
    script = _script(tmp_path, CHANGES.replace("OUTSIDE", repr(str(outside))))
    before = _tree(tmp_path)
    told = dict(line.rsplit(maxsplit=1) for line in _printed(run_script(script)))
    assert [what for what, how in told.items() if how == "done"] == list(ALLOWED)
    assert len(told) == CHANGES.count("\ntell(") + 1
    assert _tree(tmp_path) == before
    assert (outside / "folder").is_dir()


CONNECTS = """
import _socket, ctypes, os, socket, subprocess, sys

def tell(what, act):
    try:
        print(what, act())
    except OSError as error:
        print(what, type(error).__name__)

there = ("127.0.0.1", PORT)
libc = ctypes.CDLL(None, use_errno=True)

def spawned(*command):
    process = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_CLOSE, 2)])
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

tell("python", lambda: socket.create_connection(there, timeout=1))
tell("by number", lambda: socket.socket().connect(there))
tell("datagram", lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", there))
tell("beneath python", lambda: _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM))
tell("six", lambda: _socket.socket(_socket.AF_INET6, _socket.SOCK_DGRAM))
tell("libc", lambda: libc.socket(2, 1, 0))
tell("io_uring", lambda: libc.syscall(425, 8, ctypes.create_string_buffer(120)))
tell("another process", lambda: spawned(sys.executable, "-c", f"import socket; socket.create_connection({there})"))
tell("a pair", lambda: len(socket.socketpair()))
"""


@needs_seccomp
def test_a_script_reaches_no_listening_socket(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        outcome = run_script(_script(tmp_path, CONNECTS.replace("PORT", str(port))))
        with pytest.raises(TimeoutError):
            server.accept()
    assert _printed(outcome) == [
        "python NetworkRefused",
        "by number NetworkRefused",
        "datagram NetworkRefused",
        "beneath python PermissionError",
        "six PermissionError",
        "libc -1",
        "io_uring -1",
        "another process 1",
        "a pair 2",
    ]
    assert outcome.run is not None
    assert outcome.run.network == (f"127.0.0.1:{port}", *[f"('127.0.0.1', {port})"] * 2)


def test_what_the_verifier_has_open_leads_nowhere(tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as stream:
        os.set_inheritable(stream.fileno(), True)
        script = _script(tmp_path, f"import os\nprint(os.write({stream.fileno()}, b'x'))\n")
        assert _printed(run_script(script)) == ["1"]
    assert (tmp_path / "open").read_text() == ""


@pytest.mark.parametrize(
    "forged",
    [
        "pickle.dumps(Call())",
        "b'no pickle'",
        "b'cos\\nsystem\\n(Vtouch called\\ntR.'",
        "b'cft_lint.observe\\nre.enum.sys.exit\\n(tR.'",
    ],
)
def test_a_record_is_data_and_nothing_else(tmp_path: Path, forged: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    script = _script(
        tmp_path,
        "import os, pickle\n\nclass Call:\n    def __reduce__(self):\n        return os.system, ('touch called',)\n\n"
        "for name in os.listdir('/proc/self/fd'):\n"
        "    if os.path.exists(f'/proc/self/fd/{name}') is False or 'pipe:' in os.readlink(f'/proc/self/fd/{name}'):\n"
        f"        os.write(int(name), {forged})\n"
        "os._exit(0)\n",
    )
    outcome = run_script(script)
    assert (outcome.run, outcome.problem[:19]) == (None, "ended with status 0")
    assert not (tmp_path / "called").exists()


# ------------------------------------------------------------------------------- limits, and the end

SLEEPS = """
import os, sys
for _ in range(2):
    if os.fork():
        os._exit(0)
    os.setsid()
os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", MARK])
"""
"""A daemon: its parents are gone, it has a session of its own, and it keeps every pipe open."""

DAEMON = f"""
import os
if os.fork() == 0:
{"".join(f"    {line}{chr(10)}" for line in SLEEPS.strip().splitlines())}
"""
RUNS_AWAY = """
import os
if os.fork() == 0:
    while True:
        if os.fork():
            os._exit(0)
        os.setsid()
"""


def _marked(mark: str) -> list[int]:
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = line.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        found += [int(line.parent.name)] if mark.encode() in words else []
    return found


@pytest.mark.parametrize(
    ("text", "limits", "why"),
    [
        ("while True:\n    pass\n", Limits(wall=10, cpu=1), "killed by SIGXCPU"),
        ("import time\ntime.sleep(600)\n", Limits(wall=1), "ran longer than 1 s"),
        (
            "held = []\nwhile True:\n    held.append(bytearray(1 << 24))\n",
            Limits(wall=10, memory=1 << 28),
            "MemoryError",
        ),
        ("open('big', 'wb').truncate(1 << 22)\n", Limits(file=1 << 20), "File too large"),
        ("import os\nwhile True:\n    os.fork()\n", Limits(wall=5, processes=8), "had more than 8 processes"),
    ],
    ids=["loop", "sleep", "memory", "file", "fork bomb"],
)
def test_a_script_that_takes_too_much_is_ended(tmp_path: Path, text: str, limits: Limits, why: str) -> None:
    before = descendants(os.getpid())
    outcome = run_script(_script(tmp_path, text), limits)
    raised = outcome.run.exception if outcome.run is not None else None
    assert why in (f"{raised.type}: {raised.message}" if raised is not None else outcome.problem)
    assert descendants(os.getpid()) == before


@pytest.mark.parametrize("text", [DAEMON, RUNS_AWAY], ids=["daemon", "runs away"])
def test_nothing_that_a_script_starts_outlives_it(tmp_path: Path, text: str) -> None:
    began = time.monotonic()
    outcome = run_script(_script(tmp_path, text.replace("MARK", repr(str(tmp_path)))), Limits(wall=30))
    assert outcome.run is not None, outcome.problem
    assert time.monotonic() - began < 20
    assert _marked(str(tmp_path)) == []


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT], ids=lambda by: by.name)
def test_nothing_is_left_when_the_verifier_is_ended(tmp_path: Path, by: signal.Signals) -> None:
    mark = str(tmp_path)
    script = _script(tmp_path, DAEMON.replace("MARK", repr(mark)) + "import time\ntime.sleep(600)\n")
    (own := tmp_path / "own").mkdir()
    command = "import sys, pathlib, ft_lint.verify.sandbox as s; s.run_script(pathlib.Path(sys.argv[1]))"
    # who runs these tests in the background, without job control, has them ignore SIGINT, and children inherit that
    command = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {command}"
    # torch makes a folder for its compiler among the temporary ones, unless the environment names another
    own_places = {"TMPDIR": str(own), "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "compiler")}
    verifier = subprocess.Popen(
        [sys.executable, "-c", command, str(script)], env={**os.environ, **own_places}, stderr=subprocess.DEVNULL
    )
    assert _soon(lambda: len(_marked(mark)) == 1, 60)
    assert list(own.iterdir()) != []
    verifier.send_signal(by)
    verifier.wait(30)
    assert _soon(lambda: _marked(mark) == [] and list(own.iterdir()) == [], 10)


def _soon(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


# ------------------------------------------------------------------------------- where the kernel cannot


def _alone(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)


VERIFY_NOTHING = "from ft_lint.cli import main; main(['verify', {folder!r}], prog_name='ft-lint')"


@needs_seccomp
def test_a_kernel_without_landlock_is_told_and_the_script_runs(tmp_path: Path) -> None:
    """The kernel is really asked, and really refuses."""
    code = (
        "from pathlib import Path; from ft_lint.verify import landlock, seccomp\n"
        f"seccomp.refuse([444], sockets_but=[])\n"
        f"landlock.write_only_in([]); Path({str(tmp_path / 'written')!r}).touch()\n"
        f"{VERIFY_NOTHING.format(folder=str(tmp_path / 'nothing'))}"
    )
    (tmp_path / "nothing").mkdir()
    done = _alone(code)
    assert "this kernel does not keep scripts from writing and deleting wherever you may, " in done.stderr
    assert done.returncode == 0
    assert (tmp_path / "written").exists()


def test_a_system_that_is_not_linux_is_told(tmp_path: Path) -> None:
    done = _alone(f"import sys, ft_lint.cli; sys.platform = 'darwin'\n{VERIFY_NOTHING.format(folder=str(tmp_path))}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ft-lint verify needs Linux, ")


@needs_landlock
@needs_seccomp
def test_a_new_kernel_keeps_scripts_from_all_of_it() -> None:
    if landlock.version() < 6:
        pytest.skip("this kernel's Landlock knows nothing of signals")
    assert unguarded() == ()
