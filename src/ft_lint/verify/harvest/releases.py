"""Arguments and names that libraries took and offered, release by release, read off their wheels unimported.

The releases named here are downloaded (``pip download --no-deps``) into a folder, which is kept between runs where
``FT_LINT_WHEELS`` names one; each is parsed with ``ast``.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ft_lint.library import releases as table

RELEASES = {
    "accelerate": "0.20.3 0.23.0 0.26.1 0.30.1 0.34.2 1.0.1 1.5.2 1.10.1 1.12.0 1.15.0",
    "datasets": "2.0.0 2.10.1 2.14.7 2.18.0 2.21.0 3.0.2 3.2.0 3.6.0 4.0.0 4.4.2 4.8.5 5.0.1 5.2.0",
    "peft": (
        "0.4.0 0.5.0 0.6.2 0.7.1 0.8.2 0.9.0 0.10.0 0.11.1 0.12.0 0.13.2 0.14.0 0.15.2 0.16.0 0.17.1 0.18.1 0.19.1 "
        "0.20.0 0.21.2"
    ),
    "transformers": (
        "4.30.2 4.31.0 4.32.1 4.33.3 4.34.1 4.35.2 4.36.2 4.37.2 4.38.2 4.39.3 4.40.2 4.41.2 4.42.4 4.43.4 4.44.2 "
        "4.45.2 4.46.3 4.47.1 4.48.3 4.49.0 4.50.3 4.51.3 4.52.4 4.53.3 4.54.1 4.55.4 4.56.2 4.57.6 5.0.0 5.1.0 5.2.0 "
        "5.3.0 5.4.0 5.5.4 5.6.2 5.7.0 5.8.1 5.9.0 5.10.4 5.11.0 5.12.1 5.13.1 5.14.1 5.15.1 5.16.1 5.17.0 5.18.0 "
        "5.19.0 5.20.2 5.21.1 5.22.2 5.23.0 5.24.0"
    ),
    "trl": (
        "0.7.11 0.8.6 0.9.6 0.10.1 0.11.4 0.12.2 0.13.0 0.14.0 0.15.2 0.16.1 0.17.0 0.18.2 0.19.1 0.20.0 0.21.0 0.22.2 "
        "0.23.1 0.24.0 0.25.1 0.26.2 0.27.2 0.28.0 0.29.1 1.0.0 1.1.0 1.2.0 1.3.0 1.4.0 1.5.1 1.6.0 1.7.1 1.8.0 1.9.2 "
        "1.10.0 1.11.0 1.12.0 1.13.0 1.14.2 1.15.0 1.16.0"
    ),
}
"""The last release of each minor version, with gaps where nothing of interest changed."""

CALLABLES = {
    "accelerate": "",
    "datasets": "",
    "peft": "",
    "transformers": "TrainingArguments Seq2SeqTrainingArguments Trainer Seq2SeqTrainer Trainer.train",
    "trl": (
        "SFTTrainer SFTConfig DPOTrainer DPOConfig RewardTrainer RewardConfig KTOTrainer KTOConfig ORPOTrainer "
        "ORPOConfig CPOTrainer CPOConfig GRPOTrainer GRPOConfig PPOTrainer PPOConfig RLOOTrainer RLOOConfig "
        "OnlineDPOTrainer OnlineDPOConfig GKDTrainer GKDConfig"
    ),
}
"""What scripts call with keywords, by library."""

CALLED_BY_ITSELF = {
    "transformers.Trainer": "compute_loss training_step log _maybe_log_save_evaluate",
}
"""Methods that scripts override and that the class itself calls."""

EVALUATING = frozenset("evaluate predict evaluation_loop prediction_loop prediction_step".split())
"""Methods of such a class that training alone does not come to: what they call may never be called."""

DEPTH = {"transformers": 1, "trl": 2, "peft": 1, "datasets": 1, "accelerate": 1}
"""How deep below the package modules are looked into for names that scripts import from there."""


class Wheel:
    """The sources of one release."""

    def __init__(self, path: Path, library: str) -> None:
        self.library = library
        self._archive = zipfile.ZipFile(path)
        self._trees: dict[str, ast.Module] = {}
        self.files = frozenset(name for name in self._archive.namelist() if name.endswith(".py"))

    def text(self, file: str) -> str:
        """The source of a file, e.g. ``trl/__init__.py``."""
        return self._archive.read(file).decode()

    def tree(self, file: str) -> ast.Module:
        """The parsed source of a file."""
        if file not in self._trees:
            self._trees[file] = ast.parse(self.text(file))
        return self._trees[file]

    def file(self, module: str) -> str | None:
        """The file of a dotted module."""
        base = module.replace(".", "/")
        return next((one for one in (f"{base}.py", f"{base}/__init__.py") if one in self.files), None)


# --- modules ---------------------------------------------------------------------------------------


def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a module, also those inside ``if``, ``try`` and ``with``."""
    for node in body:
        yield node
        for part in ("body", "orelse", "finalbody"):
            if isinstance(node, ast.If | ast.Try | ast.With):
                yield from statements(getattr(node, part, []))
        if isinstance(node, ast.Try):
            for handler in node.handlers:
                yield from statements(handler.body)


