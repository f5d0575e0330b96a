"""People known to the hall: their class, queue and staff, their cards, what they missed, and whether they may come."""
