"""The way of a ticket through the hall: its stays, its place in line, the inner area."""
