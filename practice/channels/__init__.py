"""How messages leave the house: one module for each channel, all behind :class:`practice.channels.base.Carrier`."""
