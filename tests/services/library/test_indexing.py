"""Files that have to be read from end to end, step by step."""


async def test_where_a_recording_can_be_cut_is_found_behind_the_scan(house):
    library = await house.library()
    for name in ("A recording", "An unreadable recording", "A silent film"):
        house.put(f"{name} (2000).mkv", "recording")
    await house.scan(library)
    found = dict(await house.sql("select name, convert_from(keyframes, 'utf8') from shared.files"))
    assert found == {"A recording (2000).mkv": "keyframes", "An unreadable recording (2000).mkv": None, "A silent film (2000).mkv": None}


async def test_a_long_recording_is_read_in_steps_each_beginning_where_the_last_one_ended(house):
    library = await house.library()
    house.put("A long recording (2000).mkv", "recording")
    house.put("Another long recording (2001).mkv", "recording")
    await house.scan(library)
    assert [so_far for name, so_far in house.eyes.read if name.startswith("A long")] == [None, b"one", b"two"]
    assert {packed for (packed,) in await house.sql("select convert_from(keyframes, 'utf8') from shared.files")} == {"keyframes"}
    assert await house.sql("select * from shared.readings") == []


async def test_a_step_that_could_not_begin_is_put_off_and_nothing_is_lost(house):
    library = await house.library()
    house.put("A long recording (2000).mkv", "recording")
    house.eyes.busy = 2
    await house.scan(library)
    assert [so_far for _, so_far in house.eyes.read] == [None, None, None, b"one", b"two"]
    assert await house.sql("select name from shared.files where keyframes is null") == []


async def test_a_file_that_was_replaced_meanwhile_is_read_anew(house):
    library = await house.library()
    place = house.put("A long recording (2000).mkv", "recording")
    await house.scan(library)
    await house.sql("update shared.files set keyframes = null")
    await house.sql("insert into shared.readings select id, size, mtime_ns - 1, 'two' from shared.files where size > 0")
    house.eyes.read.clear()
    place.write_text("recording of something else", encoding="utf-8")
    await house.scan(library)
    assert house.eyes.read[0][1] is None
