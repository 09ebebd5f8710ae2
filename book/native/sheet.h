/* Rows of a sheet from a batch of Arrow columns: the kernel's twin of `book/cells.py`.
 *
 * Law: what is written is, byte for byte, what cells.py writes. What can't be written without loss (a text
 * too long or not UTF-8, a day of no calendar, a type that isn't known) is handed back unwritten, and
 * cells.py says which row and column it was; no value leaves here but in a cell. */
#ifndef SEALEDBOOK_SHEET_H
#define SEALEDBOOK_SHEET_H

#include <stddef.h>
#include <stdint.h>

#include "arrow.h"

enum { SHEET_MOST_COLUMNS = 16384 };

enum sheet_status {
    SHEET_OK = 0,     /* rows were written until the batch ended or the next one had no room */
    SHEET_UNKNOWN,    /* a column of a type that has no cell */
    SHEET_UNWRITABLE, /* a value that has no cell */
    SHEET_NO_MEMORY
};

struct sheet_progress {
    int64_t row;  /* in: the batch's row to begin with; out: the first one that isn't written */
    size_t bytes; /* out: how much of `out` is filled, whole rows only */
};

/* Write rows of `batch` into `out`, which has `room` bytes; the batch's row 0 is the sheet's row
 * `first_row`. Progress without a row means that `room` was too little for it. */
enum sheet_status sheet_write(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                              int64_t first_row, uint8_t *out, size_t room, struct sheet_progress *progress);

#endif
