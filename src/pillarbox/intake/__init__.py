"""The only way in: may this peer send this, and how does it become a stored message?"""
