"""Editors that know flake8: python-lsp-server, over the real protocol.  Our own server has ``test_server``."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from scripts import CLEAN, FAULTY

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

PLUGINS = {
    "flake8": {"enabled": True, "executable": str(Path(sys.executable).with_name("flake8"))},
    "pycodestyle": {"enabled": False},
    "pyflakes": {"enabled": False},
    "mccabe": {"enabled": False},
}


class Pylsp:
    """python-lsp-server in a folder; pytest-lsp's client is too strict for what it sends."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pylsp"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def send(self, method: str, params: object, number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params} | ({} if number is None else {"id": number})
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def messages(self) -> Iterator[dict[str, Any]]:
        """What the server says, as it comes, until it ends."""
        out = self.process.stdout
        assert out is not None
        while head := list(takewhile(bytes.strip, iter(out.readline, b""))):
            (length,) = (int(line.split(b":")[1]) for line in head if line.lower().startswith(b"content-length"))
            yield json.loads(out.read(length))


@pytest.fixture
def pylsp(tmp_path: Path) -> Iterator[Pylsp]:
    server = Pylsp(tmp_path)
    yield server
    server.send("shutdown", None, 2)
    server.send("exit", None)
    server.process.communicate(timeout=60)


@pytest.mark.parametrize(
    ("text", "settings", "codes"),
    [(FAULTY, "", ["TUN105"]), (FAULTY, "ignore = TUN105", []), (CLEAN, "", [])],
    ids=["faulty", "ignored", "clean"],
)
def test_flake8_in_python_lsp_server(pylsp: Pylsp, tmp_path: Path, text: str, settings: str, codes: list[str]) -> None:
    (tmp_path / ".flake8").write_text(f"[flake8]\n{settings}\n")
    uri = (tmp_path / "train.py").as_uri()
    messages = pylsp.messages()
    pylsp.send("initialize", {"processId": None, "rootUri": tmp_path.as_uri(), "capabilities": {}}, 1)
    assert next(messages)["id"] == 1
    pylsp.send("initialized", {})
    pylsp.send("workspace/didChangeConfiguration", {"settings": {"pylsp": {"plugins": PLUGINS}}})
    document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    pylsp.send("textDocument/didOpen", {"textDocument": document})
    told = next(one["params"] for one in messages if one.get("method") == "textDocument/publishDiagnostics")
    assert told["uri"] == uri
    assert [one["code"] for one in told["diagnostics"]] == codes
    for one in told["diagnostics"]:
        assert one["source"] == "flake8"
        assert one["range"]["start"] == {"line": 2, "character": 8}
        assert one["message"].startswith("TUN105 `pretrained=` of `resnet18`")


def test_the_settings_in_readme_are_well_formed(root: Path) -> None:
    text = (root / "README.md").read_text().partition("\n## Editors\n")[2].partition("\n## ")[0]
    blocks = dict(block.split("\n", 1) for block in text.split("```")[1::2])
    assert sorted(blocks) == ["elisp", "json", "lua", "toml"]
    assert json.loads(blocks["json"])["glspc.server.commandArguments"] == ["server"]
    assert tomllib.loads(blocks["toml"])["language-server"]["ft-lint"]["args"] == ["server"]
    for name, pair in (("lua", "{}"), ("elisp", "()")):
        assert blocks[name].count(pair[0]) == blocks[name].count(pair[1]) > 0
