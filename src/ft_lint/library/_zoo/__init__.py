"""Models whose trees were read off their library: torchvision's and timm's, in one way for both."""
