"""CAPABILITY, ID, ENABLE, NAMESPACE, and long commands."""

from doors.imap.house import House
from pillarbox import __version__


async def test_id_tells_the_version_to_users_only(house: House) -> None:
    talk = await house.talk()
    assert (await talk.ask("ID NIL")).untagged == ['* ID ("name" "Pillarbox")']
    user = await house.signed_in()
    answer = await user.ask('ID ("name" "Mailer" "version" "7")')
    assert answer.untagged == [f'* ID ("name" "Pillarbox" "version" "{__version__}")']
    [noted] = house.logged("imap_program")
    assert noted["program"] == "Mailer 7"


async def test_enabling_in_a_mailbox_tells_where_it_stands(house: House) -> None:
    talk = await house.selecting()
    answer = await talk.ask("ENABLE QRESYNC")
    assert answer.untagged[0].startswith("* ENABLED")
    assert answer.untagged[1].startswith("* OK [HIGHESTMODSEQ ")


async def test_namespaces(house: House) -> None:
    talk = await house.signed_in()
    assert (await talk.ask("NAMESPACE")).untagged == ['* NAMESPACE (("" "/")) (("Other Users/" "/")) NIL']


async def test_commands_are_counted(house: House) -> None:
    talk = await house.signed_in()
    for _ in range(3):
        await talk.ask("NOOP")
    assert house.metrics.imap_commands == 3
