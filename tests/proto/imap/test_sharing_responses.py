"""Rights, quotas and notes. RFC 4314 §3, RFC 9208 §4, RFC 5464 §4.4."""

from pillarbox.proto.imap import sharing_responses as sharing


def test_rights() -> None:
    assert sharing.acl("INBOX", [("Fred", "rwipslda"), ("two words", "lr")], utf8=False) == (
        b'* ACL INBOX Fred rwipslda "two words" lr\r\n'
    )
    assert sharing.acl("INBOX", [("grün", "r")], utf8=False) == b"* ACL INBOX {5}\r\ngr\xc3\xbcn r\r\n"
    assert sharing.list_rights("~/Mail/saved", "smith", "la", ["r", "swicdkxte"], utf8=False) == (
        b"* LISTRIGHTS ~/Mail/saved smith la r swicdkxte\r\n"
    )
    assert sharing.list_rights("x", "smith", "", ["r"], utf8=False) == b'* LISTRIGHTS x smith "" r\r\n'
    assert sharing.my_rights("INBOX", "rwiptsldaex", utf8=False) == b"* MYRIGHTS INBOX rwiptsldaex\r\n"


def test_quotas() -> None:
    resources = [("STORAGE", 10, 512), ("MESSAGE", 3, 900)]
    assert sharing.quota("", resources, utf8=False) == b'* QUOTA "" (STORAGE 10 512 MESSAGE 3 900)\r\n'
    assert sharing.quota("!partition/sda4", [], utf8=False) == b"* QUOTA !partition/sda4 ()\r\n"
    assert sharing.quota_root("INBOX", ["#user/alice", ""], utf8=False) == b'* QUOTAROOT INBOX #user/alice ""\r\n'
    assert sharing.quota_root("comp.mail", [], utf8=False) == b"* QUOTAROOT comp.mail\r\n"


def test_notes() -> None:
    entries = [("/shared/comment", b"Shared comment"), ("/private/comment", None), ("/private/raw", b"a\0b")]
    assert sharing.metadata("INBOX", entries, utf8=False) == (
        b'* METADATA INBOX (/shared/comment "Shared comment" /private/comment NIL /private/raw ~{3}\r\na\0b)\r\n'
    )
    assert sharing.metadata("", [("/shared/admin", b"mailto:a@example.org")], utf8=False) == (
        b'* METADATA "" (/shared/admin "mailto:a@example.org")\r\n'
    )
    assert sharing.metadata("INBOX", [], utf8=False) == b""
    assert sharing.metadata_changed("INBOX", ["/shared/comment"], utf8=False) == b"* METADATA INBOX /shared/comment\r\n"
