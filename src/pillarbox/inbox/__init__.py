"""What lies in a user's folders, and how is it read and changed?"""
