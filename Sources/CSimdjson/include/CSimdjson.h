#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A simdjson DOM parser behind a C interface. Not safe to share between threads.
typedef struct rapport_json_parser rapport_json_parser;

// Returns NULL where memory is short.
rapport_json_parser *rapport_json_parser_create(size_t depth_max);
void rapport_json_parser_destroy(rapport_json_parser *parser);

// Parses `length` bytes at `bytes`, behind which `rapport_json_padding()` more
// must be readable. On success returns 0 and points `tape` and `strings` at the
// parsed document, and `tokens` at the offsets in the text of all brackets,
// commas and colons, and of the first bytes of strings, numbers and words; valid
// until the next call. Otherwise returns a simdjson error code.
int rapport_json_parse(rapport_json_parser *parser, const uint8_t *bytes, size_t length,
                       const uint64_t **tape, const uint8_t **strings,
                       const uint32_t **tokens);

size_t rapport_json_padding(void);
const char *rapport_json_error_message(int code);
// The code for nesting past the limit.
int rapport_json_depth_error(void);
// The code for text that is not UTF-8.
int rapport_json_utf8_error(void);

#ifdef __cplusplus
}
#endif
