"""The abstract interpreter: runs a script without torch and writes down facts."""

from ft_lint.interpreter.script import interpret as interpret
