"""The river as Dagster assets: one module per station.

Modules follow the order in which data flow.

`deliveries → cohort → comparison → effects → evidence → synthesis → economics → publication`, and `dossier` for studies
on paper. A station fetches, calls one function of `models` and returns with metadata. Shared code is in the folders
beside them. Before `effects`, nothing may see an outcome.
"""
