"""A bidirectional LSTM over words, with packed sequences left out."""

import torch
import torch.nn as nn


class LSTMClassifier(nn.Module):
    def __init__(self, vocab_size=100, embed_dim=16, hidden_dim=12, n_layers=2, num_classes=3):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_dim, padding_idx=0)
        self.lstm = nn.LSTM(embed_dim, hidden_dim, num_layers=n_layers, bidirectional=True, batch_first=True, dropout=0.3)
        self.attention = nn.Linear(hidden_dim * 2, 1)
        self.fc = nn.Linear(hidden_dim * 4, num_classes)
        self.dropout = nn.Dropout(0.5)

    def forward(self, text):
        embedded = self.dropout(self.embedding(text))
        outputs, (hidden, cell) = self.lstm(embedded)
        weights = torch.softmax(self.attention(outputs).squeeze(-1), dim=1)
        context = torch.bmm(weights.unsqueeze(1), outputs).squeeze(1)
        last = torch.cat((hidden[-2], hidden[-1]), dim=1)
        return self.fc(torch.cat([context, last], dim=-1))


model = LSTMClassifier()
output = model(torch.zeros(5, 9, dtype=torch.long))
predictions = output.argmax(1)
