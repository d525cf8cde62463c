"""``torchvision``."""
