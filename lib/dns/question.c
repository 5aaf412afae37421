/*
 * Questions; see question.h.
 */
#include "config.h"

#include "lib/dns/question.h"

#include "lib/base/str.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static bool is_name(const char *name)
{
    size_t label = 0;

    for (const char *p = name; *p != '\0'; p++) {
        if (*p != '.')
            label++;
        else if (label == 0)
            return false;
        else
            label = 0;
        if (label > 63)
            return false;
    }
    return label > 0;
}

int question_init(struct question *q, const char *name, enum dns_type type)
{
    size_t len = strlen(name);
    if (len > 0 && name[len - 1] == '.')
        len--;
    if (len >= sizeof(q->name))
        return -1;
    memcpy(q->name, name, len);
    q->name[len] = '\0';
    if (!is_name(q->name))
        return -1;
    ascii_lower(q->name);
    q->type = type;

    uint32_t hash = 2166136261U ^ (uint32_t)type;
    for (const char *p = q->name; *p != '\0'; p++)
        hash = (hash ^ (uint8_t)*p) * 16777619U;
    q->hash = hash ^ (hash >> 15);
    return 0;
}

bool question_is_equal(const struct question *a, const struct question *b)
{
    return a->hash == b->hash && a->type == b->type && strcmp(a->name, b->name) == 0;
}

static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

void question_escape(const struct question *q, char text_r[QUESTION_ESCAPED_MAX])
{
    char *out = text_r;

    for (const char *p = q->name; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (is_plain(c))
            *out++ = *p;
        else
            out += snprintf(out, (size_t)(text_r + QUESTION_ESCAPED_MAX - out), "\\%03u", c);
    }
    *out = '\0';
}

size_t question_wire(const char *name, uint8_t wire_r[QUESTION_WIRE_MAX])
{
    size_t used = 0;

    while (*name != '\0') {
        size_t label = strcspn(name, ".");
        assert(label > 0 && label <= 63 && used + label + 2 <= QUESTION_WIRE_MAX);
        wire_r[used++] = (uint8_t)label;
        memcpy(wire_r + used, name, label);
        used += label;
        name += label + (name[label] == '.');
    }
    wire_r[used++] = 0;
    return used;
}
