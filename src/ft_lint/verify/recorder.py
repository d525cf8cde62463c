"""Collects what happens in torch while a script runs, without changing what the script does.

The recorder knows identities (:class:`Identities`), writes events with their places, and at the end
makes the torch-free :class:`~ft_lint.observe.Run`.  What is listened to stands in ``watch``, one
module for each kind of thing; each is a context manager that installs and removes its listeners.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

from ft_lint import observe
from ft_lint.verify.script import Script

Watch = Callable[["Recorder"], Any]
Statistics = tuple[tuple[float, ...], tuple[float, ...]]
"""Mean and standard deviation of each channel of the images that published weights were trained on."""


class Identities:
    """Small integers for objects.  Objects are kept alive, so that no identity is ever used twice."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, Any]] = {}

    def __call__(self, thing: Any) -> int:
        """The integer of an object, a new one for a new object."""
        return self._known.setdefault(id(thing), (len(self._known), thing))[0]

    def __contains__(self, thing: Any) -> bool:
        return id(thing) in self._known

    def things(self) -> Iterator[tuple[int, Any]]:
        """Every integer with its object, oldest first."""
        return iter(list(self._known.values()))


class Tally:
    """What a parameter went through so far.

    ``unused_since`` is the weight's version at the time of a gradient that no step has used yet.
    """

    def __init__(self) -> None:
        self.origin = ""
        self.optimizers: set[int] = set()
        self.gradients = 0
        self.steps_moved = 0
        self.travelled = 0.0
        self.unused_since: int | None = None
        self.first_values: torch.Tensor | None = None


class Recorder:
    """The growing record of one run."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.modules = Identities()
        self.parameters = Identities()
        self.things = Identities()
        self.tallies: defaultdict[int, Tally] = defaultdict(Tally)
        self.backpropagated: set[int] = set()
        self.visits: defaultdict[int, list[int]] = defaultdict(list)
        self.seen: list[observe.Seen] = []
        self.network: list[str] = []
        self.statistics: dict[str, Statistics] = {}
        self.calling: list[nn.Module] = []
        self.loaded: set[int] = set()
        self.alive: Callable[[], frozenset[int]] = frozenset
        self._events: list[observe.Event] = []
        self._clock = 0
        self._quiet = 0
        self._began = time.monotonic()

    # -- writing

    @property
    def listening(self) -> bool:
        """False while the recorder itself uses torch."""
        return not self._quiet

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Nothing that happens inside is recorded, and no graph is built."""
        self._quiet += 1
        try:
            with torch.no_grad():
                yield
        finally:
            self._quiet -= 1

    def tick(self) -> int:
        """The next moment of the run."""
        self._clock += 1
        return self._clock

    def places(self) -> tuple[observe.Span, ...]:
        """The expressions of the script that are running now."""
        return self.script.places(sys._getframe(1))

    def write(self, event: type[observe.Event], /, **facts: Any) -> int:
        """Record an event that ends now; the answer is its order."""
        order = self.tick()
        places = self.script.places(sys._getframe(1))
        self._events.append(event(order=order, places=places, **facts))
        return order

    def since(self, count: int) -> list[observe.Event]:
        """The events after the first ``count``."""
        return self._events[count:]

    @property
    def count(self) -> int:
        """How many events there are so far."""
        return len(self._events)

    def tally(self, parameter: torch.Tensor) -> Tally:
        """What this parameter went through so far."""
        return self.tallies[self.parameters(parameter)]

    def mark_pretrained(self, parameters: Iterable[torch.Tensor], origin: str) -> None:
        """These parameters came with the weights of ``origin``."""
        for parameter in parameters:
            self.tally(parameter).origin = origin
            self.loaded.add(self.parameters(parameter))

    def weights_loaded(self, module: nn.Module, origin: str) -> None:
        """Weights of ``origin`` came into a module; written down where it is known on what images they were trained."""
        if origin in self.statistics:
            mean, std = self.statistics[origin]
            self.write(observe.WeightsLoaded, module=self.modules(module), origin=origin, mean=mean, std=std)

    # -- reading

    def finish(self, exception: observe.Raised | None, output: str) -> observe.Run:
        """The record as plain data."""
        return observe.Run(
            events=tuple(self._events),
            modules={i: self._module(i, module) for i, module in self.modules.things()},
            parameters=self._parameters(),
            visits={line: tuple(orders) for line, orders in self.visits.items()},
            statements=self.script.statements,
            discarded=self.script.discarded,
            backpropagated=frozenset(self.backpropagated),
            alive=self.alive(),
            seen=tuple(self.seen),
            exception=exception,
            network=tuple(self.network),
            output=output,
            seconds=time.monotonic() - self._began,
        )

    def _module(self, number: int, module: nn.Module) -> observe.Module:
        built = "_modules" in vars(module)
        return observe.Module(
            number,
            type(module).__name__,
            tuple(self.modules(m) for m in module.modules() if m is not module and m in self.modules) if built else (),
            tuple(self.parameters(p) for p in module.parameters()) if built else (),
        )

    def _parameters(self) -> dict[int, observe.Parameter]:
        names = self._names()
        return {
            i: observe.Parameter(
                id=i,
                names=tuple(names.get(i, ())),
                shape=tuple(parameter.shape),
                pretrained=self.tallies[i].origin,
                requires_grad=parameter.requires_grad,
                optimizers=tuple(sorted(self.tallies[i].optimizers)),
                gradients=self.tallies[i].gradients,
                steps_moved=self.tallies[i].steps_moved,
                travelled=self.tallies[i].travelled,
                dtype=str(parameter.dtype).removeprefix("torch."),
            )
            for i, parameter in self.parameters.things()
        }

    def _names(self) -> dict[int, list[str]]:
        """Parameter id -> dotted names in every module that is no other module's child."""
        modules = [m for _, m in self.modules.things() if "_modules" in vars(m)]
        children = {id(child) for module in modules for child in module.children()}
        names: dict[int, list[str]] = defaultdict(list)
        for module in modules:
            if id(module) in children:
                continue
            for name, parameter in module.named_parameters():
                if name not in names[self.parameters(parameter)]:
                    names[self.parameters(parameter)].append(name)
        return names


@contextmanager
def recording(recorder: Recorder, watches: Iterable[Watch]) -> Iterator[Recorder]:
    """Listen with all ``watches`` inside the block."""
    with ExitStack() as stack:
        for watch in watches:
            stack.enter_context(watch(recorder))
        yield recorder
