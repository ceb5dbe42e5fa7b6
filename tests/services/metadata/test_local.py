"""Facts from beside the film."""

import os

from revenge.media.nfo import MAX_BYTES


async def test_what_the_nfo_says_is_read(room, inception, films):
    (films / "Inception (2010)" / "movie.nfo").write_text("<movie><title>Origen</title></movie>")
    assert (await room.local.nfo(inception.videos[0])).title == "Origen"


async def test_a_film_without_one_has_no_facts(room, inception):
    assert await room.local.nfo(inception.videos[0]) is None


async def test_one_that_cannot_be_used_costs_nothing_but_its_facts(room, inception, films):
    nfo = films / "Inception (2010)" / "movie.nfo"
    for content in (b"<movie><title>", b" " * (MAX_BYTES + 1), b"<tvshow/>"):
        nfo.write_bytes(content)
        assert await room.local.nfo(inception.videos[0]) is None


async def test_a_pipe_of_that_name_holds_nobody_up(room, inception, films):
    os.mkfifo(films / "Inception (2010)" / "movie.nfo")
    assert await room.local.nfo(inception.videos[0]) is None
