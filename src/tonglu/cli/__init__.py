"""The command line, `tonglu`. Only typer is imported before a command is known; everything else inside of the commands."""


def main() -> None:
    """Run the command line."""
    from tonglu.cli.commands import app

    app(prog_name="tonglu")
