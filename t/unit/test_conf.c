/*
 * lib/config: loading, errors, matching, printing.  Files are written into a directory of the test's own.
 */
#include "config.h"

#include "lib/base/domain.h"
#include "t/unit/conffile.h"
#include "t/unit/unit.h"

/* The example of the manual's and the design's first page. */
static const char example[] =
    "socket = \"local:/run/preflight/preflight.sock\"\n"
    "user = \"preflight\"                  # taken on when started as root\n"
    "mode = observe                      # observe: only log; enforce: act on the policy\n"
    "egress default {\n"
    "    addresses = { \"203.0.113.5\", \"2001:db8::5\" }\n"
    "    helo = \"mail.example.com\"\n"
    "}\n"
    "egress bulk {\n"
    "    senders = { \"@news.example.com\" }\n"
    "    addresses = { \"203.0.113.9\" }\n"
    "    helo = \"news1.example.com\"\n"
    "    bulk = yes                      # an egress is chosen by senders, recipients, users or daemons\n"
    "}\n"
    "outgoing {\n"
    "    authenticated = yes\n"
    "    networks = { \"127.0.0.0/8\", \"::1\" }\n"
    "    daemons = { \"ORIGINATING\" }\n"
    "    local_domains = { \"example.com\" }\n"
    "}\n"
    "policy { reject = tempfail  defer = log  junk = log  unsure = accept }\n"
    "domain \"news.example.com\" { policy { reject = reject } }\n"
    "dns { servers = { \"127.0.0.1@53\" }  timeout = 3  budget = 8 }\n";

START_TEST(loads_the_example)
{
    struct conf *conf = conffile_load(example);

    ck_assert_str_eq(conf->socket, "local:/run/preflight/preflight.sock");
    ck_assert_int_eq(conf->mode, MODE_OBSERVE);
    ck_assert_uint_eq(conf->n_egress, 2);
    ck_assert_str_eq(conf->egress[0].name, "bulk");
    ck_assert(conf->egress[0].bulk);
    ck_assert_uint_eq(conf->egress[0].senders.count, 1);
    ck_assert_str_eq(conf->egress[0].senders.items[0], "@news.example.com");
    ck_assert_ptr_null(conf->egress[0].senders.items[1]);
    ck_assert_str_eq(conf->egress[1].name, "default");
    ck_assert_uint_eq(conf->egress[1].n_addresses, 2);
    ck_assert_int_eq(conf->egress[1].addresses[1].family, AF_INET6);
    ck_assert_str_eq(conf->egress[1].helo, "mail.example.com");
    ck_assert(!conf->egress[1].bulk);
    ck_assert(conf->outgoing.authenticated);
    ck_assert_uint_eq(conf->outgoing.n_networks, 2);
    ck_assert_int_eq(conf->outgoing.networks[0].prefix, 8);
    ck_assert_int_eq(conf->outgoing.networks[1].prefix, 128);
    ck_assert(conf_has_domain(&conf->outgoing.local_domains, "example.com"));
    ck_assert_int_eq(conf->policy.action[VERDICT_REJECT], ACTION_TEMPFAIL);
    ck_assert_int_eq(conf->policy.action[VERDICT_ACCEPT], ACTION_ACCEPT);
    ck_assert_uint_eq(conf->n_domains, 1);
    ck_assert_str_eq(conf->domains[0].name, "news.example.com");
    ck_assert_int_eq(conf->domains[0].policy.action[VERDICT_REJECT], ACTION_REJECT);
    ck_assert_int_eq(conf->domains[0].policy.action[VERDICT_DEFER], -1);
    ck_assert_int_eq(conf->domains[0].policy.action[VERDICT_ACCEPT], ACTION_ACCEPT);
    ck_assert_str_eq(conf->dns.servers.items[0], "127.0.0.1@53");
    ck_assert_int_eq(conf->dns.timeout_ms, 3000);
    ck_assert_int_eq(conf->dns.budget_ms, 8000);
    ck_assert_int_eq(conf->dns.max_ttl, 86400);
    ck_assert_int_eq(conf->limits.header_bytes, 1024 * 1024);
    ck_assert_str_eq(conf->hostname, CONFFILE_HOST);
    conf_unref(&conf);
}
END_TEST

