/*
 * lib/audit/postfix*.c and lib/report/postfix.c: set-ups of Postfix as postconf tells them, the findings each has, and
 * what is proposed for preflight.conf.
 */
#include "config.h"

#include "lib/audit/postfix.h"
#include "lib/base/mem.h"
#include "lib/report/postfix.h"
#include "t/unit/conffile.h"
#include "t/unit/unit.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The defaults of Postfix 3.7 that are looked at; a set-up's own lines stand before them and win. */
static const char *const defaults[][2] = {
    { "mail_version", "3.7.11" }, { "compatibility_level", "3.6" }, { "config_directory", "/etc/postfix" },
    { "queue_directory", "/var/spool/postfix" }, { "myhostname", "mail.example.com" },
    { "smtp_helo_name", "mail.example.com" }, { "smtpd_milters", "" }, { "non_smtpd_milters", "" },
    { "smtpd_milter_maps", "" }, { "milter_default_action", "tempfail" }, { "content_filter", "" },
    { "receive_override_options", "" }, { "internal_mail_filter_classes", "bounce" }, { "smtp_generic_maps", "" },
    { "smtp_header_checks", "" }, { "smtp_body_checks", "" }, { "sender_canonical_maps", "" },
    { "sender_canonical_classes", "envelope_sender, header_sender" }, { "canonical_maps", "" },
    { "canonical_classes", "envelope_sender, envelope_recipient, header_sender, header_recipient" },
    { "masquerade_domains", "" }, { "masquerade_classes", "envelope_sender, header_sender, header_recipient" },
    { "disable_mime_output_conversion", "yes" }, { "smtp_line_length_limit", "998" },
    { "always_add_missing_headers", "yes" }, { "relayhost", "" }, { "default_transport", "smtp" },
    { "sender_dependent_relayhost_maps", "" }, { "sender_dependent_default_transport_maps", "" },
    { "smtp_bind_address", "" }, { "smtp_bind_address6", "" }, { "inet_interfaces", "all" },
    { "smtp_tls_security_level", "may" }, { "smtp_use_tls", "no" }, { "smtp_enforce_tls", "no" },
    { "inet_protocols", "ipv4" }, { "smtpd_sasl_auth_enable", "no" }, { "multi_instance_directories", "" },
    { "cleanup_service_name", "cleanup" },
};

#define OURS "unix:preflight/p.sock"
#define SIGNER "inet:localhost:8891"
#define BOTH SIGNER ", " OURS
#define ATTACHED "smtpd_milters = " BOTH "\nnon_smtpd_milters = " BOTH "\n"
#define SMTPD "smtp inet n - y - - smtpd\n"
#define SUBMISSION "submission inet n - y - - smtpd\n"
#define REST "pickup unix n - y 60 1 pickup\ncleanup unix n - y - 0 cleanup\nsmtp unix - - y - - smtp\n" \
             "relay unix - - y - - smtp -o syslog_name=postfix/relay\n"
#define CONF "socket = \"local:/var/spool/postfix/preflight/p.sock\"\n"
#define EGRESS CONF "egress default { addresses = { \"203.0.113.5\" } helo = \"mail.example.com\" }\n"
#define PLAIN "egress \"default\" {\n" \
              "    # addresses: as long as none are named, the A and AAAA records of helo\n" \
              "    helo = \"mail.example.com\"\n}\n"

#define LEARNED "postfix {\n    config_directory = \"/etc/postfix\"\n"     /* what each proposal ends with, and "}" */

