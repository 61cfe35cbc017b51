"""How does a test stand at one side of an IMAP conversation?"""

from pillarbox.proto.imap import events
from pillarbox.proto.imap.completion import ok
from pillarbox.proto.imap.server import Offers, ServerConnection, ServerSettings
from pillarbox.proto.sasl import MECHANISMS

SETTINGS = ServerSettings("mx.example.org", Offers(mechanisms=MECHANISMS))


def greeted(settings: ServerSettings = SETTINGS) -> ServerConnection:
    """A conversation that has begun."""
    connection = ServerConnection(settings)
    connection.greet()
    connection.take_output()
    return connection


def signed_in(settings: ServerSettings = SETTINGS) -> ServerConnection:
    """A conversation with somebody."""
    connection = greeted(settings)
    connection.receive_data(b"i LOGIN user pencil\r\n")
    assert isinstance(connection.next_event(), events.Auth)
    connection.signed_in()
    connection.take_output()
    return connection


def selected(settings: ServerSettings = SETTINGS) -> ServerConnection:
    """A conversation with somebody who has selected a mailbox."""
    connection = signed_in(settings)
    connection.receive_data(b"s SELECT INBOX\r\n")
    connection.next_event()
    connection.selected(True)
    connection.complete(ok("Done"))
    connection.take_output()
    return connection


def said(connection: ServerConnection, octets: bytes) -> list[events.Event]:
    """The client says ``octets``; what comes of it, up to the first event that is owed an answer."""
    connection.receive_data(octets)
    found = []
    while (event := connection.next_event()) is not None:
        found.append(event)
    return found
