#pragma once

// Asks for the memory at a place, without waiting for it. A place that is not there does no harm.
static inline void rapport_prefetch(const void *place) { __builtin_prefetch(place); }
