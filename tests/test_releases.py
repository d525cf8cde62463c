"""The table of releases, held to the installed libraries, and what is proposed in place of what is gone."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.metadata
import inspect
import zipfile
from pathlib import Path

import pytest

from ft_lint.facts import Targets
from ft_lint.library import releases
from ft_lint.library.replacements import ARGUMENTS, IMAGE, NAMES, Replacement, new_name
from ft_lint.lint import lint_source
from ft_lint.source.requirements import READERS, Versions, chosen, installed, specifiers
from ft_lint.verify.harvest import releases as harvest

NEWEST = Targets()
TABLE = [path for path in releases.paths() if path.partition(".")[0] in ("transformers", "trl")]


def newest_is_installed(library: str) -> bool:
    return releases.releases(library)[-1] == importlib.metadata.version(library)


def installed_thing(path: str) -> object:
    library, *names = path.split(".")
    found = importlib.import_module(library)
    for name in names:
        found = getattr(found, name, None)
    return found


@pytest.mark.parametrize("path", TABLE)
def test_arguments_are_those_of_the_installed_release(path: str) -> None:
    library = path.partition(".")[0]
    assert newest_is_installed(library), "read the releases anew: python -m ft_lint.verify.harvest releases"
    thing = installed_thing(path)
    newest = releases.releases(library)[-1]
    if thing is None:
        assert releases.arguments(path, newest) == frozenset()
        return
    there = set(inspect.signature(thing).parameters) - {"self"}  # type: ignore[arg-type]
    assert {name for name in there if not releases.takes_argument(path, name, NEWEST)} == set()
    known: set[str] = set()
    for one in releases.lineage(path):
        known |= releases.arguments(one, releases.releases(one.partition(".")[0])[-1])
    assert known == there


@pytest.mark.parametrize("library", releases.LIBRARIES)
def test_removed_names_are_gone(library: str) -> None:
    assert newest_is_installed(library)
    names = releases.removed_names(library)
    assert len(names) > 5
    package = importlib.import_module(library)
    assert [name for name in names if "." not in name and hasattr(package, name)] == []


@pytest.mark.parametrize("library", releases.LIBRARIES)
def test_removed_names_of_modules_are_gone(library: str) -> None:
    """A sample, for importing all of a library's modules takes long."""
    names = [name for name in releases.removed_names(library) if "." in name][::7]
    for name in names:
        module, _, last = name.rpartition(".")
        try:
            found = importlib.import_module(f"{library}.{module}")
        except ImportError:
            continue
        assert not hasattr(found, last), name


def test_removals_stand_where_the_catalogue_saw_them() -> None:
    def removal(path: str, name: str) -> tuple[str, str]:
        found = releases.removed_argument(path, name, NEWEST)
        assert found is not None
        return found.last, found.gone

    arguments = "transformers.TrainingArguments"
    assert removal("transformers.Trainer", "tokenizer") == ("4.57.6", "5.0.0")
    assert removal(arguments, "no_cuda") == ("4.57.6", "5.0.0")
    assert removal(arguments, "warmup_ratio")[0] >= "5.14"
    assert removal("transformers.Seq2SeqTrainingArguments", "evaluation_strategy") == removal(
        arguments, "evaluation_strategy"
    )
    assert removal("trl.SFTConfig", "evaluation_strategy") == removal(arguments, "evaluation_strategy")
    assert removal("trl.SFTTrainer", "max_seq_length")[0] < "0.15.2"
    assert releases.removed_argument(arguments, "eval_strategy", NEWEST) is None
    assert releases.removed_argument(arguments, "never_seen", NEWEST) is None
    assert releases.removed_argument("trl.SFTConfig", "max_seq_length", NEWEST) is not None


def test_trainers_call_their_methods_as_the_installed_release_does() -> None:
    import transformers

    for method in ("compute_loss", "training_step", "log"):
        *former, now = releases.calls_of("transformers.Trainer", method, NEWEST)
        assert former, method
        own = inspect.signature(getattr(transformers.Trainer, method))
        assert now.parameters == tuple(own.parameters)[1:]
        for call in now.calls:
            own.bind(None, *range(call.positional), **dict.fromkeys(call.keywords))
            assert callable(getattr(transformers.Trainer, call.caller))


