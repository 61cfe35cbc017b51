"""Is the table whole: does every state say what may come, and why the rest may not?"""

import pytest

from pillarbox.proto.smtp.states import AFTER, ANYWHERE, State, allowed, out_of_order
from pillarbox.proto.smtp.verbs import IN_STATE, VERBS


def test_every_verb_is_allowed_somewhere_and_done() -> None:
    assert set().union(*map(allowed, State)) == set(VERBS)


@pytest.mark.parametrize("state", list(AFTER))
def test_whatever_may_not_come_is_explained(state: State) -> None:
    for verb in VERBS.keys() - allowed(state):
        assert out_of_order(state, verb).code in {503, 554}
    assert allowed(state) >= ANYWHERE


@pytest.mark.parametrize("state", [State.SILENT, State.TEXT, State.CHUNK, State.SKIP, State.TLS, State.CLOSED])
def test_no_command_is_read_where_none_may_come(state: State) -> None:
    assert IN_STATE[state] == {}
