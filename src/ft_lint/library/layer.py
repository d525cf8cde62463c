"""The shape of a layer's entry in the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from ft_lint.library.site import Site
    from ft_lint.values.base import Value
    from ft_lint.values.module import Module
    from ft_lint.values.shape import Shape


class Layer:
    """A class of ``torch.nn``: its constructor's signature, its parameters, its ``forward``.

    ``container`` marks layers that only call others.  ``stochastic`` marks those that behave
    differently in training mode (dropout, batch norm).
    """

    container: ClassVar[bool] = False
    stochastic: ClassVar[bool] = False

    @staticmethod
    def build(*args: Any, **kwargs: Any) -> dict[str, Shape | None] | None:
        """Names and shapes of the layer's own parameters; None where they are not known."""
        return None

    @staticmethod
    def forward(at: Site, module: Module, *args: Any, **kwargs: Any) -> Value:
        """The output for an input; raises Refused for shapes that torch refuses."""
        return at.result(None, *args)

    @staticmethod
    def fill(at: Site, module: Module) -> None:
        """Add children or fields that the constructor makes."""
