"""``python -m ft_lint`` is ``ft-lint``."""

from ft_lint.cli import main

main(prog_name="ft-lint")
