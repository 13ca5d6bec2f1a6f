"""The pages of the finding codes, one module per family: (code, title, explanation, bad example, good example).

An example is a story about a small bank, and the suite plays it (`tests/examples`): files as `path:` with their text indented by two
spaces, where keys replace those of the bank's own file, and commands behind `$`. The bad one gives the code and nothing else, the good
one gives nothing. What text cannot show stands in brackets behind the path: (not there), (the whole file), (saved as GBK), (as Parquet),
(the last line 9,000 times), (a database with the table x).
"""
