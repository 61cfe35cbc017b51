"""What is told of a message that lies in a mailbox?"""

INBOX = {
    "read": "{user} fetched it[ by {service}][ from {peer}].",
    "expunged": "{user} removed it from {folder}[ by {service}].",
}
