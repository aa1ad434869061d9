"""One file for each command: ``SUMMARY``, ``add_arguments`` and ``run``. ``hublet/cli.py`` lists them."""
