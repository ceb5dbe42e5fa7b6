"""Libraries are made of folders that are there, renamed, given other folders, and removed; and folders can be looked through."""

import asyncio
import os
from uuid import uuid4

import msgspec
import pytest

from revenge.api.mount import Frame
from revenge.core.errors import Conflict, Invalid, NotFound
from revenge.core.ids import ItemRef
from revenge.core.tickets import Tickets
from revenge.infra.bus import Bus
from revenge.infra.cache.layered import Cache
from revenge.infra.notices import Listener
from revenge.services.library.entity import LibraryEdit, NewLibrary
from revenge.services.library.near import NearLibraries
from tests.fixtures.people import SECRET
from tests.services.doors import opened


async def test_a_library_is_made_shown_and_removed(house):
    made = await house.library()
    assert (made.name, made.kind, [root.path for root in made.paths], made.items, made.last_scan) == (
        "Films",
        "movie",
        [str(house.folder)],
        0,
        None,
    )
    assert await house.libraries.list(house.caller) == [made]
    assert await house.libraries.visible(uuid4(), "user") == (made.id,)
    await house.libraries.remove(made.id, house.caller)
    assert await house.libraries.list(house.caller) == []
    assert house.folder.is_dir()


async def test_a_library_knows_its_items_and_its_last_scan(house):
    library = await house.library()
    house.put("Alien (1979).mkv")
    house.put("Alien (1979) cut.mkv")
    house.put("Zulu (1964).mkv")
    scan = await house.scan(library)
    shown = await house.libraries.get(library.id, house.caller)
    assert (shown.items, shown.last_scan) == (2, scan)


async def test_paths_are_written_in_one_way_and_once(house, tmp_path):
    (tmp_path / "more").mkdir()
    made = await house.libraries.add(NewLibrary(" Films ", "movie", [f"{tmp_path}/more/../films/", str(house.folder), f"{tmp_path}//more"]))
    assert made.name == "Films"
    assert [root.path for root in made.paths] == [f"{tmp_path}/films", f"{tmp_path}/more"]


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("films", "path_relative", "not an absolute path"),
        ("", "path_relative", "not an absolute path"),
        ("/a\0b", "path_relative", "not an absolute path"),
        ("{folder}/nowhere", "path_not_a_folder", "does not exist on this server"),
        ("{folder}/film.mkv", "path_not_a_folder", "is not a folder"),
        ("{folder}/locked", "path_forbidden", "give it permission"),
        ("{folder}/stale", "path_unreadable", "Stale file handle"),
        ("/" + "x" * 300, "path_unreadable", "File name too long"),
    ],
)
async def test_a_path_that_is_no_readable_folder_is_refused_with_what_to_do(house, monkeypatch, path, code, words):
    house.put("film.mkv")
    real, errors = os.scandir, {"locked": PermissionError(13, "Permission denied"), "stale": OSError(116, "Stale file handle")}
    for name in errors:
        (house.folder / name).mkdir()

    def scandir(path="."):
        if (name := str(path).rpartition("/")[2]) in errors:
            raise errors[name]
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    path = path.replace("{folder}", str(house.folder))
    with pytest.raises(Invalid) as refused:
        await house.libraries.add(NewLibrary("Films", "movie", [str(house.folder), path]))
    assert refused.value.code == code
    assert words in refused.value.detail
    assert await house.libraries.visible(uuid4(), "admin") == ()


async def test_a_kind_nobody_knows_is_refused_with_those_that_are_known(house):
    with pytest.raises(Invalid, match="choose one of movie") as refused:
        await house.libraries.add(NewLibrary("Toast", "toast", [str(house.folder)]))
    assert refused.value.code == "kind_unknown"


async def test_a_name_is_taken_whatever_its_case(house):
    first = await house.library()
    with pytest.raises(Conflict, match="'films' already"):
        await house.libraries.add(NewLibrary("films", "movie", [str(house.folder)]))
    other = await house.library(name="Other")
    with pytest.raises(Conflict):
        await house.libraries.change(other.id, LibraryEdit(name="FILMS"), house.caller)
    assert (await house.libraries.change(first.id, LibraryEdit(name="FILMS"), house.caller)).name == "FILMS"
    assert (await house.libraries.change(first.id, LibraryEdit(name="FILMS"), house.caller)).name == "FILMS"


