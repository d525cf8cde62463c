"""Uses up its CPU time."""

while True:
    pass
