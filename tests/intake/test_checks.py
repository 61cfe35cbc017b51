"""Strangers' mail is checked: what stands in Authentication-Results, in the story, and where the mail goes."""

from pathlib import Path

import pytest

from pillarbox.observe.sentences import tell
from pillarbox.observe.story import Event
from pillarbox.testing import server

from .checking import USER, checking, letter, lying, names, results_of, send, signed, story


async def test_signed_mail_passes_and_everything_is_told(tmp_path: Path) -> None:
    async with checking(tmp_path) as box:
        word = await send(box, signed(letter()))
        [message] = await lying(box)
        [found] = results_of(message)
        told = await story(box, word)
    assert message.startswith(b"Authentication-Results: mx.example.test;")
    for part in ("iprev=pass", "spf=fail", "dkim=pass", "header.d=sender.example", "dmarc=pass"):
        assert part in found
    assert [told[kind]["result"] for kind in ("iprev", "spf", "dkim", "dmarc")] == ["pass", "fail", "pass", "pass"]
    assert told["spf"]["record"] == "v=spf1 ip4:192.0.2.0/24 -all"


async def test_what_was_asked_before_is_judged_at_once(tmp_path: Path) -> None:
    resolver = names()
    async with checking(tmp_path, resolver) as box:
        await send(box, signed(letter()))
        asked = sum(resolver.asked.values())
        await send(box, signed(letter()))
        assert sum(resolver.asked.values()) == asked
        assert len(await lying(box)) == 2


@pytest.mark.parametrize(
    ("action", "policy", "folder"),
    [
        ("junk", b"v=DMARC1; p=reject", "Junk"),
        ("junk", b"v=DMARC1; p=quarantine", "Junk"),
        ("junk", b"v=DMARC1; p=none", "INBOX"),
        ("junk", b"v=DMARC1; p=quarantine; t=y", "INBOX"),
        ("note", b"v=DMARC1; p=reject", "INBOX"),
        ("refuse", b"v=DMARC1; p=quarantine", "Junk"),
        ("refuse", b"v=DMARC1; p=reject", ""),
    ],
)
async def test_what_becomes_of_mail_that_nobody_vouches_for(
    tmp_path: Path, action: str, policy: bytes, folder: str
) -> None:
    async with checking(tmp_path, names(dmarc=policy), dmarc_action=action) as box:
        word = await send(box, letter())
        where = [name for name in ("INBOX", "Junk") if await lying(box, name)]
    assert where == [folder] * bool(folder)
    assert word.startswith("550") == (not folder)
    if not folder:
        assert "sender.example asks that such mail be refused" in word


async def test_the_story_says_in_words_why_dmarc_failed(tmp_path: Path) -> None:
    async with checking(tmp_path) as box:
        word = await send(box, signed(letter("ceo@bank.example")))
        told = await story(box, word)
    assert told["dmarc"]["result"] in {"none", "fail"}
    async with checking(tmp_path / "b", names({"_dmarc.bank.example": [b"v=DMARC1; p=quarantine"]})) as box:
        word = await send(box, signed(letter("ceo@bank.example")))
        told = await story(box, word)
    sentence = tell(Event(0, "dmarc", told["dmarc"]))  # type: ignore[arg-type]
    assert "bank.example" in sentence
    assert "sender.example" in sentence
    assert told["filed"]["folder"] == "Junk"


async def test_a_changed_body_fails_and_says_so(tmp_path: Path) -> None:
    async with checking(tmp_path) as box:
        word = await send(box, signed(letter()).replace(b"Hello!", b"Hollo!"))
        told = await story(box, word)
    assert told["dkim"]["result"] == "fail"


async def test_large_mail_is_hashed_from_its_file(tmp_path: Path) -> None:
    async with checking(tmp_path) as box:
        message = signed(letter(body=(b"0123456789abcdef" * 4 + b"\r\n") * 1024 * 16))
        word = await send(box, message)
        told = await story(box, word)
        [kept] = await lying(box)
    assert told["dkim"]["result"] == "pass"
    assert kept.endswith(message)


async def test_forged_results_go_and_all_else_stays(tmp_path: Path) -> None:
    forged = "Authentication-Results: mx.example.test; dmarc=pass header.from=bank.example\r\n"
    upper = "AUTHENTICATION-RESULTS : MX.example.test (really);\r\n dkim=pass\r\n"
    honest = "Authentication-Results: mx.other.example; spf=pass\r\n"
    sent = signed(letter(more="X-First: 1\r\n" + forged + honest + upper))
    async with checking(tmp_path) as box:
        word = await send(box, sent)
        [message] = await lying(box)
        told = await story(box, word)
    ours, other = results_of(message)
    assert "dmarc=pass" in ours
    assert "header.from=sender.example" in ours
    assert other == "mx.other.example; spf=pass"
    assert message.endswith(sent.replace(forged.encode(), b"").replace(upper.encode(), b""))
    assert told["forged_results"]["count"] == 2


async def test_dns_that_does_not_answer_costs_no_mail(tmp_path: Path) -> None:
    silent = names({"sender.example": None, "s1._domainkey.sender.example": None, "_dmarc.sender.example": None})
    async with checking(tmp_path, silent) as box:
        word = await send(box, signed(letter()))
        told = await story(box, word)
        assert len(await lying(box)) == 1
    assert [told[kind]["result"] for kind in ("spf", "dkim", "dmarc")] == ["temperror"] * 3


async def test_no_dns_for_those_who_guess_at_recipients(tmp_path: Path) -> None:
    resolver = names()
    async with checking(tmp_path, resolver) as box:
        with pytest.raises(Exception, match=r"5\.1\.1"):
            await send(box, letter(), to="nobody@example.test")
    assert not resolver.asked


async def test_this_machine_and_other_doors_are_not_checked(tmp_path: Path) -> None:
    resolver = names()
    async with server(tmp_path, {USER: "a password"}, resolver=resolver) as box:
        await send(box, letter())
        [message] = await lying(box)
    assert results_of(message) == []
    assert not resolver.asked


async def test_a_check_may_be_off(tmp_path: Path) -> None:
    async with checking(tmp_path, iprev=False, spf=False, dkim=False, arc=False, dmarc=False) as box:
        await send(box, signed(letter()))
        [message] = await lying(box)
    assert results_of(message) == []


async def test_each_local_part_has_its_own_answer_where_the_record_asks_for_it(tmp_path: Path) -> None:
    resolver = names({"sender.example": [b"v=spf1 exists:%{l}.ok.sender.example -all"]})
    resolver._hosts["bob.ok.sender.example"] = ["127.0.0.2"]
    async with checking(tmp_path, resolver) as box:
        told = [await story(box, await send(box, letter(), f"{who}@sender.example")) for who in ("bob", "eve", "bob")]
    assert [one["spf"]["result"] for one in told] == ["pass", "fail", "pass"]


async def test_a_change_in_dns_changes_what_is_found(tmp_path: Path) -> None:
    resolver = names()
    async with checking(tmp_path, resolver) as box:
        first = await story(box, await send(box, letter()))
        resolver._texts["sender.example"] = [b"v=spf1 ip4:127.0.0.0/8 -all"]
        second = await story(box, await send(box, letter()))
    assert [first["spf"]["result"], second["spf"]["result"]] == ["fail", "pass"]
    assert [first["dmarc"]["result"], second["dmarc"]["result"]] == ["fail", "pass"]
