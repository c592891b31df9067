#pragma once

#include <stddef.h>

// A line editor with history and completion: libedit behind an interface without its
// variable arguments. For one thread.
typedef struct rapport_line_editor rapport_line_editor;

// Completes the text of a line before its cursor. Returns candidates for the last `*replaced`
// bytes, each ended by a line break, in memory that is freed with free(); NULL where there are none.
typedef char *(*rapport_completer)(const char *text, size_t length, size_t *replaced);

typedef enum {
  rapport_line_read,
  rapport_line_end,
  // Ctrl-C: what was typed is dropped.
  rapport_line_interrupted,
} rapport_line_result;

// Returns NULL where the terminal cannot be used. `history` is a file, or NULL for none.
rapport_line_editor *rapport_line_editor_create(const char *history, int history_count_max,
                                                rapport_completer completer);
void rapport_line_editor_destroy(rapport_line_editor *editor);

// Reads a line; `*line` is valid until the next call and ends without a line break.
rapport_line_result rapport_line_editor_read(rapport_line_editor *editor, const char *prompt,
                                             const char **line, size_t *length);

// Appends an entry to the history, and to its file where there is one.
void rapport_line_editor_remember(rapport_line_editor *editor, const char *entry);
