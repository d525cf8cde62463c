"""What the recorder listens to, one module for each kind of thing."""

from __future__ import annotations

from ft_lint.verify.watch import (
    choices,
    data,
    dropouts,
    lines,
    losses,
    modules,
    parameters,
    states,
    training,
    transforms,
    warned,
)

EVERYTHING = (
    warned.watch,
    modules.watch,
    parameters.watch,
    training.watch,
    losses.watch,
    dropouts.watch,
    choices.watch,
    states.watch,
    transforms.watch,
    data.watch,
    lines.watch,
)
"""All watches, in the order in which they are installed."""
