"""The tests of the Python package, by subject, against servers that they start themselves.

| file or folder      | subject                                                             |
|---------------------|---------------------------------------------------------------------|
| `conftest.py`       | fixtures: servers, a database per test, one body for sync and async |
| `servers.py`        | finding and running the servers of a test session                   |
| `both.py`           | the adapter that lets one test body run on both connections         |
| `faults/`           | cut lines, silent peers, cancelled tasks                            |
| `typing/`           | what type checkers must see                                         |
| `repository/`       | the repository's own promises: documents, layers, versions, sizes   |
"""
