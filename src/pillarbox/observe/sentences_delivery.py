"""What is told of an attempt to hand a message to another host?"""

DELIVERY: dict[str, str] = {}
