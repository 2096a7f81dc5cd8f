"""How Sphinx makes a site of these pages; run with `make docs-site`."""

project = "Trin"
author = "Trin"
copyright = "CC BY 4.0"
extensions = ["myst_parser", "sphinx_copybutton"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
exclude_patterns = ["reference/project-yaml.intro.md"]
# Links to code lead out of the pages, and a test holds every link against the files (tests/house/test_documentation.py).
suppress_warnings = ["myst.xref_missing", "myst.header", "misc.highlighting_failure"]
html_theme = "furo"
html_title = "Trin"
html_static_path: list[str] = []
html_show_sphinx = False
nitpicky = True
