"""Readers of listening histories, all of one shape (`Importer`), chosen by what a file holds, never by its name.

A file goes through `files` (bounded containers), `records` (one value a row, broken rows apart) and
the importer of its format (`spotify`, `listenbrainz`). No importer keeps addresses, devices or account names.
"""
