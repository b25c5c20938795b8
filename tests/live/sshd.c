#include "sshd.h"
#include "scratch.h"
#include "service_port.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <cmocka.h>

static uint16_t asked_port;

static bool answers(void)
{
	return sh("ssh-keyscan -T 1 -p %u 127.0.0.1 2>/dev/null | grep -q ed25519", asked_port) == 0;
}

int far_begin(struct far *f)
{
	char path[128];
	const char *const argv[] = { "/usr/sbin/sshd", "-D", "-e", "-f", path, NULL };

	*f = (struct far){ .port = service_free_port() };
	asked_port = f->port;
	must_sh("mkdir -p ssh && ssh-keygen -q -t ed25519 -N '' -f ssh/host && ssh-keygen -q -t ed25519 -N '' -f "
		"ssh/client && cp ssh/client.pub ssh/authorized && printf '[127.0.0.1]:%u %%s\\n' \"$(cut -d' ' -f1,2 "
		"ssh/host.pub)\" >ssh/known", f->port);
	must_sh("printf 'Port %u\\nListenAddress 127.0.0.1\\nHostKey %s/ssh/host\\nPidFile none\\nUsePAM "
		"no\\nStrictModes no\\nAuthorizedKeysFile %s/ssh/authorized\\nPasswordAuthentication "
		"no\\nPermitRootLogin yes\\nAllowTcpForwarding yes\\nAllowStreamLocalForwarding yes\\nLogLevel "
		"VERBOSE\\n' >ssh/sshd_config", f->port, scratch, scratch);
	must_sh("printf 'Host far\\nHostName 127.0.0.1\\nPort %u\\nIdentityFile %s/ssh/client\\nIdentitiesOnly "
		"yes\\nIdentityAgent none\\nUserKnownHostsFile %s/ssh/known\\nStrictHostKeyChecking yes\\n' "
		">ssh/config", f->port, scratch, scratch);
	/* As root sshd wants its empty folder, which the package's init script makes. */
	if (geteuid() == 0)
		must_sh("mkdir -p -m 755 /run/sshd");
	(void)snprintf(path, sizeof(path), "%s/ssh/sshd_config", scratch);
	(void)snprintf(f->config, sizeof(f->config), "%s/ssh/config", scratch);
	(void)snprintf(f->control, sizeof(f->control), "%s/control", scratch);
	f->pid = start_program(argv, "ssh/log");
	f->way = (struct way){ .host = "far11", .address = "far", .ssh_config = f->config, .control = f->control };
	if (!wait_for(answers, 15000)) {
		char *log = file_text("ssh/log");
		print_error("sshd does not answer: %s\n", log);
		free(log);
		far_end(f);
		return -1;
	}
	return 0;
}

void far_end(struct far *f)
{
	stop_program(f->pid);
	f->pid = 0;
}
