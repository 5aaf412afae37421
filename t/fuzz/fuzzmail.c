/*
 * Messages of the fuzz targets; see fuzzmail.h.
 */
#include "config.h"

#include "t/fuzz/fuzzmail.h"

#include "lib/base/err.h"
#include "lib/config/parse.h"
#include "lib/message/reader.h"
#include "lib/preflight.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/fuzzdns.h"

static const char configuration[] =
    "mode = enforce\n"
    "egress bulk { senders = { \"@news.example.com\" } addresses = { \"192.0.2.9\" } helo = \"news.example.com\" }\n"
    "egress own { senders = { \"@own.example.com\" } helo = \"own.example.com\" }\n"
    "egress default { addresses = { \"192.0.2.1\", \"2001:db8::1\" } helo = \"mail.example.com\" }\n"
    "outgoing { local_domains = { \"local.example\" } }\n"
    "limits { headers = 100 header_bytes = 16k signatures = 4 recipients = 4 }\n";

static struct preflight *engine(void)
{
    static struct preflight *preflight;
    static struct conf *conf;
    struct err err;

    if (preflight == NULL) {
        conf = conf_load_as(memory_file(configuration, strlen(configuration)), "mx.example.com", &err);
        HOLDS(conf != NULL, "%s", err.text);
        preflight = preflight_new(conf, NULL, &err);
        HOLDS(preflight != NULL, "%s", err.text);
    }
    return preflight;
}

struct dns *fuzzmail_dns(void)
{
    return preflight_dns(engine());
}

void fuzzmail_read(const uint8_t *data, size_t size, struct fuzzmail *mail_r)
{
    struct input input = input_of(data, size);

    mail_r->sender = input_line(&input);
    mail_r->recipients = input_line(&input);
    mail_r->queue_id = input_line(&input);
    const char *gap = input.at == input.end ? NULL : memmem(input.at, input_left(&input), "\n\n", 2);
    char *answers = xstrndup(input.at, gap == NULL ? input_left(&input) : (size_t)(gap - input.at));
    fuzzdns_script(fuzzmail_dns(), answers);
    fuzzdns_set_slow(fuzzmail_dns(), false);
    free(answers);
    mail_r->message = (const uint8_t *)(gap == NULL ? input.end : gap + 2);
    mail_r->message_len = gap == NULL ? 0 : (size_t)(input.end - (gap + 2));
}

void fuzzmail_clear(struct fuzzmail *mail)
{
    free(mail->sender);
    free(mail->recipients);
    free(mail->queue_id);
}

static void on_header(void *context, const char *name, const char *value)
{
    preflight_header(context, name, value);
}

static void on_end_of_header(void *context)
{
    preflight_end_of_header(context);
}

static void on_body(void *context, const unsigned char *data, size_t len)
{
    preflight_body(context, data, len);
}

static void feed_recipients(const struct fuzzmail *mail, struct preflight_message *message)
{
    char *copy = xstrdup(mail->recipients), *rest = copy;

    for (const char *word; (word = strsep(&rest, " ")) != NULL;) {
        if (word[0] != '\0')
            preflight_recipient(message, word);
    }
    free(copy);
}

struct report *fuzzmail_judge(const struct fuzzmail *mail)
{
    const struct preflight_origin origin = { .is_local = true };
    const char *queue_id = mail->queue_id[0] == '\0' ? NULL : mail->queue_id;
    struct preflight_message *message = preflight_begin(engine(), &origin, mail->sender, queue_id);
    const struct message_sink sink = { on_header, on_end_of_header, on_body, message };
    struct err err;

    feed_recipients(mail, message);
    FILE *file = fopen(memory_file(mail->message, mail->message_len), "rb");
    HOLDS(file != NULL && message_read(file, &sink, &err) == 0, "cannot read");
    fclose(file);
    return preflight_end(&message, queue_id);
}
