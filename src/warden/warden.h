#pragma once
/*
 * The program firebreak-warden: what is done to whole hosts, one host and one job in a process (worker/wire.h). It is a
 * worker, so it never opens the journal, is killed at its deadline, and being killed has a meaning.
 *
 *   visit    sends the scout to a host, has it do one request, passes its answers on
 *   logins   asks a host's sshd whether it would let accounts in by keys of which there is only the public half
 *
 * Hosts are hostile: every line of theirs is checked here, and the first that is not as agreed ends the visit.
 */
#include "worker/jobs.h"

job_fn warden_visit, warden_logins;
