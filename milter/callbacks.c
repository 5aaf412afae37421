/*
 * libmilter: its callbacks; see callbacks.h.
 *
 * The callbacks convert and nothing else.  They hop threads from one stage to the next (libmilter's pool of workers),
 * so that a session's state hangs on its smfi_setpriv pointer only.
 */
#include "config.h"

#include "milter/callbacks.h"
#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/preflight.h"
#include "milter/journal.h"
#include "milter/log.h"
#include "milter/service.h"
#include "milter/session.h"
#include "milter/watcher.h"
#include "milter/wire.h"

#include <libmilter/mfapi.h>
#include <stdatomic.h>
#include <string.h>
#include <syslog.h>

#define TIMEOUT_S 7210          /* longer than an MTA keeps an SMTP session */
#define BACKLOG 1024

#define QUIET_STEPS (SMFIP_NR_CONN | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY)
#define UNUSED_STEPS (SMFIP_NOHELO | SMFIP_NOUNKNOWN)

/*
 * Over TCP these are kept, with a reply: an MTA's packet that none follows waits 40 ms in its kernel (Nagle against
 * our delayed acknowledgement) before the header may go after it.
 */
#define LOCAL_QUIET_STEPS SMFIP_NR_RCPT
#define LOCAL_UNUSED_STEPS SMFIP_NODATA

/* libmilter hands no pointer of ours to a new session.  Set before its threads start. */
static struct service *service;
static bool is_over_tcp;

/*
 * After a QUIT that keeps the connection (SMFIC_QUIT_NC) libmilter closes the session and begins the next one without
 * negotiating: what was agreed last then stands.
 */
static atomic_bool last_has_leading_space;
static atomic_bool last_is_quiet;

static char macro_daemon[] = "{daemon_name}";
static char macro_user[] = "{auth_authen}";
static char macro_id[] = "i";

static struct { int stage; char macros[32]; } symlists[] = {
    { SMFIM_CONNECT, "{daemon_name}" },
    { SMFIM_ENVFROM, "{auth_authen} i" },
    { SMFIM_EOM, "i" },
};

/* The session of ctx, a new one if need be; NULL once the service is closed: then silence is the only answer. */
static struct session *enter(SMFICTX *ctx)
{
    if (!service_enter(service))
        return NULL;
    struct session *s = smfi_getpriv(ctx);
    if (s != NULL)
        return s;
    s = session_new(service);
    session_negotiated(s, atomic_load(&last_has_leading_space), atomic_load(&last_is_quiet));
    if (smfi_setpriv(ctx, s) != MI_SUCCESS) {
        log_line(LOG_ERR, "libmilter does not take the session");
        session_free(&s);
        service_leave(service);
    }
    return s;
}

static sfsistat leave(sfsistat answer)
{
    service_leave(service);
    return answer;
}

/* The end of a stage that expects no verdict. */
static sfsistat go_on(const struct session *s)
{
    return leave(session_is_quiet(s) ? SMFIS_NOREPLY : SMFIS_CONTINUE);
}

void callbacks_negotiate(unsigned long actions, unsigned long steps, bool is_tcp, struct callbacks_wish *wish_r)
{
    const unsigned long quiet = QUIET_STEPS | (is_tcp ? 0 : LOCAL_QUIET_STEPS);
    const unsigned long unused = UNUSED_STEPS | (is_tcp ? 0 : LOCAL_UNUSED_STEPS);

    wish_r->actions = actions & (SMFIF_QUARANTINE | SMFIF_SETSYMLIST);
    wish_r->steps = steps & (SMFIP_HDR_LEADSPC | unused);
    wish_r->has_leading_space = (steps & SMFIP_HDR_LEADSPC) != 0;
    wish_r->is_quiet = (steps & quiet) == quiet;
    if (wish_r->is_quiet)
        wish_r->steps |= quiet;
}

