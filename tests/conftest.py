"""The tests read English, whatever the terminal of who runs them speaks."""

import os

os.environ["LC_ALL"] = "C.UTF-8"
os.environ.pop("LANGUAGE", None)
