/*
 * A reply inside what is written around it; see said.h.
 */
#include "config.h"

#include "lib/bounce/said.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/bounce/bounce.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_alnum(char c)
{
    return isalnum((unsigned char)c) != 0;
}

bool is_reply_code(const char *text)
{
    return (text[0] == '4' || text[0] == '5') && text[1] >= '0' && text[1] <= '7' && is_digit(text[2]) &&
        (text[3] == '\0' || text[3] == ' ' || text[3] == '-');
}

size_t enhanced_code_length(const char *text)
{
    const char *p = text + 1;

    if (text[0] != '4' && text[0] != '5')
        return 0;
    for (int part = 0; part < 2; part++) {
        if (*p != '.' || !is_digit(p[1]))
            return 0;
        size_t digits = strspn(p + 1, "0123456789");
        if (digits > 3)
            return 0;
        p += 1 + digits;
    }
    return is_alnum(*p) || (*p == '.' && is_digit(p[1])) ? 0 : (size_t)(p - text);
}

char *reply_squeeze(const char *text, size_t len)
{
    struct str out = STR_EMPTY;
    bool has_gap = false;

    for (size_t i = 0; i < len && out.len < BOUNCE_REPLY_MAX - 1; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c == 0x7f) {
            has_gap = out.len > 0;
            continue;
        }
        if (has_gap)
            str_addc(&out, ' ');
        has_gap = false;
        str_addc(&out, (char)c);
    }
    return str_steal(&out);
}

size_t address_length(const char *text)
{
    size_t local = text[0] == '"' ? strcspn(text + 1, "\"\r\n") + 2 : strcspn(text, "@ \t\r\n<>()[],;:\"'");

    if (local == 0 || memchr(text, '\0', local) != NULL || text[local] != '@')
        return 0;
    if (text[0] == '"' && text[local - 1] != '"')
        return 0;
    const char *domain = text + local + 1, *p = domain;
    while (is_alnum(*p) || *p == '-' || *p == '.' || *p == '_' || (unsigned char)*p >= 0x80)
        p++;
    while (p > domain && p[-1] == '.')
        p--;
    return p == domain ? 0 : (size_t)(p - text);
}

char *address_copy(const char *text)
{
    const char *address = text + (*text == '<');
    size_t n = address_length(address);

    return n == 0 ? NULL : xstrndup(address, n);
}

/* --- who spoke --------------------------------------------------------------------- */

static size_t host_length(const char *text)
{
    size_t n = 0;

    while (is_alnum(text[n]) || (n > 0 && (text[n] == '.' || text[n] == '-' || text[n] == '_')))
        n++;
    while (n > 0 && (text[n - 1] == '.' || text[n - 1] == '-'))
        n--;
    return n;
}

/* Words a host's name follows; where one must be seen behind it, so that "host" in a sentence is none. */
static const struct {
    const char *before;
    bool needs_address;         /* "[192.0.2.1]", "(192.0.2.1)" or " said" */
} host_marks[] = {
    { "host ", true }, { "host: ", true }, { "connect to ", true }, { "lost connection with ", true },
    { "conversation with ", true }, { "while talking to ", false }, { "Connected to ", false }, { "H=", true },
    { "refused by ", true },
};

static bool is_host_confirmed(const char *after)
{
    static const char *const words[] = { " said", " refused to talk", " did not like", " gave this error" };

    after += strspn(after, ".");
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strncmp(after, words[i], strlen(words[i])) == 0)
            return true;
    }
    after += *after == ' ';
    return (*after == '[' || *after == '(') && (is_digit(after[1]) || strchr(after, ':') != NULL);
}

static char *host_at(const char *text, bool needs_address)
{
    size_t n = host_length(text);

    /* A name has a dot; "host localhost[127.0.0.1]" shows its address. */
    if (n == 0 || (needs_address ? !is_host_confirmed(text + n) : memchr(text, '.', n) == NULL))
        return NULL;
    return xstrndup(text, n);
}

/* "mx.example.net[192.0.2.1] did not like ...", "192.0.2.1 does not like recipient.", "<mx.example.net #5.1.1 ...>" */
static char *leading_host(const char *text)
{
    text += strspn(text, "#<'\"");
    size_t n = host_length(text);

    if (n == 0 || is_reply_code(text) || memchr(text, '.', n) == NULL)
        return NULL;
    bool is_told = is_host_confirmed(text + n) || strncmp(text + n, " #", 2) == 0 ||
        strncmp(text + n, " does not like", 14) == 0 || strncmp(text + n, " failed after I sent", 20) == 0;
    return is_told ? xstrndup(text, n) : NULL;
}

