// The same bytes through LMDB alone: how fast a log could be that did nothing else.
//
//   raw_log append DIR FILE BATCH COUNT   the first COUNT lines of FILE, BATCH in a transaction,
//                                         each one durable
//   raw_log scan FILE TABLE               every word of every value, five times
//
// Prints seconds and the number of entries as JSON.

#include <lmdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void check(int code, const char *what) {
  if (code == 0) return;
  fprintf(stderr, "%s: %s\n", what, mdb_strerror(code));
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static MDB_env *open_environment(const char *path, unsigned flags) {
  MDB_env *environment;
  check(mdb_env_create(&environment), "create");
  check(mdb_env_set_maxdbs(environment, 8), "tables");
  check(mdb_env_set_mapsize(environment, (size_t)64 << 30), "size");
  check(mdb_env_open(environment, path, flags, 0644), path);
  return environment;
}

static char *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) perror(path), exit(1);
  fseek(file, 0, SEEK_END);
  *size = ftell(file);
  rewind(file);
  char *text = malloc(*size + 1);
  if (fread(text, 1, *size, file) != *size) perror(path), exit(1);
  fclose(file);
  return text;
}

static int append(const char *folder, const char *path, long batch, long count) {
  size_t size;
  char *text = read_file(path, &size), *end = text + size, *line = text;
  MDB_env *environment = open_environment(folder, 0);
  MDB_txn *transaction;
  MDB_dbi table;
  check(mdb_txn_begin(environment, NULL, 0, &transaction), "begin");
  check(mdb_dbi_open(transaction, "events", MDB_CREATE | MDB_INTEGERKEY, &table), "table");
  check(mdb_txn_commit(transaction), "commit");
  uint64_t position = 0;
  double start = now();
  while ((long)position < count && line < end) {
    check(mdb_txn_begin(environment, NULL, 0, &transaction), "begin");
    for (long i = 0; i < batch && (long)position < count && line < end; i++) {
      char *line_end = memchr(line, '\n', end - line);
      if (!line_end) line_end = end;
      position++;
      MDB_val key = {sizeof position, &position}, value = {line_end - line, line};
      check(mdb_put(transaction, table, &key, &value, MDB_APPEND), "put");
      line = line_end + 1;
    }
    check(mdb_txn_commit(transaction), "commit");
  }
  printf("{\"entries\": %llu, \"seconds\": [%.6f]}\n", (unsigned long long)position, now() - start);
  mdb_env_close(environment);
  return 0;
}

static int scan(const char *path, const char *name) {
  MDB_env *environment = open_environment(path, MDB_NOSUBDIR | MDB_RDONLY);
  MDB_txn *transaction;
  MDB_dbi table;
  check(mdb_txn_begin(environment, NULL, MDB_RDONLY, &transaction), "begin");
  check(mdb_dbi_open(transaction, name, 0, &table), name);
  uint64_t sum = 0;
  long entries = 0;
  double seconds[5];
  for (int run = 0; run < 5; run++) {
    MDB_cursor *cursor;
    MDB_val key, value;
    double start = now();
    entries = 0;
    check(mdb_cursor_open(transaction, table, &cursor), "cursor");
    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
      uint64_t word;
      for (size_t i = 0; i + sizeof word <= value.mv_size; i += sizeof word) {
        memcpy(&word, (char *)value.mv_data + i, sizeof word);
        sum += word;
      }
      entries++;
    }
    mdb_cursor_close(cursor);
    seconds[run] = now() - start;
  }
  printf("{\"entries\": %ld, \"sum\": %llu, \"seconds\": [%.6f, %.6f, %.6f, %.6f, %.6f]}\n",
         entries, (unsigned long long)sum, seconds[0], seconds[1], seconds[2], seconds[3],
         seconds[4]);
  mdb_txn_abort(transaction);
  mdb_env_close(environment);
  return 0;
}

int main(int count, char **arguments) {
  if (count == 6 && strcmp(arguments[1], "append") == 0)
    return append(arguments[2], arguments[3], atol(arguments[4]), atol(arguments[5]));
  if (count == 4 && strcmp(arguments[1], "scan") == 0) return scan(arguments[2], arguments[3]);
  fprintf(stderr, "usage: raw_log append DIR FILE BATCH COUNT | scan FILE TABLE\n");
  return 64;
}
