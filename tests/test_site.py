"""The documentation site: built as in CI and looked at in a browser."""

from __future__ import annotations

import functools
import http.server
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ft_lint.registry import rules

WIDTHS = {"phone": 390, "desktop": 1280}


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_rule_has_a_page_that_search_finds(site: Path) -> None:
    found = {
        entry["location"].partition("#")[0]
        for entry in json.loads((site / "search/search_index.json").read_text())["docs"]
    }
    assert {f"rules/{rule.code}/" for rule in rules()} <= found
    overview = (site / "rules/index.html").read_text()
    assert [
        rule.code for rule in rules() if f'href="{rule.code}/"' not in overview and f"{rule.code}/" not in overview
    ] == []


def test_a_rules_page_has_its_text_its_examples_and_what_torch_showed(site: Path, root: Path) -> None:
    page = (site / "rules/TUN201/index.html").read_text()
    for word in (
        "Why it matters",
        "How to mend it",
        "What torch shows",
        "Found here",
        "Right",
        "Evidence",
        "seen in torch",
    ):
        assert word in page
    evidence = json.loads((root / "docs/evidence.json").read_text())["rules"]
    assert [rule.code for rule in rules() if rule.code not in evidence] == []


@pytest.fixture(scope="module")
def browser() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
    if found is None and not os.environ.get("CI"):
        pytest.skip("no browser here")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    frame = "<title>wait</title><iframe id=f src='{page}' style='width:{width}px;height:800px;border:0'></iframe>"
    script = "<script>f.onload=()=>{{document.title='width '+f.contentDocument.documentElement.scrollWidth}}</script>"
    for name, page in (("start", "/index.html"), ("rule", "/rules/TUN201/index.html")):
        for device, width in WIDTHS.items():
            (site / f"frame-{name}-{device}.html").write_text((frame + script).format(page=page, width=width))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(site))
    handler.log_message = lambda *words: None  # type: ignore[attr-defined]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def chromium(browser: str, profile: Path, *words: str) -> str:
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --hide-scrollbars --virtual-time-budget=5000"
    ).split()
    done = subprocess.run(
        [browser, *flags, f"--user-data-dir={profile}", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("device", WIDTHS)
@pytest.mark.parametrize("name", ["start", "rule"])
def test_pages_fit_a_phone_and_a_desktop(browser: str, address: str, tmp_path: Path, name: str, device: str) -> None:
    """The page is no wider than the screen, and a screenshot shows more than one colour."""
    told = chromium(browser, tmp_path / "a", "--dump-dom", f"{address}/frame-{name}-{device}.html")
    (width,) = re.findall(r"<title>width (\d+)</title>", told)
    assert int(width) <= WIDTHS[device]
    picture = tmp_path / "picture.png"
    page = {"start": "", "rule": "rules/TUN201/"}[name]
    size = f"--window-size={max(WIDTHS[device], 500)},900"
    chromium(browser, tmp_path / "b", f"--screenshot={picture}", size, f"{address}/{page}")
    data = picture.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24])[1] == 900
    assert len(data) > 20_000
