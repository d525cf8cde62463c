"""The images that a model is trained on come in the same order in every epoch.

What it does
------------
Finds loaders over an image dataset of torchvision (or one of one's own with its transforms) that batches are trained
on epoch after epoch, and that neither shuffle nor have a sampler.

Why it matters
--------------
Folders of images are sorted by class: without `shuffle=True` a batch holds one class only, the gradients pull one
way for a hundred batches and the other way for the next, and batch norm sees one class at a time. Unsorted data
still make the same batches in every epoch.

How to mend it
--------------
`DataLoader(..., shuffle=True)` for training; validation needs none.

What torch shows
----------------
The loader gives the same samples in the same order in each of its passes.

Known limits
------------
Parts of a `random_split` are mixed once and silent, and so are loaders with a sampler, data that are no images (a time
series has its order) and iterable datasets.

References
----------
https://github.com/Deci-AI/super-gradients/issues/416
https://github.com/choderalab/modelforge/pull/129
https://pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader
"""

from __future__ import annotations

from collections.abc import Iterator

from ft_lint import observe
from ft_lint.edits import with_keyword
from ft_lint.facts import Facts
from ft_lint.facts.data import LoaderBuilt
from ft_lint.facts.models import Forward
from ft_lint.facts.optimization import Backward
from ft_lint.rule import Applicability, Evidence, Finding, Fix, Level, Rule
from ft_lint.values.base import Constant, is_none, options
from ft_lint.values.tensor import Tensor
from ft_lint.values.training import Dataset, Loader


class UnshuffledTraining(Rule):
    """Training in a fixed order."""

    code = "TUN809"
    level = Level.ADVICE
    message = (
        "`{loader}` gives the training images in the same order in every epoch, sorted by class if the dataset is: "
        "pass `shuffle=True`"
    )
    applicability = Applicability.UNSAFE

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Trained loaders that neither shuffle nor sample."""
        backwards = (backward for backward in facts.of(Backward) if len(backward.moment.loops) > 1)
        trained = {loader for backward in backwards for loader in backward.loaders}
        images = {loader for forward in facts.of(Forward) if _is_of_images(forward) for loader in forward.loaders}
        for built in facts.of(LoaderBuilt):
            if built.loader in images & trained and _keeps_order(built.loader):
                name = facts.name_of(built.loader, "this loader")
                at = facts.blamed(built)
                yield self.finding(at, loader=name, fix=self._shuffled(built) if at is built.node else None)

    def _shuffled(self, built: LoaderBuilt) -> Fix | None:
        given = built.loader.arguments["shuffle"]
        edit = with_keyword(built.node, "shuffle", "True") if is_none(given) else None
        return self.fix("pass `shuffle=True`", edit) if edit is not None else None

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """A loader of this line that is trained on gives the same order each time."""
        trained = {batch.loader for batch in run.batches(trained=True)}
        for loader in run.loaders_of(line) & trained:
            orders = run.orders(loader)
            if len(orders) > 1 and len(set(orders)) == 1 and orders[0]:
                figures = {"passes": len(orders), "samples": len(orders[0])}
                return Evidence(True, f"{len(orders)} passes over {len(orders[0])} samples in one order", figures)
        return Evidence(False, "the order changes, or nothing is trained on it twice")


def _is_of_images(forward: Forward) -> bool:
    return any(isinstance(one, Tensor) and one.prepared is not None for one in forward.inputs)


def _keeps_order(loader: Loader) -> bool:
    """Whether a loader surely goes through a whole dataset from the first item to the last."""
    shuffle = loader.arguments["shuffle"]
    settled = isinstance(shuffle, Constant) and not shuffle.default and not shuffle.value
    whole = not any(isinstance(one, Dataset) and one.base is not None for one in options(loader.dataset))
    return settled and whole and not loader.sampled
