"""How many sessions may a user have?"""

from pillarbox.doors.imap.crowd import Crowd


def test_each_user_has_so_many() -> None:
    crowd = Crowd(2)
    assert [crowd.enter(1), crowd.enter(1), crowd.enter(1), crowd.enter(2)] == [True, True, False, True]
    assert crowd.total == 3
    crowd.leave(1)
    assert crowd.enter(1)
    for account_id in (1, 1, 2):
        crowd.leave(account_id)
    assert crowd.total == 0
