/*
 * Fuzz target: what a refusal means.  The first line is the server's name, the rest the reply.  Whatever it is, there
 * is one of the causes, codes that are codes, and something to tell a person; and the work is bounded.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/judge/reply.h"
#include "lib/judge/replytext.h"
#include "t/fuzz/fuzz.h"

static const struct replies *shipped(void)
{
    static struct replies *replies;
    struct err err = { "" };

    if (replies == NULL)
        replies = replies_load(NULL, &err);
    HOLDS(replies != NULL, "%s", err.text);
    return replies;
}

static void check_codes(const char *code, const char *enhanced)
{
    HOLDS(code[0] == '\0' || (strlen(code) == 3 && strspn(code, "0123456789") == 3 && code[0] >= '2' && code[0] <= '5'),
          "code '%s'", code);
    HOLDS(enhanced[0] == '\0' || (strspn(enhanced, "0123456789.") == strlen(enhanced) && enhanced[1] == '.' &&
                                  strchr("245", enhanced[0]) != NULL), "enhanced code '%s'", enhanced);
}

static void check_plain(const char *reply)
{
    struct replytext text;

    replytext_read(reply, &text);
    HOLDS(text.len < sizeof(text.plain) && strlen(text.plain) == text.len, "%zu bytes", text.len);
    HOLDS(text.said <= text.len, "%zu of %zu", text.said, text.len);
    HOLDS(text.len == 0 || (text.plain[0] != ' ' && text.plain[text.len - 1] != ' '), "spaces around '%s'", text.plain);
    HOLDS(strstr(text.plain, "  ") == NULL && strpbrk(text.plain, "\r\n\t") == NULL, "'%s' is not plain", text.plain);
    HOLDS(strstr(text.plain, text.code) != NULL, "%s is not in '%s'", text.code, text.plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *host = input_line(&input), *text = input_rest(&input);
    struct reply reply = { .text = text, .host = host, .status = host };
    struct explanation got;

    check_plain(text);
    replies_explain(shipped(), &reply, &got);
    HOLDS(got.cause < CAUSE_COUNT && !got.also[got.cause], "cause %d", (int)got.cause);
    check_codes(got.code, got.enhanced);
    HOLDS(got.text != NULL && got.remedy != NULL && got.page != NULL, "nothing to say of '%s'", text);
    HOLDS((got.receiver[0] == '\0') == (got.title == NULL), "receiver '%s' without a title", got.receiver);
    free(text);
    free(host);
    return 0;
}
