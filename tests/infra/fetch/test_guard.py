"""Where a node may be sent by what somebody else wrote: never into the house."""

from ipaddress import ip_address

import pytest

from revenge.core.sources import Refused
from revenge.infra.addresses import is_outside
from revenge.infra.bandwidth.link import Link
from revenge.infra.fetch.fetcher import Fetcher
from tests.infra.fetch.conftest import FREE


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.1.10", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
        "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    ],
)  # fmt: skip
def test_no_way_of_writing_an_address_of_the_house_is_outside(address):
    assert not is_outside(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"])
def test_the_internet_is_outside(address):
    assert is_outside(ip_address(address))


async def test_the_house_is_called_only_where_its_owner_named_the_server(fetcher, service):
    stranger = fetcher.source("feed", FREE)
    with pytest.raises(Refused, match="within the house"):
        await stranger.get(service.url)
    assert service.asked == []
    assert stranger.state.state == "refusing"
    named = fetcher.source("radarr", FREE, houses=["127.0.0.1"])
    assert (await named.get(service.url)).status == 200


async def test_a_name_that_points_into_the_house_is_refused_and_so_is_one_that_changes_its_mind(store, service):
    """The address that was checked is the one that is called: a second answer of the name server counts for nothing."""
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    asked = []

    async def look_up(host, port):
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    port = service.url.rpartition(":")[2]
    async with Fetcher(store, Link(), "1.0", look_up=look_up).lifetime() as fetcher:
        source = fetcher.source("feed", FREE)
        guard = source._http._transport._pool._network_backend
        assert await guard._allowed("rebinding.example", 80) == ["93.184.216.34"]
        with pytest.raises(Refused, match="within the house"):
            await source.ask("GET", f"http://rebinding.example:{port}/", again=False)
    assert asked == ["rebinding.example"] * 2
    assert service.asked == []


async def test_who_points_into_the_house_is_not_followed(fetcher, service):
    from aiohttp import web

    service.answers = [web.Response(status=302, headers={"Location": service.url.replace("127.0.0.1", "localhost")})]
    source = fetcher.source("feed", FREE, houses=["127.0.0.1"])
    with pytest.raises(Refused, match="localhost is within the house"):
        await source.get(service.url)
    assert len(service.asked) == 1
