"""Which rates TUN401 reports, as the linter says."""

from __future__ import annotations

from ft_lint.lint import lint_source

CODE = "TUN401"


def is_reported(script: str) -> bool:
    """Whether the linter reports the rate in this fine-tuning script."""
    return any(finding.code == CODE for finding in lint_source(script, "sweep.py").findings)
