"""Ends with an exception that nothing announces."""


def fail(reason):
    raise KeyError(reason)


fail(
    "no such key",
)
