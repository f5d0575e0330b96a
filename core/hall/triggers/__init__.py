"""What the hall lends to automations: its triggers."""
