#pragma once

#include <nettle/sha2.h>
#include <nettle/version.h>

// Writes the digest and begins anew; from version 4 on, all digests are whole ones.
static inline void rapport_sha256_digest(struct sha256_ctx *context, uint8_t *digest) {
#if NETTLE_VERSION_MAJOR >= 4
  sha256_digest(context, digest);
#else
  sha256_digest(context, SHA256_DIGEST_SIZE, digest);
#endif
}
