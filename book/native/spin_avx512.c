/* Eight passphrases a register, one group or two, on processors with AVX-512. */
#if defined(__x86_64__)

#include <immintrin.h>

#include "spin.h"

#define TARGET __attribute__((target("avx512f")))
#define V __m512i
#define LANES 8
#define SET(x) _mm512_set1_epi64((long long)(x))
#define ADD _mm512_add_epi64
#define XOR _mm512_xor_si512
#define ROR _mm512_ror_epi64
#define SHR _mm512_srli_epi64
#define SHL _mm512_slli_epi64
#define XOR3(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0x96)
#define CHOOSE(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0xca)
#define MAJORITY(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0xe8)

#define NAME spin_avx512
#define GROUPS 1
#include "spin_lanes.h"
#undef NAME
#undef GROUPS

#define NAME spin_avx512_twice
#define GROUPS 2
#include "spin_lanes.h"

#endif
