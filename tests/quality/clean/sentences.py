"""Fine-tunes BERT on reviews with Trainer."""

from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments

tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")


def encoded(batch):
    return tokenizer(batch["text"], truncation=True, padding="max_length")


data = load_dataset("imdb")
data = data.map(encoded, batched=True)
model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased", num_labels=2)
arguments = TrainingArguments("out", learning_rate=2e-5, num_train_epochs=3, eval_strategy="epoch")
trainer = Trainer(
    model=model,
    args=arguments,
    train_dataset=data["train"],
    eval_dataset=data["test"],
    processing_class=tokenizer,
)
trainer.train()
