"""``random``: numbers by chance; what it chooses from the script's own things is not followed."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import UnknownNumber, Value


def random(at: Site, *bounds: Value, **settings: Value) -> Value:
    """``random()``, ``uniform(a, b)``, ``randint(a, b)`` and kin."""
    return UnknownNumber("a random number")


uniform = gauss = normalvariate = betavariate = gammavariate = expovariate = triangular = random
randint = randrange = getrandbits = random
