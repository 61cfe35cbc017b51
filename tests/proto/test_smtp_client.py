"""Conversations with a remote server, on the bare protocol: at once, byte by byte, split at random."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from random import Random

import pytest

from pillarbox.mail.reply import Reply
from pillarbox.proto.scram import ClientFirst, ScramServer, derive_verifier
from pillarbox.proto.smtp.client import ClientConnection, ClientSettings
from pillarbox.proto.smtp.client_auth import choose
from pillarbox.proto.smtp.client_events import (
    Answered,
    AuthAnswered,
    BodyWanted,
    Broken,
    ChunkTaken,
    Ended,
    Event,
    Greeted,
    TlsAnswered,
    Verdict,
    Welcomed,
)

Feed = Callable[[ClientConnection, bytes], list[Event]]

GREETING = b"220 remote.test ESMTP ready\r\n"
PIPELINED = b"250-remote.test greets\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
PLAIN = b"250 remote.test\r\n"
MAIL, RCPT1, RCPT2 = b"MAIL FROM:<s@us.test>\r\n", b"RCPT TO:<a@remote.test>\r\n", b"RCPT TO:<b@remote.test>\r\n"


def at_once(client: ClientConnection, data: bytes) -> list[Event]:
    client.receive_data(data)
    events = []
    while (event := client.next_event()) is not None:
        events.append(event)
    return events


def byte_by_byte(client: ClientConnection, data: bytes) -> list[Event]:
    return [event for n in range(len(data)) for event in at_once(client, data[n : n + 1])]


def at_random(client: ClientConnection, data: bytes) -> list[Event]:
    random, events = Random(len(data)), []
    while data:
        cut = random.randint(1, 7)
        events += at_once(client, data[:cut])
        data = data[cut:]
    return events


@pytest.fixture(params=[at_once, byte_by_byte, at_random])
def feed(request: pytest.FixtureRequest) -> Feed:
    found: Feed = request.param
    return found


def opened(offers: bytes = PIPELINED, lmtp: bool = False) -> ClientConnection:
    client = ClientConnection(ClientSettings("us.test", lmtp=lmtp))
    at_once(client, GREETING)
    client.hello()
    client.take_output()
    at_once(client, offers)
    return client


def codes(event: Event) -> list[tuple[int, str]]:
    assert isinstance(event, Answered)
    return [(verdict.reply.code, verdict.command) for verdict in event.verdicts]


# --- opening --------------------------------------------------------------------------------------------------------


def test_a_greeting_of_several_lines_and_what_ehlo_offers(feed: Feed) -> None:
    client = ClientConnection(ClientSettings("us.test"))
    (greeted,) = feed(client, b"220-remote.test ESMTP\r\n220 be nice\r\n")
    assert greeted == Greeted(Reply(220, "", ("remote.test ESMTP", "be nice")))
    client.hello()
    assert client.take_output() == b"EHLO us.test\r\n"
    (welcomed,) = feed(
        client,
        b"250-remote.test\r\n250-pipelining\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-CHUNKING\r\n250-BINARYMIME\r\n"
        b"250-DSN\r\n250-STARTTLS\r\n250-AUTH=LOGIN\r\n250-AUTH PLAIN SCRAM-SHA-256\r\n"
        b"250-LIMITS RCPTMAX=20 MAILMAX=5 RCPTDOMAINMAX=1 JUNK=x\r\n250-\r\n250 SMTPUTF8\r\n",
    )
    assert isinstance(welcomed, Welcomed)
    offers = welcomed.offers
    assert all((offers.pipelining, offers.eight_bit, offers.binary, offers.dsn, offers.starttls, offers.smtputf8))
    assert (offers.name, offers.size, offers.takes_size) == ("remote.test", 1000, True)
    assert set(offers.auth) == {"LOGIN", "PLAIN", "SCRAM-SHA-256"}
    assert (offers.recipients, offers.messages, offers.domains) == (20, 5, 1)


@pytest.mark.parametrize("word", [b"SIZE", b"SIZE 0", b"SIZE x", b"SIZE 99999999999999999999999"])
def test_a_size_without_bound_is_none(word: bytes) -> None:
    client = opened(b"250-x\r\n250 " + word + b"\r\n")
    assert client.offers.size is None
    assert client.offers.takes_size


def test_binarymime_without_chunking_is_no_offer() -> None:
    assert not opened(b"250-x\r\n250 BINARYMIME\r\n").offers.binary


def test_helo_where_ehlo_is_not_known(feed: Feed) -> None:
    client = ClientConnection(ClientSettings("us.test"))
    feed(client, GREETING)
    client.hello()
    client.take_output()
    assert feed(client, b"502 5.5.1 what?\r\n") == []
    assert client.take_output() == b"HELO us.test\r\n"
    (welcomed,) = feed(client, b"250 remote.test PIPELINING\r\n")
    assert isinstance(welcomed, Welcomed)
    assert not welcomed.offers.pipelining


def test_a_refused_ehlo_of_the_moment_is_not_asked_again_as_helo(feed: Feed) -> None:
    client = ClientConnection(ClientSettings("us.test"))
    feed(client, GREETING)
    client.hello()
    client.take_output()
    (welcomed,) = feed(client, b"451 4.7.1 later\r\n")
    assert isinstance(welcomed, Welcomed)
    assert welcomed.reply.code == 451
    assert client.take_output() == b""


def test_lmtp_says_lhlo_and_never_helo(feed: Feed) -> None:
    client = ClientConnection(ClientSettings("us.test", lmtp=True))
    feed(client, GREETING)
    client.hello()
    assert client.take_output() == b"LHLO us.test\r\n"
    (welcomed,) = feed(client, b"500 this is SMTP\r\n")
    assert isinstance(welcomed, Welcomed)
    assert welcomed.reply.code == 500


# --- transactions ---------------------------------------------------------------------------------------------------


def test_pipelining_puts_the_envelope_into_one_write_and_the_body_into_another(feed: Feed) -> None:
    client = opened()
    client.begin(MAIL, [RCPT1, RCPT2])
    assert client.take_output() == MAIL + RCPT1 + RCPT2 + b"DATA\r\n"
    assert feed(client, b"250 2.1.0 ok\r\n250 2.1.5 ok\r\n250 2.1.5 ok\r\n354 go\r\n") == [BodyWanted(2)]
    client.send_whole(b"Subject: x\r\n\r\n.\r\n")
    assert client.take_output() == b"Subject: x\r\n\r\n..\r\n.\r\n"
    taken = Reply(250, "2.0.0", ("queued as 1",))
    (answered,) = feed(client, b"250 2.0.0 queued as 1\r\n")
    assert answered == Answered((Verdict(taken, "end of data"),) * 2)
    assert isinstance(answered, Answered)
    assert all(verdict.is_delivered for verdict in answered.verdicts)


def test_without_pipelining_each_command_waits_for_its_reply(feed: Feed) -> None:
    client = opened(PLAIN)
    client.begin(MAIL, [RCPT1, RCPT2])
    for said, heard in [(MAIL, b"250 ok\r\n"), (RCPT1, b"550 no\r\n"), (RCPT2, b"250 ok\r\n")]:
        assert client.take_output() == said
        assert feed(client, heard) == []
    assert client.take_output() == b"DATA\r\n"
    assert feed(client, b"354 go\r\n") == [BodyWanted(1)]
    client.send_whole(b"x\r\n")
    (answered,) = feed(client, b"250 ok\r\n")
    assert codes(answered) == [(550, "RCPT TO"), (250, "end of data")]


@pytest.mark.parametrize("offers", [PIPELINED, PLAIN])
def test_a_refused_sender_concerns_all_recipients(feed: Feed, offers: bytes) -> None:
    client = opened(offers)
    client.begin(MAIL, [RCPT1, RCPT2])
    rest = b"503 no\r\n503 no\r\n503 no\r\n" if client.offers.pipelining else b""
    client.take_output()
    (answered,) = feed(client, b"550 5.7.1 not you\r\n" + rest)
    assert codes(answered) == [(550, "MAIL FROM")] * 2
    client.begin(MAIL, [RCPT1])
    assert client.take_output().startswith(MAIL)  # nothing is left to reset


def test_all_refused_and_data_refused_needs_a_reset(feed: Feed) -> None:
    client = opened()
    client.begin(MAIL, [RCPT1, RCPT2])
    client.take_output()
    (answered,) = feed(client, b"250 ok\r\n550 5.1.1 no\r\n450 4.2.0 later\r\n554 5.5.1 none\r\n")
    assert codes(answered) == [(550, "RCPT TO"), (450, "RCPT TO")]
    client.begin(MAIL, [RCPT1])
    assert client.take_output() == b"RSET\r\n" + MAIL + RCPT1 + b"DATA\r\n"
    assert feed(client, b"250 reset\r\n250 ok\r\n250 ok\r\n354 go\r\n") == [BodyWanted(1)]


def test_all_refused_and_content_wanted_gets_only_the_dot(feed: Feed) -> None:
    client = opened()
    client.begin(MAIL, [RCPT1, RCPT2])
    client.take_output()
    assert feed(client, b"250 ok\r\n550 no\r\n551 no\r\n354 go\r\n") == []
    assert client.take_output() == b".\r\n"
    (answered,) = feed(client, b"554 no recipients\r\n")
    assert codes(answered) == [(550, "RCPT TO"), (551, "RCPT TO")]
    client.begin(MAIL, [RCPT1])
    assert client.take_output().startswith(MAIL)


def test_without_pipelining_all_refused_means_no_data(feed: Feed) -> None:
    client = opened(PLAIN)
    client.begin(MAIL, [RCPT1])
    client.take_output()
    feed(client, b"250 ok\r\n")
    client.take_output()
    (answered,) = feed(client, b"550 no\r\n")
    assert codes(answered) == [(550, "RCPT TO")]
    client.begin(MAIL, [RCPT1])
    assert client.take_output() == b"RSET\r\n"
    feed(client, b"250 ok\r\n")
    assert client.take_output() == MAIL


def test_a_refused_data_concerns_the_accepted(feed: Feed) -> None:
    client = opened()
    client.begin(MAIL, [RCPT1, RCPT2])
    client.take_output()
    (answered,) = feed(client, b"250 ok\r\n250 ok\r\n550 no\r\n451 4.3.0 disk\r\n")
    assert codes(answered) == [(451, "DATA"), (550, "RCPT TO")]


def test_lmtp_answers_for_each_accepted_recipient(feed: Feed) -> None:
    client = opened(lmtp=True)
    client.begin(MAIL, [RCPT1, RCPT2, RCPT1])
    client.take_output()
    assert feed(client, b"250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n") == [BodyWanted(2)]
    client.send_whole(b"x\r\n")
    (answered,) = feed(client, b"250 2.0.0 in\r\n452 4.2.2 full\r\n")
    assert codes(answered) == [(250, "end of data"), (550, "RCPT TO"), (452, "end of data")]


def test_bdat_chunk_by_chunk(feed: Feed) -> None:
    client = opened()
    client.begin(MAIL, [RCPT1], chunked=True)
    assert client.take_output() == MAIL + RCPT1
    assert feed(client, b"250 ok\r\n250 ok\r\n") == [BodyWanted(1)]
    client.send_chunk(b"\0\r.\n", last=False)
    assert client.take_output() == b"BDAT 4\r\n\0\r.\n"
    assert feed(client, b"250 4 octets\r\n") == [ChunkTaken()]
    client.send_chunk(b"", last=True)
    assert client.take_output() == b"BDAT 0 LAST\r\n"
    (answered,) = feed(client, b"250 taken\r\n")
    assert codes(answered) == [(250, "end of data")]


def test_a_refused_chunk_ends_the_transaction_and_needs_a_reset(feed: Feed) -> None:
    client = opened()
    client.begin(MAIL, [RCPT1], chunked=True)
    client.take_output()
    feed(client, b"250 ok\r\n250 ok\r\n")
    client.send_chunk(b"x", last=False)
    client.take_output()
    (answered,) = feed(client, b"552 5.3.4 too big\r\n")
    assert codes(answered) == [(552, "end of data")]
    client.begin(MAIL, [RCPT1])
    assert client.take_output().startswith(b"RSET\r\n")


def test_a_refused_last_chunk_leaves_the_transaction_open_and_a_refused_message_does_not(feed: Feed) -> None:
    for chunked, start in ((True, b"RSET\r\n"), (False, MAIL)):
        client = opened()
        client.begin(MAIL, [RCPT1], chunked)
        feed(client, b"250 ok\r\n250 ok\r\n" + (b"" if chunked else b"354 go\r\n"))
        if chunked:
            client.send_chunk(b"x", last=True)
        else:
            client.send_whole(b"x\r\n")
        assert codes(*feed(client, b"554 5.7.1 no\r\n")) == [(554, "end of data")]
        client.take_output()
        client.begin(MAIL, [RCPT1])
        assert client.take_output().startswith(start)


def test_a_reply_before_the_content_ends_breaks_it_off(feed: Feed) -> None:
    client = opened()
    client.begin(MAIL, [RCPT1])
    feed(client, b"250 ok\r\n250 ok\r\n354 go\r\n")
    client.send_slice(b"part")
    (answered,) = feed(client, b"552 5.3.4 enough\r\n554 really\r\n")
    assert codes(answered) == [(552, "end of data")]
    assert client.closing


@pytest.mark.parametrize(
    ("heard", "verdicts"),
    [
        (b"421 4.3.2 bye\r\n503 x\r\n", [(421, "MAIL FROM")] * 2),
        (b"250 ok\r\n550 no\r\n421 bye\r\n", [(550, "RCPT TO"), (421, "RCPT TO")]),
        (b"250 ok\r\n250 ok\r\n250 ok\r\n421 bye\r\n", [(421, "DATA")] * 2),
    ],
)
def test_421_ends_it_all(feed: Feed, heard: bytes, verdicts: list[tuple[int, str]]) -> None:
    client = opened()
    client.begin(MAIL, [RCPT1, RCPT2])
    client.take_output()
    (answered,) = feed(client, heard)
    assert codes(answered) == verdicts
    assert client.closing


def test_421_out_of_the_blue_ends_the_connection(feed: Feed) -> None:
    client = opened()
    (ended,) = feed(client, b"421 4.4.2 idle\r\n250 more\r\n")
    assert isinstance(ended, Ended)
    assert client.closing


def test_quit(feed: Feed) -> None:
    client = opened()
    client.quit()
    assert client.take_output() == b"QUIT\r\n"
    assert feed(client, b"221 bye\r\n") == [Ended(Reply(221, "", ("bye",)))]


def test_what_is_decided_when_the_connection_is_lost() -> None:
    client = opened()
    client.begin(MAIL, [RCPT1, RCPT2])
    at_once(client, b"250 ok\r\n550 5.1.1 no\r\n250 ok\r\n")
    first, second = client.verdicts()
    assert first is not None
    assert first.reply.code == 550
    assert second is None


# --- TLS and sign-in ------------------------------------------------------------------------------------------------


def test_starttls_forgets_what_was_offered_before() -> None:
    client = opened(b"250-x\r\n250-STARTTLS\r\n250 PIPELINING\r\n")
    client.start_tls()
    assert client.take_output() == b"STARTTLS\r\n"
    assert at_once(client, b"220 go\r\n") == [TlsAnswered(Reply(220, "", ("go",)))]
    client.tls_started()
    assert not client.offers.pipelining
    client.hello()
    assert client.take_output() == b"EHLO us.test\r\n"


def test_octets_behind_the_220_of_starttls_are_an_injection() -> None:
    client = opened()
    client.start_tls()
    (broken,) = at_once(client, b"220 go\r\n250 injected\r\n")
    assert isinstance(broken, Broken)
    assert client.closing


def sign_in(client: ClientConnection, offered: tuple[str, ...], password: str = "pencil") -> None:
    dialogue = choose(offered, "user", password, b"n" * 18)
    assert dialogue is not None
    client.authenticate(dialogue)


def test_auth_plain_in_one_step(feed: Feed) -> None:
    client = opened()
    sign_in(client, ("LOGIN", "PLAIN"))
    assert client.take_output() == b"AUTH PLAIN " + b64encode(b"\0user\0pencil") + b"\r\n"
    assert feed(client, b"235 2.7.0 welcome\r\n") == [AuthAnswered(Reply(235, "2.7.0", ("welcome",)))]


def test_a_long_initial_response_waits_for_its_challenge(feed: Feed) -> None:
    client = opened()
    sign_in(client, ("PLAIN",), "p" * 500)
    assert client.take_output() == b"AUTH PLAIN\r\n"
    assert feed(client, b"334 \r\n") == []
    assert b64decode(client.take_output()) == b"\0user\0" + b"p" * 500


def test_auth_login_answers_two_questions(feed: Feed) -> None:
    client = opened()
    sign_in(client, ("LOGIN",))
    assert client.take_output() == b"AUTH LOGIN\r\n"
    assert feed(client, b"334 VXNlcm5hbWU6\r\n") == []
    assert client.take_output() == b64encode(b"user") + b"\r\n"
    assert feed(client, b"334 UGFzc3dvcmQ6\r\n") == []
    assert client.take_output() == b64encode(b"pencil") + b"\r\n"
    (answered,) = feed(client, b"535 5.7.8 wrong\r\n")
    assert isinstance(answered, AuthAnswered)


@pytest.mark.parametrize("challenge", [b"334 not base64!\r\n", b"334 VXNlcm5hbWU6\r\n"])
def test_a_challenge_without_sense_is_cancelled(feed: Feed, challenge: bytes) -> None:
    client = opened()
    sign_in(client, ("PLAIN",))
    client.take_output()
    feed(client, challenge)
    assert client.take_output() == b"*\r\n"
    (answered,) = feed(client, b"501 5.7.0 cancelled\r\n")
    assert isinstance(answered, AuthAnswered)


def test_scram_proves_both_sides(feed: Feed) -> None:
    client, server = opened(), scram_server()
    sign_in(client, ("PLAIN", "SCRAM-SHA-256"))
    first = client.take_output().removeprefix(b"AUTH SCRAM-SHA-256 ")
    feed(client, b"334 " + b64encode(server(b64decode(first))) + b"\r\n")
    final = server(b64decode(client.take_output()))
    feed(client, b"334 " + b64encode(final) + b"\r\n")
    assert client.take_output() == b"\r\n"
    (answered,) = feed(client, b"235 2.7.0 welcome\r\n")
    assert isinstance(answered, AuthAnswered)


def test_scram_without_the_servers_proof_is_not_believed(feed: Feed) -> None:
    client, server = opened(), scram_server()
    sign_in(client, ("SCRAM-SHA-256",))
    first = client.take_output().removeprefix(b"AUTH SCRAM-SHA-256 ")
    feed(client, b"334 " + b64encode(server(b64decode(first))) + b"\r\n")
    (broken,) = feed(client, b"235 2.7.0 trust me\r\n")
    assert isinstance(broken, Broken)


def scram_server() -> Callable[[bytes], bytes]:
    """The server's part: its first message for the client's first, then its last for the client's last."""
    running: list[ScramServer] = []

    def answer(message: bytes) -> bytes:
        if running:
            return running[0].verify(message)
        running.append(ScramServer(ClientFirst.parse(message), derive_verifier("pencil", b"s" * 16, 4096), b"m" * 18))
        return running[0].challenge

    return answer


