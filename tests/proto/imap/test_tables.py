"""Do the tables agree: what may come, what is read, what is announced?"""

import re
from dataclasses import replace

from pillarbox.proto.imap import obeying
from pillarbox.proto.imap.capabilities import ENABLED_BY_NAME, after_login, before_login
from pillarbox.proto.imap.parsing import BOUNDED, PARSERS
from pillarbox.proto.imap.settings import Offers
from pillarbox.proto.imap.states import ALLOWED, BY_NUMBER, VERBS, State
from proto.imap.conversing import SETTINGS


def test_every_command_has_one_reader() -> None:
    assert set(PARSERS) & set(BOUNDED) == set()
    # What the conversation reads itself, some of it with the help of a parser.
    own = set(obeying._OWN)
    assert set(PARSERS) | set(BOUNDED) | own == VERBS
    assert own & (set(PARSERS) | set(BOUNDED)) == {"COMPRESS", "LOGOUT", "IDLE"}


def test_what_needs_a_mailbox_needs_a_user() -> None:
    assert ALLOWED[State.NOT_AUTHENTICATED] & ALLOWED[State.AUTHENTICATED] == {"CAPABILITY", "NOOP", "LOGOUT", "ID"}
    assert ALLOWED[State.AUTHENTICATED] < ALLOWED[State.SELECTED]
    assert ALLOWED[State.SELECTED] - ALLOWED[State.AUTHENTICATED] > BY_NUMBER
    assert {f"UID {verb}" for verb in BY_NUMBER} < VERBS


def test_capabilities_are_atoms_and_stand_once() -> None:
    names = after_login(SETTINGS) + before_login(replace(SETTINGS, offers=Offers(True, ("PLAIN",), True)))
    assert all(re.fullmatch(r"[A-Za-z0-9+=-]+", name) for name in names)
    for listed in (after_login(SETTINGS), before_login(SETTINGS)):
        assert len(listed) == len(set(listed))
        # RFC 9051 §7.2.2: the first that old clients look for.
        assert listed[:2] == ["IMAP4rev2", "IMAP4rev1"]


def test_what_can_be_enabled_is_announced() -> None:
    assert {name.upper() for name in after_login(SETTINGS)} >= ENABLED_BY_NAME


def test_what_is_withheld_is_not_announced() -> None:
    settings = replace(SETTINGS, withheld=frozenset({"THREAD", "QUOTA=RES-MESSAGE", "APPENDLIMIT", "IDLE"}))
    gone = set(after_login(SETTINGS)) - set(after_login(settings))
    assert gone == {
        "THREAD=REFERENCES", "THREAD=ORDEREDSUBJECT", "QUOTA=RES-MESSAGE", "APPENDLIMIT=52428800", "IDLE",
    }  # fmt: skip


def test_the_offers_of_the_moment() -> None:
    assert before_login(replace(SETTINGS, offers=Offers(starttls=True, login_disabled=True)))[-2:] == [
        "STARTTLS", "LOGINDISABLED",
    ]  # fmt: skip
    assert before_login(replace(SETTINGS, offers=Offers(mechanisms=("PLAIN",))))[-1] == "AUTH=PLAIN"
    assert "MESSAGELIMIT=1000" in after_login(replace(SETTINGS, message_limit=1_000))
