"""The demo: one incident, from the alarm to the proof that everything is back, with real commands and real output."""
