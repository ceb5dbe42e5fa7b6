"""`revenge user add | library add | scan`."""

import asyncio
import sys
from argparse import Namespace
from collections.abc import Sequence
from getpass import getpass
from uuid import UUID

from revenge.bootstrap.house import House
from revenge.cli.parts import opened_house
from revenge.cli.start import ready
from revenge.core.caller import Caller
from revenge.core.errors import Invalid
from revenge.infra.secrets import setup_is_done
from revenge.services.library.entity import Library, NewLibrary, Scan

_LOOK = 0.3
"""Seconds between two looks at a scan."""
_OVER = {"completed", "failed", "cancelled"}
_NOBODY = UUID(int=0)


def add_user(wish: Namespace) -> None:
    """Make an account."""
    asyncio.run(_add_user(wish, _password()))


def add_library(wish: Namespace) -> None:
    """Make a library."""
    asyncio.run(_add_library(wish, [str(folder.absolute()) for folder in wish.folders]))


def scan(wish: Namespace) -> int:
    """Scan libraries one after another and wait for each; 1 when a scan did not end well."""
    return asyncio.run(_scan(wish))


async def _add_user(wish: Namespace, password: str) -> None:
    async with opened_house(ready(wish)) as house:
        user = await house.users.add(wish.username, wish.email, password, "admin" if wish.admin else "user")
        if wish.admin:
            await setup_is_done(house.settings.data_dir)
    print(f"{user.username} can sign in{' and is an admin' if wish.admin else ''}.")


def _password() -> str:
    """What a person types twice, or the first line of standard input; never an argument, which every process could read."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("Password: ")
    if getpass("Once more: ") != password:
        raise Invalid("The two passwords differ.")
    return password


async def _add_library(wish: Namespace, folders: list[str]) -> None:
    async with opened_house(ready(wish)) as house:
        library = await house.libraries.add(NewLibrary(wish.name, wish.kind, folders))
    print(f"The library {library.name} is there; `revenge scan` fills it.")


async def _scan(wish: Namespace) -> int:
    ended = []
    async with opened_house(ready(wish)) as house:
        caller = await internal(house)
        for library in _chosen(await house.libraries.list(caller), wish.libraries):
            scan = await _watched(house, await house.libraries.scan(library.id, caller), caller)
            print(_told(library, scan))
            ended.append(scan.state == "completed")
    return int(not all(ended))


async def internal(house: House) -> Caller:
    """Whoever may start this command may do everything."""
    visible = await house.libraries.visible(_NOBODY, "admin")
    return Caller(_NOBODY, _NOBODY, "revenge", "admin", visible, "internal")


def _chosen(libraries: Sequence[Library], names: Sequence[str]) -> list[Library]:
    """The libraries of these names; all when none is named."""
    known = {library.name.casefold(): library for library in libraries}
    if not known:
        raise Invalid("There is no library yet: `revenge library add NAME FOLDER` makes one.")
    for name in names:
        if name.casefold() not in known:
            raise Invalid(f"There is no library {name}; there is {', '.join(library.name for library in libraries)}.")
    return [known[name.casefold()] for name in names] or list(libraries)


async def _watched(house: House, scan: Scan, caller: Caller) -> Scan:
    """The scan when it has ended; on a terminal its count is shown meanwhile."""
    while scan.state not in _OVER:
        if sys.stdout.isatty():
            print(f"\r{scan.done} of {scan.found} files ", end="", flush=True)
        await asyncio.sleep(_LOOK)
        scan = await house.libraries.get_scan(scan.id, caller)
    if sys.stdout.isatty():
        print("\r", end="")
    return scan


def _told(library: Library, scan: Scan) -> str:
    counts = f"{scan.found} files, {scan.added} new, {scan.changed} changed, {scan.removed} gone"
    return f"{library.name}: {scan.state}, {counts}{f', {scan.failed} with errors' if scan.failed else ''}."
