/*
 * A milter that does nothing: the least that a filter costs.  As libmilter has it, with a reply to every packet; with
 * -q as quiet as the protocol allows; with -a it accepts at MAIL, which is what mail costs that is not looked at.
 */
#include "config.h"

#include <libmilter/mfapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define QUIET (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_RCPT | SMFIP_NR_DATA | SMFIP_NR_HDR | SMFIP_NR_EOH \
               | SMFIP_NR_BODY | SMFIP_NOUNKNOWN)

static sfsistat at_mail = SMFIS_CONTINUE, meanwhile = SMFIS_CONTINUE;

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long f2,
                             unsigned long f3, unsigned long *actions_r, unsigned long *steps_r, unsigned long *f2_r,
                             unsigned long *f3_r)
{
    (void)ctx;
    (void)actions;
    (void)f2;
    (void)f3;
    *actions_r = *f2_r = *f3_r = 0;
    *steps_r = meanwhile == SMFIS_NOREPLY ? steps & QUIET : 0;
    return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
    (void)ctx;
    (void)name;
    (void)address;
    return meanwhile;
}

static sfsistat on_word(SMFICTX *ctx, char *word)
{
    (void)ctx;
    (void)word;
    return meanwhile;
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
    (void)ctx;
    (void)argv;
    return at_mail;
}

static sfsistat on_recipient(SMFICTX *ctx, char **argv)
{
    (void)ctx;
    (void)argv;
    return meanwhile;
}

static sfsistat on_step(SMFICTX *ctx)
{
    (void)ctx;
    return meanwhile;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    (void)ctx;
    (void)name;
    (void)value;
    return meanwhile;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
    (void)ctx;
    (void)data;
    (void)len;
    return meanwhile;
}

static sfsistat on_end(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_ACCEPT;
}

static bool is_started(char *socket)
{
    static char name[] = "floor";
    const struct smfiDesc milter = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_negotiate = on_negotiate,
        .xxfi_connect = on_connect,
        .xxfi_helo = on_word,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_recipient,
        .xxfi_data = on_step,
        .xxfi_header = on_header,
        .xxfi_eoh = on_step,
        .xxfi_body = on_body,
        .xxfi_eom = on_end,
    };

    return smfi_register(milter) == MI_SUCCESS && smfi_setconn(socket) == MI_SUCCESS
           && smfi_setbacklog(1024) == MI_SUCCESS && smfi_opensocket(0) == MI_SUCCESS;
}

int main(int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "aq")) != -1) {
        if (option == 'a')
            at_mail = SMFIS_ACCEPT;
        else if (option == 'q')
            meanwhile = SMFIS_NOREPLY;
    }
    if (optind != argc - 1 || !is_started(argv[optind])) {
        fputs("usage: floor [-a] [-q] SOCKET\n", stderr);
        return 2;
    }
    return smfi_main() == MI_SUCCESS ? 0 : 1;
}
