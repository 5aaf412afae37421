/*
 * A load generator that plays an MTA with several SMTP sessions at once, each with a milter connection of its own to
 * every filter, and messages out of files.  Prints one line of JSON: how many, how long, how long each message waited
 * at its end.  One thread for each session.
 */
#include "config.h"

#include "t/bench/mta.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILTERS_MAX 4
#define LINE_SIZE 2048

static const char usage[] =
    "usage: load [options] WORKLOAD\n"
    "  -s SOCKET  a filter: a path, or inet:PORT@ADDRESS; again for the next one in the row\n"
    "  -c N       sessions at once (1)\n"
    "  -n N       messages, of all sessions together (1000)\n"
    "  -m N       messages in a session, before it begins anew (100)\n"
    "  -r N       messages a second at most, of all sessions together (as many as go)\n"
    "  -w MS      the header comes so long after the recipient (0)\n"
    "  -a ADDR    the client's address (127.0.0.1)\n"
    "  -u USER    the client is authenticated\n"
    "WORKLOAD has a line for each message: file, sender, recipient, separated by tabs.  They are taken in turn.\n";

static struct {
    const char *filters[FILTERS_MAX];
    size_t n_filters;
    int sessions, messages, per_session, rate, pause_ms;
    struct client client;
    struct mail *mails;
    size_t n_mails;
    int next;                   /* atomic: number of the next message */
    int64_t start_us;
    int64_t *wait_us;           /* of each message, at its end */
    int answers[256];           /* atomic */
} load = { .sessions = 1, .messages = 1000, .per_session = 100, .client = { "client.example.com", "127.0.0.1", NULL } };

/* --- the workload ------------------------------------------------------------------ */

static void die(const char *what, const char *name)
{
    fprintf(stderr, "load: %s: %s\n", name, what);
    exit(2);
}

static char *copy_of(const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL)
        abort();
    return copy;
}

/* The file's text with its CRLFs; never freed. */
static char *read_whole(const char *path, size_t *len_r)
{
    FILE *file = fopen(path, "rb");
    long size;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0)
        die("cannot be read", path);
    rewind(file);
    char *text = malloc((size_t)size + 1);
    if (text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size)
        die("cannot be read", path);
    fclose(file);
    text[size] = '\0';
    *len_r = (size_t)size;
    return text;
}

/* The end of the header field at text: of its last line's content. */
static char *end_of_field(char *text)
{
    char *end = strstr(text, "\r\n");

    while (end != NULL && (end[2] == ' ' || end[2] == '\t'))
        end = strstr(end + 2, "\r\n");
    return end;
}

/* Folds as LF, which is how the protocol has them. */
static void unfold_ends(char *value)
{
    char *to = value;

    for (const char *from = value; *from != '\0'; from++) {
        if (*from != '\r')
            *to++ = *from;
    }
    *to = '\0';
}

static void read_mail(const char *path, struct mail *mail)
{
    size_t len;
    char *text = read_whole(path, &len), *at = text;

    while (strncmp(at, "\r\n", 2) != 0) {
        char *end = end_of_field(at), *colon = strchr(at, ':');
        if (end == NULL || colon == NULL || colon > end || mail->n_fields >= MTA_FIELDS_MAX / 2)
            die("is no message with CRLF lines and a short header", path);
        *end = *colon = '\0';
        mail->fields[mail->n_fields++] = (struct field){ at, colon + 1 };
        at = end + 2;
        unfold_ends(colon + 1);
    }
    mail->body = at + 2;
    mail->body_len = len - (size_t)(mail->body - text);
}

static void read_workload(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[LINE_SIZE], name[LINE_SIZE], sender[LINE_SIZE], recipient[LINE_SIZE];

    if (file == NULL)
        die("cannot be read", path);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "%[^\t]\t%[^\t]\t%[^\n]", name, sender, recipient) != 3)
            die("a line is not file, sender and recipient", path);
        load.mails = realloc(load.mails, (load.n_mails + 1) * sizeof(*load.mails));
        if (load.mails == NULL)
            abort();
        struct mail *mail = &load.mails[load.n_mails++];
        *mail = (struct mail){ .sender = copy_of(sender), .recipient = copy_of(recipient) };
        read_mail(name, mail);
    }
    fclose(file);
    if (load.n_mails == 0)
        die("no message is in it", path);
}

/* --- sessions ------------------------------------------------------------------------ */

