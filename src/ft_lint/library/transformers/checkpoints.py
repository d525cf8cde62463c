"""Which architecture a checkpoint of the hub has, by its id.

``checkpoints.z`` holds the ids that transformers' own configurations name, written by ``python -m
ft_lint.verify.harvest checkpoints``.  Any other id is told by the family that its name begins with; what neither tells
stays unknown.

>>> model_type("google-bert/bert-base-uncased"), model_type("gpt2-medium"), model_type("me/my-model")
('bert', 'gpt2', None)
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from pathlib import Path

from ft_lint.library._packed import line, pack, unpack

PATH = Path(__file__).with_name("checkpoints.z")

_FAMILIES = (
    (r"bertweet|phobert-|twitter-roberta-base|robertuito|biomed_roberta", "roberta"),
    (r"(graph)?codebert-base|unixcoder-base", "roberta"),
    (r"twitter-xlm-roberta-base|bge-m3|multilingual-e5-(base|large)|paraphrase-multilingual-mpnet-base", "xlm-roberta"),
    (r"distilbert-", "distilbert"),
    (r"distil?gpt2|gpt2($|-)|dialogpt", "gpt2"),
    (r"(distil)?roberta-|xlm-r-", "roberta"),
    (r"xlm-roberta-", "xlm-roberta"),
    (r"(bert|biobert|scibert|finbert|legal-bert|bio_?clinicalbert)($|[-_])", "bert"),
    (r"(gbert|herbert|kcbert|muril|indobert)-(base|large)|rubert-(base|tiny)|hatebert$|labse$|(mar|ar)bert$", "bert"),
    (r"chinese-(roberta|bert)-wwm|chinese-macbert-|rbtl?\d$|biomednlp-(pubmed|biomed)bert-", "bert"),
    (r"bge-(small|base|large)-(en|zh)|e5-(small|base|large)|multilingual-e5-small|gte-(small|base|large)$", "bert"),
    (r"(un)?sup-simcse-bert-|(all|multi-qa|paraphrase|paraphrase-multilingual|ms-marco)-minilm-l", "bert"),
    (r"(un)?sup-simcse-roberta-|(all|paraphrase|msmarco)-distilroberta-", "roberta"),
    (r"albert-", "albert"),
    (r"electra-|gelectra-|ko-?electra-|kcelectra-|chinese-electra-", "electra"),
    (r"xlnet-(base|large)", "xlnet"),
    (r"m?deberta-v[23]-", "deberta-v2"),
    (r"deberta-(base|large|xlarge)", "deberta"),
    (r"modernbert-", "modernbert"),
    (r"camembert-", "camembert"),
    (r"longformer-", "longformer"),
    (r"((all|multi-qa|paraphrase)-)?mpnet-base", "mpnet"),
    (r"gpt-neox-|pythia-", "gpt_neox"),
    (r"gpt-neo-", "gpt_neo"),
    (r"gpt-j-", "gptj"),
    (r"opt-\d", "opt"),
    (r"bloomz?-", "bloom"),
    (r"falcon-(rw-)?\d+b", "falcon"),
    (r"(meta-)?llama-[23]|tinyllama|vicuna-|open_llama_|codellama-", "llama"),
    (r"mistral-7b", "mistral"),
    (r"zephyr-7b", "mistral"),
    (r"mixtral-8x", "mixtral"),
    (r"qwen(2|2\.5)-[\d.]+b", "qwen2"),
    (r"qwen3-[\d.]+b($|-(base|instruct|fp8))", "qwen3"),
    (r"gemma-(\d|1\.1-)\d*b", "gemma"),
    (r"gemma-2-\d", "gemma2"),
    (r"phi-(1|1_5|1\.5|2)$", "phi"),
    (r"phi-3(\.5)?-(mini|medium)", "phi3"),
    (r"starcoder2-", "starcoder2"),
    (r"(flan-)?t5-|t5-v1_1-|byt5-|codet5-(small|base|large)", "t5"),
    (r"mt5-", "mt5"),
    (r"(distil)?bart-", "bart"),
    (r"mbart-", "mbart"),
    (r"pegasus-(?!x)", "pegasus"),
    (r"opus-mt-", "marian"),
    (r"(distil-)?whisper-|distil-(small|medium|large)", "whisper"),
    (r"wav2vec2-(base|large)", "wav2vec2"),
    (r"vit-(tiny|small|base|large|huge)-", "vit"),
    (r"deit-(tiny|small|base)-patch", "deit"),
    (r"beit-", "beit"),
    (r"swin-(tiny|small|base|large)-", "swin"),
    (r"dinov2-(small|base|large|giant)", "dinov2"),
    (r"convnext-", "convnext"),
    (r"resnet-\d", "resnet"),
    (r"clip-vit-", "clip"),
)
"""How the ids of well-known families begin, behind the owner's name, in lower case; compiled when one is looked for."""


