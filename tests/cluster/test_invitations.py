"""A join token lets a node in that lacks the secret; what travels tells nobody anything."""

import asyncio
import base64

import pytest

from cluster import Guest, Refused, Token
from cluster.invitation import Host, kept, opened

SECRETS = b'{"cluster.secret": "a secret that every node of this cluster knows"}'


async def test_a_token_brings_the_secret_once_whichever_node_is_asked(site):
    machines = await site.three()
    token = Token.read(await machines[0].node.invitations.make(60))
    await site.until(lambda: all(token.id in machine.node.content.tokens for machine in machines))
    guest = Guest(token)
    hello, sealed = await machines[2].node.invitations.welcome(token.id, guest.hello, SECRETS)
    assert guest.read(hello, sealed) == SECRETS
    for machine in machines:
        with pytest.raises(Refused, match="unknown, used up or expired"):
            await machine.node.invitations.welcome(token.id, Guest(token).hello, SECRETS)


async def test_two_who_hold_one_token_do_not_both_get_in(site):
    machines = await site.three()
    token = Token.read(await machines[0].node.invitations.make(60))
    await site.until(lambda: all(token.id in machine.node.content.tokens for machine in machines))
    asked = (machine.node.invitations.welcome(token.id, Guest(token).hello, SECRETS) for machine in machines)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Refused", "Refused", "tuple"]


async def test_an_expired_token_opens_nothing_and_a_wrong_one_uses_nothing_up(site):
    first = site.machine(bootstrap=True)
    await first.start()
    await site.leader()
    invitations = first.node.invitations
    late = Token.read(await invitations.make(0.2))
    good = Token.read(await invitations.make(60))
    await asyncio.sleep(0.3)
    with pytest.raises(Refused, match="expired"):
        await invitations.welcome(late.id, Guest(late).hello, SECRETS)
    forged = Token(good.id, Token.made().secret)
    for hello in (Guest(forged).hello, b"", b"x" * 104):
        with pytest.raises(Refused, match="unknown, used up or expired"):
            await invitations.welcome(good.id, hello, SECRETS)
    guest = Guest(good)
    assert guest.read(*await invitations.welcome(good.id, guest.hello, SECRETS)) == SECRETS


async def test_so_many_tokens_wait_at_a_time_and_no_more(site):
    first = site.machine(bootstrap=True)
    await first.start()
    await site.leader()
    for _ in range(32):
        await first.node.invitations.make(60)
    with pytest.raises(Refused, match="wait already"):
        await first.node.invitations.make(60)


def test_what_a_listener_records_tells_nothing_even_with_the_token_in_hand_later():
    token = Token.made()
    guest = Guest(token)
    host = Host(token.secret, guest.hello)
    sealed = host.seal(SECRETS)
    said = token.id.encode() + guest.hello + host.hello + sealed
    for secret in (SECRETS, b"cluster.secret", token.secret, base64.urlsafe_b64encode(token.secret)[:40]):
        assert secret not in said
    listener = Guest(token)
    with pytest.raises(Refused):
        listener.read(host.hello, sealed)
    assert guest.read(host.hello, sealed) == SECRETS


def test_an_answer_of_somebody_else_or_one_that_was_altered_is_refused():
    token = Token.made()
    guest = Guest(token)
    host = Host(token.secret, guest.hello)
    sealed = bytearray(host.seal(SECRETS))
    sealed[-1] ^= 1
    for hello, answer in ((host.hello, bytes(sealed)), (Host(token.secret, Guest(token).hello).hello, b""), (b"", b"")):
        with pytest.raises(Refused, match="is the address right"):
            guest.read(hello, answer)


def test_the_table_keeps_no_token_that_can_be_read_without_the_clusters_secret():
    token = Token.made()
    text = kept(b"k" * 32, token)
    assert token.secret not in base64.b64decode(text)
    assert opened(b"k" * 32, token.id, text) == token.secret
    for key, id in ((b"x" * 32, token.id), (b"k" * 32, "0" * 16)):
        with pytest.raises(Refused):
            opened(key, id, text)


def test_a_token_is_copied_as_text_and_nonsense_is_refused():
    token = Token.made()
    assert Token.read(f" {token.text}\n") == token
    assert len(token.text) == 60
    for text in ("", "x", token.id, token.text[:-4], f"{token.text[:20]}§{token.text[21:]}", "." + token.text):
        with pytest.raises(Refused, match="no join token"):
            Token.read(text)
