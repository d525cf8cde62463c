"""``torch.hub``: the models of torchvision's own repository are those of ``torchvision.models``."""

from __future__ import annotations

from ft_lint.library.site import Site
from ft_lint.library.torchvision.models import get_model_of
from ft_lint.values.base import NONE, Constant, Value, text, truth

_TORCHVISION = "pytorch/vision"
_OWN = frozenset("repo_or_dir model source trust_repo force_reload verbose skip_validation".split())


def load(at: Site, repo_or_dir: Value, model: Value, *args: Value, **kwargs: Value) -> Value:
    """``load("pytorch/vision:v0.10.0", "resnet18", pretrained=True)``: a release changes no layer of a model.

    ``pretrained`` is no deprecated name there, since a release of that time may be asked for.
    """
    repository = (text(repo_or_dir) or "").partition(":")[0]
    config = {name: value for name, value in kwargs.items() if name not in _OWN}
    if "pretrained" in config:
        asked = config.pop("pretrained")
        config["weights"] = {True: Constant("DEFAULT"), False: NONE, None: asked}[truth(asked)]
    found = get_model_of(at, text(model) or "", config) if repository == _TORCHVISION and not args else None
    return at.unknown("a model of `torch.hub`") if found is None else found
