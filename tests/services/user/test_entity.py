"""Names, addresses and passwords: what is taken, and what sentence refuses the rest."""

import pytest

from revenge.core.errors import Invalid
from revenge.services.user.entity import (
    NewUser,
    checked_display_name,
    checked_email,
    checked_locale,
    checked_password,
    checked_username,
    name_key,
)


@pytest.mark.parametrize("name", ["ann", "A", "Jürgen", "ann.b_c-d", "名前", "ann2", "x" * 64, "  ann "])
def test_usernames_people_choose_are_taken(name):
    assert checked_username(name) == name.strip()


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "ann bell", "ann@example.org", ".ann", "-", "a\0b", "a/b", "a\u202eb", "🎬"])
def test_other_usernames_are_refused_by_name(name):
    with pytest.raises(Invalid, match=r"^username: ") as error:
        checked_username(name)
    assert error.value.field == "username"


@pytest.mark.parametrize("email", ["ann@example.org", "ann+films@sub.example.org", "ann@localhost", "jürgen@müller.example"])
def test_addresses_are_taken(email):
    assert checked_email(email) == email


@pytest.mark.parametrize("email", ["", "ann", "@example.org", "ann@", "a b@example.org", "a@b@c", "a\0@example.org", "x" * 250 + "@e.org"])
def test_what_is_no_address_is_refused(email):
    with pytest.raises(Invalid, match=r"^email: "):
        checked_email(email)


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1025, "\ud800" * 8])
def test_passwords_too_short_too_long_or_not_text_are_refused(password):
    with pytest.raises(Invalid, match=r"^password: "):
        checked_password(password)


@pytest.mark.parametrize("password", ["12345678", "pass word", "contraseña", "🎬🎬🎬🎬🎬🎬🎬🎬", "x" * 1024])
def test_other_passwords_are_taken(password):
    assert checked_password(password) == password


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb"])
def test_names_that_cannot_be_shown_are_refused(name):
    with pytest.raises(Invalid, match=r"^display_name: "):
        checked_display_name(name)


@pytest.mark.parametrize("locale", ["", "english", "en_US", "e", "en-" + "x" * 60])
def test_what_is_no_language_is_refused(locale):
    with pytest.raises(Invalid, match=r"^locale: "):
        checked_locale(locale)


@pytest.mark.parametrize("locale", [None, "en", "de-AT", "pt-BR", "zh-Hant-TW"])
def test_languages_are_taken(locale):
    assert checked_locale(locale) == locale


@pytest.mark.parametrize(
    ("one", "other"), [("Jürgen", "JÜRGEN"), ("Jürgen", "Ju\u0308rgen"), ("ann", " Ann "), ("ﬁlm", "film"), ("Straße", "STRASSE")]
)
def test_names_that_read_the_same_are_the_same(one, other):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize("text", ["\0", "\ud800", "x" * 1_000_000, ""])
def test_any_text_makes_a_key_the_database_can_hold(text):
    assert "\0" not in name_key(text)
    assert len(name_key(text).encode()) < 2000


def test_printing_a_new_account_shows_no_password():
    assert "hunter22" not in repr(NewUser("ann", "ann@example.org", "hunter22"))
