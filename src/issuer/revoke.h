#pragma once
/*
 * Between the files of the verb revoke. Several certificates may be for the key that leaked; what goes wrong with one
 * holds back no other.
 */
#include "issuer/issuer.h"

#define OLD_MAX 256u

struct old {
	const char *pem;                   /* borrowed: with its chain, where it was kept */
	const char *place;                 /* where it was found; NULL: it stood in the repository */
	char *alone;                       /* in PEM */
	struct certificate c;
	struct seen seen;
	char said[300];                    /* why it was not seen to be, when there was time to ask */
	bool again;                        /* it was revoked before */
	int r;                             /* 0, or -code of `why` */
	struct err why;
};
struct olds { struct old list[OLD_MAX]; uint32_t n; };

/* Has each revoked that is not, and waits until each is seen to be. What came of it stands in each. */
void olds_revoke(struct issuer_job *i, struct olds *all);
