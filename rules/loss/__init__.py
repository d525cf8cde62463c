"""What the loss is given."""
