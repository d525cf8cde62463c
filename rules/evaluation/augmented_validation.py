"""Random augmentation reaches the images that validation runs on.

What it does
------------
Finds evaluations whose images have been through random transforms (flips, crops, colour changes ...) of torchvision, or
of albumentations in front of its `ToTensorV2`: because both parts of a `random_split` share one dataset and its
transform, because a sampler draws validation from the training dataset, or because the validation dataset was given the
training transform.

Why it matters
--------------
Validation measures the model on images that nobody will show it, other ones each time. The accuracy is too low and
noisy, and the best epoch is chosen by luck.

How to mend it
--------------
Build the data twice, with the training transform and with a plain one (resize, centre crop, normalise), and split the
indices once: `Subset(train_data, indices[:n])`, `Subset(val_data, indices[n:])`.

What torch shows
----------------
The same validation image, drawn twice, has other pixels the second time.

Known limits
------------
Test-time augmentation, several passes over the same images between two steps of training, is meant and silent; so are
several images of a batch in one evaluation, the views that contrastive learning compares; so is a step that training
does without, a test of how robust the model is; so are blur, noise and random crops, which serve other ends too,
transforms of further libraries, and loaders named for pictures (`vis_loader`).

References
----------
https://github.com/udacity/deep-learning-v2-pytorch/issues/132
https://github.com/gpleiss/efficient_densenet_pytorch/issues/51
https://github.com/pytorch/pytorch/issues/56886
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ft_lint import observe
from ft_lint.facts import Facts
from ft_lint.facts.data import DatasetAttributeSet, DatasetBuilt, LoaderBuilt
from ft_lint.facts.models import Forward
from ft_lint.facts.optimization import Backward
from ft_lint.library.augmenting import augmenting, augments
from ft_lint.rule import Evidence, Finding, Level, Rule
from ft_lint.syntax.names import is_for_display
from ft_lint.values.base import Value
from ft_lint.values.callables import Instance
from ft_lint.values.tensor import Tensor
from ft_lint.values.training import Dataset, Loader


class AugmentedValidation(Rule):
    """Validation on augmented images."""

    code = "TUN802"
    level = Level.WARNING
    message = (
        "validation images go through `{step}`, so they differ each time and the score is too low: "
        "give validation a dataset of its own with a plain transform"
    )

    def check(self, facts: Facts) -> Iterator[Finding]:
        """Augmented images in an evaluation."""
        changed = [fact.dataset for fact in facts.of(DatasetAttributeSet) if not augmenting(fact.value)]
        evaluations = list(facts.evaluations())
        for forward in evaluations:
            step = next(filter(augments, _steps(forward)), None)
            if not isinstance(step, Instance) or len(forward.loaders) != 1 or _is_repeated(facts, forward):
                continue
            if not forward.moment.in_batches:
                continue  # one batch is looked at, no score computed
            if _are_views(facts, forward):
                continue
            loader = next(iter(forward.loaders))
            passes = [f for _, f in facts.trained_through(forward.module)]
            trained = {other for f in passes for other in f.loaders}
            whole = [f for f in facts.of(Forward) if f.module is forward.module and f.loaders & trained]
            if not any(_is_alike(step, other) for f in (*passes, *whole) for other in _steps(f)):
                continue  # a part of the model may be run aside, without gradients
            if (
                not trained
                or loader in trained
                or is_for_display(facts.name_of(loader, ""))
                or any(data in changed for data in _lineage(loader.dataset))
            ):
                continue
            shared = any(other.dataset is loader.dataset for other in trained)
            if shared and not loader.selects and any(_measures_other_data(f, forward) for f in evaluations):
                continue  # this measures how well the training data are known
            place = _place(facts, loader, shared=shared)
            if place is not None:
                yield self.finding(place, step=step.kind.rpartition(".")[2])

    def claim(self, run: observe.Run, line: int) -> Evidence:
        """The same validation image has other contents when it is drawn again."""
        seen: dict[str, set[str]] = {}
        loaders = run.loaders_of(line)
        for batch in run.batches(trained=False):
            if batch.loader not in loaders:
                continue
            for name, content in zip(batch.samples, batch.contents, strict=False):
                seen.setdefault(name, set()).add(content)
        differing = sum(len(contents) > 1 for contents in seen.values())
        figures = {"validation images": len(seen), "that changed": differing}
        return Evidence(differing > 0, f"{differing} of {len(seen)} validation images differ when drawn again", figures)


def _measures_other_data(other: Forward, forward: Forward) -> bool:
    """Whether another pass evaluates the same model on other data."""
    data = {loader.dataset for loader in forward.loaders}
    apart = bool(other.loaders) and all(loader.dataset not in data for loader in other.loaders)
    return apart and other.module is forward.module


def _steps(forward: Forward) -> Iterator[Value]:
    """The transforms that the images of a forward pass have been through."""
    for image in forward.inputs:
        if isinstance(image, Tensor) and image.prepared is not None:
            yield from image.prepared.steps


def _is_alike(step: Instance, other: Value) -> bool:
    return isinstance(other, Instance) and other.kind.rpartition(".")[2] == step.kind.rpartition(".")[2]


def _is_repeated(facts: Facts, forward: Forward) -> bool:
    """Whether the pass over the data is itself repeated with no training in between: test-time augmentation."""
    training = {p.loop for backward in facts.of(Backward) for p in backward.moment.loops}
    return sum(p.loop not in training for p in forward.moment.loops) > 1


def _are_views(facts: Facts, forward: Forward) -> bool:
    """Whether several images of a batch are compared, as the views of one image are in contrastive learning."""
    beside = (f for f in facts.evaluations() if f.loaders == forward.loaders)
    together = [f for f in beside if f.moment.loops[-1:] == forward.moment.loops[-1:]]
    given = [image for f in together for image in f.inputs if isinstance(image, Tensor)]
    return len({id(image) for image in given if image.prepared is not None}) > 1


def _lineage(dataset: Value) -> Iterator[Value]:
    """A dataset and what it is a part of."""
    here: Value | None = dataset
    while here is not None:
        yield here
        here = here.base if isinstance(here, Dataset) else None


def _place(facts: Facts, loader: Loader, shared: bool) -> ast.AST | None:
    """The loader where the dataset is right for another one; else the dataset, or the split that it comes from."""
    for built in () if shared else facts.of(DatasetBuilt):
        if built.dataset is loader.dataset:
            return facts.blamed(built)
    if not shared and isinstance(loader.dataset, Instance):
        return loader.dataset.node
    return next((facts.blamed(built) for built in facts.of(LoaderBuilt) if built.loader is loader), None)
