/*
 * The MTA's side of the milter protocol; see mta.h.  Packets are a 32-bit length, a command and data.
 */
#include "config.h"

#include "t/bench/mta.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PROTOCOL 6
#define ACTIONS 0x1ffu
#define STEPS 0x1fffffu
#define STEP_LEADING_SPACE 0x100000u
#define CHUNK 65535
#define OUT_SIZE (128 * 1024)
#define IN_SIZE 8192            /* of an answer; nobody sends a body back here */
#define ADDED_MAX 4             /* fields that filters add to one message */

/* command, "the filter wants none of these", "the filter sends no reply" */
struct stage {
    char letter;
    uint32_t unwanted, silent;
};
static const struct stage stage_connect = { 'C', 0x1, 0x1000 }, stage_helo = { 'H', 0x2, 0x2000 },
    stage_mail = { 'M', 0x4, 0x4000 }, stage_rcpt = { 'R', 0x8, 0x8000 }, stage_data = { 'T', 0x200, 0x10000 },
    stage_header = { 'L', 0x20, 0x80 }, stage_eoh = { 'N', 0x40, 0x40000 }, stage_body = { 'B', 0x10, 0x80000 },
    stage_end = { 'E', 0, 0 };

struct mta {
    int fd;
    const char *address;
    uint32_t steps;             /* as negotiated */
    char out[OUT_SIZE];
    size_t used;
    char in[IN_SIZE];           /* the data of the last packet, ended by a NUL */
    size_t in_len;
    char added[ADDED_MAX][IN_SIZE + 1];
    size_t n_added;
};

int64_t mta_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void give_up(const struct mta *mta, const char *what)
{
    fprintf(stderr, "load: %s: %s: %s\n", mta->address, what, errno != 0 ? strerror(errno) : "protocol error");
    exit(1);
}

/* --- packets ------------------------------------------------------------------- */

static void send_all(struct mta *mta, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(mta->fd, data, len, MSG_NOSIGNAL);
        if (n < 0)
            give_up(mta, "send");
        data += n;
        len -= (size_t)n;
    }
}

static void flush_out(struct mta *mta)
{
    send_all(mta, mta->out, mta->used);
    mta->used = 0;
}

static void put(struct mta *mta, const void *data, size_t len)
{
    if (len > OUT_SIZE - mta->used)
        flush_out(mta);
    memcpy(mta->out + mta->used, data, len);
    mta->used += len;
}

static void begin_packet(struct mta *mta, char letter, size_t len)
{
    uint32_t size = htonl((uint32_t)len + 1);

    put(mta, &size, sizeof(size));
    put(mta, &letter, 1);
}

static void receive_all(struct mta *mta, char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = recv(mta->fd, data, len, 0);
        if (n <= 0)
            give_up(mta, n == 0 ? "closed the connection" : "recv");
        data += n;
        len -= (size_t)n;
    }
}

static char receive_packet(struct mta *mta)
{
    char head[5];
    uint32_t size;

    receive_all(mta, head, sizeof(head));
    memcpy(&size, head, sizeof(size));
    mta->in_len = ntohl(size) - 1;
    errno = 0;
    if (mta->in_len >= IN_SIZE)
        give_up(mta, "an answer is too long");
    receive_all(mta, mta->in, mta->in_len);
    mta->in[mta->in_len] = '\0';
    return head[4];
}

/* --- answers ------------------------------------------------------------------- */

/* data: "NAME\0VALUE\0" */
static void add_field(struct mta *mta, struct mail *mail, const char *data, size_t len, bool is_first)
{
    errno = 0;
    if (mta->n_added == ADDED_MAX || mail->n_fields == MTA_FIELDS_MAX)
        give_up(mta, "adds too many fields");
    char *copy = mta->added[mta->n_added++];
    memcpy(copy, data, len);
    copy[len] = '\0';
    struct field field = { copy, copy + strlen(copy) + 1 };
    size_t at = is_first ? 0 : mail->n_fields;
    memmove(mail->fields + at + 1, mail->fields + at, (mail->n_fields - at) * sizeof(field));
    mail->fields[at] = field;
    mail->n_fields++;
}

