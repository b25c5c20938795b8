#pragma once
/*
 * How the register is read. For register_*.c, and for scan/rules*.c, whose file has the same shape: it uses the keys
 * of a map and what is told about mistakes, with a loader that has only `keep`, `draft`, `noun` and `problems`. Each
 * file's YAML tree becomes items and is freed; names of other things stay words ("late") until all files are read and
 * are resolved then. Mistakes are collected, not thrown: a decoder that finds one says so (problem) and goes on with
 * the next key.
 */
#include "base/yaml.h"
#include "model/register.h"

struct word { const char *s; uint32_t line, col; };
struct words { const char *file; struct word *w; uint32_t n; };

enum late_what { LATE_SYSTEM, LATE_REPOSITORY, LATE_SECRET, LATE_HOST, LATE_HOSTS, LATE_REFS, LATE_CHANNELS,
		 LATE_PERSON, LATE_ISSUER };
/* What stands at target: uint32_t for one name, struct indices for hosts and channels, struct refs for anything. The
 * same goes to `copies` further targets, each `stride` bytes behind the one before (several addresses). */
struct late { enum late_what what; uint32_t limit; struct words words; char *target; uint32_t copies; size_t stride; };

struct table { void **item; size_t n, cap; struct map names; };    /* items lie in the draft arena and stay put */

struct group_draft { const char *name; struct indices hosts; struct position at; struct words members; uint8_t state; };
struct person_draft { struct person p; struct words roles; };
struct host_draft { struct host h; bool own_configuration, own_logs; };
struct secret_draft { struct secret_def s; bool has_system; };
struct system_draft { struct system s; struct words contacts; };
struct closure_draft { struct closure c; struct word kind; bool has_secret; };

enum table_name { TABLE_PEOPLE, TABLE_ROLES, TABLE_CHANNELS, TABLE_HOSTS, TABLE_GROUPS, TABLE_REPOSITORIES,
		  TABLE_SYSTEMS, TABLE_SECRETS, TABLE_DATA, TABLE_CLOSURES, TABLE_NOT_SECRET, TABLE_TRACE,
		  TABLE_WIKIS, TABLE_ISSUERS, TABLE_USERS, TABLE_SSH_KEYS, TABLES };

struct loader {
	struct firebreak_register *r;
	struct arena *keep, *draft, *tree;   /* the register's; until all is resolved; of the file being read */
	const char *file, *noun;             /* noun: "register", for texts */
	const struct driver_words *drivers;
	size_t n_drivers;
	struct table table[TABLES];
	struct late *late;
	size_t n_late, cap_late;
	uint64_t expanded;                   /* references after patterns: LIMIT_EDGES of them */
	struct map host_lists;               /* equal lists of hosts share their indices */
	struct indices *lists;
	size_t n_lists, cap_lists;
	unsigned group_depth;
	struct names default_logs;
	struct position seen_version, seen_organisation, seen_configuration, seen_ssh_config, seen_check,
			approver_at;
	struct strv *problems;
	uint32_t n_problems;
	bool unread;                         /* a file was no YAML: names may be missing, references stay unread */
	struct err first;
};

/* --- register_say.c: what is told about mistakes --- */
void problem(struct loader *l, struct position at, const char *fmt, ...) _printf_(3, 4);
void problem_at(struct loader *l, const struct yaml_node *n, const char *fmt, ...) _printf_(3, 4);
#define problem(...) ({ problem(__VA_ARGS__); false; })         /* false: so that `return problem(...)` refuses */
#define problem_at(...) ({ problem_at(__VA_ARGS__); false; })
bool enough(const struct loader *l);                       /* as many problems as we tell */
struct position position_of(const struct loader *l, const struct yaml_node *n);
/* " (did you mean 'redis'?)", or what the words are when they are few, or "". Borrowed until the next call. */
const char *hint_words(const char *wrong, const char *const *words, size_t n);
const char *hint_table(const struct loader *l, const char *wrong, enum table_name t);

/* --- register_keys.c: a map of the YAML against a table of keys --- */
struct key;
typedef bool take_fn(struct loader *l, const struct key *k, const struct yaml_node *n, void *item);
typedef const char *check_fn(const char *s);               /* NULL when right, else what was expected */
struct key {
	const char *name;
	take_fn *take;
	size_t offset;                                     /* of the field in the item */
	bool required;
	check_fn *check;                                   /* of a text, or of each text of a list */
	const char *const *words;                          /* of take_choice, NULL-terminated */
	enum late_what late;                               /* of take_late */
	uint32_t limit;                                    /* of a list; 0: LIMIT_WORDS */
};
/* what: "secret 'redis/password'"; for texts. false: there was a problem. */
bool take_map(struct loader *l, const struct yaml_node *n, const struct key *keys, size_t n_keys, void *item,
	      const char *what);
