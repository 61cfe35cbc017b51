"""Rights, quotas and notes through the real door. RFC 4314, 9208, 5464."""

from dataclasses import replace

from doors.foundation import USER
from doors.imap.house import OTHER, OTHER_PASSWORD, House

ONE = b"Subject: one\r\n\r\nfirst\r\n"
THEIRS = f'"Other Users/{USER}/INBOX"'


async def test_a_mailbox_is_shared(house: House) -> None:
    await house.file(ONE)
    owner, other = await house.signed_in(), await house.signed_in(OTHER, OTHER_PASSWORD)
    assert (await other.ask(f"SELECT {THEIRS}")).tagged.startswith("NO [NONEXISTENT]")
    assert (await owner.ask(f"SETACL INBOX {OTHER} lr")).ok
    assert (await owner.ask("GETACL INBOX")).untagged == [f"* ACL INBOX {USER} lrswipkxteacd {OTHER} lr"]
    assert (await other.ask(f"MYRIGHTS {THEIRS}")).untagged == [f"* MYRIGHTS {THEIRS} lr"]
    assert (await other.ask('LIST "" "Other Users/*"')).untagged[-1].endswith(THEIRS)
    answer = await other.ask(f"SELECT {THEIRS}")
    assert answer.tagged.startswith("OK [READ-ONLY]")
    assert (await other.upload(f"APPEND {THEIRS}", ONE)).tagged.startswith("NO [NOPERM]")
    assert (await other.ask(f"GETACL {THEIRS}")).tagged.startswith("NO [NOPERM]")
    assert (await owner.ask(f"SETACL INBOX {OTHER} +i")).ok
    assert (await other.upload(f"APPEND {THEIRS} (\\Flagged \\Seen)", ONE)).ok
    assert [entry.flags for entry in await house.entries()] == [0, 0]
    assert (await owner.ask(f"DELETEACL INBOX {OTHER}")).ok
    assert (await other.ask(f"STATUS {THEIRS} (MESSAGES)")).tagged.startswith("NO [NONEXISTENT]")


async def test_which_rights_can_be_given(house: House) -> None:
    talk = await house.signed_in()
    [line] = (await talk.ask(f"LISTRIGHTS INBOX {OTHER}")).untagged
    assert line == f'* LISTRIGHTS INBOX {OTHER} "" l r s w i p k x t e a c d'
    assert (await talk.ask("SETACL INBOX nobody lr")).tagged.startswith("NO")
    assert (await talk.ask(f"SETACL INBOX {OTHER} z")).tagged.startswith("BAD")


async def test_quotas(house: House) -> None:
    row = await house.store.account_by_id(house.account_id)
    assert row is not None
    await house.store.change_account(replace(row, quota_octets=10 * 1024, quota_messages=100))
    await house.file(ONE)
    talk = await house.signed_in()
    answer = await talk.ask("GETQUOTAROOT INBOX")
    assert answer.untagged == [
        f"* QUOTAROOT INBOX {USER}",
        f"* QUOTA {USER} (STORAGE 1 10 MESSAGE 1 100)",
    ]
    assert (await talk.ask(f"GETQUOTA {USER}")).untagged == answer.untagged[1:]
    assert (await talk.ask(f"GETQUOTA {OTHER}")).tagged.startswith("NO [NONEXISTENT]")
    assert (await talk.ask(f"SETQUOTA {USER} (STORAGE 99)")).tagged.startswith("NO [NOPERM]")
    answer = await talk.upload("APPEND INBOX", b"Subject: big\r\n\r\n" + b"x" * 20_000 + b"\r\n")
    assert answer.tagged == "NO [OVERQUOTA] The mailbox is full"


async def test_notes(house: House) -> None:
    talk = await house.signed_in()
    assert (await talk.ask('SETMETADATA INBOX (/private/comment "mine" /shared/comment "for all")')).ok
    answer = await talk.ask("GETMETADATA INBOX (/private/comment /shared/comment /private/none)")
    assert answer.untagged == ['* METADATA INBOX (/private/comment "mine" /shared/comment "for all" /private/none NIL)']
    answer = await talk.ask("GETMETADATA (MAXSIZE 5) INBOX (/private/comment /shared/comment)")
    assert answer.tagged.startswith("OK [METADATA LONGENTRIES 7]")
    assert (await talk.ask("SETMETADATA INBOX (/private/comment NIL)")).ok
    assert (await talk.ask("GETMETADATA INBOX /private/comment")).untagged == [
        "* METADATA INBOX (/private/comment NIL)"
    ]
    assert (await talk.ask('SETMETADATA "" (/private/vendor/x/y "a")')).ok
    assert (await talk.ask('GETMETADATA "" /private/vendor/x/y')).untagged == [
        '* METADATA "" (/private/vendor/x/y "a")'
    ]
