#include "text.h"

#include <string.h>

/* What a byte is to the writer. */
enum { PLAIN = 0, MARKUP, CONTROL, UNDERSCORE, WIDE };

static const uint8_t kind_of[256] = {
    ['&'] = MARKUP, ['<'] = MARKUP, ['>'] = MARKUP, ['_'] = UNDERSCORE,
    [0 ... 8] = CONTROL, [11 ... 31] = CONTROL, [128 ... 255] = WIDE,
};

static bool is_tail(uint8_t byte) { return (byte & 0xc0) == 0x80; }

/* Bytes of the UTF-8 character at `text`, or 0 where none of at most `left` bytes stands there. */
static size_t character_bytes(const uint8_t *text, size_t left) {
    uint8_t lead = text[0];
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead < 0xe0)
        return left >= 2 && is_tail(text[1]) ? 2 : 0;
    if ((lead & 0xf0) == 0xe0) {
        if (left < 3 || !is_tail(text[1]) || !is_tail(text[2]))
            return 0;
        bool overlong = lead == 0xe0 && text[1] < 0xa0;
        bool surrogate = lead == 0xed && text[1] >= 0xa0;
        return overlong || surrogate ? 0 : 3;
    }
    if (lead >= 0xf0 && lead < 0xf5) {
        if (left < 4 || !is_tail(text[1]) || !is_tail(text[2]) || !is_tail(text[3]))
            return 0;
        bool overlong = lead == 0xf0 && text[1] < 0x90;
        bool beyond = lead == 0xf4 && text[1] >= 0x90;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

bool text_is_writable(const uint8_t *text, size_t bytes) {
    uint8_t all = 0;
    for (size_t i = 0; i < bytes; i++)
        all |= text[i];
    if (all < 0x80)
        return bytes <= TEXT_MOST_UNITS;
    size_t units = 0;
    for (size_t i = 0; i < bytes;) {
        size_t size = character_bytes(text + i, bytes - i);
        if (size == 0)
            return false;
        units += size == 4 ? 2 : 1;
        i += size;
    }
    return units <= TEXT_MOST_UNITS;
}

static bool is_visible(uint8_t byte) { return byte > 0x20 && byte < 0x7f; }

bool text_needs_preserving(const uint8_t *text, size_t bytes) {
    return !is_visible(text[0]) || !is_visible(text[bytes - 1]);
}

static bool is_hex(uint8_t byte) {
    uint8_t letter = byte | 0x20;
    return (byte >= '0' && byte <= '9') || (letter >= 'a' && letter <= 'f');
}

/* U+FFFE and U+FFFF are characters of UTF-8 and not of XML. */
static bool is_noncharacter(const uint8_t *text, size_t left) {
    return left >= 3 && text[0] == 0xef && text[1] == 0xbf && text[2] >= 0xbe;
}

/* Whether `_` begins what would read as an escape, once a character after it is escaped too. */
static bool looks_like_escape(const uint8_t *text, size_t left) {
    if (left < 7 || text[1] != 'x')
        return false;
    for (int i = 2; i < 6; i++)
        if (!is_hex(text[i]))
            return false;
    return text[6] == '_' || kind_of[text[6]] == CONTROL || is_noncharacter(text + 6, left - 6);
}

static uint8_t *write_escape(uint8_t *out, unsigned code) {
    static const char digits[] = "0123456789ABCDEF";
    *out++ = '_';
    *out++ = 'x';
    for (int shift = 12; shift >= 0; shift -= 4)
        *out++ = (uint8_t)digits[code >> shift & 15];
    *out++ = '_';
    return out;
}

static uint8_t *write_markup(uint8_t *out, uint8_t byte) {
    const char *name = byte == '&' ? "&amp;" : byte == '<' ? "&lt;" : "&gt;";
    size_t length = strlen(name);
    memcpy(out, name, length);
    return out + length;
}

uint8_t *text_write(uint8_t *out, const uint8_t *text, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        uint8_t byte = text[i];
        switch (kind_of[byte]) {
        case PLAIN:
            *out++ = byte;
            break;
        case MARKUP:
            out = write_markup(out, byte);
            break;
        case CONTROL:
            out = write_escape(out, byte);
            break;
        case UNDERSCORE:
            if (looks_like_escape(text + i, bytes - i))
                out = write_escape(out, byte);
            else
                *out++ = byte;
            break;
        default:
            if (is_noncharacter(text + i, bytes - i)) {
                out = write_escape(out, 0xff00u | (text[i + 2] | 0xc0u));
                i += 2;
            } else {
                *out++ = byte;
            }
        }
    }
    return out;
}
