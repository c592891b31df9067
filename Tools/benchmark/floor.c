// The floor: the questions as one would write them by hand, over plain arrays, with one thread.
// No language, no planner, no transactions, nothing on disk. Times near these are what an engine
// that holds its graph in memory could reach; see floor.py for what is measured.
//
// Numbers of things count from 1, days are numbers such as 20220721. Every `ask_…` writes 64-bit
// integers to `out` and returns how many rows it wrote, or the answer where that is one number.

#define _GNU_SOURCE
#include "floor_graph.h"

enum { TOP = 20, YEARS = 64, FIRST_YEAR = 1990 };

// --- The most frequent ---------------------------------------------------------------------

typedef struct {
  int64_t count;
  int32_t a, b;
} Group;

static int stands_before(const Group *x, const Group *y) {
  if (x->count != y->count) return x->count > y->count;
  return x->a != y->a ? x->a < y->a : x->b < y->b;
}

typedef struct {
  Group group[TOP + 1];
  int count;
} Best;

static inline void offer(Best *best, Group group) {
  if (best->count == TOP && !stands_before(&group, &best->group[TOP - 1])) return;
  int at = best->count < TOP ? best->count++ : TOP - 1;
  for (; at > 0 && stands_before(&group, &best->group[at - 1]); at--)
    best->group[at] = best->group[at - 1];
  best->group[at] = group;
}

static int64_t write_best(const Best *best, int width, int64_t *out) {
  for (int i = 0; i < best->count; i++) {
    *out++ = best->group[i].a;
    if (width == 3) *out++ = best->group[i].b;
    *out++ = best->group[i].count;
  }
  return best->count;
}

static inline void count_person(int32_t person) {
  if (!count_of[person]++) touched[touched_count++] = person;
}

// The people who were counted most often, at least `least` times; clears the counts.
static int64_t write_counted(int32_t least, int64_t *out) {
  Best best = {.count = 0};
  for (int64_t i = 0; i < touched_count; i++) {
    int32_t person = touched[i];
    if (count_of[person] >= least) offer(&best, (Group){count_of[person], person, 0});
    count_of[person] = 0;
  }
  touched_count = 0;
  return write_best(&best, 2, out);
}

// --- Pairs of people, counted in a table with open addresses -------------------------------

static uint64_t *pair_keys;
static int32_t *pair_counts;
static int64_t *pair_slots;
static int64_t pair_capacity, pair_count;

static void reserve_pairs(int64_t most) {
  int64_t capacity = 1024;
  while (capacity < 2 * most) capacity *= 2;
  if (capacity <= pair_capacity) return;
  free(pair_keys), free(pair_counts), free(pair_slots);
  pair_keys = calloc(capacity, sizeof(uint64_t));
  pair_counts = malloc(capacity * sizeof(int32_t));
  pair_slots = malloc(capacity * sizeof(int64_t));
  pair_capacity = capacity;
}

static inline void count_pair(uint64_t a, uint64_t b) {
  uint64_t key = a < b ? a << 32 | b : b << 32 | a;
  int64_t slot = (int64_t)((key * 0x9E3779B97F4A7C15u) >> 20) & (pair_capacity - 1);
  while (pair_keys[slot] && pair_keys[slot] != key) slot = (slot + 1) & (pair_capacity - 1);
  if (!pair_keys[slot]) {
    pair_keys[slot] = key;
    pair_counts[slot] = 0;
    pair_slots[pair_count++] = slot;
  }
  pair_counts[slot]++;
}

static void count_pairs_about(int32_t topic) {
  int64_t most = 0;
  FOR_EACH(topic_meetings, topic, m) {
    int64_t n = meeting_people.offsets[m + 1] - meeting_people.offsets[m];
    most += n * (n - 1) / 2;
  }
  reserve_pairs(most);
  FOR_EACH(topic_meetings, topic, m) {
    int64_t end = meeting_people.offsets[m + 1];
    for (int64_t i = meeting_people.offsets[m]; i < end; i++)
      for (int64_t j = i + 1; j < end; j++)
        count_pair(meeting_people.targets[i], meeting_people.targets[j]);
  }
}

static void forget_pairs(void) {
  for (int64_t i = 0; i < pair_count; i++) pair_keys[pair_slots[i]] = 0;
  pair_count = 0;
}

// --- The tree of topics --------------------------------------------------------------------

static void mark_tree(int32_t root) {
  static int32_t *stack;
  if (!stack) stack = malloc((topics + 1) * sizeof(int32_t));
  memset(in_tree, 0, topics + 1);
  int64_t depth = 0;
  stack[depth++] = root;
  while (depth) {
    int32_t topic = stack[--depth];
    in_tree[topic] = 1;
    FOR_EACH(topic_children, topic, child) stack[depth++] = (int32_t)child;
  }
}

