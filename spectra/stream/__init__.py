"""Endless signals: scores and alarms as the rows come, in constant memory."""
