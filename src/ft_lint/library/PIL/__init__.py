"""``PIL``: images before they are tensors."""
