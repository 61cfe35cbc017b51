"""Where may a password be sent, and is what happens at a listener noted with its name?"""

import pytest

from pillarbox.doors.listening import ListenerRole
from pillarbox.net.clock import SystemClock
from pillarbox.observe.log import Fields, Log, NoSink
from pillarbox.observe.metrics import Metrics


class Noting:
    """Keeps what is logged."""

    def __init__(self, cleartext_login: str = "never") -> None:
        self.noted: list[tuple[str, dict[str, object]]] = []
        self.metrics = Metrics()
        log = Log(NoSink(), self._render, lambda: 0.0)
        self.role = ListenerRole("here", cleartext_login, SystemClock(), log, self.metrics)

    def _render(self, at: float, kind: str, message_id: str | None, fields: Fields) -> str:
        self.noted.append((kind, dict(fields)))
        return ""


@pytest.mark.parametrize(
    ("rule", "peer", "secure", "safe"),
    [
        ("never", "127.0.0.1", False, False),
        ("never", "192.0.2.1", True, True),
        ("loopback", "127.0.0.9", False, True),
        ("loopback", "::1", False, True),
        ("loopback", "::ffff:127.0.0.1", False, True),
        ("loopback", "192.0.2.1", False, False),
        ("loopback", "192.0.2.1", True, True),
        ("always", "192.0.2.1", False, True),
    ],
)
def test_where_a_password_may_be_sent(rule: str, peer: str, secure: bool, safe: bool) -> None:
    assert Noting(rule).role.login_is_safe(peer, secure) is safe


def test_what_happens_is_noted_and_counted() -> None:
    noting = Noting()
    noting.role.note_connected("192.0.2.1")
    noting.role.note_refused("192.0.2.1", "full")
    noting.role.note_wrong("192.0.2.1", "XYZZY", "500 what?")
    noting.role.note_error("192.0.2.1", ValueError("ours"))
    noting.role.note_gone("192.0.2.1", noting.role.clock.monotonic(), "")
    assert [kind for kind, _ in noting.noted] == [
        "connected", "connection_refused", "protocol_error", "internal_error", "disconnected",
    ]  # fmt: skip
    assert all(fields["peer"] == "192.0.2.1" for _, fields in noting.noted)
    assert [fields.get("listener") for _, fields in noting.noted] == ["here", "here", None, "here", "here"]
    assert "ValueError: ours" in str(noting.noted[3][1]["trace"])
    metrics = noting.metrics
    assert (metrics.sessions_refused, metrics.protocol_errors, metrics.internal_errors) == (1, 1, 1)
