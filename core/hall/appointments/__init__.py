"""Appointments: promised times. Slots, booking, checking in, and what becomes of those who do not come."""
