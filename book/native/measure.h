/* What a book tells of its columns besides their cells: how many are filled, how long their texts are. */
#ifndef SEALEDBOOK_MEASURE_H
#define SEALEDBOOK_MEASURE_H

#include <stdint.h>

#include "arrow.h"
#include "sheet.h"

struct column_measure {
    int64_t filled;  /* values that make a cell: neither blank nor an empty text */
    int64_t longest; /* characters of the longest text among the first `sample` rows; 0 for other types */
};

/* Measure every column of `batch`; `out` has room for each. */
enum sheet_status columns_measure(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                                  int64_t sample, struct column_measure *out);

#endif
