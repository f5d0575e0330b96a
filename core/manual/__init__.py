"""What usher says of itself: all that is installed, as a JSON Schema for editors and as the tables of its papers.

Both are made from the models that check the YAML, so they cannot say anything else than what is checked.
"""
