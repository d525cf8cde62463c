"""Which parameters may change."""
