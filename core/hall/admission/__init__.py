"""Who gets a number: hours, quotas, numbers."""