/* findings: "ID SUBJECT\n", in the order they are found. */
static const struct setup {
    const char *name, *settings, *services, *overrides, *conf, *findings;
    const char *proposal;       /* NULL: not looked at */
} setups[] = {
    { .name = "all is well", .settings = ATTACHED, .services = SMTPD SUBMISSION REST, .findings = "",
      .proposal = PLAIN },
    { .name = "Debian's default",
      .settings = "internal_mail_filter_classes =\ndisable_mime_output_conversion = no\n"
                  "always_add_missing_headers = no\ninet_protocols = all\n"
                  "myhostname = debian\nsmtp_helo_name = debian\n",
      .services = SMTPD REST, .conf = CONF,
      .findings = "postfix-milter-missing smtpd_milters\n"
                  "postfix-8bit-converted disable_mime_output_conversion\n"
                  "postfix-headers-missing always_add_missing_headers\n"
                  "helo-invalid debian\n",
      .proposal = "egress \"default\" {\n"
                  "    # addresses: as long as none are named, the A and AAAA records of helo\n"
                  "    # helo = the name that receivers are greeted with, with its domain\n}\n" },
    { .name = "a submission service with milters of its own",
      .settings = ATTACHED, .services = SMTPD SUBMISSION REST,
      .overrides = "submission/inet/smtpd_milters = " SIGNER "\nsubmission/inet/smtpd_sasl_auth_enable = yes\n",
      .findings = "postfix-submission-unjudged submission\n" },
    { .name = "only the submission service",
      .services = SMTPD SUBMISSION REST, .overrides = "submission/inet/smtpd_milters = " BOTH "\n",
      .findings = "postfix-mail-unjudged smtp\npostfix-mail-unjudged pickup\n" },
    { .name = "milters switched off at a port with authentication",
      .settings = ATTACHED, .services = SMTPD "2525 inet n - n - - smtpd\n" REST,
      .overrides = "2525/inet/smtpd_sasl_auth_enable = yes\n"
                   "2525/inet/receive_override_options = no_address_mappings, no_milters\n",
      .findings = "postfix-submission-unjudged 2525\n" },
    { .name = "before the signer", .settings = "smtpd_milters = " OURS ", " SIGNER "\nnon_smtpd_milters = " BOTH "\n",
      .services = SMTPD REST, .findings = "postfix-before-signer smtp\n" },
    { .name = "something after it", .settings = "smtpd_milters = " BOTH ", unix:/x\nnon_smtpd_milters = " BOTH "\n",
      .services = SMTPD REST, .findings = "postfix-not-last smtp\n" },
    { .name = "alone", .settings = "smtpd_milters = " OURS "\nnon_smtpd_milters = " BOTH "\n",
      .services = SMTPD REST, .findings = "postfix-no-signer smtp\n" },
    { .name = "out of the chroot", .settings = "smtpd_milters = " SIGNER ", unix:/run/preflight/p.sock\n",
      .services = SMTPD "587 inet n - n - - smtpd\n" REST,
      .overrides = "", .conf = "socket = \"local:/run/preflight/p.sock\"\n"
                               "egress default { addresses = { \"203.0.113.5\" } helo = \"mail.example.com\" }\n",
      .findings = "postfix-milter-unreachable smtp\npostfix-mail-unjudged pickup\n" },
    { .name = "another host's milter",
      .settings = "smtpd_milters = " SIGNER ", inet:filter.example.com:8895\nnon_smtpd_milters = " SIGNER "\n",
      .services = SMTPD REST,
      .conf = "socket = \"inet:8895\"\n"
              "egress default { addresses = { \"203.0.113.5\" } helo = \"mail.example.com\" }\n",
      .findings = "postfix-milter-unknown smtp\npostfix-mail-unjudged pickup\n" },
    { .name = "milters by client", .settings = ATTACHED "smtpd_milter_maps = cidr:/etc/postfix/milters\n",
      .services = SMTPD REST, .findings = "postfix-milter-unknown smtp\n" },
    { .name = "OpenDKIM only",
      .settings = "smtpd_milters = " SIGNER "\nnon_smtpd_milters = unix:/other\nmilter_default_action = accept\n",
      .services = SMTPD SUBMISSION REST,
      .findings = "postfix-milter-missing smtpd_milters\npostfix-action-accept " SIGNER "\n"
                  "postfix-action-accept unix:/other\n" },
    { .name = "default actions of their own",
      .settings = "smtpd_milters = { " SIGNER ", default_action=tempfail }, { " OURS ", default_action=accept }\n"
                  "non_smtpd_milters = " BOTH "\nmilter_default_action = reject\n",
      .services = SMTPD REST,
      .findings = "postfix-action-reject " SIGNER "\npostfix-action-reject " OURS "\n" },
    { .name = "amavis after the milters",
      .settings = ATTACHED "content_filter = amavis:[127.0.0.1]:10024\n",
      .services = SMTPD REST "amavis unix - - n - 2 smtp\n127.0.0.1:10025 inet n - n - - smtpd\n",
      .overrides = "127.0.0.1:10025/inet/content_filter =\n127.0.0.1:10025/inet/smtpd_milters =\n"
                   "amavis/unix/smtp_helo_name = localhost\namavis/unix/smtp_generic_maps = hash:/x\n",
      .findings = "postfix-content-filter smtp\npostfix-content-filter pickup\n", .proposal = PLAIN },
    { .name = "amavis before the milters",
      .settings = "content_filter = amavis:[127.0.0.1]:10024\n",
      .services = SMTPD REST "amavis unix - - n - 2 smtp\n127.0.0.1:10025 inet n - n - - smtpd\n",
      .overrides = "127.0.0.1:10025/inet/content_filter =\n127.0.0.1:10025/inet/smtpd_milters = " BOTH "\n",
      .findings = "" },
    { .name = "signed before amavis, judged after it",
      .settings = "smtpd_milters = " SIGNER "\nnon_smtpd_milters = " SIGNER "\n"
                  "content_filter = smtp:[127.0.0.1]:10025\n",
      .services = SMTPD REST "127.0.0.1:10025 inet n - n - - smtpd\n",
      .overrides = "127.0.0.1:10025/inet/content_filter =\n127.0.0.1:10025/inet/smtpd_milters = " OURS "\n",
      .findings = "" },
    { .name = "a proxy after the milters", .settings = ATTACHED,
      .services = SMTPD REST "127.0.0.1:10025 inet n - n - - smtpd\n",
      .overrides = "smtp/inet/smtpd_proxy_filter = 127.0.0.1:10024\n127.0.0.1:10025/inet/smtpd_milters =\n"
                   "127.0.0.1:10025/inet/smtpd_authorized_xforward_hosts = 127.0.0.0/8\n",
      .findings = "postfix-proxy-filter smtp\n" },
    { .name = "a proxy before the milters", .settings = ATTACHED "smtpd_proxy_filter = 127.0.0.1:10024\n",
      .services = SMTPD REST "127.0.0.1:10025 inet n - n - - smtpd\n",
      .overrides = "127.0.0.1:10025/inet/smtpd_proxy_filter =\nsmtp/inet/smtpd_milters =\n", .findings = "" },
    { .name = "QMQP", .settings = "smtpd_milters = " BOTH "\n",
      .services = SMTPD REST "628 inet n - y - - qmqpd\n",
      .findings = "postfix-mail-unjudged pickup\npostfix-mail-unjudged 628\n" },
    { .name = "other ways for recipients", .settings = ATTACHED "transport_maps = hash:/etc/postfix/transport\n",
      .services = SMTPD REST, .findings = "postfix-transport-maps transport_maps\n" },
    { .name = "other ways for recipients, as the configuration has them",
      .settings = ATTACHED "transport_maps = hash:/etc/postfix/transport\n", .services = SMTPD REST,
      .conf = EGRESS "egress slow { recipients = { \"@slow.example\" } addresses = { \"203.0.113.5\" } }\n",
      .findings = "" },
    { .name = "no way out", .settings = ATTACHED "default_transport = error:mail stays here\n",
      .services = SMTPD REST "error unix - - y - - error\n", .findings = "", .proposal = PLAIN },
    { .name = "a smarthost, and nothing said of it", .settings = ATTACHED "relayhost = [relay.example.net]:587\n",
      .services = SMTPD REST, .conf = CONF, .findings = "postfix-relayhost [relay.example.net]:587\n",
      .proposal = "# All mail leaves by the relay: ask its operator for its addresses and the name it sends with.\n"
                  "egress \"default\" {\n"
                  "    # addresses: as long as none are named, the A and AAAA records of helo\n"
                  "    helo = \"relay.example.net\"\n}\n" },
    { .name = "what it does after the milter, to be learned from its directory",
      .settings = ATTACHED "relayhost = [relay.example.net]\ndisable_mime_output_conversion = no\n",
      .services = SMTPD REST, .conf = CONF,
      .findings = "postfix-8bit-converted disable_mime_output_conversion\npostfix-relayhost [relay.example.net]\n",
      .proposal = "# All mail leaves by the relay: ask its operator for its addresses and the name it sends with.\n"
                  "egress \"default\" {\n"
                  "    # addresses: as long as none are named, the A and AAAA records of helo\n"
                  "    helo = \"relay.example.net\"\n}\n"
                  LEARNED
                  "    # eightbitmime = yes, or no: does the relay announce 8BITMIME?\n}\n" },
    { .name = "a smarthost whose name is the egress's",
      .settings = ATTACHED "relayhost = [relay.example.net]:587\ninet_protocols = all\n", .services = SMTPD REST,
      .conf = CONF "egress default { helo = \"relay.example.net\" }\n", .findings = "" },
    { .name = "a domain as smarthost, by the transport",
      .settings = ATTACHED "default_transport = smtp:example.net\n", .services = SMTPD REST, .conf = CONF,
      .findings = "postfix-relayhost example.net\n",
      .proposal = "# All mail leaves by the relay: ask its operator for its addresses and the name it sends with.\n"
                  "egress \"default\" {\n"
                  "    # addresses: as long as none are named, the A and AAAA records of helo\n"
                  "    # helo = the name that receivers are greeted with, with its domain\n}\n" },
    { .name = "several addresses",
      .settings = ATTACHED "smtp_bind_address = 203.0.113.5\ninet_protocols = all\n"
                  "sender_dependent_default_transport_maps = hash:/etc/postfix/ways\n",
      .services = SMTPD REST "news unix - - n - - smtp\n",
      .overrides = "news/unix/myhostname = news.example.com\nnews/unix/smtp_helo_name = news.example.com\n"
                   "news/unix/smtp_bind_address = 203.0.113.9\nnews/unix/smtp_bind_address6 = 2001:db8::9\n",
      .findings = "postfix-sender-dependent sender_dependent_default_transport_maps\n"
                  "postfix-address-differs 203.0.113.9\npostfix-address-differs 2001:db8::9\n"
                  "postfix-helo-differs news.example.com\npostfix-ipv6-unlisted inet_protocols\n",
      .proposal = "egress \"default\" {\n    addresses = { \"203.0.113.5\" }\n    helo = \"mail.example.com\"\n}\n"
                  "# Of service news: say whose mail it is, by senders, recipients, users or daemons.\n"
                  "# egress \"news\" {\n#     senders = { \"@news.example.com\" }\n"
                  "#     addresses = { \"203.0.113.9\", \"2001:db8::9\" }\n#     helo = \"news.example.com\"\n# }\n" },
    { .name = "several addresses, as the configuration has them",
      .settings = ATTACHED "smtp_bind_address = 203.0.113.5\ninet_protocols = all\n"
                  "sender_dependent_default_transport_maps = hash:/etc/postfix/ways\n",
      .services = SMTPD REST "news unix - - n - - smtp\n",
      .overrides = "news/unix/smtp_helo_name = News.Example.com\nnews/unix/smtp_bind_address6 = 2001:db8:0::9\n",
      .conf = EGRESS "egress news { senders = { \"@news.example.com\" } addresses = { \"2001:db8::9\" } "
                     "helo = \"news.example.com\" }\n",
      .findings = "" },
    { .name = "behind a router", .settings = ATTACHED "inet_interfaces = 10.0.0.5, 127.0.0.1\n",
      .services = SMTPD REST, .findings = "", .proposal = PLAIN },
    { .name = "one interface behind a router", .settings = ATTACHED "inet_interfaces = 10.0.0.5\n",
      .services = SMTPD REST, .findings = "",
      .proposal = "egress \"default\" {\n"
                  "    # not 10.0.0.5, which no receiver sees: the public address that it is translated to\n"
                  "    # addresses: as long as none are named, the A and AAAA records of helo\n"
                  "    helo = \"mail.example.com\"\n}\n" },
    { .name = "one public interface", .settings = ATTACHED "inet_interfaces = 203.0.113.7\n",
      .services = SMTPD REST, .findings = "postfix-address-differs 203.0.113.7\n",
      .proposal = "egress \"default\" {\n    addresses = { \"203.0.113.7\" }\n    helo = \"mail.example.com\"\n}\n" },
    { .name = "IPv6 that is not used", .settings = ATTACHED, .services = SMTPD REST,
      .conf = CONF "egress default { addresses = { \"203.0.113.5\", \"2001:db8::5\" } helo = \"mail.example.com\" }\n",
      .findings = "postfix-ipv6-unused inet_protocols\n" },
    { .name = "changes on the way out",
      .settings = ATTACHED "smtp_generic_maps = hash:/etc/postfix/generic\nsmtp_header_checks = regexp:/x\n"
                  "smtp_body_checks = regexp:/y\nsmtp_line_length_limit = 512\n"
                  "disable_mime_output_conversion = no\nsmtp_tls_security_level = none\n",
      .services = SMTPD REST,
      .findings = "postfix-generic-maps smtp_generic_maps\npostfix-header-checks smtp_header_checks\n"
                  "postfix-header-checks smtp_body_checks\n"
                  "postfix-8bit-converted disable_mime_output_conversion\n"
                  "postfix-lines-cut smtp_line_length_limit\npostfix-tls-off smtp_tls_security_level\n" },
    { .name = "changes of one service", .settings = ATTACHED, .services = SMTPD REST,
      .overrides = "relay/unix/smtp_generic_maps = hash:/x\n",
      .findings = "postfix-generic-maps smtp_generic_maps of service relay\n" },
    { .name = "what is no fault",
      .settings = ATTACHED "smtp_line_length_limit = 0\ndisable_mime_output_conversion = no\n"
                  "force_mime_input_conversion = yes\nsmtp_tls_security_level =\nsmtp_use_tls = yes\n"
                  "sender_canonical_maps = hash:/x\nsender_canonical_classes = header_sender\n",
      .services = SMTPD REST, .findings = "" },
    { .name = "an envelope sender that changes",
      .settings = ATTACHED "sender_canonical_maps = hash:/x\ncanonical_maps = hash:/y\n"
                  "masquerade_domains = example.com\n",
      .services = SMTPD REST,
      .findings = "postfix-sender-rewritten sender_canonical_maps\npostfix-sender-rewritten canonical_maps\n"
                  "postfix-sender-rewritten masquerade_domains\n" },
    { .name = "bounces", .settings = ATTACHED "internal_mail_filter_classes = notify\n", .services = SMTPD REST,
      .findings = "postfix-bounces-unsigned internal_mail_filter_classes\n" },
    { .name = "several instances",
      .settings = ATTACHED "multi_instance_directories = /etc/postfix-out, /etc/postfix-in\n", .services = SMTPD REST,
      .findings = "postfix-other-instances multi_instance_directories\n" },
    { .name = "a service by postscreen", .settings = ATTACHED,
      .services = "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n" REST,
      .overrides = "smtpd/pass/smtpd_milters =\n", .findings = "postfix-mail-unjudged smtpd\n" },
    { .name = "no services", .settings = ATTACHED, .services = "", .findings = "postfix-milter-missing smtpd_milters\n",
      .proposal = PLAIN },
};

