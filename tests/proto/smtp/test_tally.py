"""Is enough enough, and is it forgiven after a good message?"""

from pillarbox.mail.reply import TOO_MANY_ERRORS
from pillarbox.proto.smtp.replies import TOO_MANY_COMMANDS
from pillarbox.proto.smtp.settings import ServerSettings
from pillarbox.proto.smtp.tally import Tally

SETTINGS = ServerSettings("mx", errors=2, refused_recipients=3, idle_commands=4)


def test_each_bound_has_its_last_word() -> None:
    for name, bound, word in (
        ("errors", 2, TOO_MANY_ERRORS),
        ("refused", 3, TOO_MANY_ERRORS),
        ("idle", 4, TOO_MANY_COMMANDS),
    ):
        tally = Tally()
        setattr(tally, name, bound - 1)
        assert tally.verdict(SETTINGS) is None
        setattr(tally, name, bound)
        assert tally.verdict(SETTINGS) is word


def test_a_good_message_makes_up_for_errors() -> None:
    tally = Tally()
    tally.errors = tally.refused = tally.idle = 1
    tally.message_accepted()
    assert (tally.errors, tally.refused, tally.idle, tally.messages) == (0, 0, 0, 1)
