"""Secrets that are made, kept, and recognised."""

import stat
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from revenge.bootstrap.settings import Settings
from revenge.core.errors import StartRefused
from revenge.core.settings import Secret, load
from revenge.infra.secrets import compare, completed, fingerprint, fingerprints, forget_setup_code, kept, setup_code, setup_is_done


def test_missing_secrets_are_made_once_and_read_ever_after(tmp_path):
    first = completed(load(Settings, {}), tmp_path, embedded=True)
    second = completed(load(Settings, {}), tmp_path, embedded=True)

    assert first.values == second.values
    assert len(first.values.auth.jwt_secret.reveal()) >= 32
    assert len(bytes.fromhex(first.values.encryption.key.reveal())) == 32
    assert str(first.origin("auth.jwt_secret")) == str(tmp_path / "secrets" / "auth.jwt_secret")


def test_only_their_owner_may_read_them(tmp_path):
    completed(load(Settings, {}), tmp_path, embedded=True)
    files = [path for path in (tmp_path / "secrets").iterdir() if not path.name.startswith(".")]

    assert {path.name for path in files} == {"auth.jwt_secret", "encryption.key"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_a_file_somebody_opened_to_everybody_is_closed_again(tmp_path):
    completed(load(Settings, {}), tmp_path, embedded=True)
    (tmp_path / "secrets" / "encryption.key").chmod(0o644)

    completed(load(Settings, {}), tmp_path, embedded=True)

    assert stat.S_IMODE((tmp_path / "secrets" / "encryption.key").stat().st_mode) == 0o600


def test_a_secret_that_is_set_is_not_made(tmp_path):
    loaded = completed(load(Settings, {"REVENGE_JWT_SECRET": "x" * 32}), tmp_path, embedded=True)

    assert loaded.values.auth.jwt_secret == Secret("x" * 32)
    assert not (tmp_path / "secrets" / "auth.jwt_secret").exists()


def test_with_a_shared_database_nothing_is_made_and_the_sentence_says_what_to_set(tmp_path):
    loaded = load(Settings, {"REVENGE_DATABASE_URL": "postgres://db/revenge"})

    with pytest.raises(StartRefused) as refused:
        completed(loaded, tmp_path, embedded=False)

    assert "auth.jwt_secret must be set as well (REVENGE_AUTH_JWT_SECRET)" in refused.value.detail
    assert "encryption.key must be set as well (REVENGE_ENCRYPTION_KEY)" in refused.value.detail
    assert not (tmp_path / "secrets").exists()


def test_who_moves_from_the_embedded_database_is_told_where_the_old_secret_lies(tmp_path):
    completed(load(Settings, {}), tmp_path, embedded=True)

    with pytest.raises(StartRefused, match=str(tmp_path / "secrets" / "encryption.key")):
        completed(load(Settings, {}), tmp_path, embedded=False)


@pytest.mark.parametrize("damage", ["", "short"])
def test_a_damaged_secret_is_never_replaced_behind_ones_back(tmp_path, damage):
    completed(load(Settings, {}), tmp_path, embedded=True)
    (tmp_path / "secrets" / "encryption.key").write_text(damage)

    with pytest.raises(StartRefused, match="must be 64 hexadecimal digits; put the secret back"):
        completed(load(Settings, {}), tmp_path, embedded=True)


def _make(path: Path) -> str:
    return kept(path, lambda: str(id(object())) + path.name * 100)


def _setup_code(data_dir: str) -> str:
    return setup_code(Path(data_dir))


def test_two_that_start_at_once_get_the_same_secret(tmp_path):
    with get_context("spawn").Pool(4) as processes:
        codes = processes.map(_setup_code, [str(tmp_path)] * 16)
    with ThreadPoolExecutor(8) as threads:
        texts = list(threads.map(_make, [tmp_path / "one"] * 32))

    assert len(set(codes)) == 1
    assert len(set(texts)) == 1


def test_what_a_power_cut_left_behind_is_no_hindrance(tmp_path):
    (tmp_path / ".setup_code.new").write_text("half")

    assert len(setup_code(tmp_path)) == 14


def test_the_setup_code_stays_the_same_until_it_is_forgotten(tmp_path):
    code = setup_code(tmp_path)

    assert setup_code(tmp_path) == code
    assert not set(code) & set("01IOl")
    forget_setup_code(tmp_path)
    forget_setup_code(tmp_path)
    assert setup_code(tmp_path) != code


async def test_a_disk_that_keeps_the_code_of_a_setup_that_is_done_stops_nobody(tmp_path):
    (tmp_path / "setup_code").mkdir()

    await setup_is_done(tmp_path)


def test_a_data_directory_that_is_a_file_is_refused_with_a_sentence(tmp_path):
    (tmp_path / "data").write_text("")

    with pytest.raises(StartRefused, match="a file is in the way"):
        setup_code(tmp_path / "data")


def test_a_fingerprint_recognises_a_secret_and_does_not_give_it_away():
    same, other = Secret("x" * 32), Secret("y" * 32)

    assert fingerprint(same) == fingerprint(Secret("x" * 32)) != fingerprint(other)
    assert len(fingerprint(same)) == 16
    assert "x" not in fingerprint(same)


def test_a_node_with_another_secret_is_refused_and_the_setting_named(tmp_path):
    ours = fingerprints(completed(load(Settings, {}), tmp_path / "a", embedded=True))
    theirs = fingerprints(completed(load(Settings, {}), tmp_path / "b", embedded=True))

    assert ours.keys() == {"auth.jwt_secret", "encryption.key"}
    compare(ours, ours)
    compare({}, ours)
    with pytest.raises(StartRefused, match=r"another encryption\.key than"):
        compare(ours | {"encryption.key": theirs["encryption.key"]}, ours)
