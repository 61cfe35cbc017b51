"""What does every part of a server stand on? Settings, clock, log, store, and what the settings say of the machine."""

import asyncio
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pillarbox.mail.ids import IdSource
from pillarbox.net.clock import Clock
from pillarbox.net.deadlines import Deadlines
from pillarbox.net.dns_exchange import Server as NameServer
from pillarbox.net.platform import Platform
from pillarbox.net.tls import CertificatePaths, Certificates, make_self_signed
from pillarbox.observe.log import Log, LogSettings, Renderer, Sink
from pillarbox.observe.log_formats import JsonFormat, TextFormat
from pillarbox.observe.log_postfix import PostfixFormat
from pillarbox.observe.log_sinks import FileSink, StderrSink
from pillarbox.observe.metrics import Metrics
from pillarbox.store.sqlite import SqliteSettings, SqliteStore

from .acme_files import paths_of
from .config import Loaded
from .portions import NameServers
from .settings import Settings

WORKERS = 4  # threads for password hashes, the files of large messages and what is computed from messages


@dataclass(slots=True)
class Ground:
    """What everything stands on."""

    loaded: Loaded
    platform: Platform
    loop: asyncio.AbstractEventLoop
    clock: Clock
    log: Log
    metrics: Metrics
    deadlines: Deadlines
    pool: ThreadPoolExecutor
    ids: IdSource
    store: SqliteStore

    @property
    def settings(self) -> Settings:
        """The settings."""
        return self.loaded.settings


async def lay_ground(loaded: Loaded, platform: Platform, loop: asyncio.AbstractEventLoop, clock: Clock) -> Ground:
    """Open the log and the store; StoreError when it cannot be."""
    log = make_log(loaded, clock, loop)
    store = await SqliteStore.open(
        loaded.data, clock=clock, random_bytes=secrets.token_bytes, settings=SqliteSettings(), loop=loop
    )
    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="worker")
    ids = IdSource(secrets.randbits(18))
    return Ground(loaded, platform, loop, clock, log, Metrics(), Deadlines(loop, clock), pool, ids, store)


def make_log(loaded: Loaded, clock: Clock, loop: asyncio.AbstractEventLoop) -> Log:
    """The log that the settings ask for; what waits is written by the loop soon after."""
    part = loaded.settings.log
    sink: Sink = FileSink(loaded.folder / part.file) if part.file is not None else StderrSink()
    formats: dict[str, Renderer] = {
        "text": TextFormat(),
        "json": JsonFormat(),
        "postfix": PostfixFormat(loaded.settings.hostname, os.getpid()),
    }

    def wake() -> None:
        loop.call_later(part.flush, log.flush)

    log = Log(sink, formats[part.format], clock.now, wake, LogSettings(flush=part.flush))
    return log


def name_servers(settings: Settings, platform: Platform) -> NameServers:
    """The name servers of the settings, else the system's as they are at the moment."""
    configured = [NameServer(server.host, server.port) for server in settings.dns.servers]
    if configured:
        return lambda: configured
    return lambda: [NameServer.parse(address) for address in platform.resolvers.name_servers()]


def certificates_of(ground: Ground) -> Certificates | None:
    """The certificate of the settings, or one of our own making that is kept; None when no listener uses TLS."""
    settings = ground.settings
    if all(listener.tls == "none" for listener in settings.listener):
        return None
    paths = certificate_paths(ground.loaded)
    if settings.tls.certificate is None and not (paths.certificate.exists() and paths.key.exists()):
        certificate, key = make_self_signed(settings.hostname, ground.clock.now())
        ground.platform.private_files.write(paths.key, key)
        ground.platform.private_files.write(paths.certificate, certificate)
    return Certificates(paths, settings.tls.minimum)


def certificate_paths(loaded: Loaded) -> CertificatePaths:
    """Which certificate is shown: that of the settings, else the authority's, once there is one, else our own."""
    part = loaded.settings.tls
    if part.certificate is not None and part.key is not None:
        return CertificatePaths(loaded.folder / part.certificate, loaded.folder / part.key)
    issued = paths_of(loaded.data)
    if loaded.settings.acme.directory and issued.certificate.exists() and issued.key.exists():
        return issued
    return CertificatePaths(loaded.data / "self-signed.pem", loaded.data / "self-signed.key")
