/*
 * Fuzz target: what came back, in whatever shape.  Texts are bounded and have no line's end; no original is lost.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/bounce/bounce.h"
#include "t/fuzz/fuzz.h"

static void check_text(const char *text, const char *what)
{
    if (text == NULL)
        return;
    HOLDS(strlen(text) < BOUNCE_REPLY_MAX, "%s: %zu bytes", what, strlen(text));
    HOLDS(strpbrk(text, "\r\n") == NULL, "%s has a line's end", what);
}

static void check_original(const struct bounces *bounces, const struct bounce_original *original)
{
    bool is_kept = original == NULL;

    for (size_t i = 0; i < bounces->n_originals; i++)
        is_kept |= bounces->originals[i] == original;
    HOLDS(is_kept, "an original of nobody");
    HOLDS(original == NULL || (original->len > 0 && original->text[original->len] == '\0'), "an empty original");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bounces bounces;
    struct err err = { "" };
    int rc = bounces_read((const char *)data, size, &bounces, &err);

    HOLDS(rc == (bounces.count > 0 ? 0 : -1), "%d for %zu", rc, bounces.count);
    HOLDS(rc == 0 || err.text[0] != '\0', "no reason");
    HOLDS(bounces.count <= BOUNCES_MAX && (bounces.left_out == 0 || bounces.count == BOUNCES_MAX), "%zu, %zu more",
          bounces.count, bounces.left_out);
    for (size_t i = 0; i < bounces.count; i++) {
        const struct bounce *bounce = &bounces.items[i];
        HOLDS(bounce->reply != NULL, "no reply");
        check_text(bounce->reply, "reply");
        check_text(bounce->recipient, "recipient");
        check_text(bounce->host, "host");
        check_text(bounce->queue_id, "queue id");
        check_text(bounce->status, "status");
        check_text(bounce->message_id, "message id");
        check_original(&bounces, bounce->original);
    }
    bounces_clear(&bounces);
    return 0;
}
