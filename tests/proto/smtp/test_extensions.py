"""Is offered exactly what the settings say? The lists themselves are in the dialogue files."""

from dataclasses import replace

from pillarbox.proto.smtp.extensions import ehlo_reply, greeting_lines
from pillarbox.proto.smtp.server import Role, ServerSettings

SUBMISSION = ServerSettings("mx.example.org", Role.SUBMISSION, future_release=60)


def test_future_release_needs_submission_a_span_and_a_clock() -> None:
    assert ehlo_reply(SUBMISSION, 0.0).lines[-1] == "FUTURERELEASE 60 1970-01-01T00:01:00Z"
    for reply in (
        ehlo_reply(SUBMISSION, None),
        ehlo_reply(replace(SUBMISSION, future_release=0), 0.0),
        ehlo_reply(replace(SUBMISSION, role=Role.MX), 0.0),
    ):
        assert not any(line.startswith("FUTURERELEASE") for line in reply.lines)


def test_no_status_in_the_answer_to_ehlo() -> None:
    assert ehlo_reply(SUBMISSION, None).status == ""


def test_old_programs_are_told_of_auth_in_their_own_way() -> None:
    assert "AUTH=LOGIN" in greeting_lines(replace(SUBMISSION, auth=("SCRAM-SHA-256", "LOGIN")))
    assert not any(line.startswith("AUTH=") for line in greeting_lines(replace(SUBMISSION, auth=("SCRAM-SHA-256",))))
    assert not any(line.startswith("AUTH") for line in greeting_lines(SUBMISSION))


def test_no_bound_on_messages_is_not_announced() -> None:
    assert "LIMITS RCPTMAX=1000" in greeting_lines(replace(SUBMISSION, messages=0))


def test_requiretls_is_offered_where_tls_is_on() -> None:
    assert "REQUIRETLS" in greeting_lines(replace(SUBMISSION, requiretls=True))
    assert "REQUIRETLS" not in greeting_lines(SUBMISSION)