static int is_about_tree(int32_t meeting) {
  FOR_EACH(meeting_topics, meeting, t) if (in_tree[t]) return 1;
  return 0;
}

// --- The questions -------------------------------------------------------------------------

int64_t ask_q1(int32_t person) {
  return person_meetings.offsets[person + 1] - person_meetings.offsets[person];
}

int64_t ask_q2(int32_t person, int64_t *out) {
  FOR_EACH(person_meetings, person, m)
    FOR_EACH(meeting_people, m, p) if (p != person) count_person((int32_t)p);
  return write_counted(1, out);
}

int64_t ask_q3(int32_t topic, int64_t *out) {
  count_pairs_about(topic);
  Best best = {.count = 0};
  for (int64_t i = 0; i < pair_count; i++) {
    uint64_t key = pair_keys[pair_slots[i]];
    offer(&best, (Group){pair_counts[pair_slots[i]], (int32_t)(key >> 32), (int32_t)key});
  }
  forget_pairs();
  return write_best(&best, 3, out);
}

// Rows of different length: meeting, day, number of topics, topics.
int64_t ask_q4(int32_t a, int32_t b, int64_t *out) {
  int64_t i = regulator_meetings.offsets[a], end = regulator_meetings.offsets[a + 1];
  int64_t j = regulator_meetings.offsets[b], other_end = regulator_meetings.offsets[b + 1];
  int64_t rows = 0;
  while (i < end && j < other_end) {
    int32_t x = regulator_meetings.targets[i], y = regulator_meetings.targets[j];
    i += x <= y;
    j += y <= x;
    if (x != y) continue;
    *out++ = x;
    *out++ = meeting_day[x];
    *out++ = meeting_topics.offsets[x + 1] - meeting_topics.offsets[x];
    FOR_EACH(meeting_topics, x, t) *out++ = t;
    rows++;
  }
  return rows;
}

int64_t ask_q5(int32_t person, int32_t topic, int32_t first, int32_t last, int64_t *out) {
  mark_tree(topic);
  FOR_EACH(person_meetings, person, m)
    if (meeting_day[m] >= first && meeting_day[m] <= last && is_about_tree((int32_t)m))
      FOR_EACH(meeting_people, m, p) if (p != person) count_person((int32_t)p);
  return write_counted(1, out);
}

// Level by level from one side; -1 where there is no way.
int64_t ask_q6(int32_t from, int32_t to) {
  mark++;
  meeting_turn++;
  int64_t begin = 0, end = 0, level = 0;
  touched[end++] = from;
  mark_of[from] = mark;
  while (begin < end) {
    level++;
    for (int64_t level_end = end; begin < level_end; begin++)
      FOR_EACH(person_meetings, touched[begin], m) {
        if (meeting_mark[m] == meeting_turn) continue;
        meeting_mark[m] = meeting_turn;
        FOR_EACH(meeting_people, m, p) {
          if (p == to) return level;
          if (mark_of[p] == mark) continue;
          mark_of[p] = mark;
          touched[end++] = (int32_t)p;
        }
      }
  }
  return -1;
}

int64_t ask_q7(int32_t person, int64_t *out) {
  static int32_t *known, *last_contact;
  if (!known) {
    known = malloc((people + 1) * sizeof(int32_t));
    last_contact = malloc((people + 1) * sizeof(int32_t));
  }
  memset(last_contact, 0, (people + 1) * sizeof(int32_t));
  int64_t known_count = 0;
  mark++;
  mark_of[person] = mark;
  FOR_EACH(person_meetings, person, m)
    FOR_EACH(meeting_people, m, p)
      if (mark_of[p] != mark) {
        mark_of[p] = mark;
        known[known_count++] = (int32_t)p;
      }
  for (int64_t i = 0; i < known_count; i++)
    FOR_EACH(person_meetings, known[i], m)
      FOR_EACH(meeting_people, m, p)
        if (mark_of[p] != mark && last_contact[p] != known[i]) {
          last_contact[p] = known[i];
          count_person((int32_t)p);
        }
  return write_counted(3, out);
}

int64_t ask_q8(int64_t *out) {
  int64_t *grid = calloc((int64_t)(regulators + 1) * YEARS, sizeof(int64_t)), rows = 0;
  for (int32_t m = 1; m <= meetings; m++)
    grid[(int64_t)meeting_host[m] * YEARS + meeting_day[m] / 10000 - FIRST_YEAR]++;
  for (int32_t r = 1; r <= regulators; r++)
    for (int y = 0; y < YEARS; y++)
      if (grid[(int64_t)r * YEARS + y]) {
        *out++ = r;
        *out++ = FIRST_YEAR + y;
        *out++ = grid[(int64_t)r * YEARS + y];
        rows++;
      }
  free(grid);
  return rows;
}