START_TEST(an_empty_file_gives_the_defaults)
{
    static const char *const empty[] = { "", "\n", "# only this", "/* and\nthis */", "dns { }\npolicy {}\n",
                                         " \t\r\n" };
    struct conf *standard = conf_load_as(NULL, CONFFILE_HOST, NULL);
    ck_assert_ptr_nonnull(standard);
    ck_assert_str_eq(standard->path, "");
    char *want = conffile_print(standard);

    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        struct conf *conf = conffile_load(empty[i]);
        char *got = conffile_print(conf);
        ck_assert_str_eq(got, want);
        free(got);
        conf_unref(&conf);
    }
    ck_assert_uint_eq(standard->n_egress, 1);
    ck_assert_str_eq(standard->egress[0].name, "default");
    ck_assert_str_eq(standard->egress[0].helo, CONFFILE_HOST);
    ck_assert_uint_eq(standard->egress[0].n_addresses, 0);
    ck_assert_uint_eq(standard->n_domains, 0);
    free(want);
    conf_unref(&standard);
    ck_assert_ptr_null(standard);
    conf_unref(&standard);
}
END_TEST

START_TEST(finds_the_host_name)
{
    struct conf *conf = conf_load(NULL, NULL);
    char domain[DOMAIN_MAX];

    ck_assert_ptr_nonnull(conf);
    ck_assert_int_eq(domain_normalize(conf->hostname, domain), 0);
    ck_assert_str_eq(conf->hostname, domain);
    ck_assert_str_eq(conf->egress[0].helo, domain);
    conf_unref(&conf);
}
END_TEST

