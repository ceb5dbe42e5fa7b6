"""One of two nodes is asked to go: it stays polite to everybody, and sends them to the other."""

from tests.fixtures.client import until
from tests.fixtures.node import running_node
from tests.fixtures.ports import free_port


def test_a_node_that_drains_sends_its_viewers_to_the_other_and_takes_them_again(elsewhere, film_folder):
    with (
        running_node(elsewhere | {"REVENGE_SERVER_PORT": str(free_port())}) as one,
        running_node(elsewhere | {"REVENGE_SERVER_PORT": str(free_port())}) as two,
    ):
        one.set_up()
        one.admin.scan(one.admin.library("Films", film_folder)["id"])
        other = two.login()
        film = one.admin.movies()[0]
        session = until(lambda: (began := one.admin.play(film))["alternates"] == [two.base_url] and began)
        state = one.admin.get("/api/v1/admin/cluster")
        stream = session["hls_url"]
        assert one.stranger().answer("GET", stream).status_code == 200

        one.admin.post("/api/v1/admin/cluster/drain", {"node_id": state["node_id"]})
        ready = one.stranger().answer("GET", "/health/ready")
        assert (ready.status_code, ready.json()["status"]) == (503, "draining")
        assert one.admin.get("/api/v1/admin/cluster")["nodes"][0]["state"] == "draining"
        moved = one.stranger().answer("GET", stream)
        assert (moved.status_code, moved.json()["code"], moved.headers["Retry-After"]) == (503, "draining", "1")
        assert two.stranger().answer("GET", stream).status_code == 200
        until(lambda: other.play(film)["alternates"] == [])
        assert one.admin.movies()

        one.admin.post("/api/v1/admin/cluster/drain", {"node_id": state["node_id"], "draining": False})
        assert one.stranger().answer("GET", "/health/ready").status_code == 200
        assert one.stranger().answer("GET", stream).status_code == 200
        assert one.admin.answer("POST", "/api/v1/admin/cluster/drain", {"node_id": "nobody"}).status_code == 404
