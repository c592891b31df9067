#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// SHA-256 by the instructions that processors have for it, without allocating.

// Whether this processor has them; without, `rapport_sha256` must not be called.
bool rapport_sha256_is_supported(void);

// Writes the digest of three pieces, one after another, to the 32 bytes at `digest`.
void rapport_sha256(const void *first, size_t first_length, const void *second,
                    size_t second_length, const void *third, size_t third_length,
                    uint8_t *digest);
