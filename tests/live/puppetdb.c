#include "puppetdb.h"
#include "base/clock.h"
#include "base/mem.h"
#include "scratch.h"
#include "service_port.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <cmocka.h>

#define CURL "curl -s --cacert ps/puppet/ca/ca_crt.pem --cert pdb/cert.pem --key pdb/key.pem "

static struct puppetdb asked;

static const char services[] =
	"puppetlabs.trapperkeeper.services.webserver.jetty9-service/jetty9-service\n"
	"puppetlabs.trapperkeeper.services.webrouting.webrouting-service/webrouting-service\n"
	"puppetlabs.trapperkeeper.services.authorization.authorization-service/authorization-service\n"
	"puppetlabs.trapperkeeper.services.metrics.metrics-service/metrics-webservice\n"
	"puppetlabs.trapperkeeper.services.status.status-service/status-service\n"
	"puppetlabs.trapperkeeper.services.scheduler.scheduler-service/scheduler-service\n"
	"puppetlabs.puppetdb.cli.services/puppetdb-service\n"
	"puppetlabs.puppetdb.command/command-service\n"
	"puppetlabs.puppetdb.pdb-routing/maint-mode-service\n"
	"puppetlabs.puppetdb.pdb-routing/pdb-routing-service\n"
	"puppetlabs.puppetdb.config/config-service\n";

static bool takes_connections(void)
{
	return sh("psql -qAt -h 127.0.0.1 -p %u -U postgres -c 'select 1' postgres >psql.log 2>&1",
		  asked.postgres_port) == 0;
}

static bool answers(void)
{
	clock_sleep_ms(300);
	return kill(asked.pid, 0) < 0 ||
	       sh(CURL "-m 5 https://localhost:%u/status/v1/simple | grep -q '^running'", asked.port) == 0;
}

static pid_t start_as(const char *user, const char *log, const char *command)
{
	const char *const argv[] = { "setpriv", "--reuid", user, "--regid", user, "--clear-groups", "sh", "-c", command,
				     NULL };

	return start_program(geteuid() == 0 ? argv : argv + 6, log);
}

static int start_postgres(struct puppetdb *d)
{
	_cleanup_(freep) char *command = mem_printf("cd %s/pg && b=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1) && "
		"$b/initdb -D data -U postgres -A trust --no-sync -E UTF8 --locale=C.UTF-8 >init.log && exec "
		"$b/postgres -D data -p %u -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c "
		"shared_buffers=16MB", scratch, d->postgres_port);

	must_sh("mkdir pg && chmod 711 .%s", geteuid() == 0 ? " && chown postgres pg" : "");
	d->postgres = start_as("postgres", "pg.log", command);
	asked = *d;
	if (!wait_for(takes_connections, 300000))
		return -1;
	must_sh("psql -qX -h 127.0.0.1 -p %u -U postgres -c 'create role puppetdb login' -c 'create database puppetdb "
		"owner puppetdb' postgres && psql -qX -h 127.0.0.1 -p %u -U postgres -c 'create extension pg_trgm' "
		"puppetdb", d->postgres_port, d->postgres_port);
	return 0;
}

static void configure(const struct puppetdb *d)
{
	must_sh("mkdir -p pdb/conf.d pdb/var && cp /etc/puppetdb/conf.d/auth.conf pdb/conf.d && "
		"openssl req -new -newkey rsa:2048 -nodes -batch -subj /CN=puppetdb.example.org -keyout pdb/key.pem "
		"-out pdb/csr 2>/dev/null && echo 'subjectAltName=DNS:localhost' >pdb/ext && openssl x509 -req -in "
		"pdb/csr -CA ps/puppet/ca/ca_crt.pem -CAkey ps/puppet/ca/ca_key.pem -set_serial 0x7000 -days 30 "
		"-extfile pdb/ext -out pdb/cert.pem 2>/dev/null && cp ps/puppet/ca/ca_crt.pem pdb/ca.pem");
	put_file("pdb/services.cfg", services);
	must_sh("cp ps/logback.xml pdb/ && printf '[global]\\nvardir = %s/pdb/var\\nlogging-config = "
		"%s/pdb/logback.xml\\n[command-processing]\\nthreads = 1\\n' >pdb/conf.d/config.ini && "
		"printf '[database]\\nsubname = //127.0.0.1:%u/puppetdb\\nusername = puppetdb\\npassword = none\\n"
		"maximum-pool-size = 5\\n' >pdb/conf.d/database.ini && printf '[jetty]\\nssl-host = 127.0.0.1\\n"
		"ssl-port = %u\\nssl-key = %s/pdb/key.pem\\nssl-cert = %s/pdb/cert.pem\\nssl-ca-cert = %s/pdb/ca.pem"
		"\\n' >pdb/conf.d/jetty.ini", scratch, scratch, d->postgres_port, d->port, scratch, scratch, scratch);
	must_sh("printf '[main]\\nserver_urls = https://localhost:%u\\n' >ps/puppet/puppetdb.conf", d->port);
	if (geteuid() == 0)
		must_sh("chown -R puppetdb:puppetdb pdb");
}

int puppetdb_start(struct puppetdb *d)
{
	_cleanup_(freep) char *command = mem_printf("cd %s/pdb && HOME=%s/pdb/var exec java -Xmx256m -XX:+UseSerialGC "
		"-XX:TieredStopAtLevel=1 -XX:-UsePerfData -cp /usr/share/puppetdb/puppetdb.jar clojure.main -m "
		"puppetlabs.puppetdb.core services --config conf.d --bootstrap-config services.cfg --restart-file "
		"var/restart", scratch, scratch);

	*d = (struct puppetdb){ .port = service_free_port(), .postgres_port = service_free_port() };
	if (start_postgres(d) < 0)
		return -1;
	configure(d);
	d->pid = start_as("puppetdb", "pdb.log", command);
	return 0;
}

int puppetdb_wait(struct puppetdb *d)
{
	asked = *d;
	if (wait_for(answers, 600000) && waitpid(d->pid, NULL, WNOHANG) == 0)
		return 0;

	_cleanup_(freep) char *log = sh_text("tail -n 30 pdb.log");

	print_error("PuppetDB does not answer: %s\n", log);
	return -1;
}

void puppetdb_end(struct puppetdb *d)
{
	stop_program(d->pid);
	stop_program(d->postgres);
	d->pid = d->postgres = 0;
}

char *puppetdb_state(const struct puppetdb *d, const char *certname)
{
	return sh_text(CURL "https://localhost:%u/pdb/query/v4/nodes/%s | jq -r 'if .error then \"none\" elif "
		       ".deactivated then \"deactivated\" else \"active\" end'", d->port, certname);
}

void puppetdb_facts(const struct puppetdb *d, const char *certname)
{
	must_sh("jq -n --arg n %s --arg t \"$(date -u +%%FT%%T.%%3NZ)\" '{certname: $n, environment: \"production\", "
		"producer_timestamp: $t, producer: \"puppet.example.org\", values: {role: \"web\"}}' >facts.json && "
		CURL "-f -o taken -H 'Content-Type: application/json' --data-binary @facts.json "
		"'https://localhost:%u/pdb/cmd/v1?command=replace_facts&version=5&certname=%s&"
		"secondsToWaitForCompletion=60' && jq -e .processed taken", certname, d->port, certname);
}
