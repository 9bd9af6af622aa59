"""Small helpers without a place of their own in the data's way."""
