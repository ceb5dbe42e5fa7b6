"""`revenge openapi`."""

import json
from argparse import Namespace
from pathlib import Path

from revenge.api.openapi import document
from revenge.bootstrap.build import build
from revenge.bootstrap.settings import Settings
from revenge.core.settings import Secret
from revenge.services.auth.settings import AuthSettings


def openapi(_wish: Namespace) -> None:
    """Print the API's description."""
    print(description())


def description() -> str:
    """The API's description as JSON, the same whatever is set here: `docs/openapi.json` is this text."""
    house = build(Settings(auth=AuthSettings(jwt_secret=Secret("-" * 32))), Path("run"), "")
    return json.dumps(document(house.endpoints), indent=2, ensure_ascii=False)
