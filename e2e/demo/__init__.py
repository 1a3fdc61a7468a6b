"""The demo: from the alarm to the proof that everything is back, by hand and then by itself, with real commands and real output."""
