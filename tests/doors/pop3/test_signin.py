"""Who gets in, by which way, and what the others hear."""

import poplib
import ssl
from base64 import b64decode, b64encode

import pytest

from doors.foundation import PASSWORD, USER
from doors.pop3.conftest import Opener
from doors.pop3.house import House, Setup, Talk
from pillarbox.accounts.throttle import ThrottleSettings
from pillarbox.doors.pop3.role import Pop3Settings
from pillarbox.inbox.drop import DropSettings
from pillarbox.proto.scram import ScramClient, ScramError

NEVER = Pop3Settings(cleartext_login="never")


async def scram(talk: Talk, user: str, password: str) -> str:
    """The last answer to a sign-in with SCRAM."""
    client = ScramClient(user, password, b"\x01" * 18)

    async def say(octets: bytes) -> str:
        return await talk.ask(b64encode(octets).decode())

    first = await talk.ask(f"AUTH SCRAM-SHA-256 {b64encode(client.first).decode()}")
    if not first.startswith("+ "):
        return first
    last = await say(client.final(b64decode(first[2:])))
    if not last.startswith("+ "):
        return last
    client.check(b64decode(last[2:]))
    return await talk.ask("")


def plain(user: str, password: str, authzid: str = "") -> str:
    return "AUTH PLAIN " + b64encode(f"{authzid}\0{user}\0{password}".encode()).decode()


async def capabilities(talk: Talk) -> set[str]:
    await talk.ask("CAPA")
    return {line.split()[0].decode() for line in (await talk.rest()).splitlines()}


async def test_scram(house: House) -> None:
    talk = await house.talk()
    assert (await scram(talk, USER, PASSWORD)).startswith("+OK Welcome: 0 messages")


async def test_scram_with_the_short_name(house: House) -> None:
    talk = await house.talk()
    assert (await scram(talk, "user", PASSWORD)).startswith("+OK")


@pytest.mark.parametrize(("user", "password"), [(USER, "wrong"), ("nobody@example.org", PASSWORD)])
async def test_scram_that_fails(house: House, user: str, password: str) -> None:
    talk = await house.talk()
    assert (await scram(talk, user, password)).startswith("-ERR [AUTH]")
    assert house.metrics.logins_failed == 1
    assert [(fields["user"], fields["mechanism"]) for fields in house.logged("login_failed")] == [
        (user, "SCRAM-SHA-256")
    ]


async def test_a_server_proves_itself_by_scram(house: House) -> None:
    talk = await house.talk()
    client = ScramClient(USER, PASSWORD, b"\x01" * 18)
    first = await talk.ask(f"AUTH SCRAM-SHA-256 {b64encode(client.first).decode()}")
    last = await talk.ask(b64encode(client.final(b64decode(first[2:]))).decode())
    with pytest.raises(ScramError):
        ScramClient(USER, "other", b"\x01" * 18).check(b64decode(last[2:]))


async def test_plain_and_login(house: House) -> None:
    talk = await house.talk()
    assert (await talk.ask(plain(USER, PASSWORD))).startswith("+OK")
    await talk.ask("QUIT")
    talk = await house.talk()
    assert await talk.ask("AUTH LOGIN") == "+ VXNlcm5hbWU6"
    await talk.ask(b64encode(USER.encode()).decode())
    assert (await talk.ask(b64encode(PASSWORD.encode()).decode())).startswith("+OK")


async def test_nobody_acts_for_somebody_else(house: House) -> None:
    await house.management.add_user("boss@example.org", "secret")
    talk = await house.talk()
    assert (await talk.ask(plain(USER, PASSWORD, "boss@example.org"))).startswith("-ERR [AUTH] You may only")
    assert house.drops.sessions == 0
    assert (await talk.ask(plain("user", PASSWORD, USER))).startswith("+OK")


async def test_a_wrong_name_and_a_wrong_password_sound_alike(house: House) -> None:
    talk = await house.talk()
    assert await talk.sign_in("nobody@example.org") == await talk.sign_in(password="wrong")
    assert await talk.sign_in("no address at all") == await talk.sign_in("@@@")


async def test_junk_that_names_nobody_is_nobodys_failure(house: House) -> None:
    talk = await house.talk()
    assert (await talk.ask("AUTH PLAIN =")).startswith("-ERR [AUTH]")
    assert house.logged("login_failed") == []


async def test_an_account_that_is_switched_off(house: House) -> None:
    await house.management.enable_user(USER, False)
    talk = await house.talk()
    assert (await talk.sign_in()).startswith("-ERR [AUTH] This account is switched off")


