"""`pillarbox doctor`: is all well? Each check says what it found, and what to do when it found something."""

import shutil
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pillarbox.net.platform import Platform, current
from pillarbox.store.interface import Store, StoreError
from pillarbox.store.rows import QueueFilter

from .calling import NotRunning, ask
from .config import Loaded, load
from .going import go
from .ground import certificate_paths
from .offline import open_store
from .output import as_json, moment, say
from .probes import certificate, look_up, reachable
from .quantities import Octets
from .trouble import Exit, Trouble
from .tryout import MARK, settings_of

# This version was made after this day; a clock that says otherwise is wrong (2026-11-01).
_MADE = 1_793_491_200.0
_LONG_WAIT = 4 * 3600.0
_MARKS = {True: "✓", False: "✗", None: "·"}


@dataclass(frozen=True, slots=True)
class Finding:
    """``ok`` None: this could not be looked at, and why. ``cure`` says what to do."""

    check: str
    ok: bool | None
    text: str
    cure: str = ""


def examine(folder: Path, *, json: bool) -> int:
    """Look at everything; Exit.OK when nothing is wrong, Exit.FINDINGS when something is."""
    findings = go(_all(folder))
    well = all(finding.ok is not False for finding in findings)
    if json:
        as_json({"ok": well, "folder": str(folder), "checks": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            say(f"{_MARKS[finding.ok]} {finding.check:<12} {finding.text}")
            if finding.cure and finding.ok is not True:
                say(f"{'':15}{finding.cure}")
        say("All is well." if well else "Something needs you: see the lines with ✗.")
    return Exit.OK if well else Exit.FINDINGS


async def _all(folder: Path) -> list[Finding]:
    try:
        loaded = settings_of(folder) if (folder / MARK).exists() else load(folder)
    except Trouble as trouble:
        return [Finding("settings", False, f"{trouble.what}: {trouble.why}", trouble.cure)]
    platform = current()
    told = f"{loaded.file} is right" if loaded.file.exists() else "those of try-out mode"
    findings = [Finding("settings", True, told)]
    findings += _private(loaded, platform)
    findings.append(_disk(loaded))
    findings += [finding async for finding in _store(loaded)]
    findings.append(_clock(time.time()))
    findings.append(await look_up_finding(loaded, platform))
    findings += [finding async for finding in _running(loaded)]
    findings.append(_certificate(loaded))
    return findings


def _private(loaded: Loaded, platform: Platform) -> Iterator[Finding]:
    """Keys, tokens and mail: nobody else on the machine may read them."""
    patterns = ("*.key", "*.db", "control.json", "acme/*")
    paths = [loaded.data, *(path for pattern in patterns for path in loaded.data.glob(pattern))]
    wrong = [
        f"{path}: {problem}" for path in paths if path.exists() and (problem := platform.private_files.problem(path))
    ]
    if wrong:
        cure = f"take the rights of others away: chmod -R go-rwx {loaded.data}"
        yield Finding("rights", False, "; ".join(wrong), cure)
    else:
        yield Finding("rights", True, f"only the server's user may read {loaded.data}")


def _disk(loaded: Loaded) -> Finding:
    if not loaded.data.exists():
        return Finding("disk", False, f"{loaded.data} is not there", "make a server with `pillarbox init`")
    free, reserve = shutil.disk_usage(loaded.data).free, loaded.settings.limits.disk_reserve
    text = f"{free / 1024**3:.1f} GiB free"
    if free < max(reserve, 2 * loaded.settings.limits.message_size):
        return Finding("disk", False, text, f"make room: below {Octets(reserve)} no mail is taken")
    return Finding("disk", True, text)


async def _store(loaded: Loaded) -> AsyncIterator[Finding]:
    try:
        async with open_store(loaded.data) as store:
            wrong = await store.check()
            cure = "restore a backup with `pillarbox restore`, and keep this folder to look into" if wrong else ""
            yield Finding("store", not wrong, "; ".join(wrong) or "database and messages are sound", cure)
            yield await _directory(store)
            yield await _queue(store)
    except Trouble as trouble:
        yield Finding("store", False, f"{trouble.what}: {trouble.why}", trouble.cure)
    except StoreError as error:
        yield Finding("store", False, str(error), "restore a backup with `pillarbox restore`")


async def _directory(store: Store) -> Finding:
    domains, users = await store.domains(), await store.accounts()
    if not domains:
        return Finding("domains", False, "none: mail for nobody is taken", "add one: pillarbox domain add NAME")
    if not users:
        return Finding("domains", False, "there are no users", f"add one: pillarbox user add NAME@{domains[0].name}")
    return Finding("domains", True, f"{len(domains)} domains, {len(users)} users")


async def _queue(store: Store) -> Finding:
    count = await store.queue_count()
    if not count:
        return Finding("queue", True, "empty")
    oldest = (await store.queue_rows(QueueFilter(everything=True), 0, 1))[0]
    text = f"{count} recipients wait, the first since {moment(oldest.message.arrived)}"
    if time.time() - oldest.message.arrived > _LONG_WAIT and oldest.last_reply:
        text += f"; last reply: {oldest.last_reply}"
    return Finding("queue", True, text)


def _clock(now: float) -> Finding:
    if now < _MADE:
        return Finding("clock", False, f"it says {moment(now)}", "set it, and keep it right with NTP")
    return Finding("clock", True, f"{moment(now)}")


async def look_up_finding(loaded: Loaded, platform: Platform) -> Finding:
    """Whether names can be looked up: without that nothing leaves."""
    servers = [str(server) for server in loaded.settings.dns.servers] or platform.resolvers.name_servers()
    if not servers:
        return Finding("names", False, "no name server is known", 'name one: [dns] servers = ["192.0.2.53"]')
    shown = ", ".join(servers)
    problem = await look_up(loaded.settings.hostname, servers, loaded.settings.dns.timeout)
    if problem:
        return Finding("names", None, f"{shown}: {problem}", "without an answer no mail leaves for other domains")
    return Finding("names", True, f"{shown} answers")


async def _running(loaded: Loaded) -> AsyncIterator[Finding]:
    try:
        answer = ask(loaded.data, "status")
    except NotRunning as trouble:
        yield Finding("server", None, f"not running: {trouble.why}", trouble.cure)
        return
    except Trouble as trouble:
        yield Finding("server", False, trouble.what, trouble.cure)
        return
    yield Finding("server", True, f"running, process {answer.get('pid')}")
    with_tls = {f"{each.kind} at {each.address}" for each in loaded.settings.listener if each.tls == "implicit"}
    for name in answer.get("listeners", []):
        problem = await reachable(str(name), implicit_tls=str(name) in with_tls)
        cure = "see the log; is a firewall between?" if problem else ""
        yield Finding("listener", problem is None, f"{name}: {problem or 'answers'}", cure)


def _certificate(loaded: Loaded) -> Finding:
    file = certificate_paths(loaded).certificate
    if not file.exists() and loaded.settings.tls.certificate is None:
        return Finding("certificate", None, "none yet: a self-signed one is made at the first start")
    found = certificate(file, loaded.settings.hostname, time.time())
    return Finding("certificate", found.ok, found.text, found.cure)