static void set_up(void)
{
    conffile_start();
}

static void tear_down(void)
{
    conffile_done();
}

static void audit(const struct setup *setup, struct postfix_audit *audit_r)
{
    struct str settings = STR_EMPTY;
    struct postconf postconf;
    struct err err = { "" };

    str_add(&settings, setup->settings);
    for (size_t i = 0; i < LENGTH(defaults); i++) {
        char *line = xasprintf("\n%s =", defaults[i][0]);
        bool is_own = setup->settings != NULL && (strstr(setup->settings, line) != NULL ||
                                                  strncmp(setup->settings, line + 1, strlen(line + 1)) == 0);
        if (!is_own)
            str_addf(&settings, "%s = %s\n", defaults[i][0], defaults[i][1]);
        free(line);
    }
    const char *texts[POSTCONF_QUESTIONS] = { str_get(&settings), str_get(&settings), setup->services,
                                              setup->overrides == NULL ? "" : setup->overrides };
    ck_assert_msg(postconf_parse(texts, &postconf, &err) == 0, "%s: %s", setup->name, err.text);
    struct conf *conf = conffile_load(setup->conf == NULL ? EGRESS : setup->conf);
    ck_assert_msg(postfixaudit_run(&postconf, conf, audit_r, &err) == 0, "%s: %s", setup->name, err.text);
    conf_unref(&conf);
    postconf_clear(&postconf);
    str_clear(&settings);
}

