"""What is told of a message that waits to leave?"""

QUEUE = {
    "held": "{user} took it out of delivery[ for {recipient}].",
    "released": "{user} put it back into delivery[ for {recipient}].",
    "retried": "{user} asked for an attempt now[ for {recipient}].",
    "dropped": "{user} removed it from the queue[ for {recipient}], without a report to the sender.",
}
