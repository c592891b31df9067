"""What Tools/bench is made of: a data set, fourteen questions, and those who answer them.

| module         | what it is                                                                  |
|----------------|-----------------------------------------------------------------------------|
| `words`        | the names and titles that the made-up people, topics and meetings have      |
| `generator`    | makes the data set: tables for the peers, events for Rapport, parameters    |
| `dataset`      | where a data set lies and how it is read, also one that others made         |
| `questions`    | the fourteen questions in Rapport's language and in SQL                     |
| `peers`        | sqlite and duckdb                                                           |
| `floor`        | plain arrays in C (`floor.c`): what an engine in memory could come near to  |
| `rapport`      | drives the program `rapport`                                                |
| `measuring`    | asks everybody everything, takes the times, compares the answers            |
| `targets`      | figures beside the questions: ingest, rebuild, opening, memory, sizes       |
| `raw_log`      | the same bytes through LMDB alone (`raw_log.c`), as a measure for the log   |
| `report`       | tables on a terminal, figures as JSON                                       |
| `micro`        | instruction counts under callgrind, and their thresholds                    |
"""
