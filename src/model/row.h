#pragma once
/*
 * One row of the journal: the only thing that comes back. Append-only; what an incident looks like now is a fold of its
 * rows (incident.h). Bodies are JSON objects; docs/formats/journal.md lists their keys for each kind.
 */
#include <stdint.h>

enum row_kind {
	ROW_DECLARED,    /* what leaked, who says so, suspected, aware, blast radius */
	ROW_PLANNED,     /* the steps; later ones add steps to the plan */
	ROW_CLAIMED,     /* this incident works on a secret */
	ROW_RELEASED,
	ROW_STARTED,     /* a responder began (or went on with) `respond` */
	ROW_INTENT,      /* a step is about to be done; sealed values */
	ROW_OUTCOME,     /* what came of it, with every answer kept */
	ROW_SKIPPED,     /* a person decided, with a reason */
	ROW_ANSWERED,    /* a person did a step by hand and said so */
	ROW_RECOVERED,   /* sealed values were shown to a person */
	ROW_PULLED,      /* a person decided that a secret goes out of deployment until its new value is whole */
	ROW_TRACED,      /* where a secret's values were found besides */
	ROW_REPORTED,    /* a report was drafted; its hash */
	ROW_ASSESSED,    /* a person's inputs of the severity */
	ROW_WORDED,      /* a person's sentences for the notices */
	ROW_DECIDED,     /* a person's word about who is told, or since when somebody was aware */
	ROW_TOLD,        /* a person sent a notice, or says that such a row was a mistake */
	ROW_APPROVED,    /* the report: a signature over the hashes of its texts */
	ROW_PUBLISHING,  /* something is about to be put where people outside read it, or taken back */
	ROW_PUBLISHED,   /* what came of that */
	ROW_ALERTING,    /* one of ours is about to be told of it */
	ROW_ALERTED,     /* what came of that; or that no channel was left for somebody */
	ROW_ACKNOWLEDGED, /* somebody who was told has it */
	ROW_MAILED,      /* mail to people began or ended, or a person decided about those of whom nothing is known */
	ROW_CONTAINING,  /* a host is about to be cut off, or let free again */
	ROW_CONTAINED,   /* what came of that */
	ROW_INVESTIGATED, /* what one host says of how somebody got in */
	ROW_POSTURE,     /* what the page claims of servers, held against one host; about no incident */
	ROW_EVIDENCE,    /* volatile evidence of a host was taken; where it lies, sealed, and its hash */
	ROW_ASKED,       /* what a host's sshd said of logins before an eviction changed anything there */
	ROW_BASELINE,    /* what stood on a host on a calm day was kept (incident 0) */
	ROW_DRILLED,     /* what the intruder of a drill met */
	ROW_CLOSED,
	ROW_KINDS,
};

struct row {
	int64_t seq;              /* from 1, without gaps; given by the journal */
	int64_t at_us;            /* given by the journal; never before the previous row's (see journal.h) */
	enum row_kind kind;
	int64_t incident;         /* from 1; 0: about the journal itself */
	const char *step;         /* step id, or NULL */
	uint32_t attempt;         /* of the step, from 1; 0 otherwise */
	const char *who;          /* responder: "alice (root@laptop)" */
	const char *body;         /* JSON object, at most ROW_BODY_MAX bytes */
};

#define ROW_BODY_MAX (4u << 20)

const char *row_kind_name(enum row_kind kind);          /* "declared" */
int row_kind_parse(const char *name, enum row_kind *ret);
