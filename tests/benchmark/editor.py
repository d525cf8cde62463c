"""How long an editor waits for the language server after a key is pressed."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import IO, Any


def keystrokes(python: Path, text: str, number: int) -> list[float]:
    """Seconds from each of so many changes of an open document to the diagnostics for it."""
    with subprocess.Popen(
        [str(python), "-m", "ft_lint", "server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            _send(server.stdin, "initialize", {"processId": None, "rootUri": None, "capabilities": {}}, 1)
            _await(server.stdout, lambda message: message.get("id") == 1)
            _send(server.stdin, "initialized", {})
            document = {"uri": "file:///tmp/benchmark.py", "languageId": "python", "version": 0, "text": text}
            _send(server.stdin, "textDocument/didOpen", {"textDocument": document})
            _await(server.stdout, _tells(0))
            return [_change(server.stdin, server.stdout, text, version) for version in range(1, number + 1)]
        finally:
            server.kill()


def _change(to: IO[bytes], back: IO[bytes], text: str, version: int) -> float:
    identifier = {"uri": "file:///tmp/benchmark.py", "version": version}
    start = time.perf_counter()
    change = {"textDocument": identifier, "contentChanges": [{"text": f"{text}\nlast = {version}\n"}]}
    _send(to, "textDocument/didChange", change)
    _await(back, _tells(version))
    return time.perf_counter() - start


def _tells(version: int) -> Any:
    return lambda message: (
        message.get("method") == "textDocument/publishDiagnostics" and message["params"].get("version") == version
    )


def _send(to: IO[bytes], method: str, parameters: dict[str, Any], number: int | None = None) -> None:
    message = {"jsonrpc": "2.0", "method": method, "params": parameters}
    body = json.dumps(message if number is None else {**message, "id": number}).encode()
    to.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    to.flush()


def _await(back: IO[bytes], wanted: Any) -> None:
    """Read messages until the one that is wanted.  Raises EOFError where the server ends before it."""
    while True:
        length = 0
        while header := back.readline().strip():
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
        if not length:
            raise EOFError("the language server ended")
        if wanted(json.loads(back.read(length))):
            return
