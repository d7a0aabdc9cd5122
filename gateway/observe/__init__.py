"""What whoever runs the venue sees of it: metrics, health, logs and alarms.

All of it looks on: the ticks only put numbers aside, and nothing here is asked while an order is
on its way.
"""
