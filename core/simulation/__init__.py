"""A whole day of a hall in seconds: the same engine under a virtual clock, with simulated visitors, staff and devices.

`day.simulate` is the way in. Nothing here touches the hall's own data, a network or a device.
"""