# --- versions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("specifier", "gone"),
    [
        ("", True),
        (">=4.30", True),
        ("==4.57.6", False),
        ("==4.57.3", False),
        ("==4.57.*", False),
        ("<5", False),
        ("~=4.46.0", False),
        (">=4.40,<5.1", True),
        ("==5.0.0", True),
        ("==5.0.1", True),
        ("==99.0", True),
        ("==0.1", False),
        ("===unknown", False),
        (">=4,<3", False),
        ("no version", False),
    ],
)
def test_the_newest_admitted_release_decides(specifier: str, gone: bool) -> None:
    targets = Targets((("transformers", specifier),))
    found = releases.removed_argument("transformers.Trainer", "tokenizer", targets)
    assert (found is not None) is gone


def test_a_pin_between_two_releases_counts_only_where_both_agree() -> None:
    """4.57.6 was the last to take ``tokenizer``; of a version between that and 5.0.0 nobody knows."""
    targets = Targets((("transformers", "==4.58.0"),))
    assert releases.removed_argument("transformers.Trainer", "tokenizer", targets) is None
    assert releases.removed_argument("transformers.TrainingArguments", "evaluation_strategy", targets) is not None


def test_a_mend_must_be_there_in_every_admitted_release() -> None:
    def takes(specifier: str) -> bool:
        targets = Targets((("transformers", specifier),))
        return releases.takes_argument("transformers.Trainer", "processing_class", targets)

    assert takes("")
    assert takes(">=4.46.3")
    assert not takes(">=4.40")


FILES = {
    "requirements.txt": """# ours
transformers==4.46.3  # pinned
-r more.txt
trl[extra] >= 0.15, < 1 ; python_version > '3'
torch
""",
    "requirements-dev.txt": "peft @ git+https://host/peft\nTRL\n",
    "pyproject.toml": """
[project]
dependencies = ["datasets~=2.14", "accelerate"]
[tool.poetry.dependencies]
python = "^3.10"
evaluate = {version = "^0.4.1", optional = true}
lightning = "~2.4"
timm = {git = "https://host/timm.git"}
""",
    "Pipfile": "[packages]\njoblib = '==1.2'\nrequests = {version = '*', extras = ['socks']}\n",
    "setup.py": """
from setuptools import setup

NEEDED = ["torchmetrics==0.9", "regex"]
settings = {"name": "ours", "install_requires": ["einops<0.7", f"numpy=={1}"]}
setup(install_requires=NEEDED + [], **settings)
setup(name="ours", install_requires=NEEDED)
""",
    "setup.cfg": "[options]\ninstall_requires =\n    scipy<2\n    numpy\n",
    "poetry.lock": """
[[package]]
name = "rich"
version = "13.7.1"

[package.dependencies]
name = "2"

[[package]]
category = "main"
version = "0.19"
name = "tokenize-rt"

[[package]]
name = "torchaudio"
version = "2.3"

[[package]]
name = "torchaudio"
version = "2.4"

[[package]]
name = "triton"
version = "3.1"

[[package]]
name = "triton"
version = "3.1"
""",
    "Dockerfile": """FROM python:3.11 AS base
# RUN pip install sacremoses==1
RUN apt-get install -y git && pip install --no-cache-dir 'sentencepiece==0.2' wandb \\
    # tools: fire==1
    "rouge-score>=0.1" && rm -rf /opt/sacrebleu
RUN ["python", "-m", "pip", "install", "jiwer==3.0"]
FROM base
RUN pip install sentencepiece
""",
    "environment.yml": "dependencies:\n  - python=3.10\n  - pandas=2.1=py_0\n  - pip:\n    - tokenizers==0.15.0\n",
}


