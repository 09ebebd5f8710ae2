/* The iterated SHA-512 of agile encryption (MS-OFFCRYPTO 2.3.4.11), for several passphrases at once.
 *
 * One turn hashes a little-endian 32-bit counter and the digest before: 68 bytes, one block. A digest
 * stays eight 64-bit words in registers; since the counter is half a word long, each word of the block
 * joins the halves of two words of the digest. Results are those of any SHA-512. */
#ifndef SEALEDBOOK_SPIN_H
#define SEALEDBOOK_SPIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { SPIN_WORDS = 8, SPIN_ROUNDS = 80, SPIN_DIGEST_BYTES = 64, SPIN_WIDEST = 16 };

#define SPIN_END_MARK 0x80000000u /* the bit after the message, below the last half word */
#define SPIN_MESSAGE_BITS 544u    /* 68 bytes */

/* Each kernel turns `digests`, word by word (words[i][lane]), `turns` times in place. */
void spin_scalar(uint64_t (*words)[1], uint32_t turns);
#if defined(__x86_64__)
void spin_avx2(uint64_t (*words)[4], uint32_t turns);
void spin_avx512(uint64_t (*words)[8], uint32_t turns);
void spin_avx512_twice(uint64_t (*words)[16], uint32_t turns);
#endif

extern const uint64_t spin_start[SPIN_WORDS];
extern const uint64_t spin_rounds[SPIN_ROUNDS];

/* The first word of a turn's block: the counter's four bytes, then half a word of the digest. */
static inline uint64_t spin_counter_word(uint32_t turn) {
    return (uint64_t)__builtin_bswap32(turn) << 32;
}

/* Overwrite what was secret; the compiler can't leave it out. */
static inline void wipe(void *place, size_t bytes) {
    memset(place, 0, bytes);
    __asm__ volatile("" : : "r"(place) : "memory");
}

#endif
