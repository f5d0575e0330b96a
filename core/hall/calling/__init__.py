"""Who is called next, and why."""
