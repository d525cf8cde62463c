"""Reads models off their libraries and writes the tables that wheels carry: a module for each library.

``python -m ft_lint.verify.harvest [torchvision|timm ...]`` builds every model on the ``meta`` device, runs it there and
writes down what it saw: the tree of modules, what ``forward`` calls, the heads, the shapes around them, the weights and
the arguments.  Nothing is typed by hand and nothing is guessed from names; ``tests/test_zoo.py`` compares models drawn
at random with the tables.
"""