static const struct { const char *text; const char *want; } mistakes[] = {
    { "egress default {\n  addresses = { 203.0.113.5,\n 300.1.2.3 }\n}\n",
      "main.conf:3: option 'egress default: addresses': '300.1.2.3' is not an IP address" },
    { "egress a { addresses = { 0.0.0.0 } }",
      "main.conf:1: option 'egress a: addresses': '0.0.0.0' is not an address that mail can leave from" },
    { "egress a { addresses = { ff02::1 } }",
      "main.conf:1: option 'egress a: addresses': 'ff02::1' is not an address that mail can leave from" },
    { "\nfoo = 1\n", "main.conf:2: unknown option 'foo'" },
    { "egress x {\n\n  hello = a\n}", "main.conf:3: unknown option 'hello', did you mean 'helo'?" },
    { "/* one\n two */ /* three */\nSocket = x", "main.conf:3: unknown option 'Socket', did you mean 'socket'?" },
    { "timeout = 3", "main.conf:1: unknown option 'timeout', it belongs in section 'dns'" },
    { "dns { user = a }", "main.conf:1: unknown option 'user', it belongs outside of sections" },
    { "outgiong { }", "main.conf:1: unknown option 'outgiong', did you mean 'outgoing'?" },
    { "dns {\n timeout = 61s }", "main.conf:2: option 'dns: timeout': must be between 100ms and 1m" },
    { "dns { timeout = 99999999999999999999999d }",
      "main.conf:1: option 'dns: timeout': must be between 100ms and 1m" },
    { "dns { timeout = soon }",
      "main.conf:1: option 'dns: timeout': 'soon' is not a duration (such as 500ms, 3s, 10m, 2h or 1d)" },
    { "dns { max_ttl = 1500ms }", "main.conf:1: option 'dns: max_ttl': '1500ms' is not a whole number of seconds" },
    { "limits { header_bytes = 1g }",
      "main.conf:1: option 'limits: header_bytes': '1g' is not a size (such as 4096, 64k or 1m)" },
    { "limits { signatures = -1 }", "main.conf:1: option 'limits: signatures': '-1' is not a whole number" },
    { "limits { signatures = 0 }", "main.conf:1: option 'limits: signatures': must be between 1 and 100" },
    { "mode = watch", "main.conf:1: option 'mode': 'watch' is not one of observe, enforce" },
    { "policy { reject = drop }",
      "main.conf:1: option 'policy: reject': 'drop' is not one of accept, log, tempfail, hold, reject" },
    { "domain x {\n policy {\n reject = drop } }",
      "main.conf:3: option 'policy: reject': 'drop' is not one of accept, log, tempfail, hold, reject" },
    { "domain x { policy { recipients = some } }",
      "main.conf:1: option 'policy: recipients': 'some' is not one of any, all" },
    { "domain x { bulk = perhaps }", "main.conf:1: option 'domain x: bulk': 'perhaps' is not one of auto, yes, no" },
    { "bulk = yes", "main.conf:1: unknown option 'bulk', it belongs in section 'domain'" },
    { "bulk_threshold = -1", "main.conf:1: option 'bulk_threshold': '-1' is not a whole number" },
    { "socket_mode = 0888", "main.conf:1: option 'socket_mode': '0888' is not an octal mode (such as 0660)" },
    { "socket_mode = 7777", "main.conf:1: option 'socket_mode': must be between 0000 and 0777" },
    { "outgoing { local = maybe }", "main.conf:1: option 'outgoing: local': 'maybe' is not yes or no" },
    { "outgoing { networks = { 10.0.0.0/33 } }", "main.conf:1: option 'outgoing: networks': '10.0.0.0/33' is not an IP "
      "address or network (such as 192.0.2.0/24)" },
    { "socket = \"local:run/x\"", "main.conf:1: option 'socket': 'local:run/x' is not a socket: local:/PATH, "
      "inet:PORT@HOST or inet6:PORT@HOST" },
    { "egress a { helo = \"a b\" }", "main.conf:1: option 'egress a: helo': 'a b' is not a domain name" },
    { "egress a { senders = { example.com } }",
      "main.conf:1: option 'egress a: senders': 'example.com' is not user@domain, @domain, @.domain or <>" },
    { "user = \"a\\nb\"",
      "main.conf:1: option 'user': 'a\\x0ab' has a control character or is over 1000 bytes" },
    { "egress a { helo = a.example }\negress b { }\n",
      "main.conf:2: egress 'b' has no senders, recipients, users or daemons, and neither has 'a': "
      "only one can be the default" },
    { "egress default { senders = { @a.example } }",
      "main.conf: egress 'default' has senders, recipients, users or daemons, but no other egress is without: "
      "name it otherwise or add one without" },
    { "egress a { }\negress a { }", "main.conf:2: duplicate section 'a'" },
    { "domain a.example { }\ndomain A.Example. { }", "main.conf:2: duplicate section 'a.example'" },
    { "domain \"a b\" { }", "main.conf:1: the title of a domain section is not a domain name or .domain" },
    { "egress \"a b\" { }",
      "main.conf:1: the name of an egress has letters, digits, '-', '_' and '.', at most 64" },
    { "egress { }", "main.conf:1: missing title for section 'egress'" },
    { "dns = 3", "main.conf:1: missing opening brace for section 'dns'" },
    { "mode observe", "main.conf:1: missing equal sign after option 'mode'" },
    { "mode = { observe }", "main.conf:1: unexpected token '{'" },
    { "mode =\n", "main.conf:2: premature end of file" },
    { "mode = observe\"\nuser = x\n", "main.conf:1: the string that begins here is not closed" },
    { "mode = 'observe\nuser = x\n", "main.conf:1: the string that begins here is not closed" },
    { "\n/* mode = observe\nuser = x\n", "main.conf:2: the comment that begins here is not closed" },
    { "\ndns {\n  policy\n", "main.conf:2: the section that begins here is not closed" },
    { "outgoing { daemons = { a, b", "main.conf:2: a list is not closed at the end of the file" },
    { "dns { } }\n", "main.conf:1: '}' closes nothing" },
    { "egress a { senders = { *@a.example } }",
      "main.conf:1: '*' is not expected here: values with such characters are quoted" },
    { "\"mode\" = observe", "main.conf:1: '\"mode\"' is not the name of an option" },
    { "dns|timeout = 3", "main.conf:1: 'dns|timeout' is not the name of an option" },
    { "include(\"a\", \"b\")", "main.conf:1: brackets are only for include(\"FILE\")" },
    { "mode(\"a\")", "main.conf:1: missing equal sign after option 'mode'" },
    { "mode = \"${HOME\"", "main.conf:1: the ${ here is not closed" },
    { "include(\"none.conf\")", "main.conf:1: cannot open 'none.conf': no such file or directory" },
    { "include(\"main.conf\")", "main.conf:1: include() is nested over 10 files deep" },
};

