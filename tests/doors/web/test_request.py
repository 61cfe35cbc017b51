"""Is a request of the web door read as RFC 9112 has it, and nothing else taken for one?"""

import pytest

from pillarbox.doors.web.request import HEADER, BadRequest, Request, read

GOOD = b"GET /.well-known/mta-sts.txt?x=1 HTTP/1.1\r\nHost: MTA-STS.Example.test:443\r\nAccept: */*\r\n\r\n"


def test_a_request_is_read_once_its_header_is_whole() -> None:
    wanted = Request("GET", "/.well-known/mta-sts.txt", "mta-sts.example.test")
    assert read(GOOD) == wanted
    assert [read(GOOD[:cut]) for cut in range(0, len(GOOD), 7)] == [None] * len(range(0, len(GOOD), 7))
    absolute = b"HEAD http://mta-sts.example.test/a HTTP/1.1\r\nHost: other.test\r\n\r\n"
    assert read(absolute) == Request("HEAD", "/a", "mta-sts.example.test")


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400),
        (b"GET etc HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 64 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * HEADER, 431),
    ],
)
def test_what_is_no_request_is_refused_with_its_status(octets: bytes, status: int) -> None:
    with pytest.raises(BadRequest) as caught:
        read(octets)
    assert caught.value.status == status
