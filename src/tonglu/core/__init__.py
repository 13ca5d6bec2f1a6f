"""What everything stands on: errors with places, the md5 draw, clocks and calendars, and the ports."""
