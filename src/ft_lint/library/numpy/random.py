"""``numpy.random``: arrays of random numbers, by size, and the state that others, such as scikit-learn, draw from."""

from __future__ import annotations

from collections.abc import Callable

from ft_lint.library.numpy import other, size_of
from ft_lint.library.site import Site, sizes, undivided
from ft_lint.values.array import Randomizer, array, as_array, is_number
from ft_lint.values.base import NONE, UnknownNumber, Value, is_none
from ft_lint.values.shape import unknown_dim
from ft_lint.values.training import Randomness


@undivided
def rand(at: Site, *dims: Value, **settings: Value) -> Value:
    """``rand(2, 3)``, ``randn(2, 3)``."""
    found = sizes(at, dims) if all(map(is_number, dims)) else None
    return (
        other(at) if found is None else array([dim if dim != -1 else unknown_dim() for dim in found], "float64", True)
    )


randn = rand


def _drawn(before: int, dtype: str | None = "float64") -> Callable[..., Value]:
    """A function whose ``size`` stands behind so many numbers; without one it gives a number."""

    @undivided
    def draw(at: Site, *args: Value, size: Value = NONE, **settings: Value) -> Value:
        given, rest = args[:before], args[before:]
        size = rest[0] if rest else size
        numbers = all(is_number(one) or is_none(one) for one in (*given, *_bounds(settings)))
        if not at.arguments.complete or (is_none(size) and not numbers):
            return other(at)
        if is_none(size):
            return UnknownNumber("a random number")
        dims = size_of(at, size)
        return other(at) if not dims else array(dims, dtype, True)

    return draw


def _bounds(settings: dict[str, Value]) -> list[Value]:
    return [value for name, value in settings.items() if name not in ("dtype", "endpoint")]


def _of_self(function: Callable[..., Value]) -> Callable[..., Value]:
    """The method of a generator that does what a function does."""

    @undivided
    def method(at: Site, self: Value, *args: Value, **settings: Value) -> Value:
        return function(at, *args, **settings)

    return method


@undivided
def permutation(at: Site, x: Value = NONE, *args: Value, **settings: Value) -> Value:
    """``permutation(n)``, or of an array's rows."""
    known = as_array(x)
    if known is not None:
        return array(known.shape, known.dtype, known.plain) if type(known).__name__ == "Array" else other(at)
    return array((unknown_dim(),), "int64", True) if is_number(x) else other(at)


@undivided
def choice(at: Site, a: Value = NONE, size: Value = NONE, *args: Value, **settings: Value) -> Value:
    """``choice(a, size)``: of the items of one dimension."""
    known, dims = as_array(a), size_of(at, size) if not is_none(size) else None
    if not dims or "axis" in settings or not (is_number(a) or (known is not None and len(known.shape) == 1)):
        return other(at)
    return array(dims, "int64" if known is None else known.dtype, known is None or known.plain)


random = random_sample = ranf = standard_normal = _drawn(0)
uniform = normal = laplace = gumbel = logistic = lognormal = beta = gamma = _drawn(2)
exponential = poisson = chisquare = _drawn(1, None)
binomial = _drawn(2, None)
randint = _drawn(2, None)


def _methods() -> dict[str, Callable[..., Value]]:
    same = {
        "random": random, "standard_normal": standard_normal, "uniform": uniform, "normal": normal, "rand": rand,
        "exponential": exponential, "poisson": poisson, "binomial": binomial, "choice": choice, "randn": randn,
        "permutation": permutation, "integers": randint, "randint": randint,
    }  # fmt: skip
    return {name: staticmethod(_of_self(function)) for name, function in same.items()}


Generator = type("Generator", (), _methods())


@undivided
def default_rng(at: Site, *args: Value, **settings: Value) -> Value:
    """``default_rng(seed)``."""
    return Randomizer("a generator of random numbers")


RandomState = default_rng


def seed(at: Site, seed: Value = NONE) -> Value:
    """``np.random.seed(seed)``."""
    at.m.store.write(at.m.state, "numpy", Randomness(seed))
    return NONE


def set_state(at: Site, state: Value) -> Value:
    """``np.random.set_state(state)``: to one that we do not know."""
    at.m.store.write(at.m.state, "numpy", Randomness(at.unknown("a state that was kept")))
    return NONE
