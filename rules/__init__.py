"""The rules of ft_lint: one module for each mistake, in a folder for each family."""
