"""Pages and files, made from published values only, without an engine.

Wings, bottom to top: `marts` and `words`; `charts` and `files`; `pages`.
"""
