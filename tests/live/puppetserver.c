#include "puppetserver.h"
#include "base/clock.h"
#include "base/mem.h"
#include "scratch.h"
#include "service_port.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <cmocka.h>

static uint16_t asked_port;
static pid_t asked_pid;

/* The question costs a tenth of what it asks about, on a machine that is at work: not twenty times a second. */
static bool running(void)
{
	clock_sleep_ms(300);
	return kill(asked_pid, 0) < 0 ||
	       sh("printf 'GET /status/v1/simple HTTP/1.0\\r\\n\\r\\n' | timeout 3 openssl s_client -quiet -connect "
		  "127.0.0.1:%u 2>/dev/null | grep -q '^running'", asked_port) == 0;
}

/* What agents ask for. The package's own file says the same at length, and only its user may read it. */
static const char authorization[] =
	"authorization: { version: 1, rules: [\n"
	" { match-request: { path: \"^/puppet/v3/(catalog|node|report|facts)/([^/]+)$\", type: regex },\n"
	"   allow: \"$2\", sort-order: 500, name: own },\n"
	" { match-request: { path: \"^/puppet/v3/file_(bucket_file|content|metadata)s?/\", type: regex },\n"
	"   allow: \"*\", sort-order: 500, name: files },\n"
	" { match-request: { path: \"^/puppet-ca/v1/(certificate|certificate_request|certificate_revocation_list)/\",\n"
	"   type: regex, method: [get, put] }, allow-unauthenticated: true, sort-order: 500, name: ca },\n"
	" { match-request: { path: \"^/puppet-ca/v1/certificate_status/\", type: regex, method: [get, put, delete] },\n"
	"   allow: puppet.example.org, sort-order: 500, name: clean },\n"
	" { match-request: { path: \"/status/v1/simple\", type: path }, allow-unauthenticated: true, sort-order: 500,\n"
	"   name: status },\n"
	" { match-request: { path: \"/\", type: path }, deny: \"*\", sort-order: 999, name: rest } ] }\n";

/* The package's list without its analytics (tests talk to nobody else), admin interface and metrics. */
static const char services[] =
	"puppetlabs.services.request-handler.request-handler-service/request-handler-service\n"
	"puppetlabs.services.jruby.jruby-puppet-service/jruby-puppet-pooled-service\n"
	"puppetlabs.services.jruby-pool-manager.jruby-pool-manager-service/jruby-pool-manager-service\n"
	"puppetlabs.services.puppet-profiler.puppet-profiler-service/puppet-profiler-service\n"
	"puppetlabs.trapperkeeper.services.webserver.jetty9-service/jetty9-service\n"
	"puppetlabs.trapperkeeper.services.webrouting.webrouting-service/webrouting-service\n"
	"puppetlabs.services.config.puppet-server-config-service/puppet-server-config-service\n"
	"puppetlabs.services.master.master-service/master-service\n"
	"puppetlabs.trapperkeeper.services.authorization.authorization-service/authorization-service\n"
	"puppetlabs.services.versioned-code-service.versioned-code-service/versioned-code-service\n"
	"puppetlabs.trapperkeeper.services.scheduler.scheduler-service/scheduler-service\n"
	"puppetlabs.trapperkeeper.services.status.status-service/status-service\n"
	"puppetlabs.trapperkeeper.services.metrics.metrics-service/metrics-service\n"
	"puppetlabs.services.jruby.jruby-metrics-service/jruby-metrics-service\n"
	"puppetlabs.services.ca.certificate-authority-service/certificate-authority-service\n"
	"puppetlabs.trapperkeeper.services.watcher.filesystem-watch-service/filesystem-watch-service\n";

static const char routes[] =
	"web-router-service: {\n"
	" \"puppetlabs.services.ca.certificate-authority-service/certificate-authority-service\": \"/puppet-ca\"\n"
	" \"puppetlabs.services.master.master-service/master-service\": \"/puppet\"\n"
	" \"puppetlabs.trapperkeeper.services.status.status-service/status-service\": \"/status\"\n}\n"
	"metrics: { server-id: localhost }\n";

/* Before the server is: what else starts beside it needs certificates of it. */
static void make_ca(void)
{
	must_sh("mkdir ca && : >ca/index && echo 01 >ca/number && printf '[ca]\ndefault_ca = d\n[d]\ndatabase = "
		"ca/index\ncrlnumber = ca/number\ndefault_md = sha256\ndefault_crl_days = 3650\ncrl_extensions = "
		"x\n[x]\nauthorityKeyIdentifier = keyid\n' >ca/conf && openssl req -x509 -newkey rsa:2048 -nodes "
		"-keyout ca/key.pem -out ca/ca.pem -days 3650 -subj '/CN=Puppet CA: puppet.example.org' -addext "
		"basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null && "
		"openssl ca -config ca/conf -gencrl -keyfile ca/key.pem -cert ca/ca.pem -out ca/crl.pem 2>/dev/null && "
		"puppetserver ca import --config ps/puppet/puppet.conf --cert-bundle ca/ca.pem --crl-chain ca/crl.pem "
		"--private-key ca/key.pem >ca/log 2>&1");
}

