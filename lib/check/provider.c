/*
 * Mailbox providers' domains; see provider.h.
 */
#include "config.h"

#include "lib/check/provider.h"

#include <stddef.h>
#include <string.h>

/* "yahoo." stands for every country's: yahoo.de, yahoo.co.uk. */
static const char *const domains[] = {
    "gmail.com", "googlemail.com",
    "yahoo.", "ymail.com", "rocketmail.com", "aol.", "aim.com", "verizon.net",
    "outlook.", "hotmail.", "live.", "msn.com", "windowslive.com",
    "icloud.com", "me.com", "mac.com",
    "gmx.", "web.de", "mail.com", "t-online.de", "freenet.de", "arcor.de",
    "orange.fr", "wanadoo.fr", "laposte.net", "free.fr", "sfr.fr", "neuf.fr",
    "libero.it", "virgilio.it", "tiscali.it", "alice.it", "tin.it",
    "mail.ru", "bk.ru", "inbox.ru", "list.ru", "yandex.ru", "yandex.com", "rambler.ru",
    "qq.com", "163.com", "126.com", "sina.com", "naver.com", "daum.net", "rediffmail.com",
    "protonmail.com", "proton.me", "pm.me", "zoho.com", "zohomail.com", "fastmail.com", "tutanota.com",
    "comcast.net", "att.net", "sbcglobal.net", "bellsouth.net", "cox.net", "charter.net", "btinternet.com",
    "seznam.cz", "wp.pl", "o2.pl", "onet.pl", "interia.pl", "bluewin.ch", "telenet.be", "ziggo.nl",
};

/* One label, or two, of two or three letters each. */
static bool is_country(const char *text)
{
    for (int labels = 0; labels < 2; labels++) {
        size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz");
        if (len < 2 || len > 3)
            return false;
        if (text[len] == '\0')
            return true;
        if (text[len] != '.')
            return false;
        text += len + 1;
    }
    return false;
}

bool is_mailbox_domain(const char *domain)
{
    for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
        size_t len = strlen(domains[i]);
        if (strncmp(domain, domains[i], len) != 0)
            continue;
        if (domains[i][len - 1] == '.' ? is_country(domain + len) : domain[len] == '\0')
            return true;
    }
    return false;
}
