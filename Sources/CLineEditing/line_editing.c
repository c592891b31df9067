#include "line_editing.h"

#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rapport_line_editor {
  EditLine *edit;
  History *history;
  char *history_file;
  const char *prompt;
  rapport_completer completer;
  bool is_interrupted;
};

static rapport_line_editor *owner(EditLine *edit) {
  rapport_line_editor *editor = NULL;
  el_get(edit, EL_CLIENTDATA, &editor);
  return editor;
}

static char *prompt(EditLine *edit) { return (char *)owner(edit)->prompt; }

static unsigned char interrupt(EditLine *edit, int character) {
  (void)character;
  owner(edit)->is_interrupted = true;
  return CC_EOF;
}

// How many bytes all candidates begin with, beyond case.
static size_t common_length(const char *candidates) {
  size_t length = strcspn(candidates, "\n");
  const char *first = candidates;
  for (const char *next = candidates; *next != '\0'; next += strcspn(next, "\n") + 1) {
    size_t same = 0;
    while (same < length && next[same] == first[same]) same++;
    length = same;
  }
  // A candidate is not cut within a character.
  while (length > 0 && ((unsigned char)first[length] & 0xC0) == 0x80) length--;
  return length;
}

static unsigned char complete(EditLine *edit, int character) {
  (void)character;
  rapport_line_editor *editor = owner(edit);
  const LineInfo *info = el_line(edit);
  size_t replaced = 0;
  char *candidates =
      editor->completer(info->buffer, (size_t)(info->cursor - info->buffer), &replaced);
  if (candidates == NULL) return CC_REFRESH_BEEP;
  size_t length = common_length(candidates);
  bool is_single = candidates[strcspn(candidates, "\n") + 1] == '\0';
  unsigned char result = CC_REFRESH;
  if (is_single || length > replaced) {
    // el_deletestr counts characters.
    size_t characters = 0;
    for (size_t index = 1; index <= replaced; index++) {
      if (((unsigned char)info->cursor[-(ptrdiff_t)index] & 0xC0) != 0x80) characters++;
    }
    candidates[length] = '\0';
    if (characters > 0) el_deletestr(edit, (int)characters);
    el_insertstr(edit, candidates);
  } else {
    FILE *output = stdout;
    fputc('\n', output);
    for (char *next = candidates; *next != '\0'; next++) {
      if (*next == '\n') *next = next[1] == '\0' ? '\n' : ' ';
    }
    fputs(candidates, output);
    fflush(output);
    result = CC_REDISPLAY;
  }
  free(candidates);
  return result;
}

static void use_unicode(void) {
  setlocale(LC_CTYPE, "");
  if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
}

rapport_line_editor *rapport_line_editor_create(const char *history_file, int history_count_max,
                                                rapport_completer completer) {
  use_unicode();
  rapport_line_editor *editor = calloc(1, sizeof *editor);
  if (editor == NULL) return NULL;
  editor->completer = completer;
  editor->edit = el_init("rapport", stdin, stdout, stderr);
  editor->history = history_init();
  if (editor->edit == NULL || editor->history == NULL) {
    rapport_line_editor_destroy(editor);
    return NULL;
  }
  HistEvent event;
  history(editor->history, &event, H_SETSIZE, history_count_max);
  history(editor->history, &event, H_SETUNIQUE, 1);
  if (history_file != NULL) {
    editor->history_file = strdup(history_file);
    history(editor->history, &event, H_LOAD, history_file);
  }
  EditLine *edit = editor->edit;
  el_set(edit, EL_CLIENTDATA, editor);
  el_set(edit, EL_PROMPT, prompt);
  el_set(edit, EL_EDITOR, "emacs");
  el_set(edit, EL_HIST, history, editor->history);
  el_set(edit, EL_ADDFN, "rapport-complete", "completes a name", complete);
  el_set(edit, EL_ADDFN, "rapport-interrupt", "drops the line", interrupt);
  el_set(edit, EL_BIND, "\t", "rapport-complete", NULL);
  // While a line is edited Ctrl-C is a key; while a query runs it is a signal.
  el_set(edit, EL_SETTY, "-d", "-isig", NULL);
  el_set(edit, EL_BIND, "^C", "rapport-interrupt", NULL);
  el_set(edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
  el_source(edit, NULL);
  return editor;
}

void rapport_line_editor_destroy(rapport_line_editor *editor) {
  if (editor->history != NULL) history_end(editor->history);
  if (editor->edit != NULL) el_end(editor->edit);
  free(editor->history_file);
  free(editor);
}

rapport_line_result rapport_line_editor_read(rapport_line_editor *editor, const char *prompt,
                                             const char **line, size_t *length) {
  editor->prompt = prompt;
  editor->is_interrupted = false;
  int count = 0;
  const char *text = el_gets(editor->edit, &count);
  if (editor->is_interrupted) return rapport_line_interrupted;
  if (text == NULL || count <= 0) return rapport_line_end;
  *line = text;
  *length = (size_t)count - (text[count - 1] == '\n' ? 1 : 0);
  return rapport_line_read;
}

void rapport_line_editor_remember(rapport_line_editor *editor, const char *entry) {
  HistEvent event;
  history(editor->history, &event, H_ENTER, entry);
  if (editor->history_file != NULL) history(editor->history, &event, H_SAVE, editor->history_file);
}