static void assert_proposed(const char *got, const char *want)
{
    struct str text = STR_EMPTY;

    str_add(&text, want);
    if (strstr(want, LEARNED) == NULL)
        str_add(&text, LEARNED "}\n");
    assert_same(got, str_get(&text));
    str_clear(&text);
}

START_TEST(judges_setups)
{
    const struct setup *setup = &setups[_i];
    struct postfix_audit found;
    struct str findings = STR_EMPTY;

    audit(setup, &found);
    for (size_t i = 0; i < found.findings.count; i++)
        str_addf(&findings, "%s %s\n", found.findings.items[i].row->name, found.findings.items[i].subject);
    ck_assert_msg(strcmp(str_get(&findings), setup->findings) == 0, "%s: got\n%swant\n%s", setup->name,
                  str_get(&findings), setup->findings);
    if (setup->proposal != NULL)
        assert_proposed(found.proposal, setup->proposal);
    str_clear(&findings);
    postfixaudit_clear(&found);
}
END_TEST

/* Every finding of the catalogue about Postfix is one of some set-up. */
START_TEST(setups_have_every_finding)
{
    for (int id = FINDING_POSTFIX_FIRST; id < FINDING_COUNT; id++) {
        const char *name = finding_row((enum finding_id)id)->name;
        bool is_there = false;
        for (size_t i = 0; i < LENGTH(setups); i++)
            is_there = is_there || strstr(setups[i].findings, name) != NULL;
        ck_assert_msg(is_there || strncmp(name, "postfix-", 8) != 0, "%s", name);
    }
}
END_TEST

