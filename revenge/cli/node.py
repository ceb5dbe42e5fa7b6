"""`revenge serve`."""

from argparse import Namespace

from revenge import app
from revenge.bootstrap import build
from revenge.cli.start import ready_to_serve
from revenge.infra.embedded.place import runtime_dir
from revenge.infra.secrets import setup_code


def serve(wish: Namespace) -> None:
    """Run the node until a signal ends it."""
    settings = ready_to_serve(wish)
    app.serve(build(settings, runtime_dir(settings.data_dir), setup_code(settings.data_dir)))
