"""Whether shapes fit."""
