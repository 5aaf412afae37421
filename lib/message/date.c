/*
 * The Date field; see date.h.  Each step takes one piece and the white space or comments after it.
 */
#include "config.h"

#include "lib/message/date.h"
#include "lib/base/str.h"
#include "lib/message/lex.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static size_t letters(const char *p)
{
    size_t n = 0;

    while ((p[n] >= 'A' && p[n] <= 'Z') || (p[n] >= 'a' && p[n] <= 'z'))
        n++;
    return n;
}

/* Which of count three-letter names is at *p?  Goes past it; -1 where none. */
static int take_name(const char **p, const char *names, int count)
{
    if (letters(*p) != 3)
        return -1;
    for (int i = 0; i < count; i++) {
        if (strncasecmp(*p, names + 3 * i, 3) == 0) {
            *p += 3;
            return i;
        }
    }
    return -1;
}

/* A number of min..max digits; -1 where there is none.  *digits_r may be NULL. */
static int take_number(const char **p, int min, int max, int *digits_r)
{
    int value = 0, digits = 0;

    while (digits < max && is_digit((*p)[digits]))
        value = value * 10 + ((*p)[digits++] - '0');
    if (digits < min || is_digit((*p)[digits]))
        return -1;
    *p += digits;
    if (digits_r != NULL)
        *digits_r = digits;
    return value;
}

/* White space or comments, at least one. */
static bool take_gap(const char **p)
{
    const char *before = *p;

    *p = lex_skip_cfws(*p);
    return *p != before;
}

static bool take_char(const char **p, char c)
{
    const char *at = lex_skip_cfws(*p);

    if (*at != c)
        return false;
    *p = lex_skip_cfws(at + 1);
    return true;
}

static bool take_day_name(const char **p)
{
    if (letters(*p) == 0)
        return true;
    return take_name(p, "MonTueWedThuFriSatSun", 7) >= 0 && take_char(p, ',');
}

static int days_in(int month, int year)
{
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month] + (month == 1 && is_leap);
}

/* Section 4.3: two digits mean 1950..2049, three count from 1900. */
static int take_year(const char **p)
{
    int digits, year = take_number(p, 2, 9, &digits);

    if (digits == 2 && year >= 0)
        return year + (year < 50 ? 2000 : 1900);
    return digits == 3 && year >= 0 ? year + 1900 : year;
}

static bool take_date(const char **p)
{
    int day = take_number(p, 1, 2, NULL);
    if (day < 1 || !take_gap(p))
        return false;
    int month = take_name(p, "JanFebMarAprMayJunJulAugSepOctNovDec", 12);
    if (month < 0 || !take_gap(p))
        return false;
    int year = take_year(p);
    return year >= 1900 && day <= days_in(month, year) && take_gap(p);
}

static bool take_time(const char **p)
{
    int hour = take_number(p, 2, 2, NULL);
    if (hour < 0 || hour > 23 || !take_char(p, ':'))
        return false;
    int minute = take_number(p, 2, 2, NULL);
    if (minute < 0 || minute > 59)
        return false;
    if (!take_char(p, ':'))
        return true;
    int second = take_number(p, 2, 2, NULL);
    return second >= 0 && second <= 60;
}

/* "+0100", "GMT", a military letter, or any other name of three to five letters (section 4.3). */
static bool take_zone(const char **p)
{
    size_t n = letters(*p);

    if (n == 0) {
        if (**p != '+' && **p != '-')
            return false;
        (*p)++;
        int zone = take_number(p, 4, 4, NULL);
        return zone >= 0 && zone % 100 < 60;
    }
    bool is_zone = n == 1 ? (*p)[0] != 'J' && (*p)[0] != 'j' : n == 2 ? strncasecmp(*p, "UT", 2) == 0 : n <= 5;
    *p += n;
    return is_zone;
}

bool is_date(const char *value)
{
    const char *p = lex_skip_cfws(value);

    if (!take_day_name(&p) || !take_date(&p) || !take_time(&p))
        return false;
    if (!take_gap(&p) || !take_zone(&p))
        return false;
    return *lex_skip_cfws(p) == '\0';
}