static char await_answer(struct mta *mta, struct mail *mail)
{
    flush_out(mta);
    for (;;) {
        char letter = receive_packet(mta);
        errno = 0;
        if (strchr("catrys", letter) != NULL)
            return letter;
        if (mail != NULL && letter == 'h')
            add_field(mta, mail, mta->in, mta->in_len, false);
        else if (mail != NULL && letter == 'i' && mta->in_len > 4)
            add_field(mta, mail, mta->in + 4, mta->in_len - 4, true);
        else if (strchr("pm", letter) == NULL)
            give_up(mta, "an unknown answer");
    }
}

/* What the filter neither wants nor answers is "continue". */
static char end_command(struct mta *mta, const struct stage *stage)
{
    return (mta->steps & stage->silent) != 0 ? 'c' : await_answer(mta, NULL);
}

static bool is_wanted(const struct mta *mta, const struct stage *stage)
{
    return (mta->steps & stage->unwanted) == 0;
}

/* --- commands ------------------------------------------------------------------ */

struct macro {
    const char *name, *value;   /* value NULL: not sent */
};

static void send_macros(struct mta *mta, const struct stage *stage, const struct macro *macros, size_t n)
{
    size_t len = 1;

    for (size_t i = 0; i < n; i++) {
        if (macros[i].value != NULL)
            len += strlen(macros[i].name) + strlen(macros[i].value) + 2;
    }
    begin_packet(mta, 'D', len);
    put(mta, &stage->letter, 1);
    for (size_t i = 0; i < n; i++) {
        if (macros[i].value == NULL)
            continue;
        put(mta, macros[i].name, strlen(macros[i].name) + 1);
        put(mta, macros[i].value, strlen(macros[i].value) + 1);
    }
}

#define SEND_MACROS(mta, stage, macros) send_macros(mta, stage, macros, sizeof(macros) / sizeof((macros)[0]))

static char send_string(struct mta *mta, const struct stage *stage, const char *text)
{
    begin_packet(mta, stage->letter, strlen(text) + 1);
    put(mta, text, strlen(text) + 1);
    return end_command(mta, stage);
}

static void negotiate(struct mta *mta)
{
    uint32_t offer[3] = { htonl(PROTOCOL), htonl(ACTIONS), htonl(STEPS) }, answer[3];

    begin_packet(mta, 'O', sizeof(offer));
    put(mta, offer, sizeof(offer));
    flush_out(mta);
    errno = 0;
    if (receive_packet(mta) != 'O' || mta->in_len < sizeof(answer))
        give_up(mta, "no negotiation");
    memcpy(answer, mta->in, sizeof(answer));
    mta->steps = ntohl(answer[2]);
}

static void greet(struct mta *mta, const struct client *client)
{
    const struct macro macros[] = {
        { "j", "mail.example.com" }, { "{daemon_name}", "mail.example.com" }, { "{daemon_addr}", "127.0.0.1" },
        { "v", "Postfix 3.7.11" },
    };
    uint16_t port = htons(40000);

    if (is_wanted(mta, &stage_connect)) {
        SEND_MACROS(mta, &stage_connect, macros);
        begin_packet(mta, 'C', strlen(client->name) + strlen(client->address) + 5);
        put(mta, client->name, strlen(client->name) + 1);
        put(mta, "4", 1);
        put(mta, &port, sizeof(port));
        put(mta, client->address, strlen(client->address) + 1);
        end_command(mta, &stage_connect);
    }
    if (is_wanted(mta, &stage_helo))
        send_string(mta, &stage_helo, client->name);
}

static int open_socket(struct mta *mta)
{
    struct sockaddr_un local = { .sun_family = AF_UNIX };
    struct sockaddr_in inet = { .sin_family = AF_INET };
    unsigned int port;
    char host[64];

    if (sscanf(mta->address, "inet:%u@%63s", &port, host) == 2) {
        inet.sin_port = htons((uint16_t)port);
        inet_pton(AF_INET, host, &inet.sin_addr);
        mta->fd = socket(AF_INET, SOCK_STREAM, 0);
        return connect(mta->fd, (struct sockaddr *)&inet, sizeof(inet));
    }
    if (strlen(mta->address) >= sizeof(local.sun_path))
        give_up(mta, "the path is too long");
    memcpy(local.sun_path, mta->address, strlen(mta->address) + 1);
    mta->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    return connect(mta->fd, (struct sockaddr *)&local, sizeof(local));
}