def test_requirements_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    found = dict(specifiers(tmp_path / "train.py"))
    assert found["transformers"] == "==4.46.3"
    assert found["trl"] == ">= 0.15, < 1"
    assert found["torch"] == found["numpy"] == ""
    assert found["peft"] == found["timm"] == "===unknown"
    assert found["datasets"] == "~=2.14"
    assert found["evaluate"] == ">=0.4.1,<0.5"
    assert found["lightning"] == ">=2.4,<2.5"
    assert found["scipy"] == "<2"
    assert found["joblib"] == "==1.2"
    assert found["requests"] == found["regex"] == ""
    assert found["torchmetrics"] == "==0.9"
    assert found["einops"] == "<0.7"
    assert found["rich"] == "==13.7.1"
    assert found["tokenize-rt"] == "==0.19"
    assert "torchaudio" not in found
    assert found["sentencepiece"] == "==0.2"
    assert found["wandb"] == ""
    assert found["rouge-score"] == ">=0.1"
    assert found["jiwer"] == "==3.0"
    assert found["triton"] == "==3.1"
    assert not {"sacremoses", "fire", "sacrebleu", "git"} & set(found)
    assert found["pandas"] == "==2.1.*"
    assert found["tokenizers"] == "==0.15.0"


def test_requirements_that_conda_has_listed(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    archive = "https://conda.anaconda.org/pytorch/linux-64/pytorch-0.3.1-py35_cuda8.0.61_cudnn7.1.2_3.tar.bz2"
    listed = f"# platform: linux-64\n@EXPLICIT\n{archive}\ntorchvision=0.6.0=py38_cu102\nscikit-learn=1.0=pypi_0\n"
    (tmp_path / "requirements.txt").write_text(listed)
    found = dict(specifiers(tmp_path / "train.py"))
    assert found == {"torch": "==0.3.1", "torchvision": "==0.6.0", "scikit-learn": "==1.0"}


@pytest.mark.parametrize(
    "option", ["-f https://download.pytorch.org/whl/torch_stable.html", "--find-links=wheels", "--hash=sha256:0"]
)
def test_options_of_pip_stand_behind_a_requirement(tmp_path: Path, option: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "requirements.txt").write_text(f"torch==1.10.1+cu113 {option}\nscikit-learn == 1.0  {option}\n")
    assert dict(specifiers(tmp_path / "train.py")) == {"torch": "==1.10.1+cu113", "scikit-learn": "== 1.0"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_requirements_as_powershell_writes_them(tmp_path: Path, encoding: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "requirements.txt").write_bytes("torch==1.7.1\r\ntimm==0.4\r\n".encode(encoding))
    wanted = {} if encoding == "utf-16-le" else {"torch": "==1.7.1", "timm": "==0.4"}  # which has no mark
    assert dict(specifiers(tmp_path / "train.py")) == wanted


def test_the_nearest_folder_that_names_a_library_counts(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("transformers==4.30.2\n")
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / "pyproject.toml").write_text('[project]\ndependencies = ["transformers<5", "trl"]\n')
    inner = project / "examples" / "sft"
    inner.mkdir(parents=True)
    (inner / "requirements.txt").write_text("trl==0.9.6\n")
    assert dict(specifiers(inner / "train.py")) == {"transformers": "<5", "trl": "==0.9.6"}
    assert dict(specifiers(project / "train.py")) == {"transformers": "<5", "trl": ""}


@pytest.mark.parametrize("name", READERS)
def test_a_file_that_is_not_what_its_name_says_asks_for_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / ".git").mkdir()
    file = tmp_path / name.replace("*", "x")
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"[[[\x00\xff = \n")
    assert specifiers(tmp_path / "train.py") == ()


def test_what_a_source_installs_itself() -> None:
    text = """
# !pip install -q 'transformers==4.30.2' trl>=0.9
%pip install -U peft
!pip install git+https://host/o/datasets.git@v1
!cd .. && pip install -e ./accelerate/
"""
    unknown = {"accelerate": "===unknown", "datasets": "===unknown"}
    assert dict(installed(text)) == {"transformers": "==4.30.2", "trl": ">=0.9", "peft": "", **unknown}


