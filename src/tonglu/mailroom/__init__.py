"""The mailroom: a small SQLite database for what several processes write, touches on their way out and news on its way in."""