static void configure(const struct puppetserver *s)
{
	must_sh("mkdir -p ps/puppetserver/conf.d ps/services.d ps/puppet ps/var ps/run ps/log ps/code");
	put_file("ps/puppetserver/conf.d/auth.conf", authorization);
	put_file("ps/puppetserver/conf.d/web-routes.conf", routes);
	put_file("ps/services.d/all.cfg", services);
	must_sh("printf 'webserver: {\\n client-auth: want\\n ssl-host: 127.0.0.1\\n ssl-port: %u\\n}\\n' "
		">ps/puppetserver/conf.d/webserver.conf", s->port);
	must_sh("printf 'global: { logging-config: %s/ps/logback.xml }\\n' >ps/puppetserver/conf.d/global.conf && "
		"printf '<configuration><appender name=\"A\" class=\"ch.qos.logback.core.ConsoleAppender\"><encoder>"
		"<pattern>%%%%d %%%%-5p %%%%m%%%%n</pattern></encoder></appender><root level=\"warn\"><appender-ref "
		"ref=\"A\"/></root></configuration>\\n' >ps/logback.xml", scratch);
	must_sh("printf 'jruby-puppet: {\\n ruby-load-path: [/usr/lib/puppetserver/ruby/vendor_ruby]\\n"
		" gem-home: %s/ps/var/gems\\n gem-path: "
		"[\"%s/ps/var/gems\", \"/usr/lib/puppetserver/vendored-jruby-gems\"]\\n server-conf-dir: "
		"%s/ps/puppet\\n server-code-dir: %s/ps/code\\n server-var-dir: %s/ps/var\\n server-run-dir: "
		"%s/ps/run\\n server-log-dir: %s/ps/log\\n max-active-instances: 1\\n}\\n' "
		">ps/puppetserver/conf.d/puppetserver.conf", scratch, scratch, scratch, scratch, scratch, scratch,
		scratch);
	must_sh("printf '[main]\\ncertname = puppet.example.org\\nssldir = %s/ps/puppet/ssl\\nkeylength = 2048\\n"
		"environmentpath = %s/code/environments\\nvardir = %s/ps/elsewhere\\nlogdir = "
		"$vardir/log\\nrundir = $vardir/run\\npublicdir = $vardir/public\\n[server]\\n"
		"cadir = %s/ps/puppet/ca\\nautosign = true\\n"
		"dns_alt_names = puppet.example.org,localhost\\nenvironment_timeout = 0\\nca_server = localhost\\n"
		"ca_port = %u\\n' >ps/puppet/puppet.conf", scratch, scratch, scratch, scratch, s->port);
	make_ca();
	if (geteuid() == 0)
		must_sh("chmod 711 . && chmod -R a+rX code private && chown -R puppet:puppet ps");
}

void puppetserver_prepare(struct puppetserver *s)
{
	*s = (struct puppetserver){ .port = service_free_port() };
	configure(s);
}

int puppetserver_begin(struct puppetserver *s)
{
	_cleanup_(freep) char *home = mem_printf("HOME=%s/ps/var", scratch),
		*conf = mem_printf("%s/ps/puppetserver/conf.d", scratch);
	_cleanup_(freep) char *list = mem_printf("%s/ps/services.d", scratch),
		*restart = mem_printf("%s/ps/run/restart", scratch);
	const char *const argv[] = {
		"setpriv", "--reuid=puppet", "--regid=puppet", "--clear-groups", "env", home, "java", "-Xms256m",
		"-Xmx640m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
		"-Djruby.logger.class=com.puppetlabs.jruby_utils.jruby.Slf4jLogger", "-Djruby.lib=/usr/share/jruby/lib",
		"-cp", "/usr/share/puppetserver/puppetserver.jar", "puppetlabs.trapperkeeper.main", "--config", conf,
		"--bootstrap-config", list, "--restart-file", restart, NULL,
	};

	/* A person who runs the tests without root runs it as themselves. */
	s->pid = start_program(geteuid() == 0 ? argv : argv + 4, "ps.log");
	asked_port = s->port;
	asked_pid = s->pid;
	if (!wait_for(running, 600000) || waitpid(s->pid, NULL, WNOHANG) != 0) {
		_cleanup_(freep) char *log = sh_text("tail -n 30 ps.log; ls -la ps");
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