def test_settings() -> None:
    assert chosen(["transformers=4.46", "trl==0.15.2", "peft>=0.4,<1"]) == (
        ("transformers", "==4.46.*"),
        ("trl", "==0.15.2"),
        ("peft", ">=0.4,<1"),
    )
    with pytest.raises(ValueError, match="no version"):
        chosen(["transformers"])


SOURCE = 'from transformers import TrainingArguments\nargs = TrainingArguments("out", evaluation_strategy="epoch")\n'
INSTALLING = "# !pip install transformers==4.40.0\n" + SOURCE


@pytest.mark.parametrize(
    ("text", "versions", "codes"),
    [
        (SOURCE, Versions(), ["TUN901"]),
        (SOURCE, Versions(project=(("transformers", "<4.40"),)), []),
        (SOURCE, Versions((("transformers", "<4.40"),), (("transformers", "==5.24.0"),)), ["TUN901"]),
        (INSTALLING, Versions(), []),
        (INSTALLING, Versions(chosen=(("transformers", "==5.24.0"),)), ["TUN901"]),
    ],
)
def test_the_versions_reach_the_rules(text: str, versions: Versions, codes: list[str]) -> None:
    assert [finding.code for finding in lint_source(text, "train.py", versions=versions).findings] == codes


# --- replacements ----------------------------------------------------------------------------------

MENDS = [(path, old, mend) for path, mends in ARGUMENTS.items() for old, mend in mends.items()]


@pytest.mark.parametrize(("path", "old", "mend"), MENDS, ids=lambda value: str(value)[:40])
def test_a_replacement_is_for_something_gone_and_is_there(path: str, old: str, mend: Replacement) -> None:
    known = releases.releases(path.partition(".")[0])
    assert any(old in releases.arguments(path, release) for release in known), "it never was an argument"
    assert not releases.takes_argument(path, old, NEWEST), "it is one still"
    if mend.new and installed_thing(path) is not None:
        assert releases.takes_argument(path, mend.new, NEWEST)
    if mend.value:
        fields = {one.name for one in dataclasses.fields(installed_thing(path))}  # type: ignore[arg-type]
        assert mend.new in fields


@pytest.mark.parametrize("path", NAMES)
def test_names_that_have_a_word_of_advice_are_gone(path: str) -> None:
    assert releases.removed_name(path, NEWEST) is not None


def test_feature_extractors_became_image_processors() -> None:
    import transformers

    names = [name for name in releases.removed_names("transformers") if "." not in name and name.endswith(IMAGE)]
    told = {name: new_name(f"transformers.{name}") for name in names}
    assert sum(new is not None for new in told.values()) > 20
    assert [name for name, new in told.items() if new is not None and not hasattr(transformers, new)] == []


def test_what_peft_renamed_is_there() -> None:
    path = "peft.prepare_model_for_int8_training"
    assert releases.removed_name(path, NEWEST) is not None
    assert callable(installed_thing(f"peft.{new_name(path)}"))


# --- harvest ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trl_wheel(tmp_path_factory: pytest.TempPathFactory) -> harvest.Wheel:
    """The installed trl, packed as its wheel was."""
    import trl

    package = Path(str(trl.__file__)).parent
    path = tmp_path_factory.mktemp("wheel") / "trl.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file in package.rglob("*.py"):
            archive.write(file, Path("trl") / file.relative_to(package))
    return harvest.Wheel(path, "trl")


@pytest.mark.parametrize("name", ["SFTTrainer", "SFTConfig", "DPOTrainer", "DPOConfig", "RewardTrainer"])
def test_the_harvest_reads_what_the_table_holds(trl_wheel: harvest.Wheel, name: str) -> None:
    read = harvest.signature(trl_wheel, name)
    assert read is not None
    assert read.names == releases.arguments(f"trl.{name}", releases.releases("trl")[-1])
    assert read.base == releases.base_of(f"trl.{name}")


