/* One passphrase, on any processor. */

#include "spin.h"

#define TARGET
#define V uint64_t
#define LANES 1
#define GROUPS 1
#define SET(x) ((uint64_t)(x))
#define ADD(x, y) ((x) + (y))
#define XOR(x, y) ((x) ^ (y))
#define SHR(x, n) ((x) >> (n))
#define SHL(x, n) ((x) << (n))
#define ROR(x, n) ((x) >> (n) | (x) << (64 - (n)))
#define XOR3(x, y, z) ((x) ^ (y) ^ (z))
#define CHOOSE(x, y, z) (((x) & ((y) ^ (z))) ^ (z))
#define MAJORITY(x, y, z) ((((x) ^ (y)) & ((x) ^ (z))) ^ (x))
#define NAME spin_scalar
#include "spin_lanes.h"
