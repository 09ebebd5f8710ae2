/* One kernel's body; a .c file defines what its processor calls each thing and includes this.
 *
 * NAME, TARGET        the function, and the instructions that it may use
 * V, LANES, GROUPS    a register of LANES 64-bit words; GROUPS of them go through a turn together
 * SET, ADD, XOR, ROR, SHR, SHL, XOR3, CHOOSE, MAJORITY
 *
 * First the whole message schedule with the rounds' constants is laid into memory, then the rounds run:
 * doing both at once needs more registers than there are. In a round, h + K + W and d are added ahead, so
 * that a rotation, an exclusive or and an addition are all that the next round waits for. */

#define SIGMA(x, r, s, t) XOR3(ROR(x, r), ROR(x, s), ROR(x, t))
#define SMALL_SIGMA(x, r, s, t) XOR3(ROR(x, r), ROR(x, s), SHR(x, t))

#define ROUND(a, b, c, d, e, f, g, h, t)                                  \
    _Pragma("GCC unroll 2") for (int n = 0; n < GROUPS; n++) {            \
        V ahead = ADD(ADD(h[n], laid[t][n]), CHOOSE(e[n], f[n], g[n]));   \
        V big = SIGMA(e[n], 14, 18, 41);                                  \
        V rest = ADD(SIGMA(a[n], 28, 34, 39), MAJORITY(a[n], b[n], c[n])); \
        d[n] = ADD(ADD(d[n], ahead), big);                                \
        h[n] = ADD(ADD(ahead, rest), big);                                \
    }

TARGET void NAME(uint64_t (*words)[LANES * GROUPS], uint32_t turns) {
    V digest[SPIN_WORDS][GROUPS];
    V laid[SPIN_ROUNDS][GROUPS];
    memcpy(digest, words, sizeof digest);
    for (uint32_t turn = 0; turn < turns; turn++) {
        for (int n = 0; n < GROUPS; n++) {
            V w[16];
            w[0] = XOR(SET(spin_counter_word(turn)), SHR(digest[0][n], 32));
#pragma GCC unroll 7
            for (int i = 1; i < SPIN_WORDS; i++)
                w[i] = XOR(SHL(digest[i - 1][n], 32), SHR(digest[i][n], 32));
            w[8] = XOR(SHL(digest[7][n], 32), SET(SPIN_END_MARK));
#pragma GCC unroll 6
            for (int i = 9; i < 15; i++)
                w[i] = SET(0);
            w[15] = SET(SPIN_MESSAGE_BITS);
            for (int t = 0; t < SPIN_ROUNDS - 16; t += 16) {
#pragma GCC unroll 16
                for (int i = 0; i < 16; i++) {
                    laid[t + i][n] = ADD(w[i], SET(spin_rounds[t + i]));
                    V later = SMALL_SIGMA(w[(i + 1) & 15], 1, 8, 7);
                    V late = SMALL_SIGMA(w[(i + 14) & 15], 19, 61, 6);
                    w[i] = ADD(ADD(w[i], w[(i + 9) & 15]), ADD(later, late));
                }
            }
#pragma GCC unroll 16
            for (int i = 0; i < 16; i++)
                laid[SPIN_ROUNDS - 16 + i][n] = ADD(w[i], SET(spin_rounds[SPIN_ROUNDS - 16 + i]));
        }
        V a[GROUPS], b[GROUPS], c[GROUPS], d[GROUPS], e[GROUPS], f[GROUPS], g[GROUPS], h[GROUPS];
        for (int n = 0; n < GROUPS; n++) {
            a[n] = SET(spin_start[0]), b[n] = SET(spin_start[1]), c[n] = SET(spin_start[2]);
            d[n] = SET(spin_start[3]), e[n] = SET(spin_start[4]), f[n] = SET(spin_start[5]);
            g[n] = SET(spin_start[6]), h[n] = SET(spin_start[7]);
        }
        for (int t = 0; t < SPIN_ROUNDS; t += 8) {
            ROUND(a, b, c, d, e, f, g, h, t)
            ROUND(h, a, b, c, d, e, f, g, t + 1)
            ROUND(g, h, a, b, c, d, e, f, t + 2)
            ROUND(f, g, h, a, b, c, d, e, t + 3)
            ROUND(e, f, g, h, a, b, c, d, t + 4)
            ROUND(d, e, f, g, h, a, b, c, t + 5)
            ROUND(c, d, e, f, g, h, a, b, t + 6)
            ROUND(b, c, d, e, f, g, h, a, t + 7)
        }
        for (int n = 0; n < GROUPS; n++) {
            digest[0][n] = ADD(a[n], SET(spin_start[0])), digest[1][n] = ADD(b[n], SET(spin_start[1]));
            digest[2][n] = ADD(c[n], SET(spin_start[2])), digest[3][n] = ADD(d[n], SET(spin_start[3]));
            digest[4][n] = ADD(e[n], SET(spin_start[4])), digest[5][n] = ADD(f[n], SET(spin_start[5]));
            digest[6][n] = ADD(g[n], SET(spin_start[6])), digest[7][n] = ADD(h[n], SET(spin_start[7]));
        }
    }
    memcpy(words, digest, sizeof digest);
    wipe(laid, sizeof laid);
    wipe(digest, sizeof digest);
}
