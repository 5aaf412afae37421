/*
 * Fuzz target: a body as Postfix sends it.  The first line has what is known (limit, conversion), the second what
 * checks say, the rest is a message.  In whatever pieces it comes the same leaves; no line is over the limit; what is
 * converted has no 8-bit byte where it was labelled; and where nothing was done, it leaves as it came.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/depart/bodychange.h"
#include "t/fuzz/fuzz.h"

struct walk {
    const char *action;             /* "": no check */
    size_t asked;
    struct str out;
};

/* Every third text has the action. */
static const char *ask(void *context, enum bodychange_text what, const char *text, size_t len)
{
    struct walk *walk = context;

    (void)what;
    HOLDS(len > 0 && text != NULL, "asked about nothing");
    return walk->action[0] == '\0' || ++walk->asked % 3 != 0 ? NULL : walk->action;
}

static void write_out(void *context, const char *data, size_t len)
{
    struct walk *walk = context;

    str_addn(&walk->out, data, len);
}

/* Header fields up to the first empty line, then the body in pieces of so many bytes. */
static unsigned run(const struct bodychange_rules *rules, struct walk *walk, const struct input *message, size_t piece)
{
    struct bodychange_rules own = *rules;
    struct input input = *message;

    own.context = walk;
    struct bodychange *change = bodychange_new(&own);
    while (input_left(&input) > 0) {
        char *line = input_line(&input), *colon = strchr(line, ':');
        bool is_end = line[0] == '\0';
        if (colon != NULL) {
            *colon = '\0';
            bodychange_header(change, line, colon + 1);
        }
        free(line);
        if (is_end)
            break;
    }
    bodychange_end_of_header(change);
    for (size_t left = input_left(&input); left > 0; left = input_left(&input)) {
        size_t len = left < piece ? left : piece;
        bodychange_body(change, (const unsigned char *)input.at, len);
        input.at += len;
    }
    bodychange_end(change);
    unsigned done = bodychange_done(change);
    bodychange_free(&change);
    return done;
}

/* Lines of the body with CRLF; a CR before it counts to it. */
static void check_same(const struct input *message, const struct str *out)
{
    struct input input = *message;
    const char *got = str_get(out);
    size_t left = out->len;

    while (input_left(&input) > 0) {
        char *line = input_line(&input);
        bool is_end = line[0] == '\0';
        free(line);
        if (is_end)
            break;
    }
    while (input_left(&input) > 0) {
        const char *lf = memchr(input.at, '\n', input_left(&input)), *end = lf == NULL ? input.end : lf;
        size_t len = (size_t)(end - input.at);
        len -= len > 0 && input.at[len - 1] == '\r';
        HOLDS(left >= len + 2 && memcmp(got, input.at, len) == 0 && memcmp(got + len, "\r\n", 2) == 0,
              "%zu bytes before the end of %zu", left, out->len);
        got += len + 2;
        left -= len + 2;
        input.at = lf == NULL ? input.end : lf + 1;
    }
    HOLDS(left == 0, "%zu bytes more", left);
}

static void check_lines(const struct str *out, size_t limit)
{
    size_t line = 0;

    for (size_t i = 0; i < out->len; i++) {
        bool is_end = out->data[i] == '\r' && i + 1 < out->len && out->data[i + 1] == '\n';
        line = is_end ? 0 : line + 1;
        i += is_end;
        HOLDS(line <= limit, "%zu bytes in a line", line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *known = input_line(&input), *action = input_line(&input);
    struct walk whole = { .action = action, .out = STR_EMPTY }, parts = { .action = action, .out = STR_EMPTY };
    const struct bodychange_rules rules = {
        .converts_8bit = known[0] == 'c', .line_limit = known[0] == '\0' ? 0 : (size_t)atoi(known + 1) % 3000,
        .ask = ask, .write = write_out,
    };

    unsigned done = run(&rules, &whole, &input, size + 1);
    unsigned again = run(&rules, &parts, &input, 1 + size % 7);
    HOLDS(done == again, "%x and in pieces %x", done, again);
    HOLDS(whole.out.len == parts.out.len && memcmp(str_get(&whole.out), str_get(&parts.out), whole.out.len) == 0,
          "%zu bytes, and in pieces %zu", whole.out.len, parts.out.len);
    if (rules.line_limit > 1)
        check_lines(&whole.out, rules.line_limit);
    if (done == 0)
        check_same(&input, &whole.out);
    str_clear(&whole.out);
    str_clear(&parts.out);
    free(known);
    free(action);
    return 0;
}
