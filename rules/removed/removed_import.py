"""A name is imported, or a method called, that the library removed.

What it does
------------
Finds names that `transformers`, `trl`, `peft`, `datasets` or `accelerate` offered once and offer no more, imported
(`from transformers import AdamW`), named by a module that is gone (`transformers.deepspeed`) or read off the package
(`transformers.AdamW`), and methods that tokenizers had before transformers 5 (`tokenizer.encode_plus(...)`).

Why it matters
--------------
The import raises ImportError, the attribute AttributeError, before anything else runs.

How to mend it
--------------
The message names what took the place of the best known ones: `torch.optim.AdamW` for transformers' `AdamW` (its
defaults differ: `weight_decay` 0.01 instead of 0, `eps` 1e-8 instead of 1e-6), `evaluate.load` for
`datasets.load_metric`. What only changed its name (`ViTFeatureExtractor` is `ViTImageProcessor` now) is imported under
the old one by the fix.

What torch shows
----------------
Python raises `ImportError: cannot import name 'AdamW' from 'transformers'` at the import, and `AttributeError:
BertTokenizer has no attribute encode_plus` at the call.

Known limits
------------
Which version counts comes from `--target-version`, else from the requirements of the project, else it is the newest
one known. Imports inside `try` with a handler for ImportError, under a condition that is not known, and names deeper
inside a package than its first modules are silent.

References
----------
https://github.com/huggingface/transformers/blob/main/MIGRATION_GUIDE_V5.md
https://huggingface.co/docs/evaluate/index
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.edits import renamed
from ft_lint.facts import Facts
from ft_lint.library.releases import removed_name
from ft_lint.library.replacements import METHODS, advice_on, new_name
from ft_lint.rule import Applicability, Edit, Evidence, Finding, Fix, Level, Rule
from ft_lint.syntax.written import source_of
from ft_lint.uses import Imported

ERRORS = ("ImportError", "ModuleNotFoundError", "AttributeError")


class RemovedImport(Rule):
    """A name that the library offers no more."""

    code = "TUN904"
    level = Level.ERROR
    applicability = Applicability.SAFE
    message = "{library} has no `{name}` since {since} and raises {error}: {advice}"

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Names asked of a library that were there once; of a module that is gone, once in a statement."""
        seen: set[tuple[int, str]] = set()
        for asked in facts.of(Imported):
            found = removed_name(asked.path, facts.targets) if asked.sure else None
            if found is None or (id(asked.statement), found[0]) in seen:
                continue
            name, removal = found
            seen.add((id(asked.statement), name))
            yield self.finding(
                asked,
                library=removal.library,
                name=source_of(asked.node) if name in METHODS else name.removeprefix(f"{removal.library}."),
                since=removal.since,
                error="AttributeError" if asked.by_attribute else "ImportError",
                advice=advice_on(name),
                fix=self._renaming(asked, name),
            )

    def _renaming(self, asked: Imported, removed: str) -> Fix | None:
        """The new name, bound to the old one where it is imported, so that the rest of the script stays; the tokenizer
        itself, which takes what its methods took.
        """
        if removed in METHODS and isinstance(asked.node, ast.Attribute) and asked.node.attr.endswith("encode_plus"):
            return self.fix("call the tokenizer", Edit(source_of(asked.node.value), asked.node))
        new = new_name(removed) if asked.path == removed else None
        if new is None or asked.bound is None:
            return None
        at = asked.node
        edit = renamed(at, new) if isinstance(at, ast.Attribute) else Edit(f"{new} as {asked.bound}", at)
        return self.fix(f"use `{new}`", edit)

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The name that is asked for here is refused."""
        raised = run.exception
        holds = raised is not None and raised.directly_at(line) and raised.type in ERRORS
        told = f"{raised.type}: {raised.message}".splitlines()[0] if raised and holds else "nothing is refused here"
        return Evidence(holds, told, {})
