"""`revenge serve`."""

from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from revenge import app
from revenge.bootstrap.build import build
from revenge.bootstrap.live import listeners
from revenge.cli.start import read_again, ready_to_serve
from revenge.core.settings import Watcher
from revenge.infra.embedded.place import runtime_dir
from revenge.infra.secrets import forget_setup_code, setup_code
from revenge.services.user.service import Users


def serve(wish: Namespace) -> None:
    """Run the node until a signal ends it."""
    loaded, log = ready_to_serve(wish)
    settings = loaded.values
    code = setup_code(settings.data_dir)
    house = build(settings, runtime_dir(settings.data_dir), code)
    watcher = Watcher(loaded, partial(read_again, wish), listeners(house, log))
    app.serve(replace(house, parts=[*house.parts, watcher, Welcome(house.users, code, settings.data_dir)]))


class Welcome:
    """Tells who starts a new node the code its setup asks for; an old node needs none, and keeps none."""

    def __init__(self, users: Users, code: str, data_dir: Path) -> None:
        self.users = users
        self.code = code
        self.data_dir = data_dir

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Tell it once, before the door opens."""
        if await self.users.has_admin():
            forget_setup_code(self.data_dir)
        else:
            print(f"The setup from another machine asks for this code: {self.code}", flush=True)
        yield
