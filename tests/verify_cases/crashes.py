"""Dies without a Python exception."""

import os

os.abort()
