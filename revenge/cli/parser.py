"""The commands and what may be said to each."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Protocol

from revenge import __version__

_SETTINGS = "Settings come from REVENGE_* variables and from the file REVENGE_CONFIG names; `revenge settings` shows them all."


class Commands(Protocol):
    """What argparse gives for adding commands; its own class has no public name."""

    def add_parser(self, name: str, *, help: str, description: str | None = ..., epilog: str | None = ...) -> ArgumentParser:
        """Add a command."""


def parser() -> ArgumentParser:
    """Everything that can be said to `revenge`."""
    root = ArgumentParser("revenge", description="Revenge: a self-hosted media appliance.", epilog=_SETTINGS)
    root.add_argument("--version", action="version", version=f"revenge {__version__}")
    root.add_argument("--config", type=Path, metavar="FILE", help="the settings file, instead of the one REVENGE_CONFIG names")
    commands = root.add_subparsers(metavar="COMMAND", required=True)
    _of_the_node(commands)
    _of_the_schema(commands)
    _of_the_household(commands)
    _of_the_cluster(commands)
    return root


def _of_the_node(commands: Commands) -> None:
    _add(commands, "serve", "node:serve", "start the node and stay in the foreground")
    _add(commands, "settings", "show:settings", "every setting, its value and where that came from; secrets are masked")
    _add(commands, "openapi", "api:openapi", "print the description of the API (OpenAPI 3.1)")
    _add(commands, "health", "ask:health", "ask the running node whether it is ready")
    drain = _add(commands, "drain", "drain:drain", "let the running node finish and send its viewers and its work to the others")
    drain.add_argument("--back", action="store_true", help="let it take part again")
    drain.add_argument("--wait", type=float, default=60.0, metavar="SECONDS", help="how long to wait for what runs (default: %(default)g)")
    _add(commands, "doctor", "doctor:examine", "check every part of this machine and node, and say what to do")


def _of_the_schema(commands: Commands) -> None:
    migrate = commands.add_parser("migrate", help="bring the database to this version's schema, or back", epilog=_SETTINGS)
    steps = migrate.add_subparsers(metavar="up|down|status", required=True)
    _add(steps, "status", "schema:status", "every migration, and whether the database has it")
    up = _add(steps, "up", "schema:up", "apply what is missing")
    up.add_argument("to", nargs="?", default="head", metavar="NUMBER", help="the migration to stop at (six digits)")
    down = _add(steps, "down", "schema:down", "take the newest migration back, and what its tables hold with it")
    down.add_argument("to", nargs="?", default="-1", metavar="NUMBER", help="the migration to go back to; `base` takes all of them back")


def _of_the_household(commands: Commands) -> None:
    user = commands.add_parser("user", help="accounts", epilog=_SETTINGS)
    add = _add(user.add_subparsers(metavar="add", required=True), "add", "household:add_user", "make an account")
    add.add_argument("username")
    add.add_argument("--email", required=True)
    add.add_argument("--admin", action="store_true", help="may do everything")
    add.epilog = "The password is asked for; where there is no terminal, the first line of standard input is it."

    library = commands.add_parser("library", help="libraries", epilog=_SETTINGS)
    add = _add(library.add_subparsers(metavar="add", required=True), "add", "household:add_library", "make a library of folders")
    add.add_argument("name")
    add.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    add.add_argument("--kind", default="movie", help="what it holds (default: %(default)s)")

    scan = _add(commands, "scan", "household:scan", "look for new, changed and vanished files")
    scan.add_argument("libraries", nargs="*", metavar="LIBRARY", help="by name; all of them when none is named")


def _of_the_cluster(commands: Commands) -> None:
    cluster = commands.add_parser("cluster", help="several nodes that act as one", epilog=_SETTINGS)
    deeds = cluster.add_subparsers(metavar="init|token|join|leave|remove|status|force-single", required=True)
    _add(deeds, "status", "cluster:status", "who is there and who leads")
    init = _add(deeds, "init", "cluster:init", "prepare this node to found a cluster; it must not run")
    token = _add(deeds, "token", "cluster:token", "make a join token, good for one node and a short while")
    token.add_argument("--minutes", type=int, default=15, help="how long it is good for (default: %(default)s)")
    join = _add(deeds, "join", "cluster:join", "prepare this node to join a cluster; it must not run")
    join.add_argument("url", nargs="?", metavar="URL", help="HTTP address of a node of the cluster; none where cluster.secret is set here")
    join.add_argument("--token", help="what `revenge cluster token` printed there; `-` reads it from standard input")
    for command in (init, join):
        command.add_argument("--advertise", metavar="HOST:PORT", help="address by which the other nodes reach this one")
    leave = _add(deeds, "leave", "cluster:leave", "take this node out of its cluster; a running one ends")
    leave.add_argument("--force", action="store_true", help="forget the cluster even when it cannot be told")
    remove = _add(deeds, "remove", "cluster:remove", "take a node out of the cluster that does not come back")
    remove.add_argument("node", metavar="NODE", help="its id or its Raft address")
    remove.add_argument("--force", action="store_true", help="even though it is there")
    single = _add(deeds, "force-single", "cluster:force_single", "go on with this node alone when most of the others are lost for good")
    single.add_argument("--yes", action="store_true", help="really do it")
    single.add_argument("--cluster", metavar="ID", help="whose the database was, where this node knows nothing of it")


def _add(commands: Commands, name: str, work: str, sentence: str) -> ArgumentParser:
    """Add a command; `work` is the module of this package and the function in it."""
    command = commands.add_parser(name, help=sentence, description=f"{sentence[:1].upper()}{sentence[1:]}.", epilog=_SETTINGS)
    command.set_defaults(work=_work(work))
    return command


def _work(place: str) -> Callable[[Namespace], int | None]:
    def work(wish: Namespace) -> int | None:
        module, _, function = place.partition(":")
        status: int | None = getattr(import_module(f"revenge.cli.{module}"), function)(wish)
        return status

    return work
