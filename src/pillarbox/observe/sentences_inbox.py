"""What is told of a message that lies in a mailbox?"""

INBOX = {
    "read": "{user} fetched it[ by {service}][ from {peer}].",
    "outlived": "It was removed from {folder}: it had been read, and was older than {age|seconds}.",
    "appended": "{user} put it into {folder}[ by {service}][ from {peer}].",
    "expunged": "{user} removed it from {folder}[ by {service}][ from {peer}].",
    "copied": "{user} copied it from {folder} to {to}[ by {service}][ from {peer}].",
    "moved": "{user} moved it from {folder} to {to}[ by {service}][ from {peer}].",
    "folder_removed": "{user} removed the folder {folder} it lay in[ by {service}][ from {peer}].",
    "inbox_renamed": "{user} renamed {folder}: it lies in {to} now[, by {service}][ from {peer}].",
}
