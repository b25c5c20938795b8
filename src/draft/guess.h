#pragma once
/*
 * What a name tells of what is kept under it: what kind of secret, of which system, or that it may be none. Guesses,
 * and told as guesses: each comes with the word that it is made from, and who uses one has a person confirm it. The
 * tables (guess_table.c) are the page's sixteen systems and what teams usually have besides; nothing of any one farm
 * is in them.
 */
#include "scan/traits.h"
#include <stdbool.h>

struct guess { const char *is, *word; };       /* is NULL: nothing was found; word: what it was found by */

/* A key (passwords::db::grafana), or the path of a file. */
struct guess guess_system(const char *name);
struct guess guess_kind(const char *name);
/* The systems that a service of a host, and a file on one, belong to. */
struct guess guess_system_of_service(const char *service);
struct guess guess_system_of_path(const char *path);
struct guess guess_kind_of_path(const char *path);

struct guess_system_fact { const char *name, *title, *page; };  /* page: its section, NULL: none */
/* NULL when it is a system of the team's own. */
const struct guess_system_fact *guess_system_fact(const char *name);

enum guess_class {
	GUESS_SECRET,          /* its name says so */
	GUESS_UNKNOWN,         /* nothing says anything: to be kept as a secret until a person says otherwise */
	GUESS_PUBLIC, GUESS_DATA,
};
/* is_file: the whole file is the value. `ret_why`: "its name has 'phone'"; never part of a value. */
enum guess_class guess_class(const char *name, bool is_file, const struct traits *t, struct guess *ret_why);

/* What a name of the register can be made of: "passwords::db::grafana_rw" of grafana is "db-rw". Writes at most
 * size - 1 bytes of a-z, 0-9 and '-', and nothing when no word is left. */
void guess_short_name(const char *name, const char *system, char *ret, size_t size);

/* --- guess_table.c: rows in the order in which they are tried --- */
struct guess_row { const char *words, *is; };  /* all words (of a name's parts) must be there; ends with words NULL */
extern const struct guess_row guess_systems[], guess_kinds[], guess_services[], guess_paths[], guess_path_kinds[];
extern const struct guess_system_fact guess_facts[];            /* ends with name NULL */
extern const char *const guess_secret_words[], *const guess_data_words[], *const guess_dull_words[],
	*const guess_data_suffixes[], *const guess_public_files[];
