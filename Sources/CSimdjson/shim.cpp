#include "CSimdjson.h"

#include <new>
#include <simdjson.h>

using namespace simdjson;

struct rapport_json_parser {
  dom::parser parser;
  size_t depth_max;
};

extern "C" rapport_json_parser *rapport_json_parser_create(size_t depth_max) {
  auto *parser = new (std::nothrow) rapport_json_parser{dom::parser(), depth_max};
  if (parser && parser->parser.allocate(4096, depth_max)) {
    delete parser;
    return nullptr;
  }
  return parser;
}

extern "C" void rapport_json_parser_destroy(rapport_json_parser *parser) { delete parser; }

extern "C" int rapport_json_parse(rapport_json_parser *parser, const uint8_t *bytes, size_t length,
                                  const uint64_t **tape, const uint8_t **strings,
                                  const uint32_t **tokens) {
  // Without this the parser would grow with simdjson's own default depth.
  if (parser->parser.capacity() < length) {
    if (auto error = parser->parser.allocate(length * 2, parser->depth_max)) return int(error);
  }
  auto result = parser->parser.parse(bytes, length, false);
  if (result.error()) return int(result.error());
  *tape = parser->parser.doc.tape.get();
  *strings = parser->parser.doc.string_buf.get();
  *tokens = parser->parser.implementation->structural_indexes.get();
  return 0;
}

extern "C" size_t rapport_json_padding(void) { return SIMDJSON_PADDING; }

extern "C" const char *rapport_json_error_message(int code) {
  return error_message(error_code(code));
}

extern "C" int rapport_json_depth_error(void) { return int(DEPTH_ERROR); }

extern "C" int rapport_json_utf8_error(void) { return int(UTF8_ERROR); }
