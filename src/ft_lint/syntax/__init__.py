"""From text to syntax trees, and from nodes back to places in the text."""
