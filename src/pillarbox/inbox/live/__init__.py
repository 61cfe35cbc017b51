"""What do sessions see of a folder while others change it?"""
