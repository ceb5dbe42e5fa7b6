"""Passwords with the parameters of the product."""

import threading

from argon2 import extract_parameters

from revenge.services.auth.passwords import THREADS, Passwords


async def test_a_password_is_kept_as_argon2id_and_found_right_again():
    async with Passwords().lifetime() as passwords:
        stored = await passwords.hash("correct horse")
        assert stored.startswith("$argon2id$")
        assert extract_parameters(stored).memory_cost >= 19 * 1024
        assert await passwords.verify(stored, "correct horse")
        assert not await passwords.verify(stored, "wrong horse")
        assert not passwords.outdated(stored)


async def test_no_stored_hash_is_never_right_and_costs_the_same():
    passwords = Passwords()
    assert extract_parameters(passwords._nobody) == extract_parameters(await passwords.hash("x"))
    assert not await passwords.verify(None, "")


async def test_a_hash_that_cannot_be_read_is_wrong():
    assert not await Passwords().verify("!", "anything")


async def test_hashing_never_happens_on_the_loops_thread_and_in_two_at_most():
    passwords, seen = Passwords(), set()

    def note():
        seen.add(threading.current_thread().name)

    for _ in range(10):
        await passwords._run(note)
    assert threading.current_thread().name not in seen
    assert len(seen) <= THREADS
