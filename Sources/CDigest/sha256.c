#include "CDigest.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

// Source: NIST FIPS 180-4; Intel, "Intel SHA Extensions".

static const uint32_t round_constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// The eight words of the state, in the order that the instructions want them.
typedef struct {
  __m128i abef, cdgh;
} sha256_state;

__attribute__((target("sha,sse4.1"))) static sha256_state
sha256_compress(sha256_state state, const uint8_t *bytes, size_t block_count) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i abef = state.abef, cdgh = state.cdgh;
  for (; block_count > 0; block_count--, bytes += 64) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i words[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
      words[i] = _mm_loadu_si128((const __m128i *)(bytes + 16 * i));
      words[i] = _mm_shuffle_epi8(words[i], big_endian);
    }
#pragma unroll
    for (int i = 0; i < 16; i++) {
      __m128i *oldest = &words[i & 3];
      const __m128i newest = words[(i + 3) & 3];
      const __m128i *constants = (const __m128i *)(round_constants + 4 * i);
      __m128i sums = _mm_add_epi32(*oldest, _mm_load_si128(constants));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sums);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sums, 0x0e));
      if (i < 12) {
        // The words of the rounds to come.
        __m128i next = _mm_sha256msg1_epu32(*oldest, words[(i + 1) & 3]);
        next = _mm_add_epi32(next, _mm_alignr_epi8(newest, words[(i + 2) & 3], 4));
        *oldest = _mm_sha256msg2_epu32(next, newest);
      }
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  return (sha256_state){abef, cdgh};
}

// What of the pieces does not yet fill a block.
typedef struct {
  sha256_state state;
  uint8_t block[64];
  size_t length;
} sha256_hasher;

static void sha256_update(sha256_hasher *hasher, const uint8_t *bytes, size_t length) {
  if (length == 0) return;
  size_t used = hasher->length % 64;
  hasher->length += length;
  if (used > 0) {
    size_t count = length < 64 - used ? length : 64 - used;
    memcpy(hasher->block + used, bytes, count);
    if (used + count < 64) return;
    hasher->state = sha256_compress(hasher->state, hasher->block, 1);
    bytes += count;
    length -= count;
  }
  hasher->state = sha256_compress(hasher->state, bytes, length / 64);
  memcpy(hasher->block, bytes + length / 64 * 64, length % 64);
}

__attribute__((target("sha,sse4.1"))) void
rapport_sha256(const void *first, size_t first_length, const void *second, size_t second_length,
               const void *third, size_t third_length, uint8_t *digest) {
  sha256_hasher hasher;
  hasher.state.abef = _mm_set_epi32(0x6a09e667, 0xbb67ae85, 0x510e527f, 0x9b05688c);
  hasher.state.cdgh = _mm_set_epi32(0x3c6ef372, 0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
  hasher.length = 0;
  sha256_update(&hasher, first, first_length);
  sha256_update(&hasher, second, second_length);
  sha256_update(&hasher, third, third_length);

  // A one bit, zeros up to the end of a block, and there the number of bits.
  size_t used = hasher.length % 64;
  const uint64_t bit_count = __builtin_bswap64((uint64_t)hasher.length * 8);
  hasher.block[used++] = 0x80;
  if (used > 56) {
    memset(hasher.block + used, 0, 64 - used);
    hasher.state = sha256_compress(hasher.state, hasher.block, 1);
    used = 0;
  }
  memset(hasher.block + used, 0, 56 - used);
  memcpy(hasher.block + 56, &bit_count, 8);
  hasher.state = sha256_compress(hasher.state, hasher.block, 1);

  const __m128i reversed = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
  const __m128i badc = _mm_shuffle_epi8(hasher.state.abef, reversed);
  const __m128i dchg = _mm_shuffle_epi8(hasher.state.cdgh, reversed);
  _mm_storeu_si128((__m128i *)digest, _mm_unpacklo_epi64(badc, dchg));
  _mm_storeu_si128((__m128i *)(digest + 16), _mm_unpackhi_epi64(badc, dchg));
}

bool rapport_sha256_is_supported(void) {
  // Leaf 7: bit 29 of EBX is SHA.
  unsigned eax, ebx, ecx, edx;
  __asm__("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(7), "c"(0));
  return (ebx >> 29 & 1) != 0 && __builtin_cpu_supports("sse4.1");
}

#else

bool rapport_sha256_is_supported(void) { return false; }

void rapport_sha256(const void *first, size_t first_length, const void *second,
                    size_t second_length, const void *third, size_t third_length,
                    uint8_t *digest) {
  __builtin_trap();
}

#endif
