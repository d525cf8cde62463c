"""``timm.loss``: losses without weights."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.library.torch.nn.modules.loss import compute
from ft_lint.library.torch.nn.signatures import layer, layers
from ft_lint.values.base import Constant, Value

_MEAN = Constant("mean")


def _cross_entropy(name: str) -> object:
    def run(at: Site, x: Value, target: Value, **settings: Value) -> Value:
        return compute(at, "cross_entropy", name, x, target, _MEAN, {})

    return run


def _other(at: Site, x: Value, target: Value, **settings: Value) -> Value:
    return at.result((), x, target)


globals().update(
    layers(
        layer(
            "LabelSmoothingCrossEntropy(smoothing=0.1)",
            _cross_entropy("LabelSmoothingCrossEntropy"),  # type: ignore[arg-type]
            inputs="x, target",
        ),
        layer(
            "SoftTargetCrossEntropy()",
            _cross_entropy("SoftTargetCrossEntropy"),  # type: ignore[arg-type]
            inputs="x, target",
        ),
        layer(
            "BinaryCrossEntropy(smoothing=0.1, target_threshold=None, weight=None, reduction='mean', "
            "sum_classes=False, pos_weight=None, smooth_dense=False)",
            _other,
            inputs="x, target",
        ),
        layer("JsdCrossEntropy(num_splits=3, alpha=12, smoothing=0.1)", _other, inputs="x, target"),
    )
)
