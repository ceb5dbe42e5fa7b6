"""What is read from the `.nfo` files that people keep beside their films."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from revenge.media.nfo import MAX_BYTES, Actor, NfoBroken, NfoFacts, Rating, read

KODI = """<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<movie>
    <title>Das Leben der Anderen</title>
    <originaltitle>Das Leben der Anderen</originaltitle>
    <sorttitle>Leben der Anderen</sorttitle>
    <ratings>
        <rating name="imdb" max="10" default="true"><value>8.4</value><votes>402,123</votes></rating>
        <rating name="tomatometerallcritics" max="100"><value>92</value></rating>
    </ratings>
    <outline>Ein Hauptmann hört zu.</outline>
    <plot>Ost-Berlin, 1984.
Ein Hauptmann hört zu.</plot>
    <tagline>Bevor die Mauer fiel &amp; danach</tagline>
    <runtime>137</runtime>
    <mpaa>FSK 12</mpaa>
    <uniqueid type="imdb" default="true">tt0405094</uniqueid>
    <uniqueid type="tmdb">582</uniqueid>
    <genre>Drama</genre><genre>Thriller / Krimi</genre>
    <country>Germany</country>
    <set><name>Berlin</name><overview>Filme</overview></set>
    <credits>Florian Henckel von Donnersmarck</credits>
    <director>Florian Henckel von Donnersmarck</director>
    <premiered>2006-03-23</premiered>
    <year>2006</year>
    <studio>Wiedemann &amp; Berg</studio>
    <edition>DIRECTORS_CUT</edition>
    <actor><name>Ulrich Mühe</name><role>Gerd Wiesler</role><order>0</order><thumb>https://images/a.jpg</thumb></actor>
    <actor><name>Martina Gedeck</name><role>Christa-Maria Sieland</role><order>1</order></actor>
    <actor><role>Nobody</role></actor>
</movie>
"""


def test_a_complete_file_gives_everything_it_says():
    assert read(KODI.encode()) == NfoFacts(
        title="Das Leben der Anderen",
        original_title="Das Leben der Anderen",
        sort_title="Leben der Anderen",
        year=2006,
        premiered=date(2006, 3, 23),
        plot="Ost-Berlin, 1984.\nEin Hauptmann hört zu.",
        outline="Ein Hauptmann hört zu.",
        tagline="Bevor die Mauer fiel & danach",
        runtime_minutes=137,
        certification="FSK 12",
        genres=("Drama", "Thriller", "Krimi"),
        studios=("Wiedemann & Berg",),
        countries=("Germany",),
        directors=("Florian Henckel von Donnersmarck",),
        writers=("Florian Henckel von Donnersmarck",),
        actors=(Actor("Ulrich Mühe", "Gerd Wiesler", 0, "https://images/a.jpg"), Actor("Martina Gedeck", "Christa-Maria Sieland", 1)),
        ids={"imdb": "tt0405094", "tmdb": "582"},
        collection="Berlin",
        ratings=(Rating("imdb", 8.4, 402123), Rating("tomatometerallcritics", 92.0, None, 100.0)),
        edition="Directors Cut",
    )


def test_a_lone_link_names_the_film():
    assert read(b"https://www.imdb.com/title/tt0405094/\n") == NfoFacts(ids={"imdb": "tt0405094"})
    assert read(b"https://www.themoviedb.org/movie/582-das-leben-der-anderen") == NfoFacts(ids={"tmdb": "582"})


def test_links_around_the_xml_count_and_the_xml_wins():
    mixed = read(
        b"<movie><title>A</title><uniqueid type='imdb'>tt0000001</uniqueid></movie>\nhttps://www.imdb.com/title/tt0405094 https://www.themoviedb.org/movie/9"
    )
    assert mixed == NfoFacts(title="A", ids={"imdb": "tt0000001", "tmdb": "9"})


def test_old_forms_are_understood():
    facts = read(
        b"<movie><title>A</title><id>tt0405094</id><set>Old set</set><rating>7,5</rating><votes>12</votes><runtime>2h 17m</runtime><premiered>2006-03-23</premiered></movie>"
    )
    assert facts == NfoFacts(
        title="A",
        year=2006,
        premiered=date(2006, 3, 23),
        runtime_minutes=137,
        ids={"imdb": "tt0405094"},
        collection="Old set",
        ratings=(Rating("default", 7.5, 12),),
    )


def test_nonsense_in_a_field_costs_only_that_field():
    facts = read(
        b"<movie><title>A</title><year>soon</year><premiered>yesterday</premiered><runtime>long</runtime><ratings><rating><value>good</value></rating></ratings><edition>NONE</edition></movie>"
    )
    assert facts == NfoFacts(title="A")


def test_a_release_note_says_nothing():
    assert read("░▒▓ GROUP PRESENTS ▓▒░\nripped with love".encode("cp437", "replace")) is None
    assert read(b"") is None


def test_other_encodings_are_read():
    assert read('<?xml version="1.0" encoding="ISO-8859-1"?><movie><title>Grün</title></movie>'.encode("latin-1")) == NfoFacts(title="Grün")
    assert read("<movie><title>Grün</title></movie>".encode("utf-16")) == NfoFacts(title="Grün")
    assert read("\ufeff<movie><title>Grün</title></movie>".encode()) == NfoFacts(title="Grün")
    assert read("<movie><title>Grün</title></movie>".encode("cp1252")) == NfoFacts(title="Grün")


def test_broken_xml_is_an_answer_with_a_reason():
    broken = read(b"<movie><title>A</movie>")
    assert isinstance(broken, NfoBroken)
    assert "not valid XML" in broken.reason


def test_a_series_is_not_taken_for_a_film():
    broken = read(b"<tvshow><title>A</title></tvshow>")
    assert isinstance(broken, NfoBroken)
    assert "<tvshow>" in broken.reason


def test_entity_bombs_and_outside_entities_are_refused():
    bomb = b'<?xml version="1.0"?><!DOCTYPE movie [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><movie><title>&b;</title></movie>'
    outside = b'<!DOCTYPE movie [<!ENTITY x SYSTEM "file:///etc/passwd">]><movie><title>&x;</title></movie>'
    for data in (bomb, outside):
        refused = read(data)
        assert isinstance(refused, NfoBroken)
        assert "entities" in refused.reason


def test_a_file_that_is_too_large_is_not_even_looked_at():
    refused = read(b" " * (MAX_BYTES + 1))
    assert isinstance(refused, NfoBroken)
    assert "1024 KiB" in refused.reason


def test_deep_nesting_does_no_harm():
    assert isinstance(read(b"<movie>" + b"<a>" * 100_000 + b"</movie>"), NfoBroken)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_are_too_odd_to_be_read(data):
    read(data)
    read(b"<movie>" + data + b"</movie>")