# --- hostile --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "junk",
    [
        b"hello there\r\n",
        b"\r\n",
        b"999 x\r\n",
        b"25 x\r\n",
        b"2500 x\r\n",
        b"250_x\r\n",
        b"\x16\x03\x01\x02\r\n",
        b"354 x\r\n",
        b"251 x\r\n",
    ],
)
def test_a_greeting_that_is_none_breaks_the_connection(feed: Feed, junk: bytes) -> None:
    client = ClientConnection(ClientSettings("us.test"))
    (broken,) = feed(client, junk + b"220 late\r\n")
    assert isinstance(broken, Broken)
    assert client.closing


@pytest.mark.parametrize(
    "flood",
    [
        b"250 " + b"x" * 10_000_000,
        b"250 " + b"x" * 4_100 + b"\r\n",
        b"250-x\r\n" * 1_000_000,
        (b"250-" + b"x" * 400 + b"\r\n") * 200,
        b"x" * 5_000,
    ],
)
def test_a_flood_is_bounded(flood: bytes) -> None:
    client = opened()
    client.begin(MAIL, [RCPT1])
    events: list[Event] = []
    for start in range(0, len(flood), 65_536):
        events += at_once(client, flood[start : start + 65_536])
    (broken,) = events
    assert isinstance(broken, Broken)


