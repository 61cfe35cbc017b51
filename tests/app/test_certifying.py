"""When is a certificate fetched, with which key, and what when the authority refuses?"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from net.authority import DAY, HOME, FakeAuthority, Pauses, problem, said
from pillarbox.app.acme_files import HOST, NEXT_KEY, RENEW, ROTATE, folder_of
from pillarbox.app.certifying import Certifying, CertifyingSettings, Tools
from pillarbox.net.acme_order import OrderSettings
from pillarbox.net.acme_solvers import HttpSolver
from pillarbox.net.https import Answer
from pillarbox.net.platform import current
from pillarbox.net.tls import CertificatePaths, Certificates, make_self_signed
from pillarbox.observe.log import Log, NoSink
from pillarbox.testing import FakeResolver

START = 1_800_000_000.0
NAMES = ["mx.example.test", "mta-sts.example.test"]


class Scene:
    """A server that wants a certificate, its authority, and a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.time = START
        self.folder = folder
        self.files: dict[str, bytes] = {}
        self.names = NAMES
        self.events: list[tuple[str, Mapping[str, object]]] = []
        self.authority = FakeAuthority(lambda name, token: self.files.get(token), self.now)
        self.pauses = Pauses()
        self.resolver = FakeResolver(hosts={name: ["192.0.2.1"] for name in NAMES})
        log = Log(NoSink(), lambda at, kind, message_id, fields: "", self.now)
        log.watch = lambda kind, _message, fields: self.events.append((kind, fields))
        paths = CertificatePaths(folder / "self.pem", folder / "self.key")
        for path, octets in zip(
            (paths.certificate, paths.key), make_self_signed("mx.example.test", START), strict=True
        ):
            path.write_bytes(octets)
        self.certificates = Certificates(paths)
        tools = Tools(
            self.authority, HttpSolver(self.files), OrderSettings(agree=True), self.resolver, self.certificates,
            current().private_files, self, log, lambda: 0.5, self.pauses,
        )  # fmt: skip
        self.certifying = Certifying(folder, self._names, tools, CertifyingSettings(f"{HOME}/directory"))

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def _names(self) -> Sequence[str]:
        return self.names

    def key(self) -> bytes:
        return (folder_of(self.folder) / HOST).read_bytes().partition(b"-----BEGIN CERT")[0]

    def last(self) -> tuple[str, Mapping[str, object]]:
        return self.events[-1]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


async def test_the_first_is_fetched_at_once_and_shown(scene: Scene) -> None:
    before = scene.certificates.context()
    await scene.certifying.look()
    assert scene.authority.orders == [NAMES]
    assert scene.last()[0] == "certificate_issued"
    assert scene.certificates.context() is not before
    assert scene.files == {}  # nothing of the challenge is left
    assert current().private_files.problem(folder_of(scene.folder) / HOST) is None
    await scene.certifying.look()
    assert len(scene.authority.orders) == 1


async def test_it_is_renewed_with_the_same_key_when_a_third_of_its_life_is_left(scene: Scene) -> None:
    await scene.certifying.look()
    key = scene.key()
    scene.time = START + 59 * DAY
    await scene.certifying.look()
    assert len(scene.authority.orders) == 1
    scene.time = START + 61 * DAY
    await scene.certifying.look()
    assert (len(scene.authority.orders), scene.key()) == (2, key)
    assert scene.last()[1]["new_pair"] is False


async def test_the_authority_says_when(scene: Scene) -> None:
    scene.authority.window = (-60.0, 60.0)
    await scene.certifying.look()
    scene.authority.window = (DAY, 2 * DAY)
    assert await scene.certifying.look() == 3600.0  # it said two hours; we look every hour anyway
    assert len(scene.authority.orders) == 1
    scene.authority.window = (-2 * DAY, -DAY)  # it was revoked, say
    await scene.certifying.look()
    assert len(scene.authority.orders) == 2
    assert scene.authority.replaced[0] is None
    assert isinstance(scene.authority.replaced[1], str)


@pytest.mark.parametrize(
    "answer", [problem(500, "serverInternal", "oh"), said(200, {}), said(200, {"suggestedWindow": {"start": "x"}})]
)
async def test_an_authority_that_cannot_say_when_does_not_keep_us_from_renewing(scene: Scene, answer: Answer) -> None:
    scene.authority.window = (0.0, DAY)
    await scene.certifying.look()
    scene.time = START + 61 * DAY
    [path] = [f"/renewal/{await renewal_id(scene)}"]
    scene.authority.refuse[path] = answer
    await scene.certifying.look()
    assert len(scene.authority.orders) == 2


async def renewal_id(scene: Scene) -> str:
    await scene.certifying.look()
    return next(path for path in reversed(scene.authority.asked) if path.startswith("/renewal/")).split("/")[2]