/* As Postfix does: the envelope to each filter, then the content to one after the other, with what it added. */
static char send_mail(struct mta **filters, struct mail *mail, int64_t *wait_us_r)
{
    char last = 'c', answers[FILTERS_MAX];

    *wait_us_r = 0;
    for (size_t i = 0; i < load.n_filters; i++) {
        answers[i] = mta_envelope(filters[i], &load.client, mail);
        if (answers[i] != 'c')
            last = answers[i];
    }
    if (load.pause_ms > 0)
        usleep((useconds_t)load.pause_ms * 1000);
    for (size_t i = 0; i < load.n_filters && strchr("ca", last) != NULL; i++) {
        int64_t wait_us;
        if (answers[i] != 'c')
            continue;
        last = mta_content(filters[i], mail, &wait_us);
        *wait_us_r += wait_us;
    }
    return last;
}

static void keep_the_pace(int number)
{
    if (load.rate == 0)
        return;
    int64_t due_us = load.start_us + (int64_t)number * 1000000 / load.rate, now_us = mta_now_us();
    if (due_us > now_us)
        usleep((useconds_t)(due_us - now_us));
}

static void *run_session(void *unused)
{
    struct mta *filters[FILTERS_MAX] = { NULL };
    int sent = 0, number;

    (void)unused;
    while ((number = __atomic_fetch_add(&load.next, 1, __ATOMIC_RELAXED)) < load.messages) {
        char queue_id[16];
        struct mail mail = load.mails[(size_t)number % load.n_mails];
        keep_the_pace(number);
        for (size_t i = 0; sent % load.per_session == 0 && i < load.n_filters; i++) {
            if (filters[i] != NULL)
                mta_quit(&filters[i]);
            filters[i] = mta_connect(load.filters[i], &load.client);
        }
        snprintf(queue_id, sizeof(queue_id), "B%X", (unsigned int)number);
        mail.queue_id = queue_id;
        unsigned char answer = (unsigned char)send_mail(filters, &mail, &load.wait_us[number]);
        __atomic_fetch_add(&load.answers[answer], 1, __ATOMIC_RELAXED);
        sent++;
    }
    for (size_t i = 0; sent > 0 && i < load.n_filters; i++)
        mta_quit(&filters[i]);
    return NULL;
}

static void run_sessions(void)
{
    pthread_t *threads = calloc((size_t)load.sessions, sizeof(*threads));

    if (threads == NULL)
        abort();
    for (int i = 0; i < load.sessions; i++) {
        if (pthread_create(&threads[i], NULL, run_session, NULL) != 0)
            die("cannot start a thread", "pthread_create");
    }
    for (int i = 0; i < load.sessions; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

/* --- the report ------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static long long percentile(int permille)
{
    return load.wait_us[(int64_t)(load.messages - 1) * permille / 1000];
}

static void print_report(int64_t took_us)
{
    qsort(load.wait_us, (size_t)load.messages, sizeof(*load.wait_us), compare);
    printf("{\"messages\": %d, \"seconds\": %.6f, \"p50_us\": %lld, \"p99_us\": %lld, \"max_us\": %lld, \"answers\": {",
           load.messages, (double)took_us / 1e6, percentile(500), percentile(990), percentile(1000));
    const char *comma = "";
    for (int i = 0; i < 256; i++) {
        if (load.answers[i] == 0)
            continue;
        printf("%s\"%c\": %d", comma, i, load.answers[i]);
        comma = ", ";
    }
    printf("}}\n");
}

static int number_of(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (*end != '\0' || number < 1 || number > 100000000)
        die("is not a number from 1 up", text);
    return (int)number;
}

static void take_option(int option)
{
    switch (option) {
    case 's':
        if (load.n_filters == FILTERS_MAX)
            die("too many filters", optarg);
        load.filters[load.n_filters++] = optarg;
        break;
    case 'c': load.sessions = number_of(optarg); break;
    case 'n': load.messages = number_of(optarg); break;
    case 'm': load.per_session = number_of(optarg); break;
    case 'r': load.rate = number_of(optarg); break;
    case 'w': load.pause_ms = number_of(optarg); break;
    case 'a': load.client.address = optarg; break;
    case 'u': load.client.user = optarg; break;
    default:
        fputs(usage, stderr);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "s:c:n:m:r:w:a:u:")) != -1)
        take_option(option);
    if (optind != argc - 1 || load.n_filters == 0) {
        fputs(usage, stderr);
        return 2;
    }
    read_workload(argv[optind]);
    load.wait_us = calloc((size_t)load.messages, sizeof(*load.wait_us));
    if (load.wait_us == NULL)
        abort();
    load.start_us = mta_now_us();
    run_sessions();
    print_report(mta_now_us() - load.start_us);
    return 0;
}