async def test_one_name_is_given_once_however_many_ask_at_the_same_time(house):
    asked = [house.libraries.add(NewLibrary("Films", "movie", [str(house.folder)])) for _ in range(6)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict"] * 5 + ["Library"]


async def test_a_name_of_blanks_is_none(house):
    with pytest.raises(Invalid, match="needs a name"):
        await house.libraries.add(NewLibrary(" \t", "movie", [str(house.folder)]))
    library = await house.library()
    with pytest.raises(Invalid, match="needs a name"):
        await house.libraries.change(library.id, LibraryEdit(name=" "), house.caller)
    assert (await house.libraries.change(library.id, LibraryEdit(name=" Films and more "), house.caller)).name == "Films and more"


async def test_a_folder_that_is_taken_out_takes_its_films_along_and_one_that_is_added_brings_its_own(house, tmp_path):
    (tmp_path / "more").mkdir()
    library = await house.library()
    house.put("Alien (1979).mkv")
    (tmp_path / "more" / "Zulu (1964).mkv").write_text("a film")
    await house.scan(library)
    changed = await house.libraries.change(library.id, LibraryEdit(paths=[str(tmp_path / "more")]), house.caller)
    assert [root.path for root in changed.paths] == [str(tmp_path / "more")]
    assert (changed.items, await house.files()) == (0, {})
    assert house.films.settled == [library.id] * 2
    await house.scan(library)
    assert await house.files() == {"Zulu (1964).mkv": "probed"}


async def test_a_folder_that_stays_keeps_its_films(house, tmp_path):
    (tmp_path / "more").mkdir()
    library = await house.library()
    house.put("Alien (1979).mkv")
    await house.scan(library)
    before = await house.sql("select id from shared.files")
    await house.libraries.change(library.id, LibraryEdit(paths=[str(tmp_path / "more"), str(house.folder)]), house.caller)
    assert await house.sql("select id from shared.files") == before


async def test_what_a_caller_may_not_see_is_not_there(house):
    library = await house.library()
    scan = await house.scan(library)
    stranger = msgspec.structs.replace(house.caller, libraries=())
    assert await house.libraries.list(stranger) == []
    for attempt in (
        house.libraries.get(library.id, stranger),
        house.libraries.change(library.id, LibraryEdit(name="Mine"), stranger),
        house.libraries.remove(library.id, stranger),
        house.libraries.scan(library.id, stranger),
        house.libraries.get_scan(scan.id, stranger),
        house.libraries.cancel(scan.id, stranger),
        house.libraries.get_scan(uuid4(), house.caller),
        house.module.files.get(uuid4(), house.caller),
    ):
        with pytest.raises(NotFound):
            await attempt


# ---- files


async def test_files_are_found_by_item_and_by_id_and_know_what_they_stand_for(house):
    library = await house.library()
    house.put("Alien (1979).mkv", "short")
    house.put("Alien (1979) cut.mkv", "much longer")
    await house.scan(library)
    item, files = ItemRef("movie", house.films.items["Alien"]), house.module.files
    larger, smaller = await files.of_item(item, house.caller)
    assert (larger.name, smaller.name) == ("Alien (1979) cut.mkv", "Alien (1979).mkv")
    assert await files.of_library_item(item, library.id) == [larger, smaller]
    assert await files.get(larger.id, house.caller) == larger
    assert await files.items_of(larger.id) == [item]
    assert (larger.path, larger.directory, str(larger.relative)) == (f"{house.folder}/{larger.name}", str(house.folder), larger.name)
    stranger = msgspec.structs.replace(house.caller, libraries=(uuid4(),))
    assert await files.of_item(item, stranger) == []
    with pytest.raises(NotFound):
        await files.get(larger.id, stranger)


async def test_a_keyframe_index_is_kept_with_its_file(house):
    library = await house.library()
    house.put("Alien (1979).mkv")
    await house.scan(library)
    ((id,),) = await house.sql("select id from shared.files")
    assert await house.module.files.keyframes(id) == b"keyframes"
    await house.module.files.set_keyframes(id, b"others")
    assert await house.module.files.keyframes(id) == b"others"
    assert await house.module.files.keyframes(uuid4()) is None


# ---- folders


async def test_folders_are_listed_for_choosing_one(house, monkeypatch):
    for name in ("zebra", "Äpfel", "apples", ".hidden", "odd\nname"):
        (house.folder / name).mkdir()
    (house.folder / "loop").symlink_to("loop")
    house.put("film.mkv")
    shown = await house.libraries.folders(str(house.folder))
    assert (shown.path, shown.parent) == (str(house.folder), str(house.folder.parent))
    assert [(folder.name, folder.path) for folder in shown.folders] == [
        (name, f"{house.folder}/{name}") for name in ("apples", "zebra", "Äpfel")
    ]


async def test_the_top_has_no_parent_and_nothing_means_the_top(house):
    assert (await house.libraries.folders("")).parent is None
    assert (await house.libraries.folders("/")).path == "/"
    with pytest.raises(Invalid):
        await house.libraries.folders("relative")


# ---- near the requests


async def test_a_new_library_is_seen_at_the_next_request_on_every_node(house, store):
    listener = Listener(house.database.url)
    bus = Bus(listener)
    cache = Cache(store, bus)
    near = NearLibraries(cache, house.libraries)
    async with listener.lifetime(), cache.lifetime():
        assert await near.visible(uuid4(), "user") == ()
        made = await house.library()
        async with asyncio.timeout(5):
            while await near.visible(uuid4(), "user") != (made.id,):
                await asyncio.sleep(0.005)


# ---- doors


@pytest.fixture
async def doors(house, household):
    frame = Frame(authenticator=household.auth, tickets=Tickets(SECRET, household.clock))
    async with opened(house.module.endpoints(), frame) as ready:
        yield ready


@pytest.fixture
def token_of(household):
    return lambda caller: household.auth.access.access(caller.user_id, caller.session_id)


async def test_where_things_lie_on_the_server_is_told_to_admins_alone(house, household, doors, admin, a_user, token_of):
    library = await house.library()
    household.visible = (library.id,)
    for caller, paths in ((admin, [{"path": str(house.folder), "available": True}]), (a_user, [])):
        one = (await doors("GET", f"/api/v1/libraries/{library.id}", as_=token_of(caller))).json
        (listed,) = (await doors("GET", "/api/v1/libraries", as_=token_of(caller))).json["items"]
        assert (one["paths"], listed["paths"]) == (paths, paths)
    house.put("Alien (1979).mkv", "broken")
    scan = await house.scan(library)
    refused = await doors("GET", f"/api/v1/scans/{scan.id}/errors", as_=token_of(a_user))
    assert refused.status == 403
    assert str(house.folder).encode() not in (await doors("GET", f"/api/v1/scans/{scan.id}", as_=token_of(a_user))).body


async def test_the_doors_of_a_library_from_making_to_removing(house, household, doors, admin, token_of):
    token = token_of(admin)
    made = await doors("POST", "/api/v1/libraries", {"name": "Films", "kind": "movie", "paths": [str(house.folder)]}, as_=token)
    assert (made.status, made.json["paths"]) == (201, [{"path": str(house.folder), "available": True}])
    path = f"/api/v1/libraries/{made.json['id']}"
    household.visible = (made.json["id"],)
    household.visible = tuple(await house.libraries.visible(admin.user_id, "admin"))
    house.caller = msgspec.structs.replace(house.caller, libraries=household.visible)
    house.put("Alien (1979).mkv", "broken")
    scan = await doors("POST", f"{path}/scan", as_=token)
    assert (scan.status, scan.json["state"]) == (202, "queued")
    assert {"id", "state", "found", "added", "changed", "removed", "failed", "started_at", "finished_at"} <= set(scan.json)
    await house.work()
    assert (await doors("GET", f"/api/v1/scans/{scan.json['id']}", as_=token)).json["state"] == "completed"
    assert [one["id"] for one in (await doors("GET", f"{path}/scans", as_=token)).json["items"]] == [scan.json["id"]]
    (error,) = (await doors("GET", f"/api/v1/scans/{scan.json['id']}/errors", as_=token)).json["items"]
    assert set(error) == {"path", "reason", "at", "code"}
    assert (await doors("POST", f"/api/v1/scans/{scan.json['id']}/cancel", as_=token)).status == 202
    assert (await doors("PATCH", path, {"name": "Movies"}, as_=token)).json["name"] == "Movies"
    assert (await doors("GET", path, as_=token)).json["last_scan"]["id"] == scan.json["id"]
    assert [one["name"] for one in (await doors("GET", "/api/v1/libraries", as_=token)).json["items"]] == ["Movies"]
    assert (await doors("GET", f"/api/v1/libraries/folders?path={house.folder.parent}", as_=token)).json["folders"][0]["name"] == "films"
    assert (await doors("DELETE", path, as_=token)).status == 204
    assert (await doors("GET", path, as_=token)).status == 404


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"paths": ["films"]}, "path_relative", "paths"),
        ({"paths": ["/nowhere at all"]}, "path_not_a_folder", "paths"),
        ({"paths": []}, "invalid", "paths"),
        ({"name": ""}, "invalid", "name"),
        ({"kind": "toast"}, "kind_unknown", "kind"),
        ({"colour": "red"}, "invalid", None),
    ],
)
async def test_a_library_that_cannot_be_is_refused(house, doors, admin, token_of, change, code, field):
    body = {"name": "Films", "kind": "movie", "paths": [str(house.folder)]} | change
    refused = await doors("POST", "/api/v1/libraries", body, as_=token_of(admin))
    assert (refused.status, refused.json["code"], refused.json.get("field")) == (422, code, field)


async def test_a_user_may_look_and_not_touch(house, household, doors, a_user, token_of):
    library = await house.library()
    household.visible = (library.id,)
    token, path = token_of(a_user), f"/api/v1/libraries/{library.id}"
    assert (await doors("GET", path, as_=token)).status == 200
    for method, address, body in (
        ("POST", "/api/v1/libraries", {"name": "Mine", "kind": "movie", "paths": ["/"]}),
        ("PATCH", path, {"name": "Mine"}),
        ("DELETE", path, None),
        ("POST", f"{path}/scan", None),
        ("GET", "/api/v1/libraries/folders?path=/", None),
    ):
        assert (await doors(method, address, body, as_=token)).status == 403
        assert (await doors(method, address, body)).status == 401
