/*
 * Postfix's settings as postconf(1) tells them; see postconf.h.
 */
#include "config.h"

#include "lib/depart/postconf.h"
#include "lib/base/command.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/span.h"
#include "lib/base/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TIMEOUT_MS 20000
#define DEPTH_MAX 8             /* $name in values of $name */
#define VALUE_MAX 65536         /* bytes of an expanded value */
#define SEPARATORS ", \t\r\n"

static int compare_settings(const void *a, const void *b)
{
    return strcmp(((const struct postconf_setting *)a)->name, ((const struct postconf_setting *)b)->name);
}

static const char *find(const struct postconf_settings *settings, const char *name)
{
    struct postconf_setting key = { .name = (char *)(size_t)name };

    if (settings->count == 0)
        return NULL;
    const struct postconf_setting *found =
        bsearch(&key, settings->items, settings->count, sizeof(key), compare_settings);
    return found == NULL ? NULL : found->value;
}

static void sort(struct postconf_settings *settings)
{
    if (settings->count > 0)
        qsort(settings->items, settings->count, sizeof(*settings->items), compare_settings);
}

static int add(struct postconf_settings *settings, struct span name, struct span value, struct err *err)
{
    if (settings->count == POSTCONF_SETTINGS_MAX)
        return err_set(err, "postconf tells more than %d settings", POSTCONF_SETTINGS_MAX);
    settings->items = xgrow(settings->items, settings->count, &settings->capacity, sizeof(*settings->items));
    settings->items[settings->count++] =
        (struct postconf_setting){ xstrndup(name.at, name.len), xstrndup(value.at, value.len) };
    return 0;
}

/* The next line of a text that is read in place. */
static bool next_line(struct span *text, struct span *line_r)
{
    if (text->len == 0)
        return false;
    if (!span_cut(text, '\n', line_r)) {
        *line_r = *text;
        text->len = 0;
    }
    return true;
}

/* "NAME = VALUE" */
static bool is_setting(struct span line, struct span *name_r, struct span *value_r)
{
    if (!span_cut(&line, '=', name_r))
        return false;
    *name_r = span_trim(*name_r);
    *value_r = span_trim(line);
    return name_r->len > 0;
}

static int parse_settings(const char *text, struct postconf_settings *settings, struct err *err)
{
    struct span rest = { text, strlen(text) }, line, name, value;

    while (next_line(&rest, &line)) {
        if (is_setting(line, &name, &value) && add(settings, name, value, err) < 0)
            return -1;
    }
    sort(settings);
    return 0;
}

/* --- services ------------------------------------------------------------------------- */

static struct span next_column(struct span *line)
{
    *line = span_trim(*line);
    struct span column = { line->at, 0 };

    while (column.len < line->len && !isspace((unsigned char)column.at[column.len]))
        column.len++;
    line->at += column.len;
    line->len -= column.len;
    return column;
}

/* What "-" means in the column chroot: no since Postfix 3.0, unless it is to behave as before. */
static bool is_chrooted_by_default(const struct postconf *postconf)
{
    return atoi(postconf_text(postconf, NULL, "mail_version")) < 3 ||
           atoi(postconf_text(postconf, NULL, "compatibility_level")) < 1;
}

/* "smtp inet n - y - - smtpd -o ..." */
static int parse_service(struct span line, bool standard, struct postconf *postconf, struct err *err)
{
    struct span columns[8];

    for (int i = 0; i < 8; i++)
        columns[i] = next_column(&line);
    if (columns[7].len == 0)
        return 0;
    if (postconf->n_services == POSTCONF_SETTINGS_MAX)
        return err_set(err, "postconf tells more than %d services", POSTCONF_SETTINGS_MAX);
    postconf->services = xgrow(postconf->services, postconf->n_services, &postconf->capacity,
                               sizeof(*postconf->services));
    postconf->services[postconf->n_services++] = (struct postconf_service){
        .name = xstrndup(columns[0].at, columns[0].len),
        .type = xstrndup(columns[1].at, columns[1].len),
        .is_chrooted = span_is(columns[4], "-") ? standard : span_is(columns[4], "y"),
        .command = xstrndup(columns[7].at, columns[7].len),
    };
    return 0;
}

static int parse_services(const char *text, struct postconf *postconf, struct err *err)
{
    struct span rest = { text, strlen(text) }, line;
    bool standard = is_chrooted_by_default(postconf);

    while (next_line(&rest, &line)) {
        if (parse_service(line, standard, postconf, err) < 0)
            return -1;
    }
    return 0;
}

