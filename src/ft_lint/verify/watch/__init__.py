"""What the recorder listens to, one module for each kind of thing."""

from __future__ import annotations

from ft_lint.verify.watch import (
    accelerators,
    adapters,
    callbacks,
    choices,
    data,
    dropouts,
    gradients,
    lines,
    losses,
    modules,
    parameters,
    schedules,
    states,
    tables,
    tokens,
    trainers,
    training,
    transforms,
    warned,
)

EVERYTHING = (
    warned.watch,
    modules.watch,
    parameters.watch,
    training.watch,
    gradients.watch,
    schedules.watch,
    callbacks.watch,
    losses.watch,
    dropouts.watch,
    choices.watch,
    states.watch,
    transforms.watch,
    data.watch,
    tables.watch,
    trainers.watch,
    accelerators.watch,
    tokens.watch,
    adapters.watch,
    lines.watch,
)
"""All watches, in the order in which they are installed."""
