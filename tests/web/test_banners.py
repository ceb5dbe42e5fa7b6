"""A sentence above every page while a part is away without which the node still works."""

from web.banners import of_parts
from web.words import Catalogue


def test_each_part_that_is_away_has_its_sentence_and_the_others_are_silent():
    failing = ["store", "postgresql"]
    [banner] = of_parts(lambda: failing)()
    assert banner.kind == "warn"
    assert all(banner.text in words for words in Catalogue.load().languages.values())
    failing.clear()
    assert of_parts(lambda: failing)() == []