async def test_a_few_failures_end_the_connection(house: House) -> None:
    talk = await house.talk()
    for _ in range(5):
        assert (await talk.sign_in(password="wrong")).startswith("-ERR [AUTH]")
    assert await talk.ended() == b""


async def test_an_address_that_guesses_is_locked_out(open_house: Opener) -> None:
    house = await open_house(Setup(throttle=ThrottleSettings(login_delay=0.0, lockout_failures=2)))
    talk = await house.talk()
    await talk.sign_in(password="wrong 1")
    await talk.sign_in(password="wrong 2")
    assert (await talk.sign_in()).startswith("-ERR [SYS/TEMP] Too many failed sign-ins")
    assert await talk.ended() == b""
    again = await house.talk()
    assert again.greeting.startswith("-ERR [SYS/TEMP] Too many failed sign-ins")
    assert await again.ended() == b""


async def test_a_locked_out_name_is_told_so_by_scram_too(open_house: Opener) -> None:
    house = await open_house(Setup(throttle=ThrottleSettings(login_delay=0.0, account_lockout_failures=1)))
    talk = await house.talk()
    await talk.sign_in(password="wrong")
    assert (await scram(talk, USER, PASSWORD)).startswith("-ERR [SYS/TEMP] Too many failed sign-ins")


async def test_a_second_session_too_soon(open_house: Opener) -> None:
    house = await open_house(Setup(drop=DropSettings(login_delay=60.0)))
    talk = await house.talk()
    await talk.sign_in()
    await talk.ask("QUIT")
    talk = await house.talk()
    assert (await talk.sign_in()).startswith("-ERR [LOGIN-DELAY]")
    house.clock.ahead += 60
    talk = await house.talk()
    assert (await talk.sign_in()).startswith("+OK")


async def test_no_password_in_clear_where_that_is_not_allowed(open_house: Opener) -> None:
    house = await open_house(Setup(door=NEVER))
    talk = await house.talk()
    offered = await capabilities(talk)
    assert "STLS" in offered
    assert not {"USER", "SASL"} & offered
    assert (await talk.ask(f"USER {USER}")).startswith("-ERR [SYS/PERM] Start TLS first")
    assert (await talk.ask(plain(USER, PASSWORD))).startswith("-ERR [SYS/PERM] Start TLS first")
    assert (await talk.ask("AUTH SCRAM-SHA-256")).startswith("-ERR [SYS/PERM] Start TLS first")
    assert (await talk.ask("STLS")).startswith("+OK")
    await talk.writer.start_tls(house.client_tls)
    offered = await capabilities(talk)
    assert "STLS" not in offered
    assert {"USER", "SASL"} <= offered
    assert (await talk.sign_in()).startswith("+OK")
    assert house.metrics.tls_handshakes == 1


async def test_loopback_is_trusted_with_passwords_if_that_is_wanted(house: House) -> None:
    talk = await house.talk()
    assert {"STLS", "USER", "SASL"} <= await capabilities(talk)


async def test_tls_from_the_first_octet(open_house: Opener) -> None:
    house = await open_house(Setup(tls="implicit", door=NEVER))
    await house.file(b"Subject: x\r\n\r\n")

    def work() -> tuple[dict[str, list[str]], tuple[int, int]]:
        client = poplib.POP3_SSL("127.0.0.1", house.port, timeout=10, context=house.client_tls)
        offered = client.capa()
        client.user(USER)
        client.pass_(PASSWORD)
        found = client.stat()
        client.quit()
        return offered, found

    offered, found = await house.in_thread(work)
    assert "STLS" not in offered
    assert found == (1, 14)


async def test_a_plain_client_at_a_tls_port(open_house: Opener) -> None:
    house = await open_house(Setup(tls="implicit"))
    talk = await house.connect()
    talk.writer.write(b"CAPA\r\n")
    assert await talk.ended() == b""
    assert house.connections[0].closing


async def test_tls_10_is_refused(open_house: Opener) -> None:
    house = await open_house(Setup(tls="implicit"))

    def work() -> None:
        context = house.client_tls
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        poplib.POP3_SSL("127.0.0.1", house.port, timeout=10, context=context)

    with pytest.warns(DeprecationWarning, match="TLS"), pytest.raises((ssl.SSLError, ConnectionError)):
        await house.in_thread(work)


async def test_utf8_names_and_passwords(house: House) -> None:
    await house.management.add_user("jürgen@example.org", "für elise")
    talk = await house.talk()
    assert (await talk.sign_in("jürgen@example.org", "für elise")).startswith("+OK")
    assert (await talk.ask("QUIT")).startswith("+OK")
    talk = await house.talk()
    assert (await scram(talk, "jürgen@example.org", "für elise")).startswith("+OK")
