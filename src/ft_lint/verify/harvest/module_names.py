"""Names of the parts of transformers' models, read off its source: the installed release and one of version 4."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from ft_lint.library.peft import module_names

FORMER = "4.57.6"
"""The release before the renames of version 5."""

_MODELING = re.compile(r"modeling_(?!tf_|flax_)\w+\.py")


def assigned(sources: Iterable[str]) -> set[str]:
    """The attributes that modules set on themselves, keys of ``ModuleDict`` and names given to ``add_module``."""
    found: set[str] = set()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                found.add(name)
            case ast.Call(func=ast.Attribute(attr="ModuleDict"), args=[ast.Dict(keys=keys)]):
                found |= {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
            case ast.Call(func=ast.Attribute(attr="add_module"), args=[ast.Constant(value=str() as name), *_]):
                found.add(name)
    return found


def folders() -> dict[str, str]:
    """The folder of each model type's source; types that are put together from others are left out."""
    kinds = {kind: CONFIG_MAPPING[kind] for kind in CONFIG_MAPPING}
    return {kind: config.__module__.split(".")[2] for kind, config in kinds.items() if not config.sub_configs}


def harvest(former: Path) -> dict[str, tuple[set[str], set[str]]]:
    """Names and former names by model type; ``former`` is the older release's wheel."""
    installed = Path(transformers.__file__).parent / "models"
    found: dict[str, tuple[set[str], set[str]]] = {}
    with zipfile.ZipFile(former) as wheel:
        older: dict[str, list[str]] = {}
        for entry in wheel.namelist():
            parts = entry.split("/")
            if len(parts) == 4 and parts[1] == "models" and _MODELING.fullmatch(parts[3]):
                older.setdefault(parts[2], []).append(entry)
        for kind, folder in folders().items():
            files = [path for path in (installed / folder).glob("modeling_*.py") if _MODELING.fullmatch(path.name)]
            now = assigned(path.read_text(encoding="utf-8") for path in files)
            then = assigned(wheel.read(entry).decode() for entry in older.get(folder, ()))
            if now:
                found[kind] = (now, then - now)
    return found


def rewrite() -> Path:
    """Write the table anew; gives its path."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = ["--no-deps", "--quiet", "--dest", folder, f"transformers=={FORMER}"]
        subprocess.run([sys.executable, "-m", "pip", "download", *wanted], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        module_names.write(module_names.PATH, transformers.__version__, FORMER, harvest(wheel))
    return module_names.PATH
