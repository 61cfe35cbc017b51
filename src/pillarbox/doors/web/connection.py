"""How does a peer of the small web door get its file? One request, one answer, and goodbye."""

import asyncio
import ssl

from pillarbox.net.client_hello import read as read_hello
from pillarbox.net.connection import Connection, Doorway

from .request import BadRequest, Request, read
from .response import Response, encode, plain
from .role import WebRole


class WebConnection(Connection):
    """One peer of a web listener."""

    __slots__ = ("_answering", "_octets", "_proof", "_reason", "_role", "_since")

    def __init__(self, role: WebRole, doorway: Doorway, proxied: tuple[str, int] | None = None) -> None:
        super().__init__(doorway, proxied)
        self._role = role
        self._octets = b""
        self._proof: ssl.SSLContext | None = None
        self._answering: asyncio.Task[None] | None = None
        self._since: float | None = None
        self._reason = ""

    def opened(self) -> None:
        self._since = self.doorway.clock.monotonic()
        self.deadline = self._since + self._role.settings.patience
        self._role.metrics.sessions += 1
        self._role.note_connected(self.peer)

    def refused(self, reason: str) -> bytes:
        self._role.note_refused(self.peer, reason)
        return b"" if self._role.settings.tls else encode(plain(503))

    def tls_context(self) -> ssl.SSLContext:
        return self._proof or super().tls_context()

    def upgraded(self) -> None:
        self._role.metrics.tls_handshakes += 1
        self._octets = b""
        if self._proof is not None:
            self.finish()  # RFC 8737 §3: the authority has seen it, nothing is said

    def received(self, data: bytes) -> None:
        if self._answering is not None:
            return  # one request a connection
        if self._role.settings.tls and not self.secure:
            self._greeted(data)
        else:
            self._asked(data)

    def _greeted(self, data: bytes) -> None:
        """The first words of a handshake: who asks decides which certificate is shown."""
        self._octets += data
        try:
            hello = read_hello(self._octets)
        except ValueError as error:
            self._reason = f"no TLS: {error}"
            self.abort()
            return
        if hello is not None:
            self._proof = self._role.proof(hello)
            self._first_octets = self._octets
            self.start_tls()

    def _asked(self, data: bytes) -> None:
        self._octets += data
        try:
            request = read(self._octets)
        except BadRequest as error:
            self._role.note_wrong(self.peer, "request", f"{error.status} {error}")
            self._send(plain(error.status), head=False)
            return
        if request is not None:
            self._octets = b""
            self._answering = self.doorway.loop.create_task(self._answer(request))

    async def _answer(self, request: Request) -> None:
        try:
            response = await self._role.answer(request, secure=self.secure)
        except Exception as error:  # noqa: BLE001 - told in the log, whatever it is
            self._role.note_error(self.peer, error)
            response = plain(500)
        self._role.note_answer(self.peer, request, response.status)
        self._send(response, head=request.method == "HEAD")

    def _send(self, response: Response, *, head: bool) -> None:
        self.write(encode(response, head=head))
        self.finish(hear_out=True)

    def input_ended(self) -> bool:
        return self._answering is not None

    def deadline_passed(self) -> None:
        self._reason = "timeout"
        self.abort()

    def shutting_down(self) -> None:
        if self._answering is None:
            self._reason = "the server stops"
            self.finish()

    def closed(self, error: Exception | None) -> None:
        if self._answering is not None:
            self._answering.cancel()
        if self._since is not None:
            self._role.note_gone(self.peer, self._since, self._reason or (str(error) if error is not None else ""))