take_fn take_text, take_name, take_texts, take_choice, take_flag, take_number, take_seconds, take_late;
bool plain_node(struct loader *l, const struct yaml_node *n);  /* no alias, anchor, tag */
bool scalar(struct loader *l, const struct yaml_node *n, const char *what, const char **ret);
bool list_words(struct loader *l, const struct yaml_node *n, uint32_t limit, check_fn *check, struct words *ret);
void late_add(struct loader *l, enum late_what what, struct words words, uint32_t limit, void *target);
/* Elements of a list, each given to `one` with room of `size` bytes in an array of the register. */
typedef bool element_fn(struct loader *l, const struct yaml_node *n, void *element);
bool take_elements(struct loader *l, const struct yaml_node *n, const char *what, uint32_t limit, size_t size,
		   element_fn *one, void **ret, uint32_t *ret_n);

/* --- register_words.c: forms of texts --- */
check_fn check_line, check_name, check_host_name, check_address, check_url, check_branch, check_mail, check_inside,
	check_absolute, check_local_file, check_service, check_word, check_responder_key, check_host_word,
	check_pattern, check_relay, check_server, check_https, check_irc_word, check_ssh_key, check_user;

/* --- register_items.c: sections of named things --- */
struct section {
	const char *name, *one;
	enum table_name table;
	size_t size, at;                                   /* of the item; offset of its position */
	uint32_t limit;
	check_fn *check;                                   /* of the names */
	bool (*read)(struct loader *l, const struct yaml_node *n, void *item);  /* n may be NULL: nothing said */
	bool bare;                                         /* may stand without a body */
	const char *prefix;                                /* of the name in the tables; NULL: none */
};
extern const struct section sections[]; extern const size_t sections_count;
bool read_section(struct loader *l, const struct section *s, const struct yaml_node *n);
void *table_find(const struct loader *l, enum table_name t, const char *name);
bool read_person(struct loader *l, const struct yaml_node *n, void *item);
bool read_role(struct loader *l, const struct yaml_node *n, void *item);
bool read_channel(struct loader *l, const struct yaml_node *n, void *item);            /* register_channel.c */
void check_channels(struct loader *l); take_fn take_escalation, take_minutes, take_configuration, take_containment;
bool read_host(struct loader *l, const struct yaml_node *n, void *item);
bool read_group(struct loader *l, const struct yaml_node *n, void *item);
bool read_repository(struct loader *l, const struct yaml_node *n, void *item);
bool read_system(struct loader *l, const struct yaml_node *n, void *item);
bool read_secret(struct loader *l, const struct yaml_node *n, void *item);
bool read_data(struct loader *l, const struct yaml_node *n, void *item);
bool read_account(struct loader *l, const struct yaml_node *n, struct secret_def *s, uint32_t *at);
bool read_version(struct loader *l, const struct yaml_node *n);      /* sections that are no list of named things */
bool read_organisation(struct loader *l, const struct yaml_node *n);
bool read_configuration(struct loader *l, const struct yaml_node *n);
bool read_ssh_config(struct loader *l, const struct yaml_node *n),
     read_puppet(struct loader *l, const struct yaml_node *n);
bool read_wiki(struct loader *l, const struct yaml_node *n, void *item);               /* register_publish.c */
bool read_publish(struct loader *l, const struct yaml_node *n);
void check_publish(struct loader *l);
bool read_containment(struct loader *l, const struct yaml_node *n);                    /* register_contain.c */
bool read_user(struct loader *l, const struct yaml_node *n, void *item);               /* register_users.c */
bool read_users_data(struct loader *l, const struct yaml_node *n);
void settle_ssh_keys(struct loader *l);
bool read_check(struct loader *l, const struct yaml_node *n);
bool read_closures(struct loader *l, const struct yaml_node *n);
bool read_not_secret(struct loader *l, const struct yaml_node *n);     /* register_not_secret.c */
void check_not_secret(struct loader *l);
bool read_trace(struct loader *l, const struct yaml_node *n);          /* register_trace.c */

/* --- when all files are read --- */
void resolve_groups(struct loader *l);                     /* register_groups.c */
bool hosts_of_words(struct loader *l, const struct words *w, struct indices *ret);
void resolve_late(struct loader *l);                       /* register_late.c */
/* Is the word a person, a role or a mail address? Tells when it is not. */
bool check_whom(struct loader *l, struct position where, const char *word);
void check_whole(struct loader *l);                        /* register_check.c: what concerns several things */
void settle_tables(struct loader *l);                      /* register_settle.c: drafts become the register's tables */