/* Takes "NAME/TYPE/" away where it is the service's. */
static bool is_of_service(const struct postconf_service *service, struct span *name)
{
    struct span rest = *name;

    if (!span_skip(&rest, service->name) || !span_skip(&rest, "/") || !span_skip(&rest, service->type) ||
        !span_skip(&rest, "/"))
        return false;
    *name = rest;
    return true;
}

static int parse_overrides(const char *text, struct postconf *postconf, struct err *err)
{
    struct span rest = { text, strlen(text) }, line, name, value;

    while (next_line(&rest, &line)) {
        if (!is_setting(line, &name, &value))
            continue;
        for (size_t i = 0; i < postconf->n_services; i++) {
            struct span inner = name;
            if (!is_of_service(&postconf->services[i], &inner))
                continue;
            if (add(&postconf->services[i].own, inner, value, err) < 0)
                return -1;
            break;
        }
    }
    return 0;
}

/* --- settings of main.cf that a service's own ones change --------------------------------- */

struct expansion {
    const struct postconf *postconf;
    const struct postconf_service *service;
    bool is_changed;            /* a value of the service's own is in it */
    bool is_simple;             /* no form that only Postfix can expand */
    struct str text;
};

/* The name at p, behind a "$", in any of the forms that have no condition; the bytes it takes, or 0. */
static size_t read_name(const char *p, struct span *name_r)
{
    const char *close = *p == '{' ? "}" : *p == '(' ? ")" : "";
    const char *at = p + (*close != '\0');
    size_t len = 0;

    while (isalnum((unsigned char)at[len]) || at[len] == '_')
        len++;
    *name_r = (struct span){ at, len };
    if (len == 0 || (*close != '\0' && at[len] != *close))
        return 0;
    return len + (*close != '\0' ? 2 : 0);
}

static void expand(struct expansion *x, const char *text, int depth)
{
    while (*text != '\0' && x->text.len < VALUE_MAX) {
        struct span name;
        if (*text != '$') {
            str_addc(&x->text, *text++);
            continue;
        }
        if (text[1] == '$') {
            str_addc(&x->text, '$');
            text += 2;
            continue;
        }
        size_t taken = read_name(text + 1, &name);
        char *key = xstrndup(name.at, name.len);
        const char *own = find(&x->service->own, key), *main_value = find(&x->postconf->raw, key);
        x->is_simple = x->is_simple && taken > 0 && depth > 0;
        x->is_changed = x->is_changed || own != NULL;
        if (own != NULL)
            str_add(&x->text, own);
        else if (main_value != NULL && depth > 0)
            expand(x, main_value, depth - 1);
        free(key);
        if (!x->is_simple)
            return;
        text += 1 + taken;
    }
}

/* "-o myhostname=news.example.com" changes smtp_helo_name too, which is $myhostname. */
static int inherit(const struct postconf *postconf, struct postconf_service *service, struct err *err)
{
    struct postconf_settings more = { 0 };
    int rc = 0;

    for (size_t i = 0; service->own.count > 0 && i < postconf->raw.count && rc == 0; i++) {
        const struct postconf_setting *setting = &postconf->raw.items[i];
        if (strchr(setting->value, '$') == NULL || find(&service->own, setting->name) != NULL)
            continue;
        struct expansion x = { .postconf = postconf, .service = service, .is_simple = true, .text = STR_EMPTY };
        expand(&x, setting->value, DEPTH_MAX);
        if (x.is_simple && x.is_changed)
            rc = add(&more, (struct span){ setting->name, strlen(setting->name) },
                     (struct span){ str_get(&x.text), x.text.len }, err);
        str_clear(&x.text);
    }
    for (size_t i = 0; i < more.count; i++) {
        service->own.items = xgrow(service->own.items, service->own.count, &service->own.capacity,
                                   sizeof(*service->own.items));
        service->own.items[service->own.count++] = more.items[i];
    }
    free(more.items);
    sort(&service->own);
    return rc;
}

/* --- the whole ---------------------------------------------------------------------------- */