START_TEST(names_mistakes)
{
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        char *got = conffile_error(mistakes[i].text);
        ck_assert_msg(strcmp(got, mistakes[i].want) == 0, "%s\ngot  %s\nwant %s", mistakes[i].text, got,
                      mistakes[i].want);
        free(got);
    }
}
END_TEST

START_TEST(refuses_what_is_no_file)
{
    struct err err;

    ck_assert_ptr_null(conf_load("/nonexistent/preflight.conf", &err));
    ck_assert_str_eq(err.text, "cannot open '/nonexistent/preflight.conf': no such file or directory");
    ck_assert_ptr_null(conf_load("", &err));
    ck_assert_ptr_null(conf_load("/", &err));
    ck_assert_str_eq(err.text, "cannot read '/': is a directory");
    ck_assert_ptr_null(conf_load("/nonexistent/preflight.conf", NULL));
    ck_assert_ptr_null(conf_load(conffile_write_bytes("nul.conf", "\nmode = o\0bserve\n", 17), &err));
    ck_assert_ptr_nonnull(strstr(err.text, "nul.conf:2: a NUL byte: this is not a text file"));

    size_t size = 2 * 1024 * 1024;
    char *big = malloc(size);
    memset(big, '\n', size);
    ck_assert_ptr_null(conf_load(conffile_write_bytes("big.conf", big, size), &err));
    ck_assert_ptr_nonnull(strstr(err.text, "is larger than 1048576 bytes"));
    free(big);
}
END_TEST

START_TEST(includes_files)
{
    conffile_write("dns.conf", "timeout = 5s\n");
    conffile_write("more.conf", "mode = enforce\nuser = other\n");
    struct conf *conf = conffile_load("user = first\ninclude(\"more.conf\")\n"
                                      "dns {\n include(\"dns.conf\")\n budget = 9s\n}\n"
                                      "dns { cache_entries = 20 }\n");
    ck_assert_int_eq(conf->mode, MODE_ENFORCE);
    ck_assert_str_eq(conf->user, "other");
    ck_assert_int_eq(conf->dns.timeout_ms, 5000);
    ck_assert_int_eq(conf->dns.budget_ms, 9000);
    ck_assert_int_eq(conf->dns.cache_entries, 20);
    conf_unref(&conf);

    /* More often than libconfuse's own include() could fail in one process. */
    conffile_write("bad.conf", "\n\nmode = watch\n");
    for (int i = 0; i < 12; i++) {
        char *got = conffile_error("include(\"bad.conf\")\n");
        ck_assert_str_eq(got, "bad.conf:3: option 'mode': 'watch' is not one of observe, enforce");
        free(got);
    }
    conffile_write("open.conf", "mode = observe\ndns {\n");
    char *got = conffile_error("include(\"open.conf\")\n}\n");
    ck_assert_str_eq(got, "main.conf:2: '}' closes nothing");
    free(got);
    got = conffile_error("include(\"open.conf\")\n");
    ck_assert_str_eq(got, "open.conf:2: the section that begins here is not closed");
    free(got);
    got = conffile_error("include(\"more.conf\")\n\nmode = watch\n");
    ck_assert_str_eq(got, "main.conf:3: option 'mode': 'watch' is not one of observe, enforce");
    free(got);
}
END_TEST

START_TEST(understands_the_syntax)
{
    setenv("PREFLIGHT_TEST_NAME", "from.env.example", 1);
    struct conf *conf = conffile_load("mode = observe\nmode = enforce\r\n"
                                      "outgoing { networks += { 10.0.0.0/8 } daemons = one }\n"
                                      "egress a { helo = ${PREFLIGHT_TEST_NAME} users = { 'x${HOME}' , \"\\$y\", } }\n"
                                      "egress b { helo = \"${PREFLIGHT_TEST_NAME}\" } // end\n"
                                      "dns { servers = {} zone = /a//b }\n");
    unsetenv("PREFLIGHT_TEST_NAME");
    ck_assert_int_eq(conf->mode, MODE_ENFORCE);
    ck_assert_uint_eq(conf->outgoing.n_networks, 3);
    ck_assert_uint_eq(conf->outgoing.daemons.count, 1);
    ck_assert_str_eq(conf->egress[0].helo, "from.env.example");
    ck_assert_str_eq(conf->egress[0].users.items[0], "x${HOME}");
    ck_assert_str_eq(conf->egress[0].users.items[1], "$y");
    ck_assert_str_eq(conf->egress[1].name, "b");
    ck_assert_str_eq(conf->egress[1].helo, "from.env.example");
    ck_assert_str_eq(conf->dns.zone, "/a//b");
    conf_unref(&conf);
}
END_TEST

