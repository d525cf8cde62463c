"""What the optimizer is told."""
