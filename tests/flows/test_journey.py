"""From a fresh node to watching a film, over HTTP."""

from tests.fixtures.folder import BROKEN, FILES, TITLES


def test_a_folder_of_films_becomes_a_shelf(node, shelf):
    scan = shelf["scan"]
    assert (scan["found"], scan["added"], scan["failed"], scan["changed"], scan["removed"]) == (FILES + 3, FILES + 3, 3, 0, 0)
    assert {movie["title"] for movie in node.admin.movies(library=shelf["id"])} == TITLES
    assert {path.rpartition("/")[2] for path in node.admin.errors(scan["id"])} == BROKEN