static char *find_host(const char *text)
{
    char *host = leading_host(text);

    for (const char *p = strstr(text, "<"); host == NULL && p != NULL; p = strstr(p + 1, "<")) {
        size_t n = host_length(p + 1);
        if (n > 0 && strncmp(p + 1 + n, " #", 2) == 0 && memchr(p + 1, '.', n) != NULL)
            host = xstrndup(p + 1, n);
    }

    for (size_t i = 0; host == NULL && i < sizeof(host_marks) / sizeof(host_marks[0]); i++) {
        const char *mark = host_marks[i].before, *at = text;
        while (host == NULL && (at = strcasestr(at, mark)) != NULL) {
            bool is_word = at == text || !is_alnum(at[-1]);
            at += strlen(mark);
            host = is_word ? host_at(at, host_marks[i].needs_address) : NULL;
        }
    }
    return host;
}

/* --- what was said ------------------------------------------------------------------- */

/* Words that a reply follows.  Case is theirs: MTAs write them, not people. */
static const char *const reply_marks[] = {
    " said: ", "refused to talk to me: ", "Remote host said: ", "Remote_host_said:_", "gave this error: ",
    "Remote Server returned '", "Remote server returned '", "Remote server returned ", "server was: ", "returned was: ",
    "response was: ", " smtp;", "<<< ", "(reason: ",
};

/* A code that begins a reply: at the start, or behind what ends the words before it. */
static const char *find_code(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        bool is_start = p == text || strchr(":;'\"(", p[-1]) != NULL ||
            (p[-1] == ' ' && p - 1 > text && strchr(":;", p[-2]) != NULL);
        if (is_start && (is_reply_code(p) || enhanced_code_length(p) > 0))
            return p;
    }
    return NULL;
}

static const char *find_reply(const char *text)
{
    const char *best = find_code(text);

    for (size_t i = 0; i < sizeof(reply_marks) / sizeof(reply_marks[0]); i++) {
        const char *at = strstr(text, reply_marks[i]);
        if (at == NULL)
            continue;
        at += strlen(reply_marks[i]);
        at += *at == ' ';
        if (*at != '\0' && (best == NULL || at < best))
            best = at;
    }
    return best;
}

static void cut_at(char *text, const char *mark)
{
    char *at = strstr(text, mark);

    if (at != NULL && at > text)
        *at = '\0';
}

/* What the writer closes the reply with. */
static void cut_tail(char *reply, char opened_by)
{
    cut_at(reply, " (in reply to ");
    cut_at(reply, " >>> ");
    cut_at(reply, " Giving up on ");
    cut_at(reply, "> #SMTP#");
    size_t n = strlen(reply);
    char closing = opened_by == '\'' ? '\'' : opened_by == '(' ? ')' : opened_by == '<' ? '>' : '\0';
    while (n > 1 && closing != '\0' && (reply[n - 1] == closing || reply[n - 1] == ' '))
        reply[--n] = '\0';
}

static char opener(const char *text, const char *reply)
{
    const char *p = reply;

    if (reply == text)
        return '\0';
    if (reply[-1] == '\'')
        return '\'';
    if (reply - text >= 9 && strncmp(reply - 9, "(reason: ", 9) == 0)
        return '(';
    /* Exchange's "<mx.example.net #5.1.1 smtp;550 ...>" */
    while (p > text && *p != '<' && *p != '>')
        p--;
    return *p == '<' && strchr(reply, '<') == NULL ? '<' : '\0';
}

/* Sendmail's mark of each line that came from the other side. */
static void drop_arrows(char *reply)
{
    static const char arrows[] = "<<< ";
    char *out = reply;

    for (const char *p = reply; *p != '\0';) {
        if (strncmp(p, arrows, sizeof(arrows) - 1) == 0)
            p += sizeof(arrows) - 1;
        else
            *out++ = *p++;
    }
    *out = '\0';
}

/* "Sorry, no mailbox here by that name. (#5.1.1)" */
static bool has_enhanced_code(const char *text)
{
    for (const char *p = strchr(text, '#'); p != NULL; p = strchr(p + 1, '#')) {
        if (enhanced_code_length(p + 1) > 0)
            return true;
    }
    return false;
}

/* qmail's way of saying it in one word. */
static void undo_underscores(char *reply)
{
    if (strchr(reply, ' ') != NULL)
        return;
    for (char *p = reply; *p != '\0'; p++) {
        if (*p == '_')
            *p = ' ';
    }
}

bool reply_extract(char *text, char **host)
{
    const char *reply = find_reply(text);
    char *found = find_host(text);
    bool has_host = found != NULL;

    if (*host == NULL)
        *host = found;
    else
        free(found);
    if (reply == NULL)
        return has_host || has_enhanced_code(text);
    char opened_by = opener(text, reply);
    memmove(text, reply, strlen(reply) + 1);
    cut_tail(text, opened_by);
    drop_arrows(text);
    undo_underscores(text);
    return true;
}
