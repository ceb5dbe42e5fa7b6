"""Read top to bottom, this is the table of contents of the product."""

from functools import partial
from pathlib import Path

import revenge
from revenge.api.docs import DocsRoutes
from revenge.api.events import EventRoutes
from revenge.api.mount import Frame
from revenge.api.ops import OpsRoutes
from revenge.bootstrap.care import Care
from revenge.bootstrap.cluster import Clustered, node_id, origin
from revenge.bootstrap.commands import answering
from revenge.bootstrap.ground import ARTWORK, Children, Ground
from revenge.bootstrap.house import House
from revenge.bootstrap.limits import limited
from revenge.bootstrap.membership import Membership
from revenge.bootstrap.office import Office
from revenge.bootstrap.repeated import repeated
from revenge.bootstrap.seen import checked, failing, hindered, measured
from revenge.bootstrap.settings import Settings
from revenge.bootstrap.willing import Willing
from revenge.content.movie.module import MovieModule
from revenge.infra.control import Control
from revenge.infra.epochs import Epochs
from revenge.infra.fetch.fetcher import Fetcher
from revenge.infra.jobs import Job
from revenge.infra.jobs.workers import Workers
from revenge.infra.metrics import Metrics
from revenge.infra.neighbours import Neighbours
from revenge.infra.schedule import Schedule
from revenge.infra.secrets import setup_is_done
from revenge.services.auth.module import AuthModule
from revenge.services.auth.pace import Pace
from revenge.services.auth.proof import Proof
from revenge.services.library.entity import ContentLibrary, Shelf
from revenge.services.library.module import LibraryModule
from revenge.services.library.near import NearLibraries, NearPages
from revenge.services.metadata.module import MetadataModule
from revenge.services.nodes.routes import NodeRoutes
from revenge.services.playback.following import Follower
from revenge.services.playback.held import HeldViewings
from revenge.services.playback.module import PlaybackModule, Studio
from revenge.services.providers.routes import ProviderRoutes
from revenge.services.search.module import SearchModule
from revenge.services.session.entity import session_tag
from revenge.services.session.held import HeldSessions
from revenge.services.session.module import SessionModule
from revenge.services.setup.module import SetupModule
from revenge.services.user.module import UserModule
from web.banners import of_parts
from web.context import Parts, Rooms
from web.mount import Site


