"""How the last layers are exchanged."""
