"""What every command does first: read the settings, have the secrets, open the log."""

import os
import sys
from argparse import Namespace
from pathlib import Path

from loguru import logger

from revenge.bootstrap.settings import Settings
from revenge.core.settings import Loaded, load
from revenge.core.settings.links import links
from revenge.infra.embedded.place import make_data
from revenge.infra.embedded.user import User, can_walk
from revenge.infra.joined import joined
from revenge.infra.log import Log, LogSettings, known_secrets
from revenge.infra.secrets import completed


def read(wish: Namespace) -> Loaded[Settings]:
    """The settings as they are written, and below them what a cluster gave; StartRefused names what is wrong with them."""
    loaded = load(Settings, os.environ, wish.config)
    return joined(loaded, loaded.values.data_dir)


def ready(wish: Namespace) -> Settings:
    """Make ready for a command beside the node: as its user, and quiet but for what goes wrong, unless a level was chosen."""
    loaded = read(wish)
    become_owner(loaded.values.data_dir)
    chosen = loaded.origin("log.level").kind != "default"
    return _opened(loaded, loaded.values.log if chosen else LogSettings("warning", loaded.values.log.format))[0].values


def ready_to_serve(wish: Namespace) -> tuple[Loaded[Settings], Log]:
    """Make ready for the node itself. What is live of the settings may change later, the log's level for one."""
    loaded = read(wish)
    return _opened(loaded, loaded.values.log)


def read_again(wish: Namespace) -> Loaded[Settings]:
    """The settings as they are now, with the secrets; StartRefused names what is wrong with them."""
    return _complete(read(wish))


def become_owner(data_dir: Path) -> None:
    """Leave root for whoever owns the data: files that root made there would be closed to the node.

    Root stays where the owner could not run this program: then the node does not run as the owner either.
    """
    if os.geteuid() != 0 or not data_dir.exists():
        return
    owner = User(data_dir.stat().st_uid, data_dir.stat().st_gid)
    needed = (Path(sys.executable).resolve(), Path(__file__).resolve())
    if owner.uid != 0 and all(can_walk(path.parent, owner) for path in needed):
        os.setgroups([owner.gid])
        os.setresgid(owner.gid, owner.gid, owner.gid)
        os.setresuid(owner.uid, owner.uid, owner.uid)


def _opened(loaded: Loaded[Settings], settings: LogSettings) -> tuple[Loaded[Settings], Log]:
    make_data(loaded.values.data_dir)
    loaded = _complete(loaded)
    log = Log(settings, known_secrets(loaded))
    log.open()
    if passed := links(os.environ):
        logger.debug("passed over, since they tell where services are: {}", ", ".join(passed))
    return loaded, log


def _complete(loaded: Loaded[Settings]) -> Loaded[Settings]:
    return completed(loaded, loaded.values.data_dir, embedded=loaded.values.database.url is None)
