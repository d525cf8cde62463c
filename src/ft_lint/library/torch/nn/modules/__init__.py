"""The layers of ``torch.nn``, a file for each of torch's groups."""
