#pragma once

#include <malloc.h>

// Asks for the memory at a place, without waiting for it. A place that is not there does no harm.
static inline void rapport_prefetch(const void *place) { __builtin_prefetch(place); }

// The C library takes no more for a block in its heap; larger ones are mapped.
static const int rapport_heap_block_size_max = 32 << 20;

// From now on up to `size` bytes that were freed stay with the process for those who want memory
// next, instead of going back to the system.
static inline void rapport_keep_freed_memory(int size) {
  mallopt(M_MMAP_THRESHOLD, rapport_heap_block_size_max);
  mallopt(M_TRIM_THRESHOLD, size);
}