/* The lists replace those of the MTA's configuration, which may lack what we need. */
static void ask_for_macros(SMFICTX *ctx)
{
    for (size_t i = 0; i < sizeof(symlists) / sizeof(symlists[0]); i++) {
        if (smfi_setsymlist(ctx, symlists[i].stage, symlists[i].macros) != MI_SUCCESS)
            log_line(LOG_ERR, "libmilter does not take the list of macros '%s'", symlists[i].macros);
    }
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long f2,
                             unsigned long f3, unsigned long *actions_r, unsigned long *steps_r, unsigned long *f2_r,
                             unsigned long *f3_r)
{
    struct callbacks_wish wish;
    (void)f2;
    (void)f3;

    callbacks_negotiate(actions, steps, is_over_tcp, &wish);
    *actions_r = wish.actions;
    *steps_r = (*steps_r & steps) | wish.steps;    /* libmilter asks to leave out what has no callback */
    *f2_r = *f3_r = 0;
    atomic_store(&last_has_leading_space, wish.has_leading_space);
    atomic_store(&last_is_quiet, wish.is_quiet);

    struct session *s = enter(ctx);
    if (s == NULL)
        return SMFIS_REJECT;
    session_negotiated(s, wish.has_leading_space, wish.is_quiet);
    if ((wish.actions & SMFIF_SETSYMLIST) != 0)
        ask_for_macros(ctx);
    return leave(SMFIS_CONTINUE);
}

static sfsistat on_connect(SMFICTX *ctx, char *hostname, _SOCK_ADDR *addr)
{
    struct session *s = enter(ctx);
    if (s == NULL)
        return SMFIS_NOREPLY;
    session_connect(s, hostname, (const struct sockaddr *)addr, smfi_getsymval(ctx, macro_daemon));
    return go_on(s);
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
    static const sfsistat answers[] = {
        [SESSION_PASS] = SMFIS_ACCEPT,
        [SESSION_GO_ON] = SMFIS_CONTINUE,
        [SESSION_SILENCE] = SMFIS_NOREPLY,
    };
    struct session *s = enter(ctx);
    if (s == NULL)
        return SMFIS_NOREPLY;
    return leave(answers[session_mail(s, argv[0], smfi_getsymval(ctx, macro_user), smfi_getsymval(ctx, macro_id))]);
}

static sfsistat on_recipient(SMFICTX *ctx, char **argv)
{
    struct session *s = enter(ctx);
    if (s == NULL)
        return SMFIS_NOREPLY;
    session_recipient(s, argv[0]);
    return is_over_tcp ? leave(SMFIS_CONTINUE) : go_on(s);
}

static sfsistat on_data(SMFICTX *ctx)
{
    return enter(ctx) == NULL ? SMFIS_NOREPLY : leave(SMFIS_CONTINUE);
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    struct session *s = enter(ctx);
    if (s == NULL)
        return SMFIS_NOREPLY;
    session_header(s, name, value);
    return go_on(s);
}

static sfsistat on_end_of_header(SMFICTX *ctx)
{
    struct session *s = enter(ctx);
    if (s == NULL)
        return SMFIS_NOREPLY;
    session_end_of_header(s);
    return go_on(s);
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
    struct session *s = enter(ctx);
    if (s == NULL)
        return SMFIS_NOREPLY;
    session_body(s, data, len);
    return go_on(s);
}

static void set_reply(SMFICTX *ctx, const struct report *report, char *code, char *enhanced)
{
    struct str text = STR_EMPTY;
    char reply[WIRE_REPLY_MAX + 1];

    report_reply(report, &text);
    wire_reply(str_get(&text), reply);
    if (smfi_setreply(ctx, code, enhanced, reply) != MI_SUCCESS)
        journal_trouble(report, "libmilter does not take the reply, the MTA's own is sent");
    str_clear(&text);
}

static sfsistat tempfail(SMFICTX *ctx, const struct report *report)
{
    char code[] = "451", enhanced[] = "4.7.1";
    set_reply(ctx, report, code, enhanced);
    return SMFIS_TEMPFAIL;
}

