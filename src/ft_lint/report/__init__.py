"""Output formats: each module has ``render(...) -> str``, and nothing else in the package prints."""