START_TEST(finds_paths_beside_the_file)
{
    char *before = getcwd(NULL, 0);
    conffile_write("zone.conf", "dns { zone = \"example.zone\" }\n");
    ck_assert_int_eq(chdir(conffile_dir), 0);
    struct conf *conf = conf_load_as("zone.conf", CONFFILE_HOST, NULL);
    char *here = getcwd(NULL, 0);
    ck_assert_int_eq(chdir(before), 0);
    ck_assert_ptr_nonnull(conf);
    char *want;
    ck_assert_int_gt(asprintf(&want, "%s/example.zone", here), 0);
    ck_assert_str_eq(conf->dns.zone, want);
    conf_unref(&conf);

    conf = conffile_load("include(\"zone.conf\")\n");
    ck_assert_str_eq(conf->dns.zone, conffile_path("example.zone"));
    conf_unref(&conf);
    free(want);
    free(here);
    free(before);
}
END_TEST

START_TEST(the_default_egress_is_last)
{
    struct conf *conf = conffile_load("egress mine { }\negress a { users = { u } }\negress b { daemons = { d } }\n");
    ck_assert_uint_eq(conf->n_egress, 3);
    ck_assert_str_eq(conf->egress[0].name, "a");
    ck_assert_str_eq(conf->egress[1].name, "b");
    ck_assert_str_eq(conf->egress[2].name, "mine");
    conf_unref(&conf);

    conf = conffile_load("egress a { recipients = { @a.example } helo = HELO.example. }\n");
    ck_assert_uint_eq(conf->n_egress, 2);
    ck_assert_str_eq(conf->egress[0].helo, "helo.example");
    ck_assert_str_eq(conf->egress[1].name, "default");
    ck_assert_str_eq(conf->egress[1].helo, CONFFILE_HOST);
    conf_unref(&conf);
}
END_TEST

START_TEST(matches_domains_and_addresses)
{
    static const struct { const char *address; bool want; } addresses[] = {
        { "user@one.example", true }, { "USER@One.Example", true }, { "other@one.example", false },
        { "any@two.example", true }, { "any@sub.two.example", false },
        { "any@three.example", false }, { "any@sub.three.example", true }, { "any@a.sub.three.example", true },
        { "any@xthree.example", false }, { "\"a@b\"@two.example", true }, { "any@two.example.", true },
        { "any@b\xc3\xbc""cher.example", true }, { "any@xn--bcher-kva.example", true },
        { "", true }, { "<>", false }, { "user", false }, { "@", false }, { "user@", false },
        { "user@ two.example", false },
    };
    static const struct { const char *name; bool want; } domains[] = {
        { "a.example", true }, { "x.a.example", false }, { "b.example", false }, { "x.b.example", true },
        { "xb.example", false }, { "", false }, { "example", false },
    };
    struct conf *conf = conffile_load("egress a { senders = { User@one.example, @Two.example, @.three.example, "
                                      "'<>', '@b\xc3\xbc""cher.example' } }\n"
                                      "outgoing { local_domains = { A.Example, .b.example } }\n");

    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
        ck_assert_msg(conf_has_address(&conf->egress[0].senders, addresses[i].address) == addresses[i].want, "%s",
                      addresses[i].address);
    for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
        ck_assert_msg(conf_has_domain(&conf->outgoing.local_domains, domains[i].name) == domains[i].want, "%s",
                      domains[i].name);
    ck_assert(!conf_has_address(&conf->egress[0].recipients, ""));
    ck_assert(!conf_has_address(&conf->egress[0].recipients, "a@b"));
    ck_assert(!conf_has_domain(&conf->egress[0].users, "a"));
    conf_unref(&conf);
}
END_TEST

