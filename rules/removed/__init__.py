"""Rules about arguments, names and methods that libraries removed."""