static const struct setup *find_setup(const char *name)
{
    for (size_t i = 0; i < LENGTH(setups); i++) {
        if (strcmp(setups[i].name, name) == 0)
            return &setups[i];
    }
    ck_abort_msg("%s", name);
}

START_TEST(reports)
{
    static const char *const lines[] = {
        "POSTFIX  3.7.11, /etc/postfix: 0 errors, 2 warnings\n",
        "  smtp                relay       judged     inet:localhost:8891, unix:preflight/p.sock (preflight);\n",
        "  127.0.0.1:10025     return      unjudged   no milter\n",
        "  smtp                greets as mail.example.com, from any IPv4\n",
        "  warning  postfix-content-filter\n",
        "  content_filter                           amavis:[127.0.0.1]:10024\n",
        "\nFor preflight.conf\n  egress \"default\" {\n",
    };
    struct postfix_audit found;
    struct str text = STR_EMPTY;

    audit(find_setup("amavis after the milters"), &found);
    report_text_postfix(&found, false, &text);
    for (size_t i = 0; i < LENGTH(lines); i++)
        assert_within(str_get(&text), lines[i]);
    ck_assert_ptr_null(strchr(str_get(&text), '\033'));
    str_reset(&text);
    report_text_postfix(&found, true, &text);
    ck_assert_ptr_nonnull(strstr(str_get(&text), "\033[33mPOSTFIX\033[0m"));
    str_clear(&text);
    char *json = report_json_postfix(&found);
    ck_assert_ptr_nonnull(strstr(json, "\"kind\": \"return\""));
    ck_assert_ptr_nonnull(strstr(json, "\"content_filter\": \"amavis:[127.0.0.1]:10024\""));
    ck_assert_ptr_nonnull(strstr(json, "\"id\": \"postfix-content-filter\""));
    free(json);
    postfixaudit_clear(&found);
}
END_TEST

