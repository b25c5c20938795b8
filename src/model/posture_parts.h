#pragma once
/* For posture*.c only. */
#include "model/posture.h"

struct judge { const json_t *facts; const struct posture_rules *rules; int64_t now_us; struct posture *to;
	       enum claim claim; };

void claim_say(struct judge *j, enum claim_result r, const char *fmt, ...) _printf_(3, 4);
void judge_ports(struct judge *j);
void judge_bans(struct judge *j);
void judge_ciphers(struct judge *j);
void judge_root(struct judge *j);
void judge_updates(struct judge *j);
