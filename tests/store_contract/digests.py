"""How does a test make digests?"""

from pillarbox.store.digests import Digest

PLAIN = Digest(
    message_id=0,
    envelope=b"(envelope)",
    body=b"(body)",
    structure=b"(structure)",
    sections=b"(sections)",
    preview="hello",
    sent=1_600_000_000.0,
    sent_day=737_000,
    sender="ann <ann@example.com>",
    to="bob <bob@example.org>",
    cc="",
    bcc="",
    subject="lunch at noon",
    sort_from="ann",
    sort_to="bob",
    sort_cc="",
    sort_subject="LUNCH AT NOON",
    sort_display_from="Ann",
    sort_display_to="Bob",
    is_reply=False,
    thread_id="one@example.com",
    references="",
    fields="from: ann <ann@example.com>\nsubject: lunch at noon\nx-note: spring cleaning\n\ncontent-type: text/plain",
    text="shall we meet at the river?\nreport.pdf",
    cut=False,
)


def digest(message_id: int, **different: object) -> Digest:
    """A digest like PLAIN but for what is ``different``."""
    return PLAIN._replace(message_id=message_id, **different)  # type: ignore[arg-type]
