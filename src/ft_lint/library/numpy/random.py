"""``numpy.random``: what sets the state that others, such as scikit-learn, draw from."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import NONE, Value
from ft_lint.values.training import Randomness


def seed(at: Site, seed: Value = NONE) -> Value:
    """``np.random.seed(seed)``."""
    at.m.store.write(at.m.state, "numpy", Randomness(seed))
    return NONE


def set_state(at: Site, state: Value) -> Value:
    """``np.random.set_state(state)``: to one that we do not know."""
    at.m.store.write(at.m.state, "numpy", Randomness(at.unknown("a state that was kept")))
    return NONE
