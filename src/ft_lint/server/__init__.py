"""``ft-lint server``: what an editor is told while somebody types, over the Language Server Protocol.

Here is the wiring alone.  What is checked stands in ``documents``, what is known of it in ``knowledge``, what is
offered in ``actions`` and ``hover``, and the words of the protocol in ``translation``.  One thread does all the work,
one program at a time and always its newest text, so that the editor gets an answer to everything else meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path
from pygls.workspace import TextDocument

from ft_lint import __version__
from ft_lint.rule import Finding
from ft_lint.server import documents, hover, translation
from ft_lint.server.actions import FIX_ALL, QUICK_FIX, Action, offered
from ft_lint.server.changes import lines_of
from ft_lint.server.documents import Part, Source
from ft_lint.server.knowledge import Found, Inferred, find, infer
from ft_lint.source.requirements import READERS

PAUSE = 0.15
"""Seconds without a change after which a text is checked at the latest."""
PROMPT = 0.05
"""Seconds that a check may take to be done before the next key, so that it need not wait for one."""
BURST = 0.005
"""Seconds within which changes come that an editor sends for one action."""
STACK = 64 * 2**20
"""Bytes of stack for the working thread: deep code needs as much as the main thread has, and some systems give less."""
SECTION = "ftLint"
"""The name of the settings in an editor."""
WATCHED = tuple(READERS)
"""Files whose change may change what is found."""

_T = TypeVar("_T")


class Document(TextDocument):
    """A text whose lines are those of the protocol: pygls also ends one at a form feed, and so loses its place."""

    @property
    def lines(self) -> Sequence[str]:
        """The lines, each with its end."""
        return tuple(lines_of(self.source))


class Server(LanguageServer):
    """The server with all that it knows; a program is called by the address of its script or notebook."""

    def __init__(self) -> None:
        cells = types.NotebookDocumentFilterWithCells([types.NotebookCellLanguage("python")])
        super().__init__(
            translation.NAME, __version__, notebook_document_sync=types.NotebookDocumentSyncOptions([cells])
        )
        self.hints = True
        self.found: dict[str, Found] = {}
        self.inferred: dict[str, Inferred] = {}
        self.expired: set[str] = set()
        self.took: dict[str, float] = {}
        """Seconds that the last check of each program took."""
        self.told: set[str] = set()
        self.worker = ThreadPoolExecutor(1)
        self.busy = asyncio.Lock()

    def can(self, capability: str) -> bool:
        """Whether the editor says that it can do something."""
        return bool(get_capability(self.client_capabilities, capability, False))

    def adopt(self) -> None:
        """Give every text that pygls has opened its right lines."""
        held = self.workspace.text_documents
        for key, text in held.items():
            if not isinstance(text, Document):
                held[key] = Document(
                    text.uri, text.source, text.version, text.language_id, position_codec=text.position_codec
                )

    def program(self, uri: str) -> str:
        """The program that a document belongs to."""
        notebook = self.workspace.get_notebook_document(cell_uri=uri)
        return uri if notebook is None else notebook.uri

    def source(self, program: str) -> Source | None:
        """A program as it is now; None where it is no longer open."""
        texts = self.workspace.text_documents
        notebook = self.workspace.get_notebook_document(notebook_uri=program)
        if notebook is not None:
            cells = (texts.get(unquote(c.document)) for c in notebook.cells if c.kind is types.NotebookCellKind.Code)
            python = [cell for cell in cells if cell is not None and cell.language_id == "python"]
            return documents.notebook(self.path(program), [(cell.uri, cell.version, cell.source) for cell in python])
        text = texts.get(unquote(program))
        return None if text is None else documents.script(self.path(program), text.uri, text.version, text.source)

    def path(self, uri: str) -> Path:
        """Where a program stands; one that was never saved counts as standing in the folder that is open."""
        path = to_fs_path(uri) if uri.startswith("file:") else None
        return Path(path) if path else Path(self.workspace.root_path or "") / "untitled.py"

    async def work(self, action: Callable[[Source, _T | None], _T], known: dict[str, _T], program: str) -> _T | None:
        """What an action makes of a program and of what was known; called with the lock held."""
        source = self.source(program)
        if source is None:
            return None
        loop = asyncio.get_running_loop()
        known[program] = await loop.run_in_executor(self.worker, action, source, known.get(program))
        return known[program]

    async def findings(self, program: str) -> Found | None:
        """What is found in the newest text of a program."""
        async with self.busy:
            held = self.found.get(program)
            if held is not None and program not in self.expired and held.source == self.source(program):
                return held
            self.expired.discard(program)
            begun = time.perf_counter()
            found = await self.work(find, self.found, program)
            self.took[program] = time.perf_counter() - begun
            return found

    async def shapes(self, program: str) -> Inferred | None:
        """What is known of the tensors in the newest text of a program."""
        async with self.busy:
            held = self.inferred.get(program)
            if held is not None and held.source == self.source(program):
                return held
            return await self.work(infer, self.inferred, program)

    async def check(self, program: str) -> None:
        """Tell the editor what is found."""
        found = await self.findings(program)
        if found is None or found.source != self.source(program):
            return
        by_uri = translation.diagnostics(found, self.workspace.position_codec)
        for part in found.source.parts:
            self.publish(part.uri, by_uri[part.uri], part.version)
        for note in found.notes:
            self.tell(note)

    async def check_after_typing(self, program: str) -> None:
        """The same, unless the text changes once more meanwhile; what is checked in a moment need not wait for that."""
        seen = self.source(program)
        await asyncio.sleep(min(PAUSE, max(BURST, self.took.get(program, PAUSE) - PROMPT)))
        if self.source(program) == seen:
            await self.check(program)

    def publish(self, uri: str, diagnostics: Sequence[types.Diagnostic] = (), version: int | None = None) -> None:
        """Replace what the editor shows in a document."""
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, list(diagnostics), version))

    def tell(self, note: str) -> None:
        """Tell the user something, once."""
        if note not in self.told:
            self.told.add(note)
            self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"ft_lint: {note}"))

    async def check_all(self) -> None:
        """Check everything that is open anew, as after a change of the project's settings."""
        programs = {self.program(text.uri) for text in self.workspace.text_documents.values()}
        self.expired |= programs
        self.told.clear()
        for program in sorted(programs):
            await self.check(program)

    def forget(self, program: str) -> None:
        """Drop what is known of a program that was closed."""
        self.found.pop(program, None)
        self.inferred.pop(program, None)
        self.took.pop(program, None)
        self.expired.discard(program)

    def configure(self, settings: object) -> None:
        """Take over settings, with or without the name of their section."""
        match settings:
            case {"ftLint": {"inlayHints": bool(wanted)}} | {"inlayHints": bool(wanted)}:
                self.hints = wanted

    async def at(self, uri: str, span: types.Range) -> tuple[Found, list[tuple[Finding, types.Range]]] | None:
        """What is found in a program, and which of it stands within a range of one of its documents."""
        found = await self.findings(self.program(uri))
        if found is None:
            return None
        placed = [(one, *translation.place(found.source, one, self.workspace.position_codec)) for one in found.findings]
        return found, [(one, at) for one, part, at in placed if part.uri == uri and translation.touches(at, span)]