static sfsistat reject(SMFICTX *ctx, const struct report *report)
{
    char code[] = "550", enhanced[] = "5.7.1";
    set_reply(ctx, report, code, enhanced);
    return SMFIS_REJECT;
}

static sfsistat hold(SMFICTX *ctx, const struct report *report)
{
    struct str text = STR_EMPTY;

    report_reply(report, &text);
    str_addc(&text, '\0');          /* so that data is there and ours to pass as char * */
    if (smfi_quarantine(ctx, text.data) != MI_SUCCESS)
        journal_trouble(report, "the MTA offers no hold queue, the message goes on");
    str_clear(&text);
    return SMFIS_ACCEPT;
}

static sfsistat let_go(SMFICTX *ctx, const struct report *report)
{
    (void)ctx;
    (void)report;
    return SMFIS_ACCEPT;
}

static sfsistat (*const actions_taken[ACTION_COUNT])(SMFICTX *, const struct report *) = {
    [ACTION_ACCEPT] = let_go,
    [ACTION_LOG] = let_go,
    [ACTION_TEMPFAIL] = tempfail,
    [ACTION_HOLD] = hold,
    [ACTION_REJECT] = reject,
};

static sfsistat on_end_of_message(SMFICTX *ctx)
{
    struct session *s = enter(ctx);
    if (s == NULL)
        return SMFIS_NOREPLY;

    sfsistat answer = SMFIS_ACCEPT;
    struct report *report = session_judge(s, smfi_getsymval(ctx, macro_id));
    if (report != NULL) {
        journal_report(report, service_told(service), preflight_conf(session_engine(s))->explain_interval_ms);
        watcher_note(service_watcher(service), report);
        answer = actions_taken[report->action](ctx, report);
    }
    report_free(&report);
    session_finish(s);
    return leave(answer);
}

static sfsistat on_abort(SMFICTX *ctx)
{
    struct session *s = enter(ctx);
    if (s == NULL)
        return SMFIS_NOREPLY;
    session_finish(s);
    return leave(SMFIS_CONTINUE);
}

static sfsistat on_close(SMFICTX *ctx)
{
    if (!service_enter(service))
        return SMFIS_NOREPLY;
    struct session *s = smfi_getpriv(ctx);
    session_free(&s);
    if (smfi_setpriv(ctx, NULL) != MI_SUCCESS)
        log_line(LOG_ERR, "libmilter does not let go of a session");
    return leave(SMFIS_CONTINUE);
}

int callbacks_register(struct service *shared, struct err *err)
{
    static char name[] = "Preflight";
    const struct smfiDesc milter = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = SMFIF_QUARANTINE | SMFIF_SETSYMLIST,
        .xxfi_negotiate = on_negotiate,
        .xxfi_connect = on_connect,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_recipient,
        .xxfi_data = on_data,
        .xxfi_header = on_header,
        .xxfi_eoh = on_end_of_header,
        .xxfi_body = on_body,
        .xxfi_eom = on_end_of_message,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
    };

    service = shared;
    if (smfi_register(milter) != MI_SUCCESS || smfi_settimeout(TIMEOUT_S) != MI_SUCCESS ||
        smfi_setbacklog(BACKLOG) != MI_SUCCESS)
        return err_set(err, "libmilter does not start");
    return 0;
}

int callbacks_open(const char *conn)
{
    is_over_tcp = strncmp(conn, "local:", strlen("local:")) != 0;
    struct str copy = STR_EMPTY;    /* libmilter asks for a char *, and takes a copy */
    str_add(&copy, conn);
    int rc = smfi_setconn(copy.data) == MI_SUCCESS && smfi_opensocket(0) == MI_SUCCESS ? 0 : -1;
    str_clear(&copy);
    return rc;
}

int callbacks_run(void)
{
    return smfi_main() == MI_SUCCESS ? 0 : -1;
}
