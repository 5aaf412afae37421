/*
 * The data files of conf/ as they are shipped, built into the programs: what holds where preflight.conf names no other.
 * Each is made from conf/NAME.conf by the Makefile, comments left out.
 */
#ifndef PREFLIGHT_CONFIG_BUILTIN_H
#define PREFLIGHT_CONFIG_BUILTIN_H

extern const char builtin_receivers[];
extern const char builtin_replies[];

#endif
