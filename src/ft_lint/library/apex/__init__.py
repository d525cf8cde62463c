"""``apex`` by NVIDIA: mixed precision as it was before torch had its own."""
