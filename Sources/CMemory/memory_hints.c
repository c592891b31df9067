#include "memory_hints.h"

#include <malloc.h>

void rapport_keep_freed_memory(int byte_count) {
#ifdef M_MMAP_THRESHOLD
  mallopt(M_MMAP_THRESHOLD, byte_count);
  mallopt(M_TRIM_THRESHOLD, byte_count);
#else
  (void)byte_count;
#endif
}