def test_the_harvest_finds_no_removed_name(trl_wheel: harvest.Wheel) -> None:
    modules = harvest.exported(trl_wheel)
    assert {"SFTTrainer", "DPOConfig"} <= modules[""].offers
    for name in releases.removed_names("trl"):
        module, _, last = name.rpartition(".")
        assert module not in modules or last not in modules[module].all, name


def test_a_class_tells_how_it_calls_its_own_methods(tmp_path: Path) -> None:
    source = """
class Trainer:
    def train(self):
        self.step(1, batch, scale=2)
        self.step(*rest)
    def evaluate(self):
        self.step()
    def step(self, number, batch, scale): ...
"""
    path = tmp_path / "made.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("made/__init__.py", source)
    found = harvest.calls(harvest.Wheel(path, "made"), "Trainer")
    assert found == {"step": ([[2, ["scale"], "train"]], ["number", "batch", "scale"])}


def test_a_dataclass_takes_its_fields_and_those_that_it_inherits(tmp_path: Path) -> None:
    sources = {
        "made/__init__.py": "from .config import Config\n",
        "made/base.py": "@dataclass\nclass Base:\n    a: int = 1\n    hidden: int = field(init=False, default=0)\n",
        "made/config.py": (
            "from transformers import TrainingArguments\nfrom .base import Base\n"
            "@dataclass\nclass Config(Base, TrainingArguments):\n    b: ClassVar[int] = 2\n    c: str = ''\n"
        ),
    }
    path = tmp_path / "made.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in sources.items():
            archive.writestr(name, text)
    read = harvest.signature(harvest.Wheel(path, "made"), "Config")
    assert read is not None
    assert (read.names, read.base, read.anything) == ({"a", "c"}, "transformers.TrainingArguments", False)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Run `pip install transformers==4.2.1 torch==1.13.0`.", {"transformers": "==4.2.1", "torch": "==1.13.0"}),
        (
            "## Requirements\n- Python 3.6\n- PyTorch 1.0.1\n- torchvision 0.2\n",
            {"torch": "==1.0.1", "torchvision": "==0.2.*"},
        ),
        (
            "* [PyTorch](https://pytorch.org) v1.7.1\n* Transformers: 3.0.2, for BERT\n",
            {"torch": "==1.7.1", "transformers": "==3.0.2"},
        ),
        ("transformers==4.2.1 first, transformers==4.40.0 later", {"transformers": "==4.2.1"}),
        ("- PyTorch 1.4+\n- torch 1.4 or later\n- torchvision >= 0.5\n- Transformers 4.x\n", {}),
        ("- PyTorch 1.4 (or newer)\n- transformers 2.0, or later\n- torchvision 0.5, 0.6 and 0.7\n", {}),
        ("Not tested with torch==1.4. First `pip uninstall torch==1.0.0`.\ntorch==1.4,<2\n", {}),
        ("- torch" + " " * 100_000 + "x\n" + "- torch(x)" + " " * 50_000, {}),
        ("Since PyTorch 1.6 mixed precision is part of it.\n- PyTorch-like 1.2\n", {}),
    ],
)
def test_versions_that_only_a_readme_says(text: str, asked: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "README.md").write_text(text)
    assert dict(specifiers(tmp_path / "train.py")) == asked


def test_a_readme_says_less_than_what_pip_reads(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "readme.txt").write_text("torch==1.4.0 torchvision==0.5.0 timm==0.4.5")
    (tmp_path / "requirements.txt").write_text("torch==2.1\ntorchvision\n")
    asked = {"torch": "==2.1", "torchvision": "==0.5.0", "timm": "==0.4.5"}
    assert dict(specifiers(tmp_path / "train.py")) == asked


@pytest.mark.parametrize("name", ["env.yml", "env_gpu.yaml", "conda.yml", "environment-cpu.yml"])
def test_what_conda_reads_by_other_names(name: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / name).write_text("dependencies:\n  - datasets=1.18.3=py_0\n")
    assert dict(specifiers(tmp_path / "train.py")) == {"datasets": "==1.18.3.*"}
