"""Mailboxes in lists. RFC 9051 §7.3, RFC 5258, RFC 3501 §7.2."""

from pillarbox.proto.imap.list_responses import delimiter, list_response, lsub, namespace, status


def test_a_mailbox_with_its_attributes() -> None:
    line = list_response("foo/bar", ["\\HasNoChildren", "\\Subscribed"], utf8=False)
    assert line == b'* LIST (\\HasNoChildren \\Subscribed) "/" foo/bar\r\n'
    assert list_response("Töne", [], utf8=True) == '* LIST () "/" "Töne"\r\n'.encode()
    assert lsub("news/comp", ["\\Noselect"], utf8=False) == b'* LSUB (\\Noselect) "/" news/comp\r\n'
    assert delimiter() == b'* LIST (\\Noselect) "/" ""\r\n'


def test_extended_data_stands_behind_the_name() -> None:
    children = list_response("Foo", [], utf8=False, child_info=["SUBSCRIBED"])
    assert children == b'* LIST () "/" Foo ("CHILDINFO" ("SUBSCRIBED"))\r\n'
    renamed = list_response("NewName", [], utf8=True, old_name="Ä", child_info=["SUBSCRIBED"])
    assert renamed == '* LIST () "/" NewName ("CHILDINFO" ("SUBSCRIBED") "OLDNAME" ("Ä"))\r\n'.encode()


def test_a_status_tells_numbers_ids_and_nothing() -> None:
    line = status("blurdy bloop", [("MESSAGES", 231), ("APPENDLIMIT", None), ("MAILBOXID", "F6")], utf8=False)
    assert line == b'* STATUS "blurdy bloop" (MESSAGES 231 APPENDLIMIT NIL MAILBOXID (F6))\r\n'


def test_namespaces_are_strings_and_may_be_missing() -> None:
    assert namespace([("", "/")], [("Other Users/", "/")], [], utf8=False) == (
        b'* NAMESPACE (("" "/")) (("Other Users/" "/")) NIL\r\n'
    )
    two = namespace([("", "/"), ("Ä", "/")], [], [], utf8=False)
    assert two == b'* NAMESPACE (("" "/")("&AMQ-" "/")) NIL NIL\r\n'
