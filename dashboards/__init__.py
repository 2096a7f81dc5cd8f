"""Published values in, pages and files out. Reads nothing else and knows no engine.

Wings, bottom to top: `marts` and `words`; `charts` and `files`; `pages`.
"""
