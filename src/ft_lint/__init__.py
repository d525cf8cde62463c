"""ft_lint reads a fine-tuning script, runs it without torch, and names the mistakes that torch would confirm."""

__version__ = "0.1.0"
