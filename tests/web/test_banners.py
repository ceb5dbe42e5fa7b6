"""A sentence above every page while a part is away without which the node still works."""

from web.banners import of_parts
from web.words import Catalogue


def test_each_part_that_is_away_has_its_sentence_and_the_others_are_silent():
    failing = ["store", "postgresql", "quorum"]
    banners = of_parts(lambda: failing)()
    assert [banner.kind for banner in banners] == ["warn", "bad"]
    assert all(banner.text in words for words in Catalogue.load().languages.values() for banner in banners)
    failing.clear()
    assert of_parts(lambda: failing)() == []
