"""``python -m ft_lint.verify.harvest [LIBRARY ...]``: write the tables anew, all of them where none is named."""

from __future__ import annotations

import argparse
import importlib

import torch

LIBRARIES = ("torchvision", "timm", "transformers", "arguments", "checkpoints", "module_names", "releases")
"""Modules of this package with a ``rewrite`` that writes a table and gives its path."""


def main() -> None:
    """Rewrite the tables that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m ft_lint.verify.harvest", description=__doc__)
    parser.add_argument("libraries", nargs="*", choices=[*LIBRARIES, []], metavar="LIBRARY")
    torch.set_num_threads(1)
    for library in parser.parse_args().libraries or LIBRARIES:
        path = importlib.import_module(f"ft_lint.verify.harvest.{library}").rewrite()
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