int postconf_parse(const char *const texts[POSTCONF_QUESTIONS], struct postconf *postconf_r, struct err *err)
{
    *postconf_r = (struct postconf){ .services = NULL };
    int rc = parse_settings(texts[POSTCONF_RAW], &postconf_r->raw, err);
    if (rc == 0)
        rc = parse_settings(texts[POSTCONF_EXPANDED], &postconf_r->settings, err);
    if (rc == 0 && find(&postconf_r->settings, "mail_version") == NULL)
        rc = err_set(err, "postconf tells no settings of Postfix");
    if (rc == 0)
        rc = parse_services(texts[POSTCONF_SERVICES], postconf_r, err);
    if (rc == 0)
        rc = parse_overrides(texts[POSTCONF_OVERRIDES], postconf_r, err);
    for (size_t i = 0; i < postconf_r->n_services && rc == 0; i++) {
        sort(&postconf_r->services[i].own);
        rc = inherit(postconf_r, &postconf_r->services[i], err);
    }
    if (rc < 0)
        postconf_clear(postconf_r);
    return rc;
}

static int ask(const char *directory, const char *option, struct str *text, struct err *err)
{
    char *program = command_find("postconf");
    const char *argv[6] = { program, NULL };
    size_t n = 1;

    if (directory != NULL) {
        argv[n++] = "-c";
        argv[n++] = directory;
    }
    argv[n] = option;
    struct command command = { .argv = argv, .max_bytes = POSTCONF_OUTPUT_MAX, .timeout_ms = TIMEOUT_MS };
    int rc = command_run(&command, text, err) < 0 ? err_prefix(err, "cannot ask Postfix for its settings") : 0;
    free(program);
    return rc;
}

int postconf_read(const char *directory, struct postconf *postconf_r, struct err *err)
{
    static const char *const options[POSTCONF_QUESTIONS] = { NULL, "-x", "-M", "-Px" };
    struct str outputs[POSTCONF_QUESTIONS];
    const char *texts[POSTCONF_QUESTIONS];
    int rc = 0;

    for (int i = 0; i < POSTCONF_QUESTIONS; i++) {
        str_init(&outputs[i]);
        if (rc == 0)
            rc = ask(directory, options[i], &outputs[i], err);
        texts[i] = str_get(&outputs[i]);
    }
    if (rc == 0)
        rc = postconf_parse(texts, postconf_r, err);
    for (int i = 0; i < POSTCONF_QUESTIONS; i++)
        str_clear(&outputs[i]);
    return rc;
}

static void clear_settings(struct postconf_settings *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        free(settings->items[i].name);
        free(settings->items[i].value);
    }
    free(settings->items);
    *settings = (struct postconf_settings){ 0 };
}

void postconf_clear(struct postconf *postconf)
{
    clear_settings(&postconf->raw);
    clear_settings(&postconf->settings);
    for (size_t i = 0; i < postconf->n_services; i++) {
        struct postconf_service *service = &postconf->services[i];
        free(service->name);
        free(service->type);
        free(service->command);
        clear_settings(&service->own);
    }
    free(postconf->services);
    *postconf = (struct postconf){ .services = NULL };
}

const char *postconf_get(const struct postconf *postconf, const struct postconf_service *service, const char *name)
{
    const char *own = service == NULL ? NULL : find(&service->own, name);

    return own != NULL ? own : find(&postconf->settings, name);
}

const char *postconf_text(const struct postconf *postconf, const struct postconf_service *service, const char *name)
{
    const char *value = postconf_get(postconf, service, name);

    return value == NULL ? "" : value;
}

bool postconf_is_yes(const struct postconf *postconf, const struct postconf_service *service, const char *name)
{
    return strcasecmp(postconf_text(postconf, service, name), "yes") == 0;
}

bool postconf_has_own(const struct postconf_service *service, const char *name)
{
    return find(&service->own, name) != NULL;
}

char *postconf_next_word(struct postconf_words *words)
{
    const char *start = words->rest + strspn(words->rest, SEPARATORS);
    size_t len = 0;
    int depth = 0;

    while (start[len] != '\0' && (depth > 0 || strchr(SEPARATORS, start[len]) == NULL)) {
        depth += (start[len] == '{') - (start[len] == '}' && depth > 0);
        len++;
    }
    words->rest = start + len;
    if (len == 0)
        return NULL;
    if (start[0] == '{' && len > 1 && start[len - 1] == '}') {
        struct span inner = span_trim((struct span){ start + 1, len - 2 });
        return xstrndup(inner.at, inner.len);
    }
    return xstrndup(start, len);
}

bool postconf_has_word(const char *list, const char *word)
{
    struct postconf_words words = { list };
    bool is_found = false;
    char *one;

    while (!is_found && (one = postconf_next_word(&words)) != NULL) {
        is_found = strcasecmp(one, word) == 0;
        free(one);
    }
    return is_found;
}
