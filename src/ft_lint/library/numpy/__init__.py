"""``numpy``: its random numbers' state; what it computes is not followed."""
