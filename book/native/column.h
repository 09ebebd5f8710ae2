/* One column of a batch, found once, and how each of its values becomes a cell. */
#ifndef SEALEDBOOK_COLUMN_H
#define SEALEDBOOK_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arrow.h"

enum {
    COLUMN_HEAD = 16,      /* room for `<c r="XFD` */
    COLUMN_CELL = 160      /* no cell is longer than this, its text apart */
};

/* The sheet's row number in digits. */
struct row_digits {
    char text[24];
    size_t length;
};

struct column;

/* Writes the value at `place` (the batch's offset included) if it fits before `end`. Returns the new end,
 * `out` itself where a blank makes no cell, COLUMN_FULL or COLUMN_UNWRITABLE. */
typedef uint8_t *column_writer(const struct column *column, int64_t place, const struct row_digits *row,
                               uint8_t *out, const uint8_t *end);

extern uint8_t column_signals[2];
#define COLUMN_FULL (&column_signals[0])
#define COLUMN_UNWRITABLE (&column_signals[1])

struct column {
    column_writer *write;
    const uint8_t *validity; /* NULL: no value is blank */
    const void *values;
    const uint8_t *bytes; /* of texts */
    const int32_t *tail_offsets;
    const uint8_t *tail_bytes;
    int64_t tails;
    int64_t offset;
    char head[COLUMN_HEAD];
    size_t head_length;
};

/* Read a column's type and buffers; false where its type has no cell. `number` counts from 0. */
bool column_open(struct column *column, int64_t number, const struct ArrowSchema *schema,
                 const struct ArrowArray *array, int64_t offset);

static inline bool column_has(const struct column *column, int64_t place) {
    return !column->validity || (column->validity[place >> 3] >> (place & 7) & 1);
}

#endif
