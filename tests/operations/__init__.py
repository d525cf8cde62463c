"""Every operation of the library against torch itself: random arguments, torch on the ``meta`` device."""
