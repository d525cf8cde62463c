"""``ft-lint server`` as an editor meets it: a real process, the real protocol."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import make_test_lsp_client

from scripts import FAULTY, run

pytestmark = pytest.mark.asyncio(loop_scope="module")
CLEAN = FAULTY.replace("pretrained=True", 'weights="IMAGENET1K_V1"')
SHAPES = """\
import torch
from torch import nn

layer = nn.Linear(16, 10)
images = torch.randn(32, 16)
logits = layer(images)
print(logits.shape)
"""
UNSAFE = """\
import torch
from torch import nn

model = nn.Linear(4, 1)
loss = nn.BCELoss()(model(torch.randn(2, 4)), torch.rand(2, 1))
"""


class Diagnostics(dict[str, Sequence[types.Diagnostic]]):
    """What is published, with the addresses in the order in which it came."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[str] = []

    def __setitem__(self, uri: str, found: Sequence[types.Diagnostic]) -> None:
        self.order.append(uri)
        super().__setitem__(uri, found)


class Editor:
    """An editor with a folder open."""

    def __init__(self, client: LanguageClient, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.told_of = (published := Diagnostics()).order
        client.diagnostics = published

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    async def open(self, text: str, name: str = "train.py") -> list[types.Diagnostic]:
        uri = self.uri(name)
        self.texts[uri], self.versions[uri] = text, 1
        return await self.told(
            uri,
            lambda: self.client.text_document_did_open(
                types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, text))
            ),
        )

    async def type(self, text: str, name: str = "train.py") -> list[types.Diagnostic]:
        return await self.told(self.uri(name), lambda: self.change(text, name))

    def change(self, text: str, name: str = "train.py") -> None:
        uri = self.uri(name)
        self.texts[uri] = text
        self.versions[uri] += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.versions[uri], uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    async def told(self, uri: str, action: Callable[[], None]) -> list[types.Diagnostic]:
        """What the server publishes for a document after an action."""
        before = self.client.diagnostics.pop(uri, None)
        action()
        for _ in range(1200):
            if uri in self.client.diagnostics:
                return list(self.client.diagnostics[uri])
            await asyncio.sleep(0.05)
        raise AssertionError(f"nothing is published for {uri}; before it was {before}")

    async def actions(
        self, uri: str, line: int, only: Sequence[str] | None = None, character: int = 12
    ) -> list[types.CodeAction]:
        place = types.Position(line, character)
        got = await self.client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(uri),
                types.Range(place, place),
                types.CodeActionContext([], only=only),
            )
        )
        assert got is not None
        assert all(isinstance(one, types.CodeAction) for one in got)
        return [one for one in got if isinstance(one, types.CodeAction)]

    async def hover(self, uri: str, line: int, character: int) -> str:
        got = await self.client.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, character))
        )
        if got is None:
            return ""
        assert isinstance(got.contents, types.MarkupContent)
        assert got.contents.kind is types.MarkupKind.Markdown
        return got.contents.value

    async def hints(self, uri: str, first: int = 0, last: int = 1000) -> list[tuple[int, int, str]]:
        span = types.Range(types.Position(first, 0), types.Position(last, 0))
        params = types.InlayHintParams(types.TextDocumentIdentifier(uri), span)
        got = await self.client.text_document_inlay_hint_async(params)
        return [(one.position.line, one.position.character, str(one.label)) for one in got or ()]

    def after(self, action: types.CodeAction) -> dict[str, str]:
        """The texts once an action is taken."""
        assert action.edit is not None
        assert action.edit.document_changes is not None
        new = dict(self.texts)
        for change in action.edit.document_changes:
            assert isinstance(change, types.TextDocumentEdit)
            uri = change.text_document.uri
            assert change.text_document.version == self.versions[uri]
            edits = [edit for edit in change.edits if isinstance(edit, types.TextEdit)]
            new[uri] = applied(new[uri], edits)
        return new


def applied(text: str, edits: Sequence[types.TextEdit]) -> str:
    """A text after edits, in UTF-16 as the protocol has it where nothing else is agreed on."""
    data = text.encode("utf-16-le")
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line.encode("utf-16-le")))

    def offset(at: types.Position) -> int:
        return starts[at.line] + 2 * at.character

    for edit in sorted(edits, key=lambda one: offset(one.range.start), reverse=True):
        data = data[: offset(edit.range.start)] + edit.new_text.encode("utf-16-le") + data[offset(edit.range.end) :]
    return data.decode("utf-16-le")


