"""An eighth design, to be copied into two folders of one name."""
