"""An eighth design, to be copied into two folders of one name: what a new design needs, and no more."""
