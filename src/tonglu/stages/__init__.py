"""The loop, one file per stage, in its order: ingest check segment enrol advance decide deliver measure learn publish."""