async def test_a_new_name_gets_into_it_and_one_that_dns_does_not_show_stays_out(scene: Scene) -> None:
    await scene.certifying.look()
    scene.names = [*NAMES, "mta-sts.new.test"]
    await scene.certifying.look()
    assert scene.authority.orders == [NAMES]
    scene.resolver._hosts["mta-sts.new.test"] = ["192.0.2.1"]
    await scene.certifying.look()
    assert scene.authority.orders[-1] == scene.names


async def test_another_key_only_when_asked_and_then_the_announced_one(scene: Scene) -> None:
    await scene.certifying.look()
    folder = folder_of(scene.folder)
    first, announced = scene.key(), (folder / NEXT_KEY).read_bytes()
    (folder / RENEW).touch()
    await scene.certifying.look()
    assert (scene.key(), (folder / NEXT_KEY).read_bytes()) == (first, announced)
    (folder / ROTATE).touch()
    await scene.certifying.look()
    assert scene.key() == announced
    assert (folder / NEXT_KEY).read_bytes() not in {first, announced}
    assert not (folder / ROTATE).exists()


async def test_a_refusal_is_told_and_tried_again_later_each_time(scene: Scene) -> None:
    scene.resolver._hosts.clear()
    scene.authority._proof = lambda name, token: None
    first = await scene.certifying.look()
    kind, fields = scene.last()
    assert kind == "certificate_failed"
    assert "mx.example.test became invalid: nothing was to be seen" in str(fields["reason"])
    asked = len(scene.authority.asked)
    assert await scene.certifying.look() == first  # not yet
    assert len(scene.authority.asked) == asked
    scene.time += first
    assert await scene.certifying.look() == 2 * first
    assert scene.certificates.context() is not None


async def test_a_rate_limit_is_respected(scene: Scene) -> None:
    scene.authority.refuse["/newOrder"] = problem(429, "rateLimited", "too many", retry="500000")
    assert await scene.certifying.look() >= 500_000
    assert "too many" in str(scene.last()[1]["reason"])


async def test_nonces_that_are_used_up_are_replaced(scene: Scene) -> None:
    scene.authority.bad_nonces = 4
    await scene.certifying.look()
    assert scene.last()[0] == "certificate_issued"
    scene.authority.bad_nonces = 1_000
    (folder_of(scene.folder) / RENEW).touch()
    await scene.certifying.look()
    assert "badNonce" in str(scene.last()[1]["reason"])


@pytest.mark.parametrize(
    ("path", "answer", "said_of_it"),
    [
        ("/directory", Answer(200, {"content-type": "text/html"}, b"<html>"), "where its newAccount is"),
        ("/directory", Answer(200, {"content-type": "application/json"}, b"[" * 100_000), "cannot be read"),
        ("/directory", Answer(200, {"content-type": "application/json"}, b"[]"), "no object"),
        ("/directory", Answer(302, {"location": "https://evil.test/"}, b""), "302"),
        ("/newAccount", problem(403, "unauthorized", "go away"), "go away"),
        ("/newOrder", said(201, {"status": "pending", "authorizations": ["http://a.test/"]}), "lacks an address"),
        ("/authorization/mx.example.test", said(200, {"status": "pending", "challenges": [
            {"type": "http-01", "token": "../../etc", "url": f"{HOME}/challenge/a"}]}), "token is none"),
        ("/authorization/mx.example.test", said(200, {"status": "pending", "challenges": [
            {"type": "dns-02"}]}), "but by dns-02"),
        ("/certificate/0", Answer(200, {"content-type": "text/html"}, b"<html>"), "no certificate"),
        ("/certificate/0", Answer(200, {}, b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), ""),
    ],
)  # fmt: skip
async def test_an_authority_that_talks_nonsense_changes_nothing(
    scene: Scene, path: str, answer: Answer, said_of_it: str
) -> None:
    before = scene.certificates.context()
    scene.authority.refuse[path] = answer
    assert await scene.certifying.look() > 0
    kind, fields = scene.last()
    assert (kind, said_of_it in str(fields["reason"])) == ("certificate_failed", True), fields
    assert scene.certificates.context() is before


async def test_a_certificate_that_does_not_fit_the_key_is_not_kept(scene: Scene) -> None:
    await scene.certifying.look()
    kept = (folder_of(scene.folder) / HOST).read_bytes()
    scene.names = NAMES[:1]
    other = make_self_signed("mx.example.test", START)[0]
    for path, answer in (("/certificate/1", other), ("/certificate/2", make_self_signed("else.test", START)[0])):
        scene.authority.refuse[path] = Answer(200, {}, answer)
        (folder_of(scene.folder) / RENEW).touch()
        await scene.certifying.look()
        assert scene.last()[0] == "certificate_failed"
        assert (folder_of(scene.folder) / HOST).read_bytes() == kept
    assert sorted(file.name for file in folder_of(scene.folder).iterdir()) == ["account.key", "host.pem", "next.key"]
