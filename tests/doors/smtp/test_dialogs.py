"""Do the written conversations go over a real socket as they go on the bare protocol?"""

import asyncio
from pathlib import Path

from pillarbox.testing import server

ANN = "ann@example.test"


async def talk(port: int, octets: bytes, *, eof: bool = True) -> bytes:
    """Send all at once; all that comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(octets)
    if eof:
        writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    return answer


async def test_commands_glued_behind_starttls_never_run(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: "x y z"}) as box:
        glued = b"EHLO a\r\nSTARTTLS\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<ann@example.test>\r\nDATA\r\n"
        answer = await talk(box.port("smtp"), glued)
        assert answer.rstrip().endswith(b"Ready to start TLS")
        assert await box.inbox(ANN) == []


async def test_pipelined_commands_are_answered_in_order(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: "x y z"}) as box:
        glued = (
            b"EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<nobody@example.test>\r\nRCPT TO:<ann@example.test>\r\n"
            b"DATA\r\nSubject: x\r\n\r\nhi\r\n.\r\nNOOP\r\nQUIT\r\n"
        )
        answer = await talk(box.port("smtp"), glued)
        codes = [line[:3] for line in answer.split(b"\r\n") if line[3:4] == b" "]
        assert codes == [b"220", b"250", b"250", b"550", b"250", b"354", b"250", b"250", b"221"]
        assert len(await box.inbox(ANN)) == 1


async def test_every_form_of_a_false_end_is_one_refused_message(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: "x y z"}) as box:
        for end in (
            b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n.\r", b"\r.\n", b"\r\n\x00.\r\n",
            b"\n\n.\r\n",
        ):  # fmt: skip
            smuggled = (
                b"EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<ann@example.test>\r\nDATA\r\nSubject: one\r\n\r\nhi" + end
                + b"MAIL FROM:<evil@b.test>\r\nRCPT TO:<ann@example.test>\r\nDATA\r\nSubject: two\r\n\r\nhi\r\n.\r\n"
                + b"QUIT\r\n"
            )  # fmt: skip
            answer = await talk(box.port("smtp"), smuggled)
            assert b"queued as" not in answer, end
        assert await box.inbox(ANN) == []


async def test_a_web_browser_is_shown_out(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: "x y z"}) as box:
        answer = await talk(box.port("smtp"), b"POST / HTTP/1.1\r\nHost: x\r\n\r\nMAIL FROM:<a@b.test>\r\n", eof=False)
        assert b"250" not in answer


async def test_the_server_says_goodbye_when_it_stops(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: "x y z"}) as box:
        reader, writer = await asyncio.open_connection("127.0.0.1", box.port("smtp"))
        assert (await reader.readline()).startswith(b"220 ")
    assert (await reader.read()).startswith(b"421 4.3.2 ")
    writer.close()
