#include "puppetserver.h"
#include "base/mem.h"
#include "scratch.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <cmocka.h>

static uint16_t asked_port;
static pid_t asked_pid;

static bool running(void)
{
	return kill(asked_pid, 0) < 0 ||
	       sh("printf 'GET /status/v1/simple HTTP/1.0\\r\\n\\r\\n' | timeout 3 openssl s_client -quiet -connect "
		  "127.0.0.1:%u 2>/dev/null | grep -q '^running'", asked_port) == 0;
}

/* The package's own files where they are the same for everybody; what names folders, ports and logs is written here.
 * Its analytics service is left out: tests talk to nobody else. */
static void configure(const struct puppetserver *s)
{
	must_sh("mkdir -p ps/conf.d ps/services.d ps/puppet ps/var ps/run ps/log ps/code && "
		"cp /etc/puppet/puppetserver/conf.d/auth.conf /etc/puppet/puppetserver/conf.d/ca.conf "
		"/etc/puppet/puppetserver/conf.d/web-routes.conf /etc/puppet/puppetserver/conf.d/metrics.conf "
		"ps/conf.d/ && grep -hv '^#\\|analytics' /etc/puppet/puppetserver/services.d/*.cfg "
		">ps/services.d/all.cfg");
	must_sh("printf 'webserver: {\\n client-auth: want\\n ssl-host: 127.0.0.1\\n ssl-port: %u\\n}\\n' "
		">ps/conf.d/webserver.conf", s->port);
	must_sh("printf 'global: { logging-config: %s/ps/logback.xml }\\n' >ps/conf.d/global.conf && "
		"printf '<configuration><appender name=\"A\" class=\"ch.qos.logback.core.ConsoleAppender\"><encoder>"
		"<pattern>%%%%d %%%%-5p %%%%m%%%%n</pattern></encoder></appender><root level=\"warn\"><appender-ref "
		"ref=\"A\"/></root></configuration>\\n' >ps/logback.xml", scratch);
	must_sh("printf 'jruby-puppet: {\\n ruby-load-path: [/usr/lib/puppetserver/ruby/vendor_ruby]\\n"
		" gem-home: %s/ps/var/gems\\n gem-path: "
		"[\"%s/ps/var/gems\", \"/usr/lib/puppetserver/vendored-jruby-gems\"]\\n server-conf-dir: "
		"%s/ps/puppet\\n server-code-dir: %s/ps/code\\n server-var-dir: %s/ps/var\\n server-run-dir: "
		"%s/ps/run\\n server-log-dir: %s/ps/log\\n max-active-instances: 1\\n}\\n' "
		">ps/conf.d/puppetserver.conf", scratch, scratch, scratch, scratch, scratch, scratch, scratch);
	must_sh("printf '[main]\\ncertname = puppet.example.org\\nssldir = %s/ps/puppet/ssl\\nkeylength = 2048\\n"
		"environmentpath = %s/code/environments\\n[server]\\ncadir = %s/ps/puppet/ca\\nautosign = true\\n"
		"dns_alt_names = puppet.example.org,localhost\\nenvironment_timeout = 0\\n' >ps/puppet/puppet.conf",
		scratch, scratch, scratch);
	must_sh("chmod 711 . && chmod -R a+rX code private && chown -R puppet:puppet ps");
}

int puppetserver_begin(struct puppetserver *s)
{
	_cleanup_(freep) char *home = mem_printf("HOME=%s/ps/var", scratch),
		*conf = mem_printf("%s/ps/conf.d", scratch);
	_cleanup_(freep) char *services = mem_printf("%s/ps/services.d", scratch),
		*restart = mem_printf("%s/ps/run/restart", scratch);
	const char *const argv[] = {
		"setpriv", "--reuid=puppet", "--regid=puppet", "--clear-groups", "env", home, "java", "-Xms256m",
		"-Xmx640m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-Djruby.logger.class=com.puppetlabs.jruby_utils.jruby.Slf4jLogger", "-Djruby.lib=/usr/share/jruby/lib",
		"-cp", "/usr/share/puppetserver/puppetserver.jar", "puppetlabs.trapperkeeper.main", "--config", conf,
		"--bootstrap-config", services, "--restart-file", restart, NULL,
	};

	*s = (struct puppetserver){ .port = free_port() };
	configure(s);
	s->pid = start_program(argv, "ps.log");
	asked_port = s->port;
	asked_pid = s->pid;
	if (!wait_for(running, 420000) || waitpid(s->pid, NULL, WNOHANG) != 0) {
		_cleanup_(freep) char *log = sh_text("tail -n 30 ps.log");
		print_error("puppetserver does not answer: %s\n", log);
		kill(s->pid, SIGKILL);
		(void)waitpid(s->pid, NULL, 0);
		s->pid = 0;
		return -1;
	}
	return 0;
}

void puppetserver_end(struct puppetserver *s)
{
	stop_program(s->pid);
	s->pid = 0;
}
