#include "sheet.h"

#include <stdlib.h>
#include <string.h>

#include "column.h"
#include "digits.h"

enum { ROW_FRAME = 64 }; /* room for `<row r="N">` and `</row>`, with what their copies overwrite */

static uint8_t *put(uint8_t *out, const char *piece) {
    size_t length = strlen(piece);
    memcpy(out, piece, length);
    return out + length;
}

/* One row, or COLUMN_FULL or COLUMN_UNWRITABLE. */
static uint8_t *write_row(const struct column *columns, int64_t count, int64_t place, uint64_t number,
                          uint8_t *out, const uint8_t *end) {
    struct row_digits row = {{0}, 0};
    if (end - out < ROW_FRAME)
        return COLUMN_FULL;
    row.length = (size_t)(digits_write((uint8_t *)row.text, number) - (uint8_t *)row.text);
    out = put(out, "<row r=\"");
    memcpy(out, row.text, row.length);
    out = put(out + row.length, "\">");
    for (int64_t i = 0; i < count; i++) {
        const struct column *column = &columns[i];
        int64_t at = place + column->offset;
        if (!column_has(column, at))
            continue;
        out = column->write(column, at, &row, out, end);
        if (out == COLUMN_FULL || out == COLUMN_UNWRITABLE)
            return out;
    }
    if (end - out < ROW_FRAME)
        return COLUMN_FULL;
    return put(out, "</row>");
}

enum sheet_status sheet_write(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                              int64_t first_row, uint8_t *out, size_t room, struct sheet_progress *progress) {
    int64_t count = schema->n_children;
    progress->bytes = 0;
    if (strcmp(schema->format, "+s") != 0 || count != batch->n_children || count > SHEET_MOST_COLUMNS)
        return SHEET_UNKNOWN;
    struct column *columns = calloc((size_t)count + 1, sizeof *columns);
    if (!columns)
        return SHEET_NO_MEMORY;
    enum sheet_status status = SHEET_OK;
    for (int64_t i = 0; i < count && status == SHEET_OK; i++)
        if (batch->children[i]->length < batch->offset + batch->length ||
            !column_open(&columns[i], i, schema->children[i], batch->children[i], batch->offset))
            status = SHEET_UNKNOWN;
    uint8_t *written = out;
    while (status == SHEET_OK && progress->row < batch->length) {
        uint8_t *next = write_row(columns, count, progress->row, (uint64_t)(first_row + progress->row),
                                  written, out + room);
        if (next == COLUMN_FULL)
            break;
        if (next == COLUMN_UNWRITABLE) {
            status = SHEET_UNWRITABLE;
            break;
        }
        written = next;
        progress->row++;
    }
    progress->bytes = (size_t)(written - out);
    free(columns);
    return status;
}
