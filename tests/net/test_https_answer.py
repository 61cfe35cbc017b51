"""Is an answer over HTTPS read as RFC 9112 has it, and no more of it than is wanted?"""

import asyncio

import pytest

from pillarbox.net.https_answer import HEADER, AnswerError, TooLargeError, read_content, read_head

OK = b"HTTP/1.1 200 OK\r\nContent-Type: Text/Plain\r\n"
CHUNKED = OK + b"Transfer-Encoding: Chunked\r\n\r\n"


async def read(octets: bytes, most: int = 10) -> tuple[int, dict[str, str], bytes]:
    reader = asyncio.StreamReader(limit=HEADER)
    reader.feed_data(octets)
    reader.feed_eof()
    head = await read_head(reader)
    return head.status, dict(head.fields), await read_content(reader, head, most)


@pytest.mark.parametrize(
    "octets",
    [
        OK + b"Content-Length: 10\r\n\r\n0123456789more",
        OK + b"\r\n0123456789",
        CHUNKED + b"4;x=y\r\n0123\r\n06\r\n456789\r\n0\r\n\r\n",
    ],
)
async def test_the_ways_in_which_content_comes(octets: bytes) -> None:
    status, fields, content = await read(octets)
    assert (status, fields["content-type"], content) == (200, "Text/Plain", b"0123456789")


@pytest.mark.parametrize("status", [204, 304])
async def test_answers_without_content(status: int) -> None:
    assert await read(b"HTTP/1.1 %d\r\nA: 1\r\nA: 2\r\n\r\nrest" % status) == (status, {"a": "2"}, b"")


@pytest.mark.parametrize(
    "octets",
    [
        OK + b"Content-Length: 11\r\n\r\n0123456789x",
        OK + b"\r\n0123456789x",
        CHUNKED + b"4\r\n0123\r\n7\r\n456789x\r\n0\r\n\r\n",
        CHUNKED + b"ffffffff\r\n",
    ],
)
async def test_no_more_is_read_than_is_wanted(octets: bytes) -> None:
    with pytest.raises(TooLargeError, match="more than 10 octets"):
        await read(octets)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "broken off"),
        (b"SSH-2.0-x\r\n\r\n", "does not speak HTTP"),
        (OK + b"X: " + b"x" * HEADER, "too large"),
        (OK + b"Content-Length: 5\r\n\r\n0123", "broken off"),
        (OK + b"Content-Length: +5\r\n\r\n01234", "cannot be read"),
        (CHUNKED + b"\r\n", "cannot be read"),
        (CHUNKED + b"4\r\n0123\r\n", "broken off"),
    ],
)
async def test_what_is_no_answer(octets: bytes, words: str) -> None:
    with pytest.raises(AnswerError, match=words):
        await read(octets)
