"""Run one script in this process, under the recorder, and hand back the record."""

from __future__ import annotations

import contextlib
import io
import random
import sys
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ft_lint.observe import ModuleCalled, Raised, Run
from ft_lint.verify import divisions
from ft_lint.verify.recorder import Recorder, recording
from ft_lint.verify.script import Script
from ft_lint.verify.standins import standing_in
from ft_lint.verify.watch import EVERYTHING

OUTPUT_KEPT = 20_000
"""Characters of the script's output that are kept, counted from its end."""


def execute(path: Path) -> Run:
    """The record of a script, run as ``python path`` would run it, with fixed seeds and stand-ins for downloads."""
    script = Script.read(path.resolve())
    recorder = Recorder(script)
    code = divisions.compiled(script)
    main = types.ModuleType("__main__")
    vars(main).update({"__file__": script.path, "__builtins__": __builtins__})
    vars(main)[divisions.NAME] = divisions.recording(recorder)
    sys.modules["__main__"] = main
    sys.argv = [script.path]
    sys.path.insert(0, str(Path(script.path).parent))
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    raised: Raised | None = None
    output = io.StringIO()
    with contextlib.redirect_stdout(output), standing_in(recorder), recording(recorder, EVERYTHING):
        try:
            exec(code, vars(main))
        except SystemExit as stop:
            raised = None if stop.code in (None, 0) else _raised(script, stop)
        except Exception as error:  # noqa: BLE001  the script's own, whatever it is
            raised = _raised(script, error)
        with recorder.quietly():
            run = recorder.finish(raised, output.getvalue()[-OUTPUT_KEPT:])
    return _with_refusal(run)


def _raised(script: Script, error: BaseException) -> Raised:
    named = script.naming(str(error)) if isinstance(error, TypeError) else frozenset()
    return Raised(type(error).__name__, str(error), script.raised_at(error.__traceback__), named=named)


def _with_refusal(run: Run) -> Run:
    """Name the module that raised: the first call that did not end well, when it is the last that happened."""
    if run.exception is None:
        return run
    refused = next((call for call in run.of(ModuleCalled) if call.raised), None)
    if refused is None:
        return run
    return replace(run, exception=replace(run.exception, module=refused.module))
