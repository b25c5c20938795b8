#pragma once
/*
 * What one of ours is told. Names, reasons and titles come from outside: each is made visible, so that no line break or
 * control character of theirs reaches a header, a line of IRC or a room. Values are not known here and cannot be said.
 * Over a channel that others read (`public`) neither what leaked nor why is told, only that somebody is needed.
 */
#include "base/buf.h"
#include "model/alert.h"

#define ALERT_LINE_MAX 380u      /* bytes of one line: a line of IRC has 512, with sender, target and command */
#define ALERT_LINES_MAX 3u

/* party: p of s, told over p->channel for the p->call'th time. */
void alert_subject(const struct alert_state *s, const struct alert_party *p, struct buf *b);       /* of a mail */
void alert_body(const struct alert_state *s, const struct alert_party *p, struct buf *b);
/* For rooms and IRC: at most ALERT_LINES_MAX lines of ALERT_LINE_MAX bytes; the last one is the command. */
void alert_lines(const struct alert_state *s, const struct alert_party *p, struct buf *b);
void alert_log_line(const struct alert_state *s, struct buf *b);
/* Why the party is told: "as contact of redis, mail". */
void alert_why(const struct alert_state *s, const struct alert_party *p, struct buf *b);
void alert_name(const struct alert_party *p, struct buf *b);       /* as a word of a command */
/* alert_findings.c: what a party of kind FINDINGS is told; is_public: over a channel that others read. */
void alert_findings_body(const struct alert_state *s, bool is_public, struct buf *b);
void alert_findings_line(const struct alert_state *s, bool is_public, struct buf *b);
uint32_t alert_findings_alarms(const struct incident *i);
/* alert_crowd.c: what a party of kind CROWD is told. */
void alert_crowd_body(const struct alert_state *s, bool is_public, struct buf *b);
void alert_crowd_line(const struct alert_state *s, bool is_public, struct buf *b);
/* "firebreak ack 3 alice" */
void alert_command(const struct alert_state *s, const struct alert_party *p, struct buf *b);
