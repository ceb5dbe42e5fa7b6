"""`revenge settings | openapi`."""

import json
from argparse import Namespace
from pathlib import Path

from revenge.bootstrap import Settings, build
from revenge.cli.start import read
from revenge.core.settings import Secret, describe
from revenge.services.auth.settings import AuthSettings


def settings(wish: Namespace) -> None:
    """Print every setting."""
    print(describe(read(wish)))


def openapi(_wish: Namespace) -> None:
    """Print the API's description, the same whatever is set here."""
    from revenge.api.openapi import document

    house = build(Settings(auth=AuthSettings(jwt_secret=Secret("-" * 32))), Path("run"), "")
    print(json.dumps(document(house.endpoints), indent=2, ensure_ascii=False))
