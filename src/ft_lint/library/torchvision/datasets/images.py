"""What the images of torchvision's datasets look like (torchvision's documentation of each, and its source)."""

from __future__ import annotations

from ft_lint.light import dataclass
from ft_lint.values.shape import Shape, unknown_dim


@dataclass(frozen=True, slots=True)
class Images:
    """Channels, height and width (None: unknown), classes, and whether the images differ in size.

    ``parameters`` are the constructor's, in torchvision's order.
    """

    parameters: tuple[str, ...]
    channels: int | None = None
    height: int | None = None
    width: int | None = None
    classes: int | None = None
    varied: bool = False

    @property
    def shape(self) -> Shape:
        """Channels, height, width."""
        return tuple(unknown_dim() if size is None else size for size in (self.channels, self.height, self.width))


_TABLE = """
MNIST           1  28  28   10  - root train transform target_transform download
FashionMNIST    1  28  28   10  - root train transform target_transform download
KMNIST          1  28  28   10  - root train transform target_transform download
QMNIST          1  28  28   10  - root what compat train
EMNIST          1  28  28    ?  - root split
USPS            1  16  16   10  - root train transform target_transform download
Omniglot        1 105 105    ?  - root background transform target_transform download loader
SEMEION         ?  16  16   10  - root transform target_transform download
FER2013         1  48  48    7  - root split transform target_transform
CIFAR10         3  32  32   10  - root train transform target_transform download
CIFAR100        3  32  32  100  - root train transform target_transform download
SVHN            3  32  32   10  - root split transform target_transform download
STL10           3  96  96    ?  - root split folds transform target_transform download
EuroSAT         3  64  64   10  - root transform target_transform download loader
PCAM            3  96  96    2  - root split transform target_transform download
CelebA          3 218 178    ?  - root split target_type transform target_transform download
LFWPeople       3 250 250    ?  - root split image_set transform target_transform download loader
RenderedSST2    3 448 448    2  - root split transform target_transform download loader
ImageFolder     3   ?   ?    ?  - root transform target_transform loader is_valid_file allow_empty
DatasetFolder   ?   ?   ?    ?  - root loader extensions transform target_transform is_valid_file allow_empty
Places365       3   ?   ?  365  - root split small download transform target_transform loader
ImageNet        3   ?   ? 1000  v root split
Imagenette      3   ?   ?   10  v root split size download transform target_transform loader
Flowers102      3   ?   ?  102  v root split transform target_transform download loader
OxfordIIITPet   3   ?   ?   37  v root split target_types transforms transform target_transform download
Food101         3   ?   ?  101  v root split transform target_transform download loader
StanfordCars    3   ?   ?  196  v root split transform target_transform download loader
FGVCAircraft    3   ?   ?    ?  v root split annotation_level transform target_transform download loader
DTD             3   ?   ?   47  v root split partition transform target_transform download loader
GTSRB           3   ?   ?   43  v root split transform target_transform download
SUN397          3   ?   ?  397  v root transform target_transform download loader
Country211      3   ?   ?  211  v root split transform target_transform download loader
Caltech101      ?   ?   ?    ?  v root target_type transform target_transform download
Caltech256      ?   ?   ?    ?  v root transform target_transform download
INaturalist     3   ?   ?    ?  v root version target_type transform target_transform download loader
"""


def _read(line: str) -> tuple[str, Images]:
    name, *sizes, varied, parameters = line.split(maxsplit=6)
    channels, height, width, classes = (None if size == "?" else int(size) for size in sizes)
    return name, Images(tuple(parameters.split()), channels, height, width, classes, varied == "v")


IMAGES = dict(map(_read, _TABLE.strip().splitlines()))

LENGTHS: dict[tuple[str, object], int] = {
    **{(kind, True): 60_000 for kind in ("MNIST", "FashionMNIST", "KMNIST")},
    **{(kind, False): 10_000 for kind in ("MNIST", "FashionMNIST", "KMNIST", "CIFAR10", "CIFAR100")},
    **{(kind, True): 50_000 for kind in ("CIFAR10", "CIFAR100")},
    ("USPS", True): 7_291,
    ("USPS", False): 2_007,
    ("SVHN", "train"): 73_257,
    ("SVHN", "test"): 26_032,
    ("SVHN", "extra"): 531_131,
}
"""Items of a dataset by the part that was asked for, as its authors published it."""
