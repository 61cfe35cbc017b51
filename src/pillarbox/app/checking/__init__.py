"""What must the world see of a domain whose mail we take, and does it see that?"""
