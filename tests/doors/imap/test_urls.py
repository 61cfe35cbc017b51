"""Which URLs can CATENATE use? RFC 5092, RFC 4469."""

import pytest

from pillarbox.doors.imap.urls import MessageUrl, UrlError
from pillarbox.proto.imap.items import Section


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("/INBOX/;UID=20", MessageUrl("INBOX", None, 20, Section(peek=True))),
        (
            "/Drafts;UIDVALIDITY=385759045/;UID=20/;SECTION=HEADER",
            MessageUrl("Drafts", 385759045, 20, Section(what="HEADER", peek=True)),
        ),
        ("/Drafts/;uid=20/;section=1.2.MIME", MessageUrl("Drafts", None, 20, Section((1, 2), "MIME", peek=True))),
        ("/a/b%20c/;UID=1", MessageUrl("a/b c", None, 1, Section(peek=True))),
        ("/Entw%C3%BCrfe/;UID=1", MessageUrl("Entwürfe", None, 1, Section(peek=True))),
        (";UID=1/;SECTION=TEXT", MessageUrl(None, None, 1, Section(what="TEXT", peek=True))),
        ("/x/;UID=1/;PARTIAL=0.1024", MessageUrl("x", None, 1, Section(peek=True, partial=(0, 1024)))),
        (
            "/x/;UID=1/;SECTION=HEADER.FIELDS%20(To)",
            MessageUrl("x", None, 1, Section(what="HEADER.FIELDS", fields=("To",), peek=True)),
        ),
    ],
)
def test_urls(url: str, wanted: MessageUrl) -> None:
    assert MessageUrl.parse(url) == wanted


def test_a_partial_without_a_length_goes_to_the_end() -> None:
    partial = MessageUrl.parse("/x/;UID=1/;PARTIAL=10").section.partial
    assert partial is not None
    assert partial[0] == 10
    assert partial[1] > 2**60


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/",
        "/INBOX",
        "/INBOX/;UID=0",
        "/INBOX/;UID=1/;SECTION=7.NONSENSE",
        "/INBOX/;UID=1/;SECTION=]",
        "/%FF/;UID=1",
        "imap://host/INBOX/;UID=1",
        "/INBOX/;UID=1;URLAUTH=anonymous",
        "/INBOX/;UID=" + "9" * 30,
    ],
)
def test_what_is_none(url: str) -> None:
    with pytest.raises(UrlError):
        MessageUrl.parse(url)
