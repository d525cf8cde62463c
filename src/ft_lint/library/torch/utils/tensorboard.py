"""``torch.utils.tensorboard``, and tensorboardX, which is called alike: what is logged stays as it is."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.values.base import NONE, Value
from ft_lint.values.callables import Instance


class SummaryWriter:
    """``SummaryWriter("runs")``."""

    @staticmethod
    def construct(at: Site, *args: Value, **kwargs: Value) -> Value:
        """A writer, whatever it writes into."""
        return Instance("torch.utils.tensorboard.SummaryWriter", node=at.node)


def _logged(at: Site, self: Instance, *args: Value, **kwargs: Value) -> Value:
    """Log something, and change nothing."""
    return NONE


_METHODS = """add_audio add_custom_scalars add_embedding add_figure add_graph add_histogram add_hparams add_image
add_image_with_boxes add_images add_mesh add_onnx_graph add_pr_curve add_scalar add_scalars add_tensor add_text
add_video close export_scalars_to_json flush""".split()
for _name in _METHODS:
    setattr(SummaryWriter, _name, staticmethod(_logged))
