"""Numbers of the database only grow, whoever asks, and a transaction under an old one finds out."""

import asyncio

from revenge.infra.epochs import Epochs


async def test_numbers_grow_for_each_name_whoever_asks(database):
    one, two = Epochs(database, "one"), Epochs(database, "two")
    assert [await one.next("leader"), await two.next("leader"), await one.next("leader")] == [1, 2, 3]
    assert await two.next("lease:scan") == 1
    given = await asyncio.gather(*(epochs.next("leader") for epochs in (one, two) * 10))
    assert sorted(given) == list(range(4, 24))


async def test_a_transaction_under_an_old_number_is_told_so(database):
    epochs = Epochs(database, "one")
    old = await epochs.next("leader")
    async with database.write() as db:
        assert await epochs.holds(db, old)
    new = await epochs.next("leader")
    async with database.write() as db:
        assert not await epochs.holds(db, old)
        assert await epochs.holds(db, new)


async def test_no_newer_number_is_given_while_an_effect_of_the_last_one_is_written(database):
    epochs = Epochs(database, "one")
    token = await epochs.next("leader")
    async with database.write() as db:
        assert await epochs.holds(db, token)
        rival = asyncio.create_task(epochs.next("leader"))
        await asyncio.sleep(0.2)
        assert not rival.done()
    assert await rival == token + 1


async def test_a_database_belongs_to_one_cluster_until_that_lets_it_go(database):
    epochs = Epochs(database, "one")
    assert await epochs.owner() == ""
    assert await epochs.claim("a") == "a"
    assert await epochs.claim("b") == "a"
    await epochs.release("b")
    assert await epochs.owner() == "a"
    await epochs.release("a")
    assert await epochs.claim("b") == "b"