int64_t ask_q9(int64_t *out) {
  int64_t width = regulators + 1;
  int32_t *grid = calloc(width * width, sizeof(int32_t));
  int32_t *present = malloc(width * sizeof(int32_t)), *last = calloc(width, sizeof(int32_t));
  for (int32_t m = 1; m <= meetings; m++) {
    int count = 0;
    for (int64_t i = meeting_people.offsets[m]; i < meeting_people.offsets[m + 1]; i++) {
      int32_t r = attendance_regulator[i];
      if (last[r] == m) continue;
      last[r] = m;
      for (int k = 0; k < count; k++)
        grid[present[k] < r ? present[k] * width + r : r * width + present[k]]++;
      present[count++] = r;
    }
  }
  Best best = {.count = 0};
  for (int32_t a = 1; a < width; a++)
    for (int32_t b = a + 1; b < width; b++)
      if (grid[a * width + b]) offer(&best, (Group){grid[a * width + b], a, b});
  free(grid), free(present), free(last);
  return write_best(&best, 3, out);
}

// Triangles: people are renumbered, each edge goes from the lower to the higher number.
int64_t ask_q10(int32_t topic) {
  static int32_t *local;
  if (!local) local = calloc(people + 1, sizeof(int32_t));
  count_pairs_about(topic);
  int64_t pairs = pair_count;
  int32_t *low = calloc(pairs + 1, sizeof(int32_t)), *high = calloc(pairs + 1, sizeof(int32_t));
  int32_t size = 0;
  touched_count = 0;
  for (int64_t i = 0; i < pairs; i++) {
    int32_t ends[2] = {(int32_t)(pair_keys[pair_slots[i]] >> 32),
                       (int32_t)pair_keys[pair_slots[i]]};
    for (int e = 0; e < 2; e++)
      if (!local[ends[e]]) {
        local[ends[e]] = ++size;
        touched[touched_count++] = ends[e];
      }
    int32_t x = local[ends[0]], y = local[ends[1]];
    low[i] = x < y ? x : y;
    high[i] = x < y ? y : x;
  }
  Neighbours higher = neighbours(size, pairs, low, high, NULL);
  int32_t *seen = calloc(size + 1, sizeof(int32_t));
  int64_t triangles = 0;
  for (int32_t x = 1; x <= size; x++) {
    FOR_EACH(higher, x, y) seen[y] = x;
    FOR_EACH(higher, x, y) FOR_EACH(higher, y, z) triangles += seen[z] == x;
  }
  for (int64_t i = 0; i < touched_count; i++) local[touched[i]] = 0;
  touched_count = 0;
  forget_pairs();
  free(low), free(high), free(seen), free(higher.offsets), free(higher.targets);
  return triangles;
}

int64_t ask_q11(int32_t topic, int64_t *out) {
  int64_t years[YEARS] = {0}, rows = 0;
  mark_tree(topic);
  in_tree[topic] = 0;
  meeting_turn++;
  for (int32_t t = 1; t <= topics; t++) {
    if (!in_tree[t]) continue;
    FOR_EACH(topic_meetings, t, m)
      if (meeting_mark[m] != meeting_turn) {
        meeting_mark[m] = meeting_turn;
        years[meeting_day[m] / 10000 - FIRST_YEAR]++;
      }
  }
  for (int y = 0; y < YEARS; y++)
    if (years[y]) {
      *out++ = FIRST_YEAR + y;
      *out++ = years[y];
      rows++;
    }
  return rows;
}

static int64_t person_at(int64_t place) {
  int64_t low = 1, high = people;
  while (low < high) {
    int64_t middle = (low + high) / 2;
    if (name_ends[middle] > place) high = middle;
    else low = middle + 1;
  }
  return low;
}

int64_t ask_q12(const char *part, int64_t size, int64_t *out) {
  int64_t rows = 0;
  const char *p = names;
  while (rows < TOP && (p = memmem(p, names + names_size - p, part, size))) {
    int64_t person = person_at(p - names);
    out[rows++] = person;
    p = names + name_ends[person];
  }
  return rows;
}

int64_t ask_q13(void) {
  int64_t paths = 0;
  for (int32_t m = 1; m <= meetings; m++) {
    int64_t others = meeting_people.offsets[m + 1] - meeting_people.offsets[m] - 1, further = 0;
    FOR_EACH(meeting_people, m, p)
      further += person_meetings.offsets[p + 1] - person_meetings.offsets[p] - 1;
    paths += others * further;
  }
  return paths;
}

// Rows of person and number of the spell.
int64_t ask_q14(int32_t regulator, int32_t day, int64_t *out) {
  int64_t rows = 0;
  FOR_EACH(regulator_spells, regulator, s)
    if (spells.column[2][s] <= day && (!spells.column[3][s] || spells.column[3][s] > day)) {
      *out++ = spells.column[0][s];
      *out++ = s;
      rows++;
    }
  return rows;
}