@pytest.mark.parametrize(
    ("reply", "read"),
    [
        (b"250\r\n", Reply(250, "", ("",))),
        (b"250 \r\n", Reply(250, "", ("",))),
        (b"250 2.1.0\r\n", Reply(250, "2.1.0", ("",))),
        (b"250 2.1.0 \r\n", Reply(250, "2.1.0", ("",))),
        (b"250 5.1.0 wrong class\r\n", Reply(250, "", ("5.1.0 wrong class",))),
        (b"250 2.1.0x\r\n", Reply(250, "", ("2.1.0x",))),
        (b"250-2.1.0 one\r\n250 2.1.0 two\r\n", Reply(250, "2.1.0", ("one", "two"))),
        (b"250-2.1.0 one\r\n250\r\n", Reply(250, "2.1.0", ("one", ""))),
        (b"250-\r\n250 x\r\n", Reply(250, "", ("", "x"))),
        (b"250 bare line end\n", Reply(250, "", ("bare line end",))),
        (b"250 \xff\xfe\r\n", Reply(250, "", ("��",))),
    ],
)
def test_replies_are_read_leniently(feed: Feed, reply: bytes, read: Reply) -> None:
    client = ClientConnection(ClientSettings("us.test"))
    feed(client, GREETING)
    client.quit()
    assert feed(client, reply) == [Ended(read)]


@pytest.mark.parametrize(
    "replies",
    [
        b"350 x\r\n",
        b"250 ok\r\n350 x\r\n",
        b"250 ok\r\n250 ok\r\n250 data?\r\n",
        b"250 ok\r\n250 ok\r\n354 go\r\n250 before the end\r\n",
        b"250 ok\r\n250 ok\r\n354 go\r\n354 again\r\n",
    ],
)
def test_a_code_that_means_nothing_there_breaks_the_connection(feed: Feed, replies: bytes) -> None:
    client = opened()
    client.begin(MAIL, [RCPT1])
    client.take_output()
    assert isinstance(feed(client, replies)[-1], Broken)
    assert feed(client, b"250 more\r\n") == []


def test_replies_that_nothing_asked_for_break_the_connection(feed: Feed) -> None:
    client = opened()
    (broken,) = feed(client, b"250 surprise\r\n")
    assert isinstance(broken, Broken)