struct mta *mta_connect(const char *address, const struct client *client)
{
    struct mta *mta = calloc(1, sizeof(*mta));

    if (mta == NULL)
        abort();
    mta->address = address;
    if (open_socket(mta) < 0)
        give_up(mta, "connect");
    negotiate(mta);
    greet(mta, client);
    return mta;
}

void mta_quit(struct mta **mta)
{
    begin_packet(*mta, 'Q', 0);
    flush_out(*mta);
    close((*mta)->fd);
    free(*mta);
    *mta = NULL;
}

static char send_address(struct mta *mta, const struct stage *stage, const char *address)
{
    char text[512];

    snprintf(text, sizeof(text), "<%s>", address);
    return send_string(mta, stage, text);
}

char mta_envelope(struct mta *mta, const struct client *client, const struct mail *mail)
{
    const struct macro of_mail[] = {
        { "{auth_type}", client->user == NULL ? NULL : "PLAIN" }, { "{auth_authen}", client->user },
        { "{mail_addr}", mail->sender }, { "{mail_host}", "receiver.test" }, { "{mail_mailer}", "smtp" },
    };
    const struct macro of_rcpt[] = {
        { "{rcpt_addr}", mail->recipient }, { "{rcpt_host}", "receiver.test" }, { "{rcpt_mailer}", "smtp" },
    };
    const struct macro of_data[] = { { "i", mail->queue_id } };
    char answer = 'c';

    if (is_wanted(mta, &stage_mail)) {
        SEND_MACROS(mta, &stage_mail, of_mail);
        answer = send_address(mta, &stage_mail, mail->sender);
    }
    if (answer == 'c' && is_wanted(mta, &stage_rcpt)) {
        SEND_MACROS(mta, &stage_rcpt, of_rcpt);
        answer = send_address(mta, &stage_rcpt, mail->recipient);
    }
    if (answer == 'c' && is_wanted(mta, &stage_data)) {
        SEND_MACROS(mta, &stage_data, of_data);
        begin_packet(mta, 'T', 0);
        answer = end_command(mta, &stage_data);
    }
    return answer;
}

static char send_field(struct mta *mta, const struct field *field)
{
    bool has_space = (mta->steps & STEP_LEADING_SPACE) != 0 || field->value[0] != ' ';
    const char *value = has_space ? field->value : field->value + 1;

    begin_packet(mta, 'L', strlen(field->name) + strlen(value) + 2);
    put(mta, field->name, strlen(field->name) + 1);
    put(mta, value, strlen(value) + 1);
    return end_command(mta, &stage_header);
}

static char send_header(struct mta *mta, const struct mail *mail)
{
    char answer = 'c';

    for (size_t i = 0; i < mail->n_fields && answer == 'c' && is_wanted(mta, &stage_header); i++)
        answer = send_field(mta, &mail->fields[i]);
    if (answer == 'c' && is_wanted(mta, &stage_eoh)) {
        begin_packet(mta, 'N', 0);
        answer = end_command(mta, &stage_eoh);
    }
    return answer;
}

static char send_body(struct mta *mta, const struct mail *mail)
{
    char answer = 'c';

    for (size_t at = 0; at < mail->body_len && answer == 'c' && is_wanted(mta, &stage_body); at += CHUNK) {
        size_t len = mail->body_len - at < CHUNK ? mail->body_len - at : CHUNK;
        begin_packet(mta, 'B', len);
        put(mta, mail->body + at, len);
        answer = end_command(mta, &stage_body);
    }
    return answer == 's' ? 'c' : answer;
}

char mta_content(struct mta *mta, struct mail *mail, int64_t *wait_us_r)
{
    const struct macro of_end[] = { { "i", mail->queue_id } };
    char answer;

    *wait_us_r = 0;
    mta->n_added = 0;
    answer = send_header(mta, mail);
    if (answer == 'c')
        answer = send_body(mta, mail);
    if (answer != 'c')
        return answer;
    SEND_MACROS(mta, &stage_end, of_end);
    begin_packet(mta, stage_end.letter, 0);
    int64_t start = mta_now_us();
    answer = await_answer(mta, mail);
    *wait_us_r = mta_now_us() - start;
    return answer;
}