START_TEST(reports_a_proxy)
{
    struct postfix_audit found;
    struct str text = STR_EMPTY;

    audit(find_setup("a proxy after the milters"), &found);
    report_text_postfix(&found, false, &text);
    assert_within(str_get(&text), "shown no message, for proxy 127.0.0.1:10024\n");
    str_clear(&text);
    char *json = report_json_postfix(&found);
    assert_within(json, "\"proxy_filter\": \"127.0.0.1:10024\"");
    free(json);
    postfixaudit_clear(&found);
}
END_TEST

/* What the files of Postfix say cannot steer a terminal, nor what is proposed. */
START_TEST(escapes)
{
    struct setup hostile = {
        .name = "hostile", .services = "\033[2J inet n - y - - smtpd\n" SMTPD REST, .conf = CONF,
        .settings = "smtp_helo_name = x\033.example.com\" } egress y { helo = \"z\nrelayhost = [r\"}.example]\n",
    };
    struct postfix_audit found;
    struct str text = STR_EMPTY;

    audit(&hostile, &found);
    report_text_postfix(&found, false, &text);
    ck_assert_ptr_null(strchr(str_get(&text), '\033'));
    ck_assert_ptr_nonnull(strstr(str_get(&text), "  \\x1b[2J "));
    ck_assert_ptr_null(strstr(found.proposal, "egress y"));
    str_clear(&text);
    postfixaudit_clear(&found);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("postfixaudit");
    TCase *tc = tcase_create("postfixaudit");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, judges_setups, 0, (int)LENGTH(setups));
    tcase_add_test(tc, setups_have_every_finding);
    tcase_add_test(tc, reports);
    tcase_add_test(tc, reports_a_proxy);
    tcase_add_test(tc, escapes);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
