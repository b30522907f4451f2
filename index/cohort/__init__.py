"""Many nights as a data set: read, scored, told and embedded on Dask, kept as Parquet that says what it is."""