def places(found: Sequence[types.Diagnostic]) -> list[tuple[object, int, int, int, int]]:
    return [
        (one.code, one.range.start.line, one.range.start.character, one.range.end.line, one.range.end.character)
        for one in found
    ]


registered: list[types.RegistrationParams] = []
"""What the servers asked to be told of."""
refreshed: list[None] = []
"""For each time that a server asked for new hints."""


async def started(folder: Path) -> AsyncIterator[LanguageClient]:
    client = make_test_lsp_client()

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams) -> None:
        registered.append(params)

    @client.feature(types.WORKSPACE_INLAY_HINT_REFRESH)
    def refresh(_: None) -> None:
        refreshed.append(None)

    await client.start_io(sys.executable, "-m", "ft_lint", "server", cwd=str(folder))
    yield client
    await client.shutdown_session()
    await client.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def client(tmp_path: Path) -> AsyncIterator[LanguageClient]:
    """A server that nobody has greeted."""
    async for client in started(tmp_path):
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def session(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    """A server that several tests share, as an editor keeps one for many files."""
    folder = tmp_path_factory.mktemp("folder")
    async for client in started(folder):
        yield await greeted(client, folder)


@pytest_asyncio.fixture(loop_scope="module")
async def editor(session: Editor, tmp_path: Path) -> Editor:
    session.client.messages.clear()
    return Editor(session.client, tmp_path)


async def greeted(
    client: LanguageClient, folder: Path, options: object = None, capabilities: types.ClientCapabilities | None = None
) -> Editor:
    root = types.WorkspaceFolder(folder.as_uri(), folder.name)
    known = capabilities or client_capabilities("visual-studio-code")
    if known.workspace is not None:
        known.workspace.inlay_hint = types.InlayHintWorkspaceClientCapabilities(refresh_support=True)
    await client.initialize_session(
        types.InitializeParams(
            known, root_uri=folder.as_uri(), workspace_folders=[root], initialization_options=options
        )
    )
    return Editor(client, folder)


async def test_findings_come_and_go_with_what_is_typed(editor: Editor) -> None:
    (found,) = await editor.open(FAULTY)
    assert places([found]) == [("TUN105", 2, 8, 2, 40)]
    assert found.severity is types.DiagnosticSeverity.Warning
    assert found.source == "ft_lint"
    assert list(found.tags or ()) == [types.DiagnosticTag.Deprecated]
    assert found.message.startswith("`pretrained=` of `resnet18`")
    assert await editor.type(CLEAN) == []
    assert places(await editor.type("# a line above\n" + FAULTY)) == [("TUN105", 3, 8, 3, 40)]


async def test_a_closed_script_has_no_findings(editor: Editor) -> None:
    await editor.open(FAULTY)
    uri = editor.uri("train.py")
    document = types.TextDocumentIdentifier(uri)
    closed = await editor.told(
        uri, lambda: editor.client.text_document_did_close(types.DidCloseTextDocumentParams(document))
    )
    assert closed == []


async def test_a_broken_text_keeps_its_findings_where_their_lines_are(editor: Editor) -> None:
    await editor.open(FAULTY + "x = 1\n")
    broken = await editor.type("import (\n" + FAULTY + "x = 1\n")
    assert places(broken) == [("TUN105", 3, 8, 3, 40)]
    assert await editor.actions(editor.uri("train.py"), 3) == []
    assert await editor.type(FAULTY.replace("True)", "True") + "x = 1\n") == []
    assert places(await editor.type(FAULTY)) == [("TUN105", 2, 8, 2, 40)]


async def test_only_the_newest_text_is_told_of(editor: Editor) -> None:
    await editor.open(CLEAN)
    uri = editor.uri("train.py")
    for number in range(20):
        editor.change(CLEAN + f"# {number}\n")
    found = await editor.type("\n" + FAULTY)
    while not found:  # of a text in between, which a busy machine may have had the time to look at
        found = await editor.told(uri, lambda: None)
    assert places(found) == [("TUN105", 3, 8, 3, 40)]
    await asyncio.sleep(0.5)
    assert editor.told_of.count(uri) < 10
    assert places(editor.client.diagnostics[uri]) == [("TUN105", 3, 8, 3, 40)]


async def test_parts_of_a_text_change_also_behind_a_form_feed(editor: Editor) -> None:
    text = FAULTY.replace("\n\n", "\n\f\n\n")
    assert places(await editor.open(text)) == [("TUN105", 3, 8, 3, 40)]
    uri = editor.uri("train.py")
    change = types.TextDocumentContentChangePartial(
        types.Range(types.Position(3, 24), types.Position(3, 39)), 'weights="IMAGENET1K_V1"'
    )
    document = types.VersionedTextDocumentIdentifier(2, uri)
    params = types.DidChangeTextDocumentParams(document, [change])
    assert await editor.told(uri, lambda: editor.client.text_document_did_change(params)) == []


async def test_a_safe_fix_is_preferred_and_gives_mended_text(editor: Editor) -> None:
    (found,) = await editor.open(FAULTY)
    uri = editor.uri("train.py")
    fix, silence, everything = await editor.actions(uri, 2)
    assert (fix.kind, fix.is_preferred) == ("quickfix", True)
    assert list(fix.diagnostics or ()) == [found]
    assert "TUN105" in fix.title
    mended = editor.after(fix)[uri]
    assert mended == CLEAN
    assert editor.after(everything)[uri] == CLEAN
    assert await editor.type(mended) == []
    assert silence.is_preferred is None


async def test_a_comment_silences(editor: Editor) -> None:
    await editor.open(FAULTY)
    uri = editor.uri("train.py")
    (silence,) = [one for one in await editor.actions(uri, 2) if "noqa" in one.title]
    text = editor.after(silence)[uri]
    assert text == FAULTY.rstrip("\n") + "  # noqa: TUN105\n"
    assert await editor.type(text) == []


async def test_an_unsafe_fix_says_so_and_is_no_part_of_all(editor: Editor) -> None:
    (found,) = await editor.open(UNSAFE)
    assert found.code == "TUN603"
    uri = editor.uri("train.py")
    at = found.range.start
    fix, _ = await editor.actions(uri, at.line, character=at.character)
    assert "unsafe" in fix.title
    assert not fix.is_preferred
    assert "BCEWithLogitsLoss" in editor.after(fix)[uri]
    assert await editor.actions(uri, at.line, ["source.fixAll"]) == []


@pytest.mark.parametrize("only", [["source.fixAll"], ["source.fixAll.ft-lint"], ["source"]])
async def test_all_safe_fixes_at_once(editor: Editor, only: list[str]) -> None:
    text = f"{FAULTY}other = models.resnet34(pretrained=True)\n"
    await editor.open(text)
    uri = editor.uri("train.py")
    (everything,) = await editor.actions(uri, 0, only)
    assert everything.kind == "source.fixAll.ft-lint"
    assert editor.after(everything)[uri] == text.replace("pretrained=True", 'weights="IMAGENET1K_V1"')
    assert await editor.actions(uri, 2, ["refactor"]) == []


async def test_the_page_of_a_rule_is_under_the_pointer(editor: Editor) -> None:
    await editor.open(FAULTY)
    page = await editor.hover(editor.uri("train.py"), 2, 20)
    assert page.startswith("**TUN105** deprecated-pretrained (warning)")
    assert "How to mend it\n-----" in page
    assert await editor.hover(editor.uri("train.py"), 0, 2) == ""


async def test_a_shape_is_under_the_pointer(editor: Editor) -> None:
    await editor.open(SHAPES)
    uri = editor.uri("train.py")
    assert await editor.hover(uri, 5, 2) == "```python\nlogits: (32, 10) float32\n```"
    assert await editor.hover(uri, 5, 17) == "```python\nimages: (32, 16) float32\n```"
    assert "(32, 10)" in await editor.hover(uri, 6, 8)
    assert await editor.hover(uri, 6, 15) == ""
    assert await editor.hover(uri, 3, 1) == ""


async def test_a_models_sizes_are_under_the_pointer(editor: Editor) -> None:
    head = "import torch\nfrom torchvision.models import resnet18\n\n"
    await editor.open(head + "model = resnet18()\ny = model(torch.randn(2, 3, 64, 64))\n")
    sizes = await editor.hover(editor.uri("train.py"), 4, 5)
    assert sizes == "**resnet18**, parameters: 11,689,512, with gradients in this pass: 11,689,512"


async def test_shapes_stand_behind_names_until_they_are_not_wanted(editor: Editor) -> None:
    await editor.open(SHAPES)
    uri = editor.uri("train.py")
    assert await editor.hints(uri) == [(4, 6, ": (32, 16)"), (5, 6, ": (32, 10)")]
    assert await editor.hints(uri, 0, 4) == [(4, 6, ": (32, 16)")]
    await editor.type("import (\n" + SHAPES)
    assert await editor.hints(uri) == [(5, 6, ": (32, 16)"), (6, 6, ": (32, 10)")]
    before = len(refreshed)
    change = editor.client.workspace_did_change_configuration
    change(types.DidChangeConfigurationParams({"ftLint": {"inlayHints": False}}))
    assert await editor.hints(uri) == []
    assert len(refreshed) == before + 1
    change(types.DidChangeConfigurationParams({"ftLint": {"inlayHints": True}}))
    assert len(await editor.hints(uri)) == 2
    assert editor.client.messages == []


@pytest.mark.parametrize("options", [{"inlayHints": False}, {"ftLint": {"inlayHints": False}}])
async def test_the_greeting_may_switch_hints_off(client: LanguageClient, tmp_path: Path, options: object) -> None:
    editor = await greeted(client, tmp_path, options)
    await editor.open(SHAPES)
    assert await editor.hints(editor.uri("train.py")) == []


async def test_settings_that_are_to_be_asked_for(client: LanguageClient, tmp_path: Path) -> None:
    editor = await greeted(client, tmp_path)
    await editor.open(SHAPES)
    editor.client.set_configuration({"inlayHints": False}, section="ftLint")
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    for _ in range(100):
        if await editor.hints(editor.uri("train.py")) == []:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("hints are still there")


async def test_the_files_of_settings_are_watched(editor: Editor) -> None:
    await editor.open(CLEAN)
    (registration,) = registered[0].registrations
    assert registration.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES
    assert "**/pyproject.toml" in str(registration.register_options)


async def test_the_projects_settings_count_as_they_are_now(editor: Editor) -> None:
    assert len(await editor.open(FAULTY)) == 1
    settings = editor.folder / "pyproject.toml"
    uri = editor.uri("train.py")

    async def saved(text: str) -> list[types.Diagnostic]:
        settings.write_text(text)
        document = types.TextDocumentIdentifier(uri)
        return await editor.told(
            uri, lambda: editor.client.text_document_did_save(types.DidSaveTextDocumentParams(document))
        )

    assert await saved('[tool.ft-lint]\nignore = ["TUN105"]\n') == []
    assert await saved('[tool.ft-lint]\nexclude = ["train.py"]\n') == []
    assert len(await saved("")) == 1
    (editor.folder / "train.py").write_text(FAULTY)
    run("ft_lint", "check", "--write-baseline", "known.json", "train.py", cwd=editor.folder)
    assert await saved('[tool.ft-lint]\nbaseline = "known.json"\n') == []
    assert editor.client.messages == []
    assert await saved("[tool.ft-lint]\nignored = []\n") == []
    assert "did you mean `ignore`" in editor.client.messages[0].message
    settings.write_text("")
    changed = types.DidChangeWatchedFilesParams([types.FileEvent(settings.as_uri(), types.FileChangeType.Changed)])
    assert len(await editor.told(uri, lambda: editor.client.workspace_did_change_watched_files(changed))) == 1


WIDE = """\
from torchvision import models

a = "\N{GRINNING FACE} für"; model = models.resnet18(pretrained=True)
"""


async def test_columns_are_utf_16_and_edits_too(editor: Editor) -> None:
    assert places(await editor.open(WIDE)) == [("TUN105", 2, 22, 2, 54)]
    uri = editor.uri("train.py")
    fix = (await editor.actions(uri, 2, character=30))[0]
    assert editor.after(fix)[uri] == WIDE.replace("pretrained=True", 'weights="IMAGENET1K_V1"')
    assert await editor.hover(uri, 2, 21) == ""
    assert "TUN105" in await editor.hover(uri, 2, 54)


@pytest.mark.parametrize(
    ("encoding", "first"),
    [(types.PositionEncodingKind.Utf8, 25), (types.PositionEncodingKind.Utf32, 21)],
)
async def test_other_encodings_may_be_agreed_on(
    client: LanguageClient, tmp_path: Path, encoding: types.PositionEncodingKind, first: int
) -> None:
    general = types.GeneralClientCapabilities(position_encodings=[encoding])
    editor = await greeted(client, tmp_path, capabilities=types.ClientCapabilities(general=general))
    assert places(await editor.open(WIDE)) == [("TUN105", 2, first, 2, first + 32)]
    fix = (await editor.actions(editor.uri("train.py"), 2, character=first))[0]
    assert fix.edit is not None
    assert fix.edit.changes is not None  # this editor knows no versions
    (edit,) = fix.edit.changes[editor.uri("train.py")]
    assert edit.range.start.character == first + len("models.resnet18(")


CELLS = (
    "%pip install torch\nfrom torchvision import models",
    "!echo (\nmodel = models.resnet18(pretrained=True)",
    "x = 1",
)


async def opened_notebook(editor: Editor, cells: Sequence[str] = CELLS) -> tuple[str, list[str]]:
    """The addresses of the notebook and of its cells."""
    uri = editor.uri("train.ipynb")
    names = [f"{uri}#cell{number}" for number in range(len(cells))]
    items = [types.TextDocumentItem(name, "python", 1, text) for name, text in zip(names, cells, strict=True)]
    editor.texts |= dict(zip(names, cells, strict=True))
    editor.versions |= dict.fromkeys(names, 1)
    held = [types.NotebookCell(types.NotebookCellKind.Code, name) for name in names]
    document = types.NotebookDocument(uri, "jupyter-notebook", 1, held)
    params = types.DidOpenNotebookDocumentParams(document, items)
    await editor.told(names[-1], lambda: editor.client.notebook_document_did_open(params))
    return uri, names


async def test_cells_are_one_program(editor: Editor) -> None:
    _, names = await opened_notebook(editor)
    told = editor.client.diagnostics
    assert [places(told[name]) for name in names] == [[], [("TUN105", 1, 8, 1, 40)], []]
    fix, silence, everything = await editor.actions(names[1], 1)
    for action in (fix, everything):
        assert editor.after(action)[names[1]] == CELLS[1].replace("pretrained=True", 'weights="IMAGENET1K_V1"')
    assert editor.after(silence)[names[1]] == CELLS[1] + "  # noqa: TUN105"
    assert await editor.actions(names[0], 1) == []
    assert "TUN105" in await editor.hover(names[1], 1, 12)
    assert await editor.hover(names[2], 0, 0) == ""


async def test_cells_change_go_and_close(editor: Editor) -> None:
    uri, names = await opened_notebook(editor)

    def change(number: int, cells: types.NotebookDocumentCellChanges) -> types.DidChangeNotebookDocumentParams:
        document = types.VersionedNotebookDocumentIdentifier(number, uri)
        return types.DidChangeNotebookDocumentParams(document, types.NotebookDocumentChangeEvent(cells=cells))

    part = types.TextDocumentContentChangePartial(types.Range(types.Position(0, 0), types.Position(0, 0)), "y = 2\n")
    content = types.NotebookDocumentCellContentChanges(types.VersionedTextDocumentIdentifier(2, names[1]), [part])
    typed = change(2, types.NotebookDocumentCellChanges(text_content=[content]))
    did_change = editor.client.notebook_document_did_change
    found = await editor.told(names[1], lambda: did_change(typed))
    assert places(found) == [("TUN105", 2, 8, 2, 40)]

    gone = types.NotebookDocumentCellChangeStructure(
        types.NotebookCellArrayChange(0, 1), did_close=[types.TextDocumentIdentifier(names[0])]
    )
    without_import = change(3, types.NotebookDocumentCellChanges(structure=gone))
    assert await editor.told(names[1], lambda: did_change(without_import)) == []

    closing = types.DidCloseNotebookDocumentParams(
        types.NotebookDocumentIdentifier(uri), [types.TextDocumentIdentifier(name) for name in names[1:]]
    )
    assert await editor.told(names[2], lambda: editor.client.notebook_document_did_close(closing)) == []


async def test_shapes_in_cells(editor: Editor) -> None:
    lines = SHAPES.splitlines(keepends=True)
    _, names = await opened_notebook(editor, ["".join(lines[:5]), "".join(lines[5:])])
    assert await editor.hints(names[0]) == [(4, 6, ": (32, 16)")]
    assert await editor.hints(names[1]) == [(0, 6, ": (32, 10)")]
    assert "images: (32, 16)" in await editor.hover(names[1], 0, 17)


@pytest.mark.parametrize(
    "text", ["import torch\nx = " + "(" * 5000, "import torch\0", "import torch\nx" + " + x" * 20_000]
)
async def test_a_faulty_text_leaves_the_server_alive(editor: Editor, text: str) -> None:
    assert await editor.open(text) == []
    assert await editor.hints(editor.uri("train.py")) == []
    assert len(await editor.open(FAULTY, "other.py")) == 1


async def test_a_script_that_was_never_saved(editor: Editor) -> None:
    uri = "untitled:Untitled-1"
    params = types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, FAULTY))
    assert len(await editor.told(uri, lambda: editor.client.text_document_did_open(params))) == 1
