"""The second witness: fixtures run in torch, and what a rule claims is looked for in the record.

Only this package imports torch.
"""
