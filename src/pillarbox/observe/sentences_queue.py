"""What is told of a message that waits to leave, and of what became of it?"""

QUEUE = {
    "held": "{user} took it out of delivery[ for {recipient}].",
    "released": "{user} put it back into delivery[ for {recipient}].",
    "retried": "{user} asked for an attempt now[ for {recipient}].",
    "dropped": "{user} removed it from the queue[ for {recipient}], without a report to the sender.",
    # One attempt: told by queue.verdict for each recipient.
    "delivered": "For {recipient} it was taken over by {host}[ ({address})]: {reply}.",
    "deferred": "For {recipient} it could not be delivered now: [{host} ({address}) said ]{reply}"
    "[, in reply to {command}]. Attempt {tries}; the next one is {next|time}.",
    "bounced": "For {recipient} it was refused for good: [{host} ({address}) said ]{reply}[, in reply to {command}].",
    "expired": "For {recipient} it was given up after {waited|seconds}: [{host} ({address}) said ]{reply}"
    "[, in reply to {command}].",
    # How it got there.
    "connection_kept": "It went over a connection that was already open[, after {sent} other messages].",
    "tried_again": "The connection[ to {host}] that had been kept open was dead ({reason}); it is tried again at once.",
    "braked": "Nothing is sent to {destination} until {until|time}: {reason}.",
    "unreadable": "The message could not be read from the store: {reason}.",
    "attempt_failed": "Something went wrong on our side: {reason}.",
    # What the sender hears.
    "told_sender": "A report ({action}) was sent to {to}: message {report}.",
    "not_told": "No report was sent[ about {recipient}]: {reason}.",
    "report": "This is our report to {to} that message {about} was {action}[ for {recipients|list}].",
}
