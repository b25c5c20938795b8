#pragma once
/*
 * Which private key or key file reaches which file on which hosts, and who is told. The manifests' catalogues are made
 * here for each host, as far as public text tells: conditions that depend on facts or on private data go both ways, and
 * what comes of that is marked FEED_UNSURE; names that only a real run knows have '*' in them and are FEED_PATTERN.
 * Nothing is left out in silence: what could not be followed is added to the manifest's gaps.
 */
#include "base/strv.h"
#include "puppet/manifest.h"

#define FEED_ITEMS_MAX 1000000u
#define FEED_STEPS_MAX 1000000u         /* expressions of one host's catalogue */
#define FEED_STEPS_ALL 500000000u       /* ... and of all */
#define FEED_BYTES_MAX ((size_t)256 << 20) /* of one host's catalogue and of what is told of all */
#define FEED_RESOURCES_MAX 200000u      /* of one host */
#define FEED_NONE UINT32_MAX

struct feed_host { const char *name, *fqdn; };          /* as the register has them: name, address */
struct feed_given {
	const struct feed_host *hosts; uint32_t n_hosts; /* none: those that node blocks name or list by pattern */
	const char *const *keys; uint32_t n_keys;        /* names of the private Hiera keys; NULL: not known */
	uint64_t steps_max;                              /* of one host; 0: FEED_STEPS_MAX */
	bool from_nodes;                                 /* besides the hosts given: all that node blocks list */
};

enum feed_from { FEED_KEY, FEED_FILE };
struct feed_origin {
	enum feed_from from;
	/* FEED_FILE: "private", "ssl-keys", "modules"; "": name is a path of the server */
	const char *mount;
	const char *name;               /* the key, or the path below the mount; with '*' when it is a pattern */
	bool pattern;
	uint32_t file, line, col;       /* where it is asked for first; columns are bytes */
	const char *raw;                /* internal: name with its holes */
};

enum feed_sink { SINK_FILE, SINK_EXEC, SINK_RESOURCE };
enum feed_told {
	TOLD_NOTIFIED,                  /* Puppet restarts or reloads it */
	TOLD_BY_EXEC,                   /* a command that Puppet runs then does: its text names the service */
	TOLD_READER,                    /* not told; another file of the host, which it is told of, names this one */
	TOLD_ORDERED,                   /* not told; only started before or after it */
	TOLD_BESIDE,                    /* not told; declared in the same class */
};
struct feed_service { const char *name; enum feed_told told; bool unsure; const char *via; /* file or exec,
	or NULL */ };

enum feed_flag {
	FEED_UNSURE = 1,                /* why says so */
	FEED_PATTERN = 2,               /* origin or target have '*' */
	FEED_EXPORTED = 4,              /* goes through PuppetDB, and its reports and caches */
	FEED_COMMAND_LINE = 8,          /* stands in a command: everybody on the host can read it while it runs */
	FEED_DIFF_SHOWN = 16,           /* a file whose changes Puppet writes to its log (show_diff is not false) */
};
struct feed_item {
	uint32_t origin, flags;
	enum feed_sink sink;
	const char *type, *target;      /* SINK_FILE: its path; otherwise the resource's title */
	const char *attribute;          /* content, source, command, password, ... */
	const char *mode, *owner, *group; /* NULL: not said */
	const char *why;                /* FEED_UNSURE */
	uint32_t *hosts; uint32_t n_hosts;            /* of feed->hosts, ascending */
	struct feed_service *services; uint32_t n_services;
	uint32_t file, line, col;       /* of the resource */
	const char *raw;                /* internal: target with its holes */
};

/* The node block that a host comes from; file: MANIFEST_NONE when it was given. */
struct feed_named { uint32_t file, line, col; const char *pattern; /* NULL: by its name */ };

struct feed {
	struct arena *arena;
	struct feed_host *hosts; uint32_t n_hosts;
	struct feed_named *named;       /* of each host */
	bool *host_known;               /* a node block or top-level statement is for it */
	struct feed_origin *origins; uint32_t n_origins;
	struct feed_item *items; uint32_t n_items;
	size_t cap_hosts, cap_named, cap_origins, cap_items;
};

/* `m` has gaps and FACT_RESOLVED added. The feed borrows from it: free the feed first. */
struct feed *feed_build(struct manifest *m, const struct feed_given *given);
void feed_freep(struct feed **f);

/* Does the origin mean this key, or one that it is a part of ("a::b.c" of "a::b")? */
bool feed_is_key(const struct feed_origin *o, const char *key);
/* ... this file of this private repository, where path may begin with "files/"? */
bool feed_is_file(const struct feed_origin *o, const char *repository, const char *path);
/* The item's target when its origin is that file or key: '*' filled in as far as the name tells. */
const char *feed_target(struct arena *a, const struct feed *f, const struct feed_item *i, const char *key_or_path);
const char *feed_told_name(enum feed_told told);        /* "notified" */
