"""Can the suite be run as if on another operating system?"""