@functools.cache
def model_type(name: str) -> str | None:
    """The model type of a checkpoint's id, e.g. ``bert``; None where the id does not tell, as for a folder."""
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        return None
    known = _ids().get(name)
    if known is not None:
        return known
    last = name.rpartition("/")[2].lower()
    return next((kind for pattern, kind in _FAMILIES if re.match(pattern, last)), None)


def is_random(name: str) -> bool:
    """Whether an id is that of a model with random weights, made for tests."""
    owner, _, last = name.lower().rpartition("/")
    return owner.endswith("-internal-testing") or "tiny-random" in last or "dummy" in last


def is_body_alone(name: str) -> bool:
    """Whether a checkpoint's id surely tells that it was pretrained and not fine-tuned, so that it has no classes.

    >>> is_body_alone("bert-base-uncased"), is_body_alone("distilbert-base-uncased-finetuned-sst-2-english")
    (True, False)
    """
    words = name.rpartition("/")[2].lower().split("-")
    return (
        model_type(name) is not None
        and all(re.fullmatch(_PLAIN, word, re.VERBOSE) for word in words)
        and _sees_no_classes(words)
    )


_PLAIN = r"""(distil|al|camem|modern|bio|sci|fin|legal)?bert | (distil)?roberta | x?lm | r | electra | m?deberta | mpnet
    | longformer | gpt2 | gpt | neo | neox | j | pythia | opt | bloomz? | falcon | rw | meta | (tiny)?llama | mistral
    | mixtral | 8x\d+b | qwen[\d.]* | gemma | phi | starcoder2 | flan | m?t5 | m?bart | vit | deit | beit | swin
    | dinov2 | convnext | base | large | small | tiny | mini | medium | x+l | x+large | huge | giant | cased | uncased
    | multilingual | discriminator | generator | v?\d[\d.]*[bmk]? | 1_5 | hf | chat | instruct | it | deduped
    | patch\d+ | window\d+ | (in|pt)2[12]k"""
_VISION = frozenset("vit deit beit swin dinov2 convnext".split())


def _sees_no_classes(words: list[str]) -> bool:
    """Checkpoints of images have the classes of ImageNet, unless their ids tell of another training."""
    alone = "dinov2" in words or any(re.fullmatch(r"(in|pt)2[12]k", word) for word in words)
    return alone or not _VISION & set(words)


def write(path: Path, ids: Mapping[str, str]) -> int:
    """Write ids with their model types; gives the file's size in bytes."""
    return path.write_bytes(pack([line(dict(sorted(ids.items())))]))


@functools.cache
def _ids() -> dict[str, str]:
    table: dict[str, str] = json.loads(unpack(PATH.read_bytes())[0])
    return table | {name.rpartition("/")[2]: kind for name, kind in table.items() if name.startswith(_OLD_OWNERS)}


_OLD_OWNERS = (
    "google-bert/", "openai-community/", "FacebookAI/", "albert/", "distilbert/", "google-t5/", "xlnet/", "almanach/",
)  # fmt: skip
"""Owners whose checkpoints are also known by their bare names, under which they were first published."""
