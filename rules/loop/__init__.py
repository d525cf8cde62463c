"""The order of things in the training loop."""
