"""Where cells begin, in the program of a notebook and in a script with ``# %%``.

Sources: "Jupyter Code Cells in the Python Interactive window" (Visual Studio Code's documentation), "Export and import
notebooks" (Databricks').
"""

from __future__ import annotations

import re
from collections.abc import Sequence

SEPARATOR = "# ---- cell {} of the notebook ----"
"""The line before each cell of a notebook's program, with the cell's number."""
_NUMBER = r"\d+"
INDENTED = "if True:  "
"""What stands before that comment where a whole cell is indented, which IPython allows: its lines stay as they are."""
_BEGIN = re.compile(rf"(?:{INDENTED})?{SEPARATOR.format(_NUMBER)}$|# ?%%|# COMMAND -----")


def may_have_cells(text: str) -> bool:
    """Whether a closer look is worth while: most scripts have no cells."""
    return "# ---- cell " in text or "%%" in text or "# COMMAND" in text


def begins(lines: Sequence[str]) -> list[int]:
    """The lines, from 1, that begin a cell."""
    return [number for number, line in enumerate(lines, 1) if _BEGIN.match(line)]
