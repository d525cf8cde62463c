"""How pretrained weights are loaded."""
