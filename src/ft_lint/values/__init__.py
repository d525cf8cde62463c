"""Abstract values: what the names of a script can hold."""
