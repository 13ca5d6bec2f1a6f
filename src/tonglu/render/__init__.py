"""What people look at: journey maps, charts, the HTML report, tables for the terminal.

Everything is read from the published views through the `Published` protocol; nothing here writes to a warehouse or knows
how a number was made. Modules are imported where they are used, because rich and jinja2 take their time.
"""
