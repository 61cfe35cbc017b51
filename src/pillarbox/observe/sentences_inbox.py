"""What is told of a message that lies in a mailbox?"""

INBOX = {
    "read": "{user} fetched it[ by {service}][ from {peer}].",
    "outlived": "It was removed from {folder}: it had been read, and was older than {age|seconds}.",
    "expunged": "{user} removed it from {folder}[ by {service}].",
}