def absolute(module: str, node: ast.ImportFrom, file: str) -> str:
    """The dotted name of the module that a ``from`` import names."""
    if not node.level:
        return node.module or ""
    parts = module.split(".") if file.endswith("__init__.py") else module.split(".")[:-1]
    parts = parts[: len(parts) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a module ``offers``, and those that it may hold besides; any others where it is ``open``."""

    offers: frozenset[str]
    besides: frozenset[str]
    open: bool = False

    @property
    def all(self) -> frozenset[str]:
        """Every name that may be there."""
        return self.offers | self.besides


def defined(wheel: Wheel, module: str, seen: frozenset[str] = frozenset()) -> Names:
    """The names of a module, as its source tells: a package offers what it imports from itself, a module does not."""
    file = wheel.file(module)
    if file is None or module in seen:
        return Names(frozenset(), frozenset(), open=file is None)
    is_package = file.endswith("__init__.py")
    offers: set[str] = set()
    besides = _strings(wheel.tree(file)) | _submodules(wheel, module) if is_package else set()
    is_open = False
    for node in statements(wheel.tree(file).body):
        match node:
            case ast.FunctionDef(name="__getattr__"):
                is_open = True
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
                offers.add(name)
            case ast.Import(names=names):
                besides |= {(alias.asname or alias.name).split(".")[0] for alias in names}
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                target = absolute(module, node, file)
                if not target.startswith(f"{wheel.library}.models"):  # what these offer, `exported` reads
                    inner = defined(wheel, target, seen | {module})
                    offers, besides, is_open = offers | inner.offers, besides | inner.besides, is_open or inner.open
            case ast.ImportFrom(names=names):
                own = is_package and absolute(module, node, file).startswith(wheel.library)
                (offers if own else besides).update(alias.asname or alias.name for alias in names)
            case ast.Assign() | ast.AnnAssign():
                offers |= _stored(node)
            case ast.AugAssign() | ast.For() | ast.With():
                besides |= _stored(node)
    return Names(frozenset(offers), frozenset(besides), is_open)


def _stored(node: ast.stmt) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}


def _strings(tree: ast.Module) -> set[str]:
    """Texts that may be names: what lazy packages list, and the ends of dotted names."""
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text.rpartition(".")[2] for text in texts if re.fullmatch(r"[\w.]+", text)}


def _submodules(wheel: Wheel, package: str) -> set[str]:
    folder = package.replace(".", "/") + "/"
    inside = (file.removeprefix(folder) for file in wheel.files if file.startswith(folder))
    return {name.split("/")[0].removesuffix(".py") for name in inside}


_LISTED = re.compile(r"__all__\s*(?:\+?=|\.extend\()\s*[\[(](.*?)[\])]", re.DOTALL)
_EXPORTED = re.compile(r"^@(?:export|requires)\b[^\n]*\n(?:@[^\n]*\n)*(?:class|def) (\w+)", re.MULTILINE)


def exported(wheel: Wheel) -> dict[str, Names]:
    """The names of a package and of the modules below it, by module (without the library's own name in front)."""
    root = wheel.library
    found = {"": defined(wheel, root)}
    if "define_import_structure" in wheel.text(f"{root}/__init__.py"):
        models = [wheel.text(file) for file in wheel.files if file.startswith(f"{root}/models/")]
        listed = {name for text in models for block in _LISTED.findall(text) for name in re.findall(r"\w+", block)}
        offered = {name for text in models for name in _EXPORTED.findall(text)}
        found[""] = Names(found[""].offers | listed | offered, found[""].besides, found[""].open)
    for file in sorted(wheel.files):
        module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        inner = module.split(".")[1:]
        if 1 <= len(inner) <= DEPTH[root] and module.startswith(f"{root}.") and not _is_hidden(inner):
            found[".".join(inner)] = defined(wheel, module)
    return found


_UNASKED = re.compile(r"_|models$|commands$|cli$|testing_utils|convert_|.*dummy")


def _is_hidden(parts: list[str]) -> bool:
    """Whether a module is none that scripts import from."""
    return any(_UNASKED.match(part) for part in parts)


# --- classes ---------------------------------------------------------------------------------------


def located(wheel: Wheel, module: str, name: str, depth: int = 0) -> tuple[str, ast.ClassDef | ast.FunctionDef] | None:
    """Where the package defines what a module knows by a name: the module and the definition."""
    file = wheel.file(module)
    if file is None or depth > 8:
        return None
    for node in statements(wheel.tree(file).body):
        match node:
            case ast.ClassDef() | ast.FunctionDef() if node.name == name:
                return module, node
            case ast.ImportFrom(names=names):
                for alias in names:
                    if name in (alias.asname or alias.name, alias.name) or alias.name == "*":
                        inner = name if alias.name == "*" else alias.name
                        target = absolute(module, node, file)
                        own = target.startswith(wheel.library) and not target.startswith(f"{wheel.library}.models")
                        found = located(wheel, target, inner, depth + 1) if own else None
                        if found is not None:
                            return found
    return _located_anywhere(wheel, name) if not depth else None


def _located_anywhere(wheel: Wheel, name: str) -> tuple[str, ast.ClassDef | ast.FunctionDef] | None:
    """Where a lazy package's own text does not lead to a definition: the one file that has it."""
    for file in sorted(wheel.files):
        elsewhere = "/models/" in file or "/experimental/" in file or "dummy" in file
        if not elsewhere and re.search(rf"^(?:class|def) {name}\b", wheel.text(file), re.MULTILINE):
            for node in wheel.tree(file).body:
                if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
                    return file.removesuffix(".py").replace("/", "."), node
    return None


class Signature:
    """What a callable takes in one release."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.anything = False
        self.base: str | None = None
        """The class of another library whose fields are fields of this one too."""


def signature(wheel: Wheel, path: str) -> Signature | None:
    """The arguments of ``Trainer`` or ``Trainer.train`` as its package offers it; None where it has none."""
    name, _, method = path.partition(".")
    found = located(wheel, wheel.library, name)
    if found is None:
        return None
    result = Signature()
    module, node = found
    if isinstance(node, ast.FunctionDef):
        _take(result, node, skip=0)
    elif method:
        function = next((one for one in list(_mro(wheel, module, node, result)) if method in _functions(one)), None)
        if function is None:
            return None
        _take(result, _functions(function)[method], skip=1)
    else:
        _construct(result, wheel, module, node)
    return result


def _construct(result: Signature, wheel: Wheel, module: str, node: ast.ClassDef) -> None:
    for cls in list(_mro(wheel, module, node, result)):
        if "__init__" in _functions(cls):
            _take(result, _functions(cls)["__init__"], skip=1)
            return
        if any("dataclass" in ast.unparse(one) for one in cls.decorator_list):
            result.names |= set(_fields(cls))


def _functions(cls: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in cls.body if isinstance(node, ast.FunctionDef)}


def _fields(cls: ast.ClassDef) -> Iterator[str]:
    for node in cls.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            text = ast.unparse(node)
            if "ClassVar" not in ast.unparse(node.annotation) and "init=False" not in text:
                yield node.target.id


def _take(result: Signature, function: ast.FunctionDef, skip: int) -> None:
    spec = function.args
    result.names |= {arg.arg for arg in [*spec.posonlyargs, *spec.args][skip:] + spec.kwonlyargs}
    result.anything = spec.kwarg is not None
    result.names |= set(_popped(function))
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("deprecate_kwarg"):
            given = [*decorator.args, *(word.value for word in decorator.keywords if word.arg == "old_name")]
            result.names |= {str(one.value) for one in given[:1] if isinstance(one, ast.Constant)}


def _popped(function: ast.FunctionDef) -> Iterator[str]:
    """Former arguments that a function still takes out of its ``**kwargs``."""
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="pop"), args=[ast.Constant(str(name)), *_]):
                if function.args.kwarg is not None and owner == function.args.kwarg.arg:
                    yield name


def _mro(wheel: Wheel, module: str, node: ast.ClassDef, result: Signature) -> Iterator[ast.ClassDef]:
    """A class and those of the same package that it extends, nearest first; others are named in ``result.base``."""
    yield node
    for base in node.bases:
        if not isinstance(base, ast.Name):
            continue
        found = located(wheel, module, base.id, 1)
        if found is not None and isinstance(found[1], ast.ClassDef):
            result.base = result.base or f"{wheel.library}.{base.id}"
            yield from _mro(wheel, found[0], found[1], result)
        else:
            foreign = _foreign(wheel, module, base.id)
            if foreign is not None:
                result.base = foreign


def _foreign(wheel: Wheel, module: str, name: str) -> str | None:
    """The import path of a class of another library that a module names."""
    file = wheel.file(module)
    for node in statements(wheel.tree(file).body) if file else ():
        if isinstance(node, ast.ImportFrom) and not node.level and any(alias.name == name for alias in node.names):
            library = (node.module or "").split(".")[0]
            return f"{library}.{name}" if library in RELEASES else None
    return None


def calls(wheel: Wheel, path: str) -> dict[str, tuple[list[list[Any]], list[str]]]:
    """How a class calls its own methods, and their own parameters.

    A call is: values by position, names by keyword, and the method that makes it; spread ones are left out.
    """
    found = located(wheel, wheel.library, path)
    assert found is not None
    assert isinstance(found[1], ast.ClassDef)
    methods = _functions(found[1])
    seen: dict[str, set[tuple[int, tuple[str, ...], str]]] = {}
    for caller, body in methods.items():
        for node in ast.walk(body) if caller not in EVALUATING else ():
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=method), args=args, keywords=keywords):
                    names = tuple(sorted(word.arg or "**" for word in keywords))
                    if "**" not in names and not any(isinstance(one, ast.Starred) for one in args):
                        seen.setdefault(method, set()).add((len(args), names, caller))
    return {
        method: ([[count, list(names), caller] for count, names, caller in sorted(found)], _parameters(methods[method]))
        for method, found in seen.items()
        if method in methods
    }


def _parameters(function: ast.FunctionDef) -> list[str]:
    return [one.arg for one in function.args.args[1:]]


# --- the table -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Release:
    """What was read off one wheel."""

    signatures: dict[str, Signature | None]
    names: dict[str, Names]
    calls: dict[str, dict[str, tuple[list[list[Any]], list[str]]]]


def read(library: str, version: str, folder: Path) -> Release:
    """One release, downloaded where it is not in the folder yet."""
    path = folder / f"{library}-{version}-py3-none-any.whl"
    if not path.exists():
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([*command, "-d", str(folder), f"{library}=={version}"], check=True)
    wheel = Wheel(path, library)
    return Release(
        {name: signature(wheel, name) for name in CALLABLES[library].split()},
        exported(wheel),
        {path: calls(wheel, path.partition(".")[2]) for path in CALLED_BY_ITSELF if path.startswith(f"{library}.")},
    )


def harvest(folder: Path) -> dict[str, Any]:
    """The whole table."""
    result: dict[str, Any] = {"releases": {}, "callables": {}, "names": {}, "calls": {}}
    for library in sorted(RELEASES):
        found = [read(library, version, folder) for version in RELEASES[library].split()]
        result["releases"][library] = RELEASES[library].split()
        for name in CALLABLES[library].split():
            entry = _spans([one.signatures[name] for one in found])
            if entry is not None:
                result["callables"][f"{library}.{name}"] = entry
        result["names"][library] = removed([one.names for one in found])
        for path, methods in CALLED_BY_ITSELF.items():
            if path in found[0].calls:
                each = [one.calls[path] for one in found]
                runs = {method: _runs([one.get(method, ([], [])) for one in each]) for method in methods.split()}
                result["calls"][path] = runs
    return result


def _spans(found: list[Signature | None]) -> dict[str, Any] | None:
    """By argument, the first and the last release in which it was seen."""
    there = [index for index, one in enumerate(found) if one is not None]
    if not there:
        return None
    names: dict[str, list[int]] = {}
    for index, one in enumerate(found):
        for name in sorted(one.names) if one is not None else ():
            names[name] = [names.get(name, [index])[0], index]
    newest = found[there[-1]]
    assert newest is not None
    anything = [index for index, one in enumerate(found) if one is not None and one.anything]
    return {
        "base": newest.base,
        "inherits": newest.base is not None and not newest.base.endswith("Trainer"),
        "exists": [there[0], there[-1]],
        "anything": [[index, index] for index in anything],
        "arguments": names,
    }


def removed(found: list[dict[str, Names]]) -> dict[str, int]:
    """Names that the newest release has no more, with the last release in which each was seen.

    Of a module that is gone its own name stands for all names in it.  What a module once offered may live on in what
    it imports from elsewhere, for a while: ``get_full_repo_name`` of transformers.utils.
    """
    last: dict[str, int] = {}
    newest = found[-1]
    offered: dict[str, set[str]] = {}
    for modules in found:
        for module, names in modules.items():
            offered.setdefault(module, set()).update(names.offers)
    for index, modules in enumerate(found):
        for module, names in modules.items():
            here = newest.get(module)
            if here is None:
                last[module] = index
            elif not here.open:
                gone = (name for name in offered[module] & names.all - here.all if not name.startswith("_"))
                last |= {(f"{module}.{name}" if module else name): index for name in gone}
    inside = {name for name in last if any(part in last for part in _prefixes(name))}
    kept = {name for name in last if name in newest[""].all or _is_alias(name, newest[""])}
    return {name: last[name] for name in sorted(set(last) - inside - kept)}


def _is_alias(name: str, newest: Names) -> bool:
    """Whether transformers' lazy package may still find a name of old: ``BertTokenizerFast`` is ``BertTokenizer``."""
    is_tokenizer = name.endswith(("Tokenizer", "TokenizerFast"))
    return is_tokenizer or (name.endswith("Fast") and name.removesuffix("Fast") in newest.all)


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _runs(each: list[tuple[list[list[Any]], list[str]]]) -> list[list[Any]]:
    """Releases in a row with the same calls, as first, last, calls and parameters."""
    runs: list[list[Any]] = []
    for index, (found, names) in enumerate(each):
        if runs and runs[-1][2:] == [found, names]:
            runs[-1][1] = index
        else:
            runs.append([index, index, found, names])
    return runs


def write(path: Path = table.PATH) -> int:
    """Write the table; gives its size in bytes."""
    kept = os.environ.get("FT_LINT_WHEELS")
    if kept:
        return table.write(path, harvest(Path(kept)))
    with tempfile.TemporaryDirectory() as folder:
        return table.write(path, harvest(Path(folder)))


def rewrite() -> Path:
    """Read every release and write the table that wheels carry; gives its path."""
    write()
    return table.PATH
