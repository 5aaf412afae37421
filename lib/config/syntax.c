/*
 * What the strings of a configuration may look like; see syntax.h.
 */
#include "config.h"

#include "lib/config/syntax.h"

#include "lib/base/domain.h"
#include "lib/base/err.h"
#include "lib/base/ip.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define LINE_MAX_BYTES 1000
#define LABEL_MAX 64
#define SHOWN_MAX 100       /* bytes of a wrong text that an error repeats */

char *syntax_line(const char *text)
{
    size_t len = strlen(text);

    if (len > LINE_MAX_BYTES)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7f)
            return NULL;
    }
    return xstrdup(text);
}

char *syntax_item(const char *text)
{
    return *text == '\0' ? NULL : syntax_line(text);
}

char *syntax_domain(const char *text)
{
    char domain[DOMAIN_MAX];

    return domain_normalize(text, domain) < 0 ? NULL : xstrdup(domain);
}

char *syntax_domains(const char *text)
{
    char domain[DOMAIN_MAX];
    bool is_suffix = *text == '.';

    if (domain_normalize(text + is_suffix, domain) < 0)
        return NULL;
    return xasprintf("%s%s", is_suffix ? "." : "", domain);
}

char *syntax_pattern(const char *text)
{
    if (strcmp(text, "<>") == 0)
        return xstrdup(text);
    char *line = syntax_line(text);
    char *at = line == NULL ? NULL : strrchr(line, '@');
    char *domain = at == NULL || (at > line && at[1] == '.') ? NULL : syntax_domains(at + 1);
    char *pattern = NULL;
    if (domain != NULL) {
        *at = '\0';
        ascii_lower(line);
        pattern = xasprintf("%s@%s", line, domain);
    }
    free(domain);
    free(line);
    return pattern;
}

/* 1..65535 in plain digits up to the end or to stop; -1 for anything else. */
static long parse_port(const char *text, char stop)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 5 || (text[digits] != '\0' && text[digits] != stop))
        return -1;
    long port = strtol(text, NULL, 10);
    return port >= 1 && port <= 65535 ? port : -1;
}

static bool is_local_path(const char *path)
{
    char *line = syntax_line(path);
    bool ok = line != NULL && *path == '/' && strlen(path) < sizeof(((struct sockaddr_un *)NULL)->sun_path);

    free(line);
    return ok;
}

/* PORT or PORT@HOST, where HOST is an address of the family or a name. */
static bool is_inet(const char *text, int family)
{
    if (parse_port(text, '@') < 0)
        return false;
    const char *host = strchr(text, '@');
    if (host == NULL)
        return true;
    host++;
    struct ip_addr addr;
    if (ip_parse(host, &addr) == 0)
        return addr.family == family;
    char domain[DOMAIN_MAX];
    return domain_normalize(host, domain) == 0 && strspn(domain, "0123456789.") != strlen(domain);
}

char *syntax_socket(const char *text)
{
    const char *rest = strchr(text, ':');

    if (rest == NULL)
        return NULL;
    rest++;
    size_t len = (size_t)(rest - text);
    if (strncmp(text, "local:", len) == 0 || strncmp(text, "unix:", len) == 0)
        return is_local_path(rest) ? xasprintf("local:%s", rest) : NULL;
    if (strncmp(text, "inet:", len) == 0)
        return is_inet(rest, AF_INET) ? xstrdup(text) : NULL;
    if (strncmp(text, "inet6:", len) == 0)
        return is_inet(rest, AF_INET6) ? xstrdup(text) : NULL;
    return NULL;
}

char *syntax_server(const char *text)
{
    const char *at = strchr(text, '@');
    char *host = xstrndup(text, at == NULL ? strlen(text) : (size_t)(at - text));
    struct ip_addr addr;
    int rc = ip_parse(host, &addr);

    free(host);
    if (rc < 0 || !is_unicast(&addr))
        return NULL;
    char shown[IP_TEXT_MAX];
    ip_format(&addr, shown);
    if (at == NULL)
        return xstrdup(shown);
    long port = parse_port(at + 1, '\0');
    return port < 0 ? NULL : xasprintf("%s@%ld", shown, port);
}

char *syntax_table(const char *text)
{
    size_t type = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return type == 0 || text[type] != ':' || text[type + 1] == '\0' ? NULL : syntax_line(text);
}

char *syntax_label(const char *text)
{
    size_t len = strlen(text);
    size_t good = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    return len > 0 && len <= LABEL_MAX && good == len ? xstrdup(text) : NULL;
}

int syntax_refuse(struct err *err, const char *text, const char *why)
{
    struct str shown = STR_EMPTY;

    str_add_escaped(&shown, text, SHOWN_MAX, false);
    err_set(err, "'%s' %s", str_get(&shown), why);
    str_clear(&shown);
    return -1;
}

int syntax_accept(char *form, const char *text, const char *why, struct err *err)
{
    bool is_good = form != NULL;

    free(form);
    return is_good ? 0 : syntax_refuse(err, text, why);
}

bool is_unicast(const struct ip_addr *addr)
{
    static const uint8_t zero[16];

    if (memcmp(addr->bytes, zero, sizeof(zero)) == 0)
        return false;
    return addr->family == AF_INET ? addr->bytes[0] < 224 && addr->bytes[0] != 0 : addr->bytes[0] != 0xff;
}