def build(settings: Settings, run: Path, setup_code: str) -> House:
    """Put a node together. `run` is the directory of its sockets, `setup_code` the one a stranger needs for the setup. No I/O."""
    ground = Ground(settings, run)
    database, tickets = ground.database, ground.tickets
    children = Children(settings)
    bandwidth = limited(settings.server, ground.store, ground.bus, node_id(settings))
    fetcher = Fetcher(ground.store, bandwidth.fetched, revenge.__version__)
    contents: dict[str, ContentLibrary] = {}
    shelves: dict[str, Shelf] = {}
    followers: dict[str, Follower] = {}  # kinds that have an order; films have none
    neighbours = Neighbours(ground.store, origin(settings))
    clustered = Clustered(settings, Epochs(database, node_id(settings)), ground.bus)

    library = LibraryModule(database, contents, children.prober)
    session = SessionModule(database, HeldSessions(ground.cache, ground.bus), ground.secret)
    proof = Proof.over(database)
    user = UserModule(database, proof, session.sessions)
    auth = AuthModule(user.users, session.sessions, proof, NearLibraries(ground.cache, library.libraries).visible, ground.secret)
    setup = SetupModule(database, auth.auth, setup_code, partial(setup_is_done, settings.data_dir))
    metadata = MetadataModule(database, settings.data_dir / ARTWORK, children.pictures, tickets, auth.auth)
    search = SearchModule(database, shelves)
    studio = Studio(children.prober, children.meter, children.segments)
    playback = PlaybackModule(
        database, library.files, shelves, studio, tickets, auth.auth, HeldViewings(ground.cache),
        settings=settings.playback, followers=followers, alternates=neighbours.origins,
    )  # fmt: skip
    movie = MovieModule(database, library.files, metadata, playback.progress, search.index, NearPages(ground.cache), children.opinions)
    for module in (movie,):
        contents[module.kind] = module.library
        shelves[module.kind] = module.movies

    cluster = clustered.node
    membership = Membership(settings, clustered)
    nodes = NodeRoutes(cluster, membership, ground.identity)
    events = EventRoutes(ground.feed, auth.auth, tickets, session_tag)
    ground.bus.listen(events.part)
    jobs: list[Job] = [job for room in (library, session, auth, metadata, playback) for job in room.jobs()]
    metrics = Metrics()
    workers = Workers(
        jobs,
        database,
        ground.store,
        ground.listener,
        node_id(settings),
        publish=ground.feed.publish,
        ran=metrics.count_job,
        tracer=ground.tracer,
    )
    schedule = Schedule(repeated(), database, node_id(settings), cluster.leadership, clustered.epochs)
    control = Control(run)
    answering(control, clustered, membership, ground.identity)
    health = checked(ground, workers, clustered, metrics)
    measured(metrics, ground, workers, bandwidth, playback.playback.streams)
    willing = Willing(clustered, workers)
    aside = [("health", health.stand_aside), ("neighbours", neighbours.stand_aside), ("jobs", willing.stand_aside)]
    busy = {"jobs": lambda: sum(workers.running().values()), "streams": lambda: sum(bandwidth.sent.streams.values())}
    care = Care(ground, clustered, schedule, neighbours, control, aside, busy, library.libraries.roots)
    office = Office(ground, workers, bandwidth, playback.playback.streams, lambda: health.failing)
    own = (care.routes, *office.rooms)
    rooms = (library, session, user, auth, setup, metadata, search, playback, movie, nodes, events, ProviderRoutes(fetcher), *own)
    site = Site(
        Rooms(
            tickets=tickets,
            doors=auth.auth,
            pace=Pace(),
            wizard=setup.setup,
            people=user.users,
            sign_ins=session.sessions,
            libraries=library.libraries,
            films=movie.movies,
            finder=search.search,
            watching=playback.progress,
            screens=playback.playback,
            tastes=playback.tastes,
            nodes=care.overviews,
            desk=office.desk,
            loads=office.loads,
            providers=fetcher,
            parts=_parts(settings),
        ),
        of_parts(failing(health, cluster)),
    )
    described = [endpoint for room in rooms for endpoint in room.endpoints()]
    doors = (OpsRoutes(health, metrics), DocsRoutes(described, tickets), site)
    return House(
        settings=settings,
        ground=ground,
        parts=[
            *ground.parts,
            clustered,
            bandwidth,
            fetcher,
            *children.parts,
            auth,
            workers,
            *office.parts,
            willing,
            schedule,
            care.pulse,
            health,
            neighbours,
            control,
        ],
        endpoints=[*described, *(endpoint for door in doors for endpoint in door.endpoints())],
        frame=Frame(
            authenticator=auth.auth,
            tickets=tickets,
            server=settings.server,
            pages=site,
            count=metrics.count_request,
            tracer=ground.tracer,
            others=neighbours.known,
            link=bandwidth.sent,
            hindrance=hindered(cluster),
            leaving=care.draining.leaving,
        ),
        site=site,
        health=health,
        events=events,
        bandwidth=bandwidth,
        fetcher=fetcher,
        workers=workers,
        draining=care.draining,
        users=user.users,
        libraries=library.libraries,
    )


def _parts(settings: Settings) -> Parts:
    """Return where database and store are, without passwords, for the wizard's first step."""
    return Parts(_place(settings.database.url), _place(settings.cache.url))


def _place(url: str | None) -> str:
    return "embedded" if url is None else url.rpartition("@")[2].rpartition("://")[2].partition("?")[0]
