"""`revenge settings`."""

from argparse import Namespace

from revenge.cli.start import read
from revenge.core.settings import describe


def settings(wish: Namespace) -> None:
    """Print every setting."""
    print(describe(read(wish)))
