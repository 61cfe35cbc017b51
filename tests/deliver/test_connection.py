"""One message over one connection."""

from deliver.remote import Script, remote
from deliver.world import BODY, World, a_job
from pillarbox.deliver.outcome import Delivered


async def test_a_message_arrives_with_an_outcome_for_each_recipient() -> None:
    async with remote() as there:
        world = World(there.port)
        world.dns.hosts["remote.test"] = ["127.0.0.1"]
        outcomes = await world.deliver(a_job("a@remote.test", "b@remote.test"))
        assert [type(outcome) for outcome in outcomes] == [Delivered, Delivered]
        assert there.messages == [BODY]
        assert str(outcomes[0].reply) == "250 2.0.0 taken"
        print(world.story.encode()); print(there.lines, there.writes)
