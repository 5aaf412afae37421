/*
 * Domain names as text; see domain.h.  The only user of idn2.h.
 */
#include "config.h"

#include "lib/base/domain.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <idn2.h>
#include <string.h>

static bool is_name_byte(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static bool has_valid_labels(const char *name)
{
    size_t label = 0;

    for (const char *p = name;; p++) {
        if (*p == '.' || *p == '\0') {
            if (label == 0 || label > 63)
                return false;
            label = 0;
            if (*p == '\0')
                return true;
        } else if (!is_name_byte((unsigned char)*p)) {
            return false;
        } else {
            label++;
        }
    }
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80)
            return false;
    }
    return true;
}

/* Non-ASCII text to A-labels, mapped as UTS #46 does for what people type. */
static int to_ascii(const char *text, char domain_r[DOMAIN_MAX])
{
    char *ascii = NULL;

    if (idn2_lookup_u8((const uint8_t *)text, (uint8_t **)&ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
        return -1;
    size_t len = strlen(ascii);
    bool fits = len < DOMAIN_MAX;
    if (fits)
        memcpy(domain_r, ascii, len + 1);
    idn2_free(ascii);
    return fits ? 0 : -1;
}

int domain_normalize(const char *text, char domain_r[DOMAIN_MAX])
{
    size_t len = strlen(text);

    if (len > 0 && text[len - 1] == '.')
        len--;
    if (len == 0 || len > 4 * (DOMAIN_MAX - 1))
        return -1;
    char bare[4 * DOMAIN_MAX];
    memcpy(bare, text, len);
    bare[len] = '\0';

    if (!is_ascii(bare)) {
        if (to_ascii(bare, domain_r) < 0)
            return -1;
    } else {
        if (len >= DOMAIN_MAX)
            return -1;
        memcpy(domain_r, bare, len + 1);
    }
    ascii_lower(domain_r);
    return has_valid_labels(domain_r) ? 0 : -1;
}

bool domain_is_under(const char *child, const char *parent)
{
    size_t n = strlen(child), m = strlen(parent);

    if (n < m || strcmp(child + n - m, parent) != 0)
        return false;
    return n == m || child[n - m - 1] == '.';
}

const char *address_domain(const char *address)
{
    const char *at = strrchr(address, '@');

    return at == NULL || at[1] == '\0' ? NULL : at + 1;
}

char *address_bare(const char *text)
{
    size_t len = strlen(text);

    if (len > 0 && text[0] == '<') {
        text++;
        len--;
        if (len > 0 && text[len - 1] == '>')
            len--;
    }
    return xstrndup(text, len);
}
