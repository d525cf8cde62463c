"""Which versions of libraries a project asks for, as its own files and the source itself say."""

from __future__ import annotations

import ast
import codecs
import configparser
import fnmatch
import functools
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ft_lint.light import dataclass

Specifiers = tuple[tuple[str, str], ...]
"""Library and what is admitted of it (``>=4.46,<5``; "" for any version)."""

UNKNOWN = "===unknown"
"""A specifier that admits no release: a commit, a folder, or what we cannot read."""


_FORK_OF_TRANSFORMERS = ".train_adapter("
"""What only adapter-transformers has: a fork of version 4 that is installed under the name of transformers."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions that a file is checked against: ``chosen`` by a setting, else what its ``project`` asks for."""

    project: Specifiers = ()
    chosen: Specifiers = ()

    def for_source(self, text: str) -> Specifiers:
        """With what the source installs itself, which the project must admit too."""
        asked = dict(self.project)
        for name, specifier in installed(text):
            asked[name] = ",".join(dict.fromkeys(filter(None, (asked.get(name), specifier))))
        if _FORK_OF_TRANSFORMERS in text:
            asked["transformers"] = UNKNOWN
        if not asked.get("trl") and re.search("==|~=|<", asked.get("transformers", "")):
            asked["trl"] = UNKNOWN  # its releases ask for what was the newest transformers then
        return tuple((asked | dict(self.chosen)).items())


def versions_of(path: Path, chosen: Specifiers = ()) -> Versions:
    """The versions for a file: those chosen, and what the project around it asks for."""
    return Versions(specifiers(path), chosen)


def chosen(settings: Iterable[str]) -> Specifiers:
    """Settings such as ``transformers=4.46`` or ``trl>=0.15,<1``; raises ValueError for what is none.

    A version of two numbers means all its releases.
    """
    return tuple(_chosen(setting) for setting in settings)


def _chosen(setting: str) -> tuple[str, str]:
    single = re.fullmatch(r"\s*([A-Za-z][\w.-]*)\s*==?\s*(\d+(?:\.\d+)*)\s*", setting)
    if single is not None:
        return _canonical(single[1]), _release(single[2])
    ranged = re.fullmatch(r"\s*([A-Za-z][\w.-]*)\s*((?:[<>=!~]=?|===)\s*[\w.*, <>=!~]+)", setting)
    if ranged is None:
        raise ValueError(f"`{setting}` is no version: write for example `transformers=4.46` or `transformers>=4.46,<5`")
    return _canonical(ranged[1]), ranged[2].strip()


def _release(version: str) -> str:
    """The specifier of a version: ``4.46`` stands for each of its releases."""
    return f"=={version}" + (".*" if version.count(".") < 2 else "")


_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)", re.DOTALL)


def specifiers(path: Path) -> Specifiers:
    """What the project around a file asks for: of each library, what the nearest folder that names it says.

    Folders are looked into from the file's own upwards, to the first that holds ``.git``.
    """
    found: dict[str, str] = {}
    for folder in path.absolute().parents:
        for name, specifier in _in_folder(folder):
            found.setdefault(name, specifier)
        if (folder / ".git").exists():
            break
    return tuple(sorted(found.items()))


def forget() -> None:
    """Read the files of projects anew from now on, as a process that lives long must."""
    _in_folder.cache_clear()
    _names_in.cache_clear()


@functools.lru_cache(maxsize=4096)
def _in_folder(folder: Path) -> Specifiers:
    """What the files of one folder ask for; a library that several name must please them all."""
    asked: dict[str, list[str]] = {name: [UNKNOWN] for name in OWN if _holds_package(folder, name)}
    for pattern, read in READERS.items():
        for file in _files(folder, pattern):
            for name, specifier in _read(file, read):
                asked.setdefault(name, []).append(specifier)
    for file in _files(folder, "[Rr][Ee][Aa][Dd][Mm][Ee]*"):
        first = dict(reversed(_read(file, from_readme)))  # of several versions the one that is said first
        for name, specifier in first.items():
            if asked.get(name, [""]) == [""]:
                asked[name] = [specifier]
    return tuple(sorted((name, ",".join(dict.fromkeys(filter(None, said)))) for name, said in asked.items()))


