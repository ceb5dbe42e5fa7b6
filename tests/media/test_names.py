"""How people and release groups name films, and what Revenge reads in it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revenge.media.names import NameGuess, extra_kind, ignored, is_video, match_key, owns_folder, parse, title_sort
from revenge.media.names_guess import second_opinion

# path -> title, year, and whatever else the name says
NAMES: list[tuple[str, str, int | None, dict[str, object]]] = [
    # folders and files as people write them
    ("Inception (2010)/Inception (2010).mkv", "Inception", 2010, {}),
    ("Inception (2010)/Inception.mkv", "Inception", 2010, {}),
    ("Inception.mkv", "Inception", None, {}),
    ("Inception/Inception.mkv", "Inception", None, {}),
    ("Films/Action/Inception.mkv", "Inception", None, {}),
    ("The Matrix - 1999.mkv", "The Matrix", 1999, {}),
    ("The Matrix [1999].mkv", "The Matrix", 1999, {}),
    ("The Matrix, 1999.mkv", "The Matrix", 1999, {}),
    ("Matrix, The (1999).mkv", "The Matrix", 1999, {}),
    ("The_Matrix_1999_720p.mkv", "The Matrix", 1999, {"resolution": "720p"}),
    ("The Matrix 1999.mkv", "The Matrix", 1999, {}),
    ("2010 - Inception.mkv", "Inception", 2010, {}),
    ("(2010) Inception.mkv", "Inception", 2010, {}),
    ("[2010] Inception.mkv", "Inception", 2010, {}),
    ("the-dark-knight-2008.mkv", "the dark knight", 2008, {}),
    ("Spider-Man.2002.mkv", "Spider-Man", 2002, {}),
    ("Trilogy/Goldfinger (1964).mkv", "Goldfinger", 1964, {}),
    ("James Bond Collection (1962-2015)/Goldfinger.mkv", "Goldfinger", None, {}),
    ("Marvel (2008 - 2019)/Iron Man.mkv", "Iron Man", None, {}),
    ("Star Wars - Episode IV - A New Hope (1977).mkv", "Star Wars - Episode IV - A New Hope", 1977, {}),
    ("Mission_ Impossible (1996).mkv", "Mission: Impossible", 1996, {}),
    ("Birdman or (The Unexpected Virtue of Ignorance) (2014).mkv", "Birdman or (The Unexpected Virtue of Ignorance)", 2014, {}),
    ("Amélie (2001)/Le fabuleux destin d'Amélie Poulain.mkv", "Amélie", 2001, {}),
    ("Inception/movie.mkv", "Inception", None, {}),
    ("Frozen (2010)/Frozen.2009.mkv", "Frozen", 2010, {}),
    # release names
    ("Inception.2010.1080p.BluRay.x264-GROUP.mkv", "Inception", 2010, {"resolution": "1080p", "source": "bluray"}),
    ("Sin.City.2005.PROPER.1080p.WEB-DL.DD5.1.H.264-GRP.mkv", "Sin City", 2005, {"resolution": "1080p", "source": "web"}),
    ("Sin.City.2005.WEB.x264-GRP.mkv", "Sin City", 2005, {"source": "web"}),
    ("Sin City (2005) [BluRay] [1080p] [YTS.AM].mp4", "Sin City", 2005, {"resolution": "1080p", "source": "bluray"}),
    ("Inception (2010) [Bluray-1080p][DTS 5.1][x264]-GROUP.mkv", "Inception", 2010, {"resolution": "1080p", "source": "bluray"}),
    ("The Dark Knight.2008.1080p.mkv", "The Dark Knight", 2008, {"resolution": "1080p"}),
    (
        "Das.Boot.1981.German.DL.DC.1080p.BluRay.x264-GRP.mkv",
        "Das Boot",
        1981,
        {"edition": "Director's Cut", "resolution": "1080p", "source": "bluray"},
    ),
    ("Das.Boot.German.1080p.BluRay.mkv", "Das Boot", None, {"resolution": "1080p", "source": "bluray", "certain": False}),
    ("Title.1080p.2010.mkv", "Title", 2010, {"resolution": "1080p", "certain": False}),
    ("Cleopatra.1963.1080p.Remux.mkv", "Cleopatra", 1963, {"resolution": "1080p", "source": "remux"}),
    ("Old.Film.1955.DVDRip.XviD.avi", "Old Film", 1955, {"source": "dvd"}),
    ("Gone.Girl.2014.HDTV.720p.mkv", "Gone Girl", 2014, {"resolution": "720p", "source": "tv"}),
    ("Gone.Girl.2014.4K.HDR10.mkv", "Gone Girl", 2014, {"resolution": "2160p"}),
    ("Gone.Girl.2014.1920x800.mkv", "Gone Girl", 2014, {"resolution": "1080p"}),
    ("Gone.Girl.2014.HDCAM.mkv", "Gone Girl", 2014, {"source": "cam"}),
    ("[Group] Perfect Blue (1997) [1080p].mkv", "Perfect Blue", 1997, {"resolution": "1080p"}),
    ("[SubGroup] Akira [BD 1080p][Dual Audio].mkv", "Akira", None, {"resolution": "1080p"}),
    ("Akira [1080p].mkv", "Akira", None, {"resolution": "1080p"}),
    ("Parasite.AKA.Gisaengchung.2019.mkv", "Parasite", 2019, {}),
    # folders with useless file names
    ("The.Dark.Knight.2008.1080p.BluRay.x264-REF/abc-tdk.mkv", "The Dark Knight", 2008, {"resolution": "1080p", "source": "bluray"}),
    ("The.Film.2010.1080p.BluRay.x264-GRP/abc-xyz.mkv", "The Film", 2010, {"resolution": "1080p", "source": "bluray"}),
    ("Inception (2010)/title_t00.mkv", "Inception", 2010, {}),
    ("Inception (2010)/00001.m2ts", "Inception", 2010, {}),
    ("Inception (2010)/0f3a9c2b7d1e4f60.mkv", "Inception", 2010, {}),
    ("Inception (2010)/1080p/movie.mkv", "Inception", 2010, {}),
    ("Heat (1995)/BDMV/STREAM/00001.m2ts", "Heat", 1995, {}),
    ("Heat (1995)/VIDEO_TS/VTS_01_2.VOB", "Heat", 1995, {"part": 2}),
    ("Heat (1995)/VIDEO_TS/VTS_01_0.VOB", "Heat", 1995, {"extra": "menu"}),
    ("Inception.2010.1080p.WEB-DL-GRP/Inception.2010.mkv", "Inception", 2010, {"resolution": "1080p", "source": "web"}),
    ("00000.m2ts", "00000", None, {"certain": False}),
    # numbers and years that are titles
    ("2012 (2009)/2012 (2009).mkv", "2012", 2009, {}),
    ("2012.2009.1080p.mkv", "2012", 2009, {"resolution": "1080p"}),
    ("2012 (2009)/2012.mkv", "2012", 2009, {}),
    ("2012.mkv", "2012", None, {}),
    ("1917 (2019).mkv", "1917", 2019, {}),
    ("1917.mkv", "1917", None, {}),
    (
        "1917.2019.2160p.UHD.BluRay.x265.10bit.HDR.DTS-HD.MA.TrueHD.7.1.Atmos-GRP.mkv",
        "1917",
        2019,
        {"resolution": "2160p", "source": "bluray"},
    ),
    ("1984.1984.mkv", "1984", 1984, {}),
    ("Blade Runner 2049 (2017).mkv", "Blade Runner 2049", 2017, {}),
    ("Blade.Runner.2049.2017.2160p.mkv", "Blade Runner 2049", 2017, {"resolution": "2160p"}),
    ("Blade.Runner.2049.1080p.mkv", "Blade Runner 2049", None, {"resolution": "1080p", "certain": False}),
    ("Blade Runner 2049 (2017)/Blade.Runner.2049.1080p.mkv", "Blade Runner 2049", 2017, {"resolution": "1080p"}),
    ("2001 A Space Odyssey (1968).mkv", "2001 A Space Odyssey", 1968, {}),
    ("2001.A.Space.Odyssey.1968.mkv", "2001 A Space Odyssey", 1968, {}),
    ("2001.A.Space.Odyssey.mkv", "2001 A Space Odyssey", None, {}),
    ("Wonder Woman 1984 (2020)/Wonder.Woman.1984.mkv", "Wonder Woman 1984", 2020, {}),
    ("Class of 1999 (1990).mkv", "Class of 1999", 1990, {}),
    ("300.mkv", "300", None, {}),
    ("300 (2006)/300.mkv", "300", 2006, {}),
    ("300.2006.1080p.mkv", "300", 2006, {"resolution": "1080p"}),
    ("9 (2009).mkv", "9", 2009, {}),
    ("21.2008.mkv", "21", 2008, {}),
    ("Apollo.13.1995.mkv", "Apollo 13", 1995, {}),
    ("Fahrenheit.451.1966.mkv", "Fahrenheit 451", 1966, {}),
    ("3.10.to.Yuma.2007.1080p.mkv", "3 10 to Yuma", 2007, {"resolution": "1080p"}),
    ("(500) Days of Summer (2009).mkv", "(500) Days of Summer", 2009, {}),
    ("Se7en (1995).mkv", "Se7en", 1995, {}),
    # words that are tags elsewhere and titles here
    ("Charlotte's Web (2006).mkv", "Charlotte's Web", 2006, {}),
    ("Cam (2018).mkv", "Cam", 2018, {}),
    ("The.Good.German.2006.DVDRip.mkv", "The Good German", 2006, {"source": "dvd"}),
    ("Step Up 3D (2010).mkv", "Step Up 3D", 2010, {}),
    ("The.Final.Cut.2004.mkv", "The Final Cut", 2004, {}),
    ("Uncut Gems (2019).mkv", "Uncut Gems", 2019, {}),
    ("Unrated (2009).mkv", "Unrated", 2009, {}),
    ("Extended.mkv", "Extended", None, {}),
    ("[REC] (2007).mkv", "REC", 2007, {}),
    ("[REC] 2 (2009).mkv", "REC 2", 2009, {}),
    ("Kill Bill Part 2 (2004).mkv", "Kill Bill Part 2", 2004, {}),
    ("The Godfather Part II (1974).mkv", "The Godfather Part II", 1974, {}),
    ("Dune Part Two (2021).mkv", "Dune Part Two", 2021, {}),
    ("Kill Bill - Vol. 1 (2003).mkv", "Kill Bill - Vol. 1", 2003, {}),
    # ids
    ("Heat (1995) {tmdb-949}/Heat (1995) {tmdb-949}.mkv", "Heat", 1995, {"tmdb": "949"}),
    ("Heat (1995) [tmdbid-949].mkv", "Heat", 1995, {"tmdb": "949"}),
    ("Heat (1995) [tmdbid=949].mkv", "Heat", 1995, {"tmdb": "949"}),
    ("Heat {imdb-tt0113277}.mkv", "Heat", None, {"imdb": "tt0113277"}),
    ("Heat.1995.tt0113277.mkv", "Heat", 1995, {"imdb": "tt0113277"}),
    ("Heat (1995) {tvdb-77}.mkv", "Heat", 1995, {"tvdb": "77"}),
    ("Heat (1995) {tmdb-949}/Hitze.1995.German.720p.mkv", "Heat", 1995, {"tmdb": "949", "resolution": "720p"}),
    ("Heat (1995) {tmdb-949}/Heat.1995.1080p.mkv", "Heat", 1995, {"tmdb": "949", "resolution": "1080p"}),
    # editions, versions, 3D
    ("Blade Runner (1982) {edition-Director's Cut}.mkv", "Blade Runner", 1982, {"edition": "Director's Cut"}),
    ("Blade.Runner.1982.The.Final.Cut.1080p.mkv", "Blade Runner", 1982, {"edition": "Final Cut", "resolution": "1080p"}),
    ("Blade.Runner.The.Final.Cut.1982.mkv", "Blade Runner", 1982, {"edition": "Final Cut"}),
    ("Blade Runner (1982) Final Cut/Blade Runner (1982).mkv", "Blade Runner", 1982, {"edition": "Final Cut"}),
    ("Apocalypse.Now.Redux.1979.mkv", "Apocalypse Now", 1979, {"edition": "Redux"}),
    ("Aliens.1986.Special.Edition.Remastered.1080p.mkv", "Aliens", 1986, {"edition": "Special Edition, Remastered", "resolution": "1080p"}),
    ("Film.2010.Remastered.2020.1080p.mkv", "Film", 2010, {"edition": "Remastered", "resolution": "1080p"}),
    ("The Two Towers (2002) Extended Edition.mkv", "The Two Towers", 2002, {"edition": "Extended"}),
    ("Everest.1998.IMAX.1080p.mkv", "Everest", 1998, {"edition": "IMAX", "resolution": "1080p"}),
    ("Léon (1994) (Director's Cut) (1080p).mkv", "Léon", 1994, {"edition": "Director's Cut", "resolution": "1080p"}),
    ("Léon (Director's Cut) (1994).mkv", "Léon", 1994, {"edition": "Director's Cut"}),
    ("Sieben.1995.Uncut.mkv", "Sieben", 1995, {"edition": "Uncut"}),
    ("Kingdom.2005.Theatrical.Cut.mkv", "Kingdom", 2005, {"edition": "Theatrical"}),
    ("Kingdom.2005.UNRATED.mkv", "Kingdom", 2005, {"edition": "Unrated"}),
    ("Title (2010)/Title (2010) - 4K.mkv", "Title", 2010, {"resolution": "2160p", "version": "4K"}),
    ("Title (2010)/Title (2010) - 1080p.mkv", "Title", 2010, {"resolution": "1080p", "version": "1080p"}),
    ("Title (2010)/Title (2010) - Director's Cut.mkv", "Title", 2010, {"edition": "Director's Cut", "version": "Director's Cut"}),
    ("Avatar.2009.3D.HSBS.1080p.BluRay.mkv", "Avatar", 2009, {"resolution": "1080p", "source": "bluray", "stereo": "side_by_side"}),
    ("Avatar (2009) [3D SBS].mkv", "Avatar", 2009, {"stereo": "side_by_side"}),
    ("Avatar.2009.3D.Half-OU.mkv", "Avatar", 2009, {"stereo": "top_bottom"}),
    ("Avatar.2009.3D.mkv", "Avatar", 2009, {"stereo": "unknown"}),
    # parts
    ("Gone with the Wind (1939) cd1.avi", "Gone with the Wind", 1939, {"part": 1}),
    ("Gone.with.the.Wind.1939.CD2.DVDRip.XviD.avi", "Gone with the Wind", 1939, {"part": 2, "source": "dvd"}),
    ("Gone with the Wind/Gone with the Wind CD2.avi", "Gone with the Wind", None, {"part": 2}),
    ("Gone with the Wind (1939)/cd1.avi", "Gone with the Wind", 1939, {"part": 1}),
    ("Gone with the Wind (1939)/CD2/movie.avi", "Gone with the Wind", 1939, {"part": 2}),
    ("Gone with the Wind (1939)/Disc 2/title_t01.mkv", "Gone with the Wind", 1939, {"part": 2}),
    ("Gone with the Wind (1939) part2.mkv", "Gone with the Wind", 1939, {"part": 2}),
    ("Gone with the Wind-part2.mkv", "Gone with the Wind", None, {"part": 2}),
    ("Gone with the Wind (1939) (1 of 2).avi", "Gone with the Wind", 1939, {"part": 1}),
    # extras and samples
    ("Inception (2010)/Inception (2010)-trailer.mkv", "Inception", 2010, {"extra": "trailer"}),
    ("Movies/Inception (2010)-trailer.mkv", "Inception", 2010, {"extra": "trailer"}),
    ("Inception (2010)/Inception (2010) trailer.mkv", "Inception", 2010, {"extra": "trailer"}),
    ("Inception (2010)/trailer.mkv", "Inception", 2010, {"extra": "trailer"}),
    ("Inception (2010)/Trailers/Teaser 1.mkv", "Inception", 2010, {"extra": "trailer"}),
    ("Inception (2010)/Extras/Disc 1/Making of.mkv", "Inception", 2010, {"extra": "extra"}),
    ("Inception (2010)/Featurettes/Dreams.mkv", "Inception", 2010, {"extra": "featurette"}),
    ("Inception (2010)/Behind The Scenes/x.mkv", "Inception", 2010, {"extra": "behind_the_scenes"}),
    ("Inception (2010)/Deleted Scenes/Roof.mkv", "Inception", 2010, {"extra": "deleted"}),
    ("Inception (2010)/Inception-featurette.mkv", "Inception", 2010, {"extra": "featurette"}),
    ("Inception (2010)/Inception (2010)-deleted.mkv", "Inception", 2010, {"extra": "deleted"}),
    ("Inception (2010)/sample.mkv", "Inception", 2010, {"extra": "sample"}),
    ("Inception.2010.1080p-GRP/Sample/inception-sample.mkv", "Inception", 2010, {"extra": "sample", "resolution": "1080p"}),
    ("Inception.2010.1080p-GRP/inception.sample.mkv", "Inception", 2010, {"extra": "sample", "resolution": "1080p"}),
    ("sample-inception.mkv", "inception", None, {"extra": "sample"}),
    ("Luxo Jr. (1986)/Shorts/x.mkv", "Luxo Jr.", 1986, {"extra": "short"}),
    ("Shorts/Luxo Jr. (1986).mkv", "Luxo Jr.", 1986, {}),
    ("Sample (2010)/Sample (2010).mkv", "Sample", 2010, {}),
    ("Trailer Park Boys The Movie (2006).mkv", "Trailer Park Boys The Movie", 2006, {}),
    # letters of all kinds
    ("E.T.the.Extra-Terrestrial.1982.mkv", "E.T. the Extra-Terrestrial", 1982, {}),
    ("E.T. the Extra-Terrestrial (1982).mkv", "E.T. the Extra-Terrestrial", 1982, {}),
    ("S.W.A.T.2003.1080p.mkv", "S.W.A.T.", 2003, {"resolution": "1080p"}),
    ("A.I.Artificial.Intelligence.2001.mkv", "A.I. Artificial Intelligence", 2001, {}),
    ("I.Robot.2004.mkv", "I Robot", 2004, {}),
    ("Mr. Nobody (2009).mkv", "Mr. Nobody", 2009, {}),
    ("Türkisch für Anfänger (2012).mkv", "Türkisch für Anfänger", 2012, {}),
    ("Tu\u0308rkisch fu\u0308r Anfa\u0308nger (2012).mkv", "Türkisch für Anfänger", 2012, {}),
    ("T\udcfcrkisch (2012).mkv", "Türkisch", 2012, {}),
    ("🎬 Film 🍿 (2020).mkv", "🎬 Film 🍿", 2020, {}),
    ("🎬.mkv", "🎬", None, {"certain": False}),
    ('"Crocodile" Dundee (1986).mkv', '"Crocodile" Dundee', 1986, {}),
    ("What's Eating Gilbert Grape (1993).mkv", "What's Eating Gilbert Grape", 1993, {}),
    ("千と千尋の神隠し (2001).mkv", "千と千尋の神隠し", 2001, {}),
    ("Сталкер (1979).mkv", "Сталкер", 1979, {}),
    ("M.mkv", "M", None, {}),
    ("M (1931).mkv", "M", 1931, {}),
]


@pytest.mark.parametrize(("path", "title", "year", "rest"), NAMES, ids=[row[0].encode("ascii", "replace").decode() for row in NAMES])
def test_a_name_is_read_the_way_its_writer_meant_it(path, title, year, rest):
    assert parse(path) == NameGuess(title=title, year=year, **rest)
    assert extra_kind(path) == rest.get("extra")


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=120))
def test_no_name_is_too_odd_to_be_read(path):
    guess = parse(path)
    assert extra_kind(path) == guess.extra
    assert guess.title
    assert guess.title.encode()
    assert guess.year is None or 1800 <= guess.year <= 2100


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["(2010)", "[", "]", "(", "{tmdb-1}", "1080p", "cd1", "-", ".", "_", " ", "2012", "Uncut", "The", "/", "S.", "aka", "sample"]
        ),
        max_size=12,
    )
)
def test_no_heap_of_tags_is_too_odd_to_be_read(parts):
    for joint in ("", ".", " "):
        guess = parse(joint.join(parts) + ".mkv")
        assert guess.title
        assert extra_kind(joint.join(parts) + ".mkv") == guess.extra


def test_spellings_of_one_film_meet_under_one_key():
    assert match_key("WALL·E", 2008) == match_key("wall-e", 2008)
    assert match_key("Amélie", 2001) == match_key("Amelie", 2001)
    assert match_key("Fast & Furious", 2009) == match_key("Fast and Furious", 2009)
    assert match_key("E.T. the Extra-Terrestrial", 1982) == match_key("E T The Extra Terrestrial", 1982)
    assert match_key("Die große Stille", 2005) == match_key("Die grosse Stille", 2005)


def test_films_of_other_years_and_films_without_letters_do_not_meet():
    assert match_key("Dune", 1984) != match_key("Dune", 2021)
    assert match_key("Dune", None) != match_key("Dune", 2021)
    assert match_key("🎬", 2020) != match_key("🍿", 2020)


@pytest.mark.parametrize(
    ("title", "shelved"),
    [
        ("The Thing", "thing"), ("A Beautiful Mind", "beautiful mind"), ("An Education", "education"), ("Das Boot", "boot"),
        ("Der Untergang", "untergang"), ("Die Welle", "welle"), ("Die Hard", "die hard"), ("Ein Fisch namens Wanda", "fisch namens wanda"),
        ("A.I. Artificial Intelligence", "a.i. artificial intelligence"), ("The", "the"), ("Ärger", "arger"), ("Rocky 2", "rocky 000002"),
        ("'71", "000071"), ("(500) Days", "000500 days"), ("🎬 Film", "film"), ("🎬", "🎬"), ("Them!", "them!"),
    ],
)  # fmt: skip
def test_a_title_is_shelved_without_its_article(title, shelved):
    assert title_sort(title) == shelved


def test_numbers_are_shelved_by_size():
    films = ["Rocky 10", "Rocky 2", "Rocky"]
    assert sorted(films, key=title_sort) == ["Rocky", "Rocky 2", "Rocky 10"]


def test_names_that_are_none_of_ours():
    for name in (".DS_Store", "._film.mkv", ".Trash-1000", "@eaDir", "#recycle", "$RECYCLE.BIN", "lost+found", "Thumbs.db", ".hidden.mkv"):
        assert ignored(name), name
    for name in ("Film.mkv", "#Alive (2020)", "Trash (2014)", "@ the Movies"):
        assert not ignored(name), name


def test_which_folders_are_a_films_own():
    for path in (
        "Inception (2010)/abc.mkv",
        "A/Inception (2010)/Inception.mkv",
        "Inception.2010.1080p-GRP/inc.mkv",
        "Inception/Inception.mkv",
    ):
        assert owns_folder(path), path
    for path in ("Inception.mkv", "Action/Inception (2010).mkv", "Marvel (2008-2019)/Iron Man (2008).mkv"):
        assert not owns_folder(path), path


def test_which_files_may_hold_a_film():
    assert all(is_video(name) for name in ("a.mkv", "A.MP4", "b.m2ts", "c.vob", "d.e.webm"))
    assert not any(is_video(name) for name in ("a.txt", "mkv", ".mkv", "a.srt", "a.mkv.part", "a.jpg", "a.mp3"))


def test_an_extra_and_a_sample_say_that_they_are_no_film():
    assert parse("Film (2010)/Film-trailer.mkv").is_extra
    assert parse("Film (2010)/sample.mkv").is_sample
    assert not parse("Film (2010)/Film.mkv").is_extra


def test_a_second_opinion_fills_gaps_and_changes_nothing_that_is_sure():
    first, second, third = second_opinion(["Show.S01E02.720p.mkv", "Blade.Runner.2049.1080p.mkv", "Inception (2010).mkv"])
    assert (first.title, first.resolution) == ("Show", "720p")
    assert (second.title, second.year) == ("Blade Runner 2049", None)
    assert third == parse("Inception (2010).mkv")
    assert first.certain
    assert second.certain


def test_a_second_opinion_on_nonsense_is_still_an_answer():
    assert [guess.title for guess in second_opinion(["", "((((", "🎬.mkv"])]
