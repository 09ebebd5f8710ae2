/* Four passphrases a register on processors with AVX2, which has no rotation of its own. */
#if defined(__x86_64__)

#include <immintrin.h>

#include "spin.h"

#define TARGET __attribute__((target("avx2")))
#define V __m256i
#define LANES 4
#define GROUPS 1
#define SET(x) _mm256_set1_epi64x((long long)(x))
#define ADD _mm256_add_epi64
#define XOR _mm256_xor_si256
#define SHR _mm256_srli_epi64
#define SHL _mm256_slli_epi64
#define ROR(x, n) _mm256_or_si256(SHR(x, n), SHL(x, 64 - (n)))
#define XOR3(x, y, z) XOR(XOR(x, y), z)
#define CHOOSE(x, y, z) XOR(_mm256_and_si256(x, XOR(y, z)), z)
#define MAJORITY(x, y, z) XOR(_mm256_and_si256(XOR(x, y), XOR(x, z)), x)
#define NAME spin_avx2
#include "spin_lanes.h"

#endif