def _files(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder that a pattern names, in order; the folder is listed once for all patterns."""
    if "/" in pattern:
        return sorted(folder.glob(pattern))
    return [folder / name for name in fnmatch.filter(_names_in(folder), pattern)]


@functools.lru_cache(maxsize=1)
def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []


OWN = ("transformers", "trl", "peft", "datasets", "accelerate")
"""Libraries that many a project holds itself, as their own checkout does: no release, and what is imported."""


def _holds_package(folder: Path, name: str) -> bool:
    """Whether a package or module of that name stands in a folder, where Python finds it before the library."""
    places = (folder / name / "__init__.py", folder / f"{name}.py", folder / "src" / name / "__init__.py")
    return any(place.exists() for place in places)


def _read(file: Path, read: Callable[[str], Iterator[tuple[str, str]]]) -> list[tuple[str, str]]:
    """What a file asks for; one that cannot be read, or is not what its name says, asks for nothing."""
    try:
        return list(read(_decoded(file.read_bytes())))
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError, configparser.Error):
        return []


def _decoded(content: bytes) -> str:
    """UTF-8, or what PowerShell writes for ``pip freeze > requirements.txt``; else raises UnicodeDecodeError."""
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if wide else "utf-8-sig").replace("\r\n", "\n")


# --- one kind of file each ---------------------------------------------------------------------------


def from_requirements(text: str) -> Iterator[tuple[str, str]]:
    """``requirements.txt``."""
    for line in text.replace("\\\n", " ").splitlines():
        stripped = re.sub(r"(^|\s)#.*", "", line).strip()
        listed = _LISTED.fullmatch(stripped)
        if listed is not None:
            yield _canonical(listed["name"] or listed["file"]), f"=={listed['version'] or listed['of_file']}"
        elif stripped and not stripped.startswith("-"):
            yield from _requirement(re.split(r"\s+--?[a-z]", stripped)[0])  # what follows is for pip: ``-f URL``


_LISTED = re.compile(
    r"(?P<name>[\w.-]+)=(?P<version>\d[\w.]*)=[^=]\S*"
    r"|\w+://\S*/(?P<file>[\w.-]+)-(?P<of_file>\d[\w.]*)-[^-/]+\.(?:tar\.bz2|conda)(?:#\w+)?"
)
"""A line of ``conda list --export`` or ``--explicit``, which many keep as ``requirements.txt``."""


def from_pyproject(text: str) -> Iterator[tuple[str, str]]:
    """``pyproject.toml``: the dependencies of the project, and those that Poetry keeps in a table of its own."""
    settings = _toml(text)
    for line in _list(_table(settings, "project"), "dependencies"):
        yield from _requirement(line)
    yield from _by_name(_table(settings, "tool", "poetry", "dependencies"))


def from_pipfile(text: str) -> Iterator[tuple[str, str]]:
    """``Pipfile``, which Pipenv reads."""
    yield from _by_name(_table(_toml(text), "packages"))


def _toml(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _by_name(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A table of libraries: a version each, or a table that may hold one."""
    for name, value in table.items():
        said = value.get("version", UNKNOWN) if isinstance(value, dict) else value
        yield _canonical(name), _poetry(said) if isinstance(said, str) else UNKNOWN


def from_setup_py(text: str) -> Iterator[tuple[str, str]]:
    """``setup.py``, which is read and not run: the list that is written out as ``install_requires``."""
    if "install_requires" not in text:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    named = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        given = _asked_by(node)
        if isinstance(given, ast.Name):
            given = named.get(given.id)
        for part in given.elts if isinstance(given, ast.List | ast.Tuple) else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield from _requirement(part.value)


def _asked_by(node: ast.AST) -> ast.expr | None:
    """What a call, or a dict that is given to one, says of ``install_requires``."""
    match node:
        case ast.keyword(arg="install_requires", value=given):
            return given
        case ast.Dict(keys=keys, values=values):
            return next((v for key, v in zip(keys, values, strict=True) if _is_text(key, "install_requires")), None)
    return None


def _is_text(node: ast.expr | None, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def from_setup_cfg(text: str) -> Iterator[tuple[str, str]]:
    """``setup.cfg``: ``install_requires``."""
    settings = configparser.ConfigParser(interpolation=None)
    settings.read_string(text)
    yield from from_requirements(settings.get("options", "install_requires", fallback=""))


def from_lock(text: str) -> Iterator[tuple[str, str]]:
    """``poetry.lock``, ``uv.lock`` and ``pdm.lock``: the release of each library that the project installs."""
    locked: dict[str, set[str]] = {}
    for block in text.split("[[package]]")[1:]:
        head = block.partition("\n[")[0]
        name, version = (re.search(rf'^{key} = "([^"]*)"', head, re.MULTILINE) for key in ("name", "version"))
        if name is not None and version is not None:
            locked.setdefault(name[1], set()).add(version[1])
    for library, versions in locked.items():
        if len(versions) == 1:
            yield _canonical(library), f"=={versions.pop()}"


def from_dockerfile(text: str) -> Iterator[tuple[str, str]]:
    """``Dockerfile``: what its commands install; what is named without a version stays as it was."""
    asked: dict[str, str] = {}
    bare = re.sub(r"^[ \t]*#.*\n?", "", text, flags=re.MULTILINE)
    for line in re.findall(r"^[ \t]*RUN[ \t]+(.*)$", re.sub(r"\\[ \t]*\n", " ", bare), re.MULTILINE):
        for command in _commands(line):
            named = command[command.index("install") + 1 :] if _is_pip_install(command) else []
            for name, specifier in (one for word in named if not word.startswith("-") for one in _requirement(word)):
                asked[name] = specifier or asked.get(name, "")
    yield from asked.items()


def _commands(line: str) -> Iterator[list[str]]:
    """The words of each command of a line of a shell, or of a list in JSON."""
    import json
    import shlex

    words = shlex.shlex(line, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    words.commenters = ""
    command: list[str] = []
    for word in json.loads(line) if line.startswith("[") else words:
        if set(word) <= set("();<>|&"):
            yield command
            command = []
        else:
            command.append(word)
    yield command


def _is_pip_install(command: list[str]) -> bool:
    return "install" in command and any(word.rpartition("/")[2] in ("pip", "pip3", "uv") for word in command)


def from_conda(text: str) -> Iterator[tuple[str, str]]:
    """``environment.yml``: entries of lists, in conda's spelling and in pip's."""
    for entry in re.findall(r"^[ \t]*-[ \t]+[\"']?([A-Za-z0-9][^\"'#\n]*?)[\"']?\s*(?:#.*)?$", text, re.MULTILINE):
        single = re.fullmatch(r"([\w.-]+)\s*=\s*([\d.]+)(?:=\S*)?", entry)
        if single is not None:
            yield _canonical(single[1]), f"=={single[2]}.*"
        else:
            yield from _requirement(entry)


def from_readme(text: str) -> Iterator[tuple[str, str]]:
    """A README: versions that it pins, and those of its list of requirements: ``- PyTorch 1.0.1``."""
    for line in text[:200_000].splitlines():
        if len(line) > MOST_OF_LINE or _ADVISING_AGAINST.search(line):
            continue
        for pinned in (_LISTED_ALONE.fullmatch(line), *_PINNED.finditer(line)):
            if pinned is not None:
                yield _canonical(pinned["name"]), _release(pinned["version"])


MOST_OF_LINE = 2_000
"""Characters of a line of a README that is read."""
_VERSION = r"(?P<version>\d+\.\d+(?:\.\d+)?)"
_PINNED = re.compile(
    r"(?<![\w.-])(?P<name>(?:py)?torch|torchvision|transformers|datasets|trl|peft|accelerate|(?:pytorch-)?lightning|timm)"
    rf" ?== ?{_VERSION}(?![\w+*.]| ?[,<>-])",
    re.IGNORECASE,
)
_LISTED_ALONE = re.compile(
    r"\s*[-*+] [`*\[]*(?P<name>(?:py)?torch|torchvision|transformers|pytorch-lightning)[`*\]]*(?:\([^)]*\))?"
    rf" ?(?:==?|:|v|version)? ?[v`]?{_VERSION}[`*]*\.?(?:,? (?:for|with) [^\d]*)?\s*",
    re.IGNORECASE,
)
_ADVISING_AGAINST = re.compile(r"\b(?:not|don't|uninstall|avoid|except)\b", re.IGNORECASE)


READERS: Mapping[str, Callable[[str], Iterator[tuple[str, str]]]] = {
    "requirements*.txt": from_requirements,
    "requirements/*.txt": from_requirements,
    "pyproject.toml": from_pyproject,
    "Pipfile": from_pipfile,
    "setup.cfg": from_setup_cfg,
    "setup.py": from_setup_py,
    "env*.y*ml": from_conda,
    "conda*.y*ml": from_conda,
    "poetry.lock": from_lock,
    "uv.lock": from_lock,
    "pdm.lock": from_lock,
    "[Dd]ockerfile*": from_dockerfile,
}
"""How each kind of file is read, by its name."""


def installed(text: str) -> Specifiers:
    """What a script or notebook installs itself, ``!pip install "transformers==4.30"``, if only in a comment.

    The last command counts.
    """
    found: dict[str, str] = {}
    for command in re.findall(r"\bpip3?\s+install\s+((?:\\\n|[^\n])*)", text) if "install" in text else ():
        for word in re.findall(r"\"[^\"]*\"|'[^']*'|\S+", command):
            bare = word.strip("\"'`,)]\\")
            if not bare.startswith("-"):
                found |= dict(_requirement(bare))
    return tuple(sorted(found.items()))


# --- one requirement ---------------------------------------------------------------------------------


def _requirement(text: str) -> Iterator[tuple[str, str]]:
    if "/" in text and "://" not in text:  # a folder: whatever it holds
        yield _canonical(text.strip().rstrip("/").rpartition("/")[2]), UNKNOWN
        return
    match = _NAME.fullmatch(text.split(";")[0])
    if match is None:
        return
    name, rest = _canonical(match[1]), match[2].strip().strip("()")
    if "://" in text or rest.startswith("@"):
        yield name if rest.startswith("@") else _canonical(_repository(text)), UNKNOWN
    elif not rest or re.match(r"[<>=!~]", rest):
        yield name, rest


def _repository(address: str) -> str:
    """``transformers`` from ``git+https://host/owner/transformers.git@tag``."""
    return re.sub(r"(\.git)?(@.*)?(#.*)?$", "", address).rpartition("/")[2]


def _poetry(said: str) -> str:
    """Poetry's ``^4.40`` and ``~4.40`` in everybody's spelling."""
    found = re.fullmatch(r"([\^~]?)\s*(\d[\w.]*)", said.strip())
    if found is None:
        return "" if said.strip() == "*" else said
    numbers = [int(part) for part in found[2].split(".") if part.isdigit()]
    match found[1]:
        case "^":
            fixed = next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)
            upper = [*numbers[:fixed], numbers[fixed] + 1]
        case "~":
            upper = [*numbers[:1], numbers[1] + 1] if len(numbers) > 1 else [numbers[0] + 1]
        case _:
            return f"=={found[2]}"
    return f">={found[2]},<{'.'.join(map(str, upper))}"


def _canonical(name: str) -> str:
    plain = re.sub(r"[-_.]+", "-", name).lower()
    return "torch" if plain == "pytorch" else plain  # conda's name for it


def _table(settings: Any, *path: str) -> Mapping[str, Any]:
    for name in path:
        settings = settings.get(name, {}) if isinstance(settings, dict) else {}
    return settings if isinstance(settings, dict) else {}


def _list(table: Mapping[str, Any], name: str) -> Iterable[str]:
    found = table.get(name, [])
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
