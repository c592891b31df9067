// The graph of the floor: plain arrays, read from the tables of a data set. Included by floor.c.

#ifndef FLOOR_GRAPH_H
#define FLOOR_GRAPH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  int64_t count;
  int32_t *column[4];
} Table;

// The neighbours of each thing: targets[offsets[x]] up to targets[offsets[x + 1]].
typedef struct {
  int64_t *offsets;
  int32_t *targets;
} Neighbours;

#define FOR_EACH(list, from, variable)                                                            \
  for (int64_t variable##_at = (list).offsets[from], variable = 0;                                \
       variable##_at < (list).offsets[(from) + 1] &&                                              \
       ((variable = (list).targets[variable##_at]), 1);                                           \
       variable##_at++)

static int32_t meetings, people, regulators, topics;
static Neighbours meeting_people, person_meetings, meeting_topics, topic_meetings;
static Neighbours topic_children, regulator_meetings, regulator_spells;
static int32_t *meeting_day, *meeting_host;
static int32_t *attendance_regulator;  // beside meeting_people.targets
static Table spells;                   // person, regulator, first day, end day (0: lasts)
static char *names;                    // in small letters, each ended by a line feed
static int64_t *name_ends, names_size;

// Working space, all zero between two questions.
static int32_t *count_of, *mark_of, *meeting_mark;
static int32_t mark, meeting_turn;
static int32_t *touched;
static int64_t touched_count;
static char *in_tree;

// --- Reading -------------------------------------------------------------------------------

static char *read_all(const char *folder, const char *name, int64_t *size) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  if (!file) return NULL;
  fseek(file, 0, SEEK_END);
  *size = ftell(file);
  rewind(file);
  char *text = malloc(*size + 1);
  if (fread(text, 1, *size, file) != (size_t)*size) *size = 0;
  text[*size] = 0;
  fclose(file);
  return text;
}

// Reads fields of a table as numbers: digits, of which a day has eight. `wanted` has one letter
// for each field: 'n' is kept, '-' is passed over.
static int read_table(const char *folder, const char *name, const char *wanted, Table *table) {
  int64_t size = 0;
  char *text = read_all(folder, name, &size);
  if (!text) return 0;
  int64_t rows = 0;
  for (int64_t i = 0; i < size; i++) rows += text[i] == '\n';
  for (int c = 0; c < 4; c++) table->column[c] = calloc(rows + 1, sizeof(int32_t));
  table->count = rows;
  const char *p = text;
  for (int64_t row = 0; row < rows; row++) {
    int column = 0;
    for (const char *w = wanted; *w; w++) {
      int32_t number = 0;
      for (; *p != '\t' && *p != '\n'; p++)
        if (*w == 'n' && *p >= '0' && *p <= '9') number = number * 10 + (*p - '0');
      if (*w == 'n') table->column[column++][row] = number;
      p++;
    }
  }
  free(text);
  return 1;
}

static void free_table(Table *table) {
  for (int c = 0; c < 4; c++) free(table->column[c]);
}

// The neighbours of 1…count, by counting; `order`, if any, tells which pair each target was.
static Neighbours neighbours(int32_t count, int64_t pairs, const int32_t *from, const int32_t *to,
                             int64_t *order) {
  Neighbours list = {calloc(count + 2, sizeof(int64_t)), malloc((pairs + 1) * sizeof(int32_t))};
  for (int64_t i = 0; i < pairs; i++) list.offsets[from[i] + 1]++;
  for (int32_t x = 0; x <= count; x++) list.offsets[x + 1] += list.offsets[x];
  int64_t *next = malloc((count + 2) * sizeof(int64_t));
  memcpy(next, list.offsets, (count + 2) * sizeof(int64_t));
  for (int64_t i = 0; i < pairs; i++) {
    int64_t at = next[from[i]]++;
    list.targets[at] = to[i];
    if (order) order[at] = i;
  }
  free(next);
  return list;
}

static void link_attendances(Table *table) {
  int32_t *meeting = table->column[0], *person = table->column[1], *regulator = table->column[2];
  int64_t *order = malloc((table->count + 1) * sizeof(int64_t));
  meeting_people = neighbours(meetings, table->count, meeting, person, order);
  person_meetings = neighbours(people, table->count, person, meeting, NULL);
  attendance_regulator = malloc((table->count + 1) * sizeof(int32_t));
  for (int64_t i = 0; i < table->count; i++) attendance_regulator[i] = regulator[order[i]];
  free(order);
}

// Each regulator's meetings once; meetings are numbered in the order of their days.
static void link_regulators(int64_t attendances) {
  int32_t *from = malloc((attendances + 1) * sizeof(int32_t));
  int32_t *to = malloc((attendances + 1) * sizeof(int32_t));
  int32_t *last = calloc(regulators + 1, sizeof(int32_t));
  int64_t pairs = 0;
  for (int32_t m = 1; m <= meetings; m++)
    for (int64_t i = meeting_people.offsets[m]; i < meeting_people.offsets[m + 1]; i++) {
      int32_t r = attendance_regulator[i];
      if (last[r] == m) continue;
      last[r] = m;
      from[pairs] = r;
      to[pairs++] = m;
    }
  regulator_meetings = neighbours(regulators, pairs, from, to, NULL);
  free(from), free(to), free(last);
}

// Each regulator's spells in the order of people.
static void link_spells(void) {
  int32_t *from = malloc((spells.count + 1) * sizeof(int32_t));
  int32_t *to = malloc((spells.count + 1) * sizeof(int32_t));
  int64_t *order = malloc((spells.count + 1) * sizeof(int64_t));
  Neighbours by_person =
      neighbours(people, spells.count, spells.column[0], spells.column[0], order);
  for (int64_t i = 0; i < spells.count; i++) {
    to[i] = (int32_t)order[i];
    from[i] = spells.column[1][order[i]];
  }
  regulator_spells = neighbours(regulators, spells.count, from, to, NULL);
  free(by_person.offsets), free(by_person.targets), free(from), free(to), free(order);
}

static void allot_working_space(void) {
  count_of = calloc(people + 1, sizeof(int32_t));
  mark_of = calloc(people + 1, sizeof(int32_t));
  touched = malloc((people + 1) * sizeof(int32_t));
  meeting_mark = calloc(meetings + 1, sizeof(int32_t));
  in_tree = malloc(topics + 1);
}

// Reads the tables in a folder; returns whether they are all there.
int load(const char *folder, int32_t person_count, int32_t regulator_count) {
  Table topic, meeting, attendance, subject;
  people = person_count;
  regulators = regulator_count;
  if (!read_table(folder, "topic.tsv", "n-n", &topic) ||
      !read_table(folder, "meeting.tsv", "n-n-n", &meeting) ||
      !read_table(folder, "attendance.tsv", "nnn-", &attendance) ||
      !read_table(folder, "subject.tsv", "nn", &subject) ||
      !read_table(folder, "spell.tsv", "nn-nn", &spells))
    return 0;
  topics = topic.count;
  meetings = meeting.count;
  meeting_day = calloc(meetings + 1, sizeof(int32_t));
  meeting_host = calloc(meetings + 1, sizeof(int32_t));
  for (int64_t i = 0; i < meeting.count; i++) {
    meeting_day[meeting.column[0][i]] = meeting.column[1][i];
    meeting_host[meeting.column[0][i]] = meeting.column[2][i];
  }
  link_attendances(&attendance);
  link_regulators(attendance.count);
  link_spells();
  meeting_topics = neighbours(meetings, subject.count, subject.column[0], subject.column[1], NULL);
  topic_meetings = neighbours(topics, subject.count, subject.column[1], subject.column[0], NULL);
  topic_children = neighbours(topics, topic.count, topic.column[1], topic.column[0], NULL);
  allot_working_space();
  free_table(&topic), free_table(&meeting), free_table(&attendance), free_table(&subject);
  return 1;
}

// Takes the names of people 1, 2, … in small letters, each ended by a line feed.
void take_names(const char *text, int64_t size) {
  names = malloc(size + 1);
  memcpy(names, text, size + 1);
  names_size = size;
  name_ends = calloc(people + 1, sizeof(int64_t));
  int64_t person = 0;
  for (int64_t i = 0; i < size; i++)
    if (names[i] == '\n') name_ends[++person] = i + 1;
}

#endif
