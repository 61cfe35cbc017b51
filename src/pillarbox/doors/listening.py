"""What is the same at every listener, whatever it speaks? When a password may be sent in the clear, and what is noted.

RFC 8314 §3: passwords belong into TLS; on one machine there is nobody in between.
"""

from traceback import format_exception

from pillarbox.net.clock import Clock
from pillarbox.net.gate import canonical
from pillarbox.observe.log import Log
from pillarbox.observe.metrics import Metrics


class ListenerRole:
    """The listener ``name``; ``cleartext_login``: where a password may go without TLS (never, loopback, always)."""

    def __init__(self, name: str, cleartext_login: str, clock: Clock, log: Log, metrics: Metrics) -> None:
        self.name = name
        self.clock = clock
        self.log = log
        self.metrics = metrics
        self._cleartext_login = cleartext_login

    def login_is_safe(self, peer: str, secure: bool) -> bool:
        """Whether ``peer`` may send a password now; ``secure``: through TLS."""
        if secure or self._cleartext_login == "always":
            return True
        return self._cleartext_login == "loopback" and canonical(peer).is_loopback

    def note_connected(self, peer: str) -> None:
        """A peer was let in."""
        self.log.event("connected", None, peer=peer, listener=self.name)

    def note_refused(self, peer: str, reason: str) -> None:
        """A peer was not let in."""
        self.metrics.sessions_refused += 1
        self.log.event("connection_refused", None, peer=peer, listener=self.name, reason=reason)

    def note_wrong(self, peer: str, command: str, reply: object) -> None:
        """A command that cannot be, and what it was answered."""
        self.metrics.protocol_errors += 1
        self.log.event("protocol_error", None, peer=peer, command=command, reply=str(reply))

    def note_login_refused(self, _mechanism: str, _reason: str) -> None:
        """A sign-in failed; accounts.login has logged who and why."""
        self.metrics.logins_failed += 1

    def note_error(self, peer: str, error: BaseException) -> None:
        """Something went wrong on our side while the peer waited."""
        self.metrics.internal_errors += 1
        self.log.event("internal_error", None, peer=peer, listener=self.name, trace="".join(format_exception(error)))

    def note_gone(self, peer: str, since: float, reason: str) -> None:
        """The peer, here ``since`` that moment of the monotonic clock, is gone."""
        seconds = round(self.clock.monotonic() - since, 3)
        self.log.event("disconnected", None, peer=peer, listener=self.name, seconds=seconds, reason=reason)
