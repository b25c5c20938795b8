#pragma once
/*
 * Signatures of OpenSSH over a text (`ssh-keygen -Y`): with a key file, an agent or a security key, whatever the
 * responder's OpenSSH knows. Who may sign comes from the register and nowhere else. Anybody can check the same with
 * ssh-keygen and the two files that sshsig_verify leaves in `folder`.
 */
#include "base/buf.h"
#include "base/err.h"
#include "model/register.h"

#define SSHSIG_NAMESPACE "firebreak-report"

/* key: a private key, or a public one whose private half the agent has. -ERR_AUTH: it could not be used; e has
 * OpenSSH's own words. Waits at most two minutes, for a touch of a security key. */
int sshsig_sign(const char *key, const struct buf *text, struct buf *ret, struct err *e);
/* Is it the signature of this person of the register over exactly this text? name: of the files, in `folder`.
 * -ERR_REFUSED: it is not; e says whose it is when the register knows. */
int sshsig_verify(const struct firebreak_register *reg, const char *person, const char *folder, const char *name,
		  const struct buf *text, const char *signature, struct err *e);
