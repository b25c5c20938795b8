#pragma once
/* For notice*.c only. */
#include "model/notice.h"

/* The text of an item, or NULL when nobody knows; *ret_source says who does. The text lives in the arena or longer. */
typedef const char *item_fn(struct arena *a, const struct notice_facts *f, const char **ret_source);

/* notice_items.c */
item_fn item_nature_authority, item_nature_people, item_subjects, item_people, item_categories, item_records,
	item_contact, item_consequences, item_measures_authority, item_measures_people, item_advice, item_timeline,
	item_severity, item_late, item_suspicion, item_domains;
bool notice_is_late(const struct notice_facts *f);
bool notice_was_suspected_long(const struct notice_facts *f);
