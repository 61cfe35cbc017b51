"""A server that promises before it has written: `python -m crash.liar PORT FILE`. The rig must find it out.

It answers 250 at once and appends to FILE every 50 ms what came since: a kill in between loses mail.
"""

import asyncio
import sys
from pathlib import Path

PAUSE = 0.05
SEPARATOR = b"\0\n"


class _Liar(asyncio.Protocol):
    def __init__(self, waiting: list[bytes]) -> None:
        self._waiting = waiting
        self._buffer = b""
        self._in_data = False
        self._recipients: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 liar.test\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._message() if self._in_data else self._command():
            pass

    def _command(self) -> bool:
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return False
        self._buffer = rest
        verb = line[:4].upper()
        self._in_data = verb == b"DATA"
        if verb == b"MAIL":
            self._recipients.clear()
        elif verb == b"RCPT":
            self._recipients.append(line.partition(b"<")[2].partition(b">")[0])
        self._transport.write(b"354 go\r\n" if self._in_data else b"250 ok\r\n")
        return True

    def _message(self) -> bool:
        content, end, rest = self._buffer.partition(b"\r\n.\r\n")
        if not end:
            return False
        self._buffer, self._in_data = rest, False
        plain = content.replace(b"\r\n..", b"\r\n.") + b"\r\n"
        self._waiting += [recipient + b"\n" + plain for recipient in self._recipients]
        self._transport.write(b"250 safe with me\r\n")
        return True


async def _serve(port: int, file: Path) -> None:
    waiting: list[bytes] = []
    server = await asyncio.get_running_loop().create_server(lambda: _Liar(waiting), "127.0.0.1", port)
    async with server:
        while True:
            await asyncio.sleep(PAUSE)
            with file.open("ab") as sink:
                sink.write(b"".join(entry + SEPARATOR for entry in waiting))
            waiting.clear()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