def serve() -> None:
    """Serve one editor over standard input and output, until it ends."""
    threading.stack_size(STACK)
    server().start_io()


def server() -> Server:
    """A server with all that it answers to."""
    made = Server()
    for method, handler in _HANDLERS.items():
        made.feature(method)(handler)
    made.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions([QUICK_FIX, FIX_ALL]))(code_actions)
    return made


# --- what the editor says -----------------------------------------------------------------------


def initialize(ls: Server, params: types.InitializeParams) -> None:
    """Take over the settings that come with the greeting."""
    ls.configure(params.initialization_options)


async def initialized(ls: Server, _: types.InitializedParams) -> None:
    """Ask to be told when the files change that settings and versions come from."""
    if ls.can("workspace.did_change_watched_files.dynamic_registration"):
        watchers = [types.FileSystemWatcher(f"**/{name}") for name in WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        registration = types.Registration("settings", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        await ls.client_register_capability_async(types.RegistrationParams([registration]))


async def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    """A script is opened."""
    ls.adopt()
    await ls.check(params.text_document.uri)


async def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    """A script is typed in."""
    await ls.check_after_typing(params.text_document.uri)


async def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    """A script is saved; settings may have changed meanwhile."""
    program = ls.program(params.text_document.uri)
    ls.expired.add(program)
    await ls.check(program)


def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    """A script is closed."""
    ls.forget(params.text_document.uri)
    ls.publish(params.text_document.uri)


async def did_open_notebook(ls: Server, params: types.DidOpenNotebookDocumentParams) -> None:
    """A notebook is opened."""
    ls.adopt()
    await ls.check(params.notebook_document.uri)


async def did_change_notebook(ls: Server, params: types.DidChangeNotebookDocumentParams) -> None:
    """Cells of a notebook are typed in, come, go or move."""
    ls.adopt()
    cells = params.change.cells
    for closed in (cells.structure.did_close or ()) if cells is not None and cells.structure is not None else ():
        ls.publish(closed.uri)
    await ls.check_after_typing(params.notebook_document.uri)


def did_close_notebook(ls: Server, params: types.DidCloseNotebookDocumentParams) -> None:
    """A notebook is closed."""
    ls.forget(params.notebook_document.uri)
    for cell in params.cell_text_documents:
        ls.publish(cell.uri)


async def did_change_configuration(ls: Server, params: types.DidChangeConfigurationParams) -> None:
    """The editor's settings change; some editors send them, others want to be asked."""
    settings = params.settings
    if not settings and ls.can("workspace.configuration"):
        (settings,) = await ls.workspace_configuration_async(
            types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
        )
    ls.configure(settings)
    if ls.can("workspace.inlay_hint.refresh_support"):
        await ls.workspace_inlay_hint_refresh_async(None)


async def did_change_watched_files(ls: Server, _: types.DidChangeWatchedFilesParams) -> None:
    """A file changes that settings or versions come from."""
    await ls.check_all()


# --- what the editor asks -----------------------------------------------------------------------


async def code_actions(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    """What can be done about the findings within a range."""
    met = await ls.at(params.text_document.uri, params.range)
    if met is None:
        return []
    found, placed = met
    loop = asyncio.get_running_loop()
    async with ls.busy:
        offers = await loop.run_in_executor(
            ls.worker, lambda: list(offered(found, [one for one, _ in placed], params.context.only))
        )
    return [_code_action(ls, found, offer, dict(_diagnostics(placed))) for offer in offers]


def _diagnostics(placed: Sequence[tuple[Finding, types.Range]]) -> Sequence[tuple[int, types.Diagnostic]]:
    return [(id(one), translation.diagnostic(one, span)) for one, span in placed]


def _code_action(ls: Server, found: Found, offer: Action, shown: dict[int, types.Diagnostic]) -> types.CodeAction:
    versioned = ls.can("workspace.workspace_edit.document_changes")
    edit = translation.workspace_edit(found.source, offer.original, ls.workspace.position_codec, versioned)
    about = None if offer.finding is None else [shown[id(offer.finding)]]
    return types.CodeAction(offer.title, offer.kind, about, is_preferred=offer.preferred or None, edit=edit)


async def hovered(ls: Server, params: types.HoverParams) -> types.Hover | None:
    """The shape of the tensor under the pointer, and the pages of the rules that found something there."""
    uri, place = params.text_document.uri, params.position
    met = await ls.at(uri, types.Range(place, place))
    inferred = await ls.shapes(ls.program(uri))
    told: list[str | None] = []
    part = None if inferred is None else inferred.source.part(uri)
    if inferred is not None and part is not None:
        told.append(_of_name(ls, inferred, part, place))
    told += [hover.of_finding(one) for one, _ in (met[1] if met is not None else ())]
    text = "\n\n---\n\n".join(filter(None, told))
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text)) if text else None


def _of_name(ls: Server, inferred: Inferred, part: Part, place: types.Position) -> str | None:
    lines = lines_of(part.text)
    if place.line >= len(lines):
        return None
    column = translation.column_of(part, place, ls.workspace.position_codec)
    return hover.of_name(inferred, part.first + place.line, lines[place.line], column)


async def inlay_hints(ls: Server, params: types.InlayHintParams) -> list[types.InlayHint]:
    """The shapes of tensors within a range."""
    inferred = await ls.shapes(ls.program(params.text_document.uri)) if ls.hints else None
    if inferred is None:
        return []
    uri, codec = params.text_document.uri, ls.workspace.position_codec
    return list(translation.hints(inferred, uri, params.range, codec))


_HANDLERS: dict[str, Callable[..., object]] = {
    types.INITIALIZE: initialize,
    types.INITIALIZED: initialized,
    types.TEXT_DOCUMENT_DID_OPEN: did_open,
    types.TEXT_DOCUMENT_DID_CHANGE: did_change,
    types.TEXT_DOCUMENT_DID_SAVE: did_save,
    types.TEXT_DOCUMENT_DID_CLOSE: did_close,
    types.NOTEBOOK_DOCUMENT_DID_OPEN: did_open_notebook,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE: did_change_notebook,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE: did_close_notebook,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: did_change_configuration,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: did_change_watched_files,
    types.TEXT_DOCUMENT_HOVER: hovered,
    types.TEXT_DOCUMENT_INLAY_HINT: inlay_hints,
}
