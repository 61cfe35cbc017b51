"""What became of the selected mailbox. RFC 9051 §7.3, §7.5; VANISHED RFC 7162."""

from pillarbox.proto.imap import general_responses, mailbox_responses


def test_counts_and_flags() -> None:
    assert mailbox_responses.exists(23) == b"* 23 EXISTS\r\n"
    assert mailbox_responses.recent(5) == b"* 5 RECENT\r\n"
    assert mailbox_responses.flags(["\\Seen", "$Forwarded"]) == b"* FLAGS (\\Seen $Forwarded)\r\n"


def test_what_is_gone() -> None:
    assert mailbox_responses.expunge(44) == b"* 44 EXPUNGE\r\n"
    assert mailbox_responses.expunges([3, 3, 5]) == b"* 3 EXPUNGE\r\n* 3 EXPUNGE\r\n* 5 EXPUNGE\r\n"
    assert mailbox_responses.vanished([405, 407, 410, 425]) == b"* VANISHED 405,407,410,425\r\n"
    assert mailbox_responses.vanished([41, *range(43, 117)], earlier=True) == b"* VANISHED (EARLIER) 41,43:116\r\n"
    assert mailbox_responses.vanished([]) == b""


def test_what_the_server_can_and_is() -> None:
    assert general_responses.capability(["IMAP4rev2", "IDLE"]) == b"* CAPABILITY IMAP4rev2 IDLE\r\n"
    assert general_responses.enabled(["CONDSTORE"]) == b"* ENABLED CONDSTORE\r\n"
    assert general_responses.enabled([]) == b"* ENABLED\r\n"
    assert general_responses.id_response({}) == b"* ID NIL\r\n"
    assert general_responses.id_response({"name": "Pillarbox", "version": None}) == (
        b'* ID ("name" "Pillarbox" "version" NIL)\r\n'
    )