START_TEST(prints_what_loads_again)
{
    static const char *const texts[] = {
        "", example,
        "socket = inet:8891@localhost socket_mode = 0 user = \"\" pid_file = \"/a b/\\\"c\\\\${HOME}\"\n"
        "mode = enforce explain_interval = 0 shutdown_timeout = 90\n"
        "egress a { users = { \"\\\"q\\\" \\\\ $HOME \\${HOME}\", 'it\\'s', \"\xc3\xa9\", \"#no\", \"//no\" }\n"
        "bulk = on }\n"
        "egress b.c { daemons = { x } addresses = { IPv6:2001:db8::1, [192.0.2.1], 127.0.0.1 } }\n"
        "outgoing { authenticated = off local = false networks = {} daemons = {} local_domains = { .x.example } }\n"
        "policy { reject = hold unsure = tempfail }\n"
        "receivers = \"/etc/my receivers.conf\" bulk_threshold = 0\n"
        "domain .a.example { bulk = no selectors = { S1., b.c } }\n"
        "domain a.example { bulk = yes policy { junk = reject recipients = all } }\n"
        "dns { servers = { ::1, 192.0.2.1@5353 } timeout = 1500ms max_ttl = 90m trust_anchor = /x }\n"
        "limits { header_bytes = 65537 headers = 101 }\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct conf *conf = conffile_load(texts[i]);
        char *first = conffile_print(conf);
        conf_unref(&conf);
        conf = conffile_load(first);
        char *second = conffile_print(conf);
        conf_unref(&conf);
        ck_assert_str_eq(second, first);
        if (i == 2) {
            ck_assert_ptr_nonnull(strstr(first, "{ \"\\\"q\\\" \\\\ \\$HOME \\${HOME}\", \"it's\", \"\xc3\xa9\""));
            ck_assert_ptr_nonnull(strstr(first, "addresses = { \"2001:db8::1\", \"192.0.2.1\", \"127.0.0.1\" }"));
            ck_assert_ptr_nonnull(strstr(first, "timeout = 1500ms\n"));
            ck_assert_ptr_nonnull(strstr(first, "max_ttl = 90m\n"));
            ck_assert_ptr_nonnull(strstr(first, "header_bytes = 65537\n"));
            ck_assert_ptr_nonnull(strstr(first, "explain_interval = 0s\n"));
            ck_assert_ptr_nonnull(strstr(first, "socket_mode = 0000\n"));
            ck_assert_ptr_nonnull(strstr(first, "networks = {}\n"));
            ck_assert_ptr_nonnull(strstr(first, "receivers = \"/etc/my receivers.conf\"\n"));
            ck_assert_ptr_nonnull(strstr(first, "bulk_threshold = 0\n"));
            ck_assert_ptr_nonnull(strstr(first, "domain \".a.example\" {\n    bulk = no\n    selectors = { \"s1\", "
                                                "\"b.c\" }\n    policy {\n    }\n}\n"));
            ck_assert_ptr_nonnull(strstr(first, "    bulk = yes\n    selectors = {}\n    policy {\n"
                                                "        junk = reject\n        recipients = all\n    }\n"));
        }
        free(first);
        free(second);
    }
    FILE *full = fopen("/dev/full", "w");
    if (full != NULL) {
        struct conf *conf = conffile_load("");
        ck_assert_int_eq(conf_print(conf, full), -1);
        conf_unref(&conf);
        fclose(full);
    }
}
END_TEST

START_TEST(is_shared_by_reference)
{
    struct conf *conf = conffile_load(example);
    struct conf *other = conf_ref(conf);

    ck_assert_ptr_eq(conf, other);
    conf_unref(&conf);
    ck_assert_ptr_null(conf);
    ck_assert_str_eq(other->user, "preflight");
    conf_unref(&other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf");
    TCase *tc = tcase_create("conf");
    tcase_add_checked_fixture(tc, conffile_start, conffile_done);
    tcase_add_test(tc, loads_the_example);
    tcase_add_test(tc, an_empty_file_gives_the_defaults);
    tcase_add_test(tc, finds_the_host_name);
    tcase_add_test(tc, names_mistakes);
    tcase_add_test(tc, refuses_what_is_no_file);
    tcase_add_test(tc, includes_files);
    tcase_add_test(tc, understands_the_syntax);
    tcase_add_test(tc, finds_paths_beside_the_file);
    tcase_add_test(tc, the_default_egress_is_last);
    tcase_add_test(tc, matches_domains_and_addresses);
    tcase_add_test(tc, prints_what_loads_again);
    tcase_add_test(tc, is_shared_by_reference);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
