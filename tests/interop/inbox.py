"""How does a test read an inbox? By POP3, and failure reports by the parser of the standard library."""

import email
import email.policy
import poplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from peers.process import Endpoint, until


@dataclass(frozen=True, slots=True)
class Reader:
    """One account seen by POP3 with STLS. ``root`` is the CA that the server's certificate must come from."""

    endpoint: Endpoint
    user: str
    password: str
    root: Path

    def all(self) -> list[bytes]:
        """Every message in the inbox, as octets with CRLF."""
        session = poplib.POP3(self.endpoint[0], self.endpoint[1], timeout=30)
        try:
            session.stls(ssl.create_default_context(cafile=str(self.root)))
            session.user(self.user)
            session.pass_(self.password)
            return [b"\r\n".join(session.retr(n + 1)[1]) + b"\r\n" for n in range(session.stat()[0])]
        finally:
            session.quit()

    def wait_for(self, wanted: Callable[[bytes], bool], seconds: float = 30) -> bytes:
        """The first message that is ``wanted``."""
        return until(f"a message for {self.user}", lambda: next(filter(wanted, self.all()), None), seconds)

    def report_on(self, recipient: str) -> "Report":
        """The report that says what became of ``recipient``."""

        def about(content: bytes) -> bool:
            return b"report-type=" in content and recipient.encode() in content

        return Report(self.wait_for(about), recipient)


class Report:
    """A delivery status notification (RFC 3464) taken apart, seen for one recipient."""

    def __init__(self, content: bytes, recipient: str) -> None:
        self.message = email.message_from_bytes(content, policy=email.policy.default)
        self.words = self._part("text/plain").get_content()
        status = self._part("message/delivery-status")
        blocks = [part for part in status.get_payload() if isinstance(part, EmailMessage)]
        self.fields = next(block for block in blocks if recipient in str(block.get("Final-Recipient", "")))

    def _part(self, kind: str) -> EmailMessage:
        found = next(part for part in self.message.walk() if part.get_content_type() == kind)
        assert isinstance(found, EmailMessage)
        return found
