"""By which way does mail leave?"""

from pathlib import Path

import pytest

from pillarbox.mail.route import Credentials, Direct, SmartHost, Tls
from pillarbox.route.passwords import NoPassword, from_environment, from_file
from pillarbox.route.transport import Routes, choose, next_hop, rule, way
from pillarbox.store.rows import RouteRow

ISP = SmartHost("smtp.isp.test")
WORK = SmartHost("smtp.work.test")


class Clock:
    time = 0.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


def host_of(route: object) -> str:
    return route.host if isinstance(route, SmartHost) else "direct"


@pytest.mark.parametrize(
    ("pattern", "domain", "fits"),
    [
        ("*", "anything.test", True),
        ("example.org", "example.org", True),
        ("example.org", "EXAMPLE.ORG", True),
        ("example.org", "mail.example.org", False),
        ("*.example.org", "mail.example.org", True),
        ("*.example.org", "a.b.example.org", True),
        ("*.example.org", "example.org", False),
        ("*.example.org", "badexample.org", False),
        ("bücher.example", "xn--bcher-kva.example", True),
        ("*.bücher.example", "www.Bücher.example", True),
    ],
)
def test_a_domain_pattern_fits(pattern: str, domain: str, fits: bool) -> None:
    assert (choose([rule(ISP, recipient=pattern)], "", domain) != Direct()) == fits


@pytest.mark.parametrize(
    ("pattern", "sender", "fits"),
    [
        ("*", "", True),
        ("*", "me@work.test", True),
        ("me@work.test", "Me@Work.test", True),
        ("me@work.test", "you@work.test", False),
        ("@work.test", "you@work.test", True),
        ("@work.test", "you@sub.work.test", False),
        ("@work.test", "", False),
    ],
)
def test_a_sender_pattern_fits(pattern: str, sender: str, fits: bool) -> None:
    assert (choose([rule(ISP, sender=pattern)], sender, "example.org") != Direct()) == fits


def test_the_first_rule_that_fits_decides_and_says_why() -> None:
    rules = [
        rule(WORK, sender="@work.test", origin="route 1 of pillarbox.toml"),
        rule(Direct(), recipient="near.test", origin="route 2 of pillarbox.toml"),
        rule(ISP, origin="route 3 of pillarbox.toml"),
    ]
    assert host_of(choose(rules, "me@work.test", "near.test")) == "smtp.work.test"
    assert host_of(choose(rules, "me@home.test", "near.test")) == "direct"
    chosen = choose(rules, "me@home.test", "far.test")
    assert host_of(chosen) == "smtp.isp.test"
    assert chosen.why == "route 3 of pillarbox.toml (everything): through smtp.isp.test:587"
    why = choose(rules, "me@work.test", "x.test").why
    assert why == "route 1 of pillarbox.toml (from @work.test): through smtp.work.test:587"


@pytest.mark.parametrize(
    ("text", "tls", "lmtp", "hop"),
    [
        ("smtp.isp.test:2525", Tls.STARTTLS, False, ("smtp.isp.test", 2525)),
        ("SMTP.isp.test", Tls.STARTTLS, False, ("smtp.isp.test", 587)),
        ("smtp.isp.test", Tls.IMPLICIT, False, ("smtp.isp.test", 465)),
        ("127.0.0.1", Tls.NONE, True, ("127.0.0.1", 24)),
        ("[::1]:25", Tls.NONE, False, ("::1", 25)),
        ("[::1]", Tls.NONE, False, ("::1", 587)),
        ("2001:db8::1", Tls.NONE, False, ("2001:db8::1", 587)),
        ("MX", Tls.STARTTLS, False, None),
    ],
)
def test_a_next_hop_is_read(text: str, tls: Tls, lmtp: bool, hop: tuple[str, int] | None) -> None:
    assert next_hop(text, tls, lmtp) == hop


def test_tls_is_demanded_of_mail_hosts_only_when_it_is_said() -> None:
    assert way("mx", None, None) == Direct("no route matches: directly to the domain's mail hosts", Tls.OPPORTUNISTIC)
    assert way("mx", "starttls", None).tls is Tls.STARTTLS


def test_a_password_goes_to_another_machine_only_over_verified_tls() -> None:
    secret = Credentials("me", lambda: "swordfish")
    assert way("smtp.isp.test", "", secret).tls is Tls.STARTTLS
    assert way("smtp.isp.test", "opportunistic", secret).tls is Tls.OPPORTUNISTIC
    assert way("smtp.isp.test", "", None).tls is Tls.OPPORTUNISTIC
    assert way("127.0.0.1:2525", None, secret).tls is Tls.OPPORTUNISTIC
    assert way("localhost:2525", None, secret).tls is Tls.OPPORTUNISTIC
    assert way("localhost.isp.test:2525", None, secret).tls is Tls.STARTTLS


async def test_stored_rules_come_after_the_configured_and_are_read_again(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("swordfish\nignored\n")
    rows = [RouteRow(7, 1, "*", "*", "smtp.isp.test:25", "none", "me", str(secret))]
    clock = Clock()

    async def read() -> list[RouteRow]:
        return rows

    routes = Routes([rule(WORK, recipient="work.test")], read, clock)
    assert host_of(await routes.route("", "work.test")) == "smtp.work.test"
    found = await routes.route("", "far.test")
    assert isinstance(found, SmartHost)
    assert found.credentials is not None
    assert (found.credentials.username, found.credentials.password()) == ("me", "swordfish")
    assert "swordfish" not in repr(found)
    rows.insert(0, RouteRow(9, 0, "far.test", "*", "mx", "", None, None))
    assert host_of(await routes.route("", "far.test")) == "smtp.isp.test"
    clock.time += 1.0
    assert host_of(await routes.route("", "far.test")) == "direct"


def test_a_password_that_cannot_be_had_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoPassword, match="cannot be read"):
        from_file(tmp_path / "none")()
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(NoPassword, match="empty"):
        from_file(tmp_path / "empty")()
    monkeypatch.delenv("SMART_PASSWORD", raising=False)
    with pytest.raises(NoPassword, match="SMART_PASSWORD"):
        from_environment("SMART_PASSWORD")()
    monkeypatch.setenv("SMART_PASSWORD", "x")
    assert Credentials("u", from_environment("SMART_PASSWORD")).password() == "x"
