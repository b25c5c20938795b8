# What only the mail server's own host can do: dovecot_host.c says how it is asked. Handed to perl -e, so it needs
# nothing on the far side but perl-base, which no Debian is without. Answers are lines, their fields parted by tabs.
use strict;
use warnings;
use bytes;
use POSIX ();

@ENV{'PATH', 'LC_ALL'} = ('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'C');
my ($command, $dovecot, $postfix, @words) = @ARGV;
my ($lines, $more, $alone) = (0, 0, 0);        # alone: a host of IMAP only, without Postfix

sub answer {
	my @fields = map { defined $_ ? substr($_, 0, 300) : '' } @_;
	tr/\t\r\n\0/    / for @fields;
	if (++$lines > 20000) {
		$more++;
		return;
	}
	print join("\t", @fields), "\n";
}

sub give_up {
	my ($code, $why) = @_;
	$why =~ tr/\r\n/  /;
	print STDERR "$why\n";
	exit $code;
}

# Output and exit code of a program; its words to the standard error go along when it fails.
sub ask {
	my @argv = @_;
	my $pid = open(my $from, '-|');
	give_up(1, "a process cannot be made: $!") unless defined $pid;
	if (!$pid) {
		open(STDERR, '>&', \*STDOUT);
		open(STDIN, '<', '/dev/null');
		exec { $argv[0] } @argv or print("$argv[0]: $!"), POSIX::_exit(127);
	}
	local $/;
	my $out = <$from>;
	close($from);
	return (defined $out ? $out : '', $? >> 8 || ($? ? 1 : 0));
}

sub must {
	my ($out, $code) = ask(@_);
	return $out unless $code;
	$out =~ s/\s+\z//;
	give_up($out =~ /connect\([^)]*\) failed|Connection refused/ ? 75 : 1, "$_[0] (exit code $code): " .
		substr($out, -200));
}

sub slurp {
	my ($path) = @_;
	open(my $f, '<', $path) or return undef;
	local $/;
	my $all = <$f>;
	close($f);
	return $all;
}

sub postconf {
	return '' if $alone;
	my ($out, $code) = ask('postconf', '-c', $postfix, '-h', '-x', @_);
	give_up(1, "postconf -c $postfix fails: " . substr($out, 0, 200)) if $code;
	$out =~ s/\s+\z//;
	return $out;
}

# --- the account ---

# [driver, args, "master" or "deny" or ""] of each.
sub passdbs {
	my ($conf) = @_;
	my @found;
	while ($conf =~ /^passdb \{\n(.*?)^\}/msg) {
		my $one = $1;
		my ($driver) = $one =~ /^\s*driver = (.*)$/m;
		my ($args) = $one =~ /^\s*args = (.*)$/m;
		push @found, [$driver, $args, $one =~ /^\s*(master|deny) = yes$/m ? $1 : ''];
	}
	return @found;
}

# The hash of a system account; where there is none, the first passdb that no file of this host is behind.
sub shadow {
	my @of = getpwnam($words[0]);
	return answer('H', $of[1]) if @of;
	my ($conf) = ask('doveconf', '-c', $dovecot, '-n');
	my ($other) = grep { !$_->[2] && $_->[0] !~ /^(?:passwd-file|passwd|shadow|pam|static)$/ } passdbs($conf);
	give_up(1, "there is no system account '$words[0]'") unless $other;
	answer('E', @$other);
}

sub chpasswd {
	my $line = do { local $/; <STDIN> };
	open(my $to, '|-', 'chpasswd', '-e') or give_up(1, "chpasswd: $!");
	print $to $line;
	close($to) or give_up(1, 'chpasswd refuses the account');
}

# The file, if one is named, becomes one of another second: whoever wrote it last may have done so within the second of
# the write before, and then Dovecot never sees it.
sub flush {
	my ($user, $file) = @words;
	must('doveadm', '-c', $dovecot, 'auth', 'cache', 'flush', $user);
	return unless length $file;
	my ($at, $now) = ((stat $file)[9], time());
	give_up(1, "$file: $!") unless defined $at;
	$now = $at + 1 if $now <= $at;
	utime($now, $now, $file) or give_up(1, "$file: $!");
}

# --- sessions ---

sub who {
	my @seen = split /\n/, must('doveadm', '-c', $dovecot, '-f', 'tab', 'who', '-1', $words[0]);
	shift @seen;
	for (@seen) {
		my ($user, $protocol, $process, $from) = split /\t/;
		answer('S', $protocol, $process, $from) if $user eq $words[0];
	}
}

sub kick {
	my ($out, $code) = ask('doveadm', '-c', $dovecot, 'kick', $words[0]);
	# 68: nobody to kick.
	give_up(1, "doveadm kick (exit code $code): " . substr($out, -200)) if $code && $code != 68;
}

sub address {
	my ($hex) = @_;
	my ($ip, $port) = split /:/, $hex;
	return join('.', reverse map { hex } $ip =~ /../g) . ':' . hex($port) if length $ip == 8;
	my @words = map { join '', reverse /../g } $ip =~ /.{8}/g;
	return '[' . join(':', join('', @words) =~ /.{4}/g) . ']:' . hex($port);
}

# The doors of Postfix where a login is offered: undef for all of them.
sub doors {
	return undef if postconf('smtpd_sasl_auth_enable') eq 'yes';
	my %port;
	my ($out) = ask('postconf', '-c', $postfix, '-P', '*/inet/smtpd_sasl_auth_enable');
	while ($out =~ m{^(\S+)/inet/smtpd_sasl_auth_enable = yes$}mg) {
		my $door = (split /:/, $1)[-1];
		$door = getservbyname($door, 'tcp') || 0 if $door =~ /\D/;
		$port{$door} = 1;
	}
	return \%port;
}

sub stat_of {
	my $stat = slurp("/proc/$_[0]/stat");
	return defined $stat && $stat =~ /^\d+ \((.*)\) \S (\d+) /s ? ($1, $2) : ('', 0);
}

# Each connection that a process of this Postfix serves: [socket, process, near, far].
sub connections {
	my $queue = postconf('queue_directory');
	my $master = slurp("$queue/pid/master.pid");
	give_up(75, "Postfix of $postfix does not run") unless defined $master && $master =~ /(\d+)/ && do {
		$master = $1;
		(stat_of($master))[0] eq 'master';
	};
	my ($doors, @found) = doors();
	opendir(my $proc, '/proc') or give_up(1, "/proc: $!");
	for my $process (grep { /^\d+$/ } readdir $proc) {
		my ($name, $parent) = stat_of($process);
		next unless $parent == $master && $name eq 'smtpd';
		my %mine;
		for my $fd (glob "/proc/$process/fd/*") {
			my $to = readlink $fd;
			$mine{$1} = 1 if defined $to && $to =~ /^socket:\[(\d+)\]/;
		}
		my (@open, %listens);
		for my $table ("/proc/$process/net/tcp", "/proc/$process/net/tcp6") {
			for (split /\n/, slurp($table) // '') {
				my @field = split ' ';
				next unless @field > 9 && $field[1] =~ /:([0-9A-F]{4})$/;
				my $port = hex $1;
				$listens{$port} = 1 if $field[3] eq '0A';
				push @open, [$port, $field[9], $process, address($field[1]), address($field[2])]
					if $field[3] eq '01' && $mine{$field[9]};
			}
		}
		# It is a client of others too: of a milter, of a policy server.
		for (grep { $listens{$_->[0]} && (!$doors || $doors->{$_->[0]}) } @open) {
			push @found, [@$_[1 .. 4]];
		}
	}
	return @found;
}

sub smtp {
	answer('C', @$_) for connections();
}

sub smtp_cut {
	my %these = map { chomp; $_ => 1 } <STDIN>;
	for (grep { $these{$_->[0]} } connections()) {
		my (undef, undef, $near, $far) = @$_;
		ask('ss', '-H', '-t', '-K', 'state', 'established', 'src', $near, 'dst', $far);
	}
	# Where the kernel ends no sockets, the process goes.
	for (grep { $these{$_->[0]} } connections()) {
		kill 'TERM', $_->[1];
		answer('K', $_->[1]);
	}
}

# --- what happened ---

my $months = 0;
my %month = map { $_ => $months++ } qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec);

# Days from 1970 to a day of the Gregorian calendar.
sub utc {
	my ($year, $month, $day) = @_;
	$year -= $month <= 2;
	my $era = POSIX::floor($year / 400);
	my $of_era = $year - $era * 400;
	my $of_year = POSIX::floor((153 * ($month + ($month > 2 ? -3 : 9)) + 2) / 5) + $day - 1;
	return $era * 146097 + $of_era * 365 + POSIX::floor($of_era / 4) - POSIX::floor($of_era / 100) + $of_year
		- 719468;
}

# Seconds since 1970, and the rest of the line. A line without a year is of the last such day.
sub when {
	my ($line) = @_;
	if ($line =~ /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d) (.*)/s) {
		my ($zone, $rest) = ($7, $8);
		my $at = utc($1, $2, $3) * 86400 + $4 * 3600 + $5 * 60 + $6;
		$at -= ($1 eq '-' ? -1 : 1) * ($2 * 3600 + $3 * 60) if $zone =~ /^([+-])(\d\d):?(\d\d)/;
		return ($at, $rest);
	}
	return unless $line =~ /^([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (.*)/s && exists $month{$1};
	my ($at, $year) = (undef, (localtime)[5]);
	for my $y ($year, $year - 1) {
		$at = POSIX::mktime($5, $4, $3, $2, $month{$1}, $y, 0, 0, -1);
		last if defined $at && $at < time() + 86400;
	}
	return ($at, $6);
}

sub log_files {
	my %base;
	my ($out) = ask('doveconf', '-c', $dovecot, '-h', 'log_path', 'info_log_path');
	$base{$_} = 1 for grep { m{^/} && !m{^/dev/} } split /\n/, $out;
	my $own = postconf('maillog_file');
	$base{$own} = 1 if $own =~ m{^/} && $own !~ m{^/dev/};
	if (!%base || $out =~ /^syslog$/m || !$own) {
		my ($usual) = grep { -e } '/var/log/mail.log', '/var/log/maillog', '/var/log/syslog';
		$base{$usual} = 1 if $usual;
		answer('U', 'syslog', 'no file of it is at its usual place') unless $usual;
	}
	return sort { (stat $a)[9] <=> (stat $b)[9] } grep { -f }
		map { my $b = $_; ($b, glob("\Q$b\E.[0-9]*"), glob("\Q$b\E-[0-9]*")) } sort keys %base;
}

sub seen {
	my ($of, $at) = @_;
	$of->{n}++;
	$of->{first} = $at if !$of->{first} || $at < $of->{first};
	$of->{last} = $at if !$of->{last} || $at > $of->{last};
}

sub inspect_logs {
	my ($user, $since, $until) = @_;
	my (%in, %failed, %sent, %of, $oldest);
	my $whole = qr/\Q$user\E(?:,|\s*$)/;
	for my $path (log_files()) {
		my $log;
		if (!($path =~ /\.gz$/ ? open($log, '-|', 'gzip', '-dc', '--', $path) : open($log, '<', $path))) {
			answer('U', $path, $!);
			next;
		}
		while (my $line = <$log>) {
			if (time() > $until) {
				answer('U', $path, 'there was no time for the rest');
				last;
			}
			$line = substr($line, 0, 4000);
			my ($at, $rest) = when($line) or next;
			next unless defined $at;
			$oldest = $at if !defined $oldest || $at < $oldest;
			next if $at < $since;
			if ($rest =~ /([a-z0-9]+)-login: (?:Info: )?Login: user=<\Q$user\E>.*? rip=([^, ]+)/) {
				seen($in{"$1\t$2"} ||= {}, $at);
			} elsif ($rest =~ /([a-z0-9]+)-login: .*auth failed.* user=<\Q$user\E>.*? rip=([^, ]+)/) {
				seen($failed{"$1\t$2"} ||= {}, $at);
			} elsif ($rest =~ /smtpd\[\d+\]: ([0-9A-Za-z]+): client=([^,]+),.* sasl_username=$whole/) {
				seen($sent{$2} ||= { to => 0, failed => 0 }, $at);
				$of{$1} = $sent{$2};
			} elsif ($rest =~ /smtpd\[\d+\]: warning: (.*): SASL .* failed: .* sasl_username=$whole/) {
				seen($failed{"smtp\t$1"} ||= {}, $at);
			} elsif ($rest =~ /\]: ([0-9A-Za-z]+): to=<[^>]*>,.* status=(\w+)/ && $of{$1}) {
				$of{$1}{$2 eq 'sent' ? 'to' : 'failed'}++;
			}
		}
		close($log);
	}
	answer('O', defined $oldest ? $oldest : 0);
	for ([L => \%in], [F => \%failed]) {
		my ($kind, $all) = @$_;
		for my $key (sort keys %$all) {
			my ($protocol, $from) = split /\t/, $key;
			answer($kind, $protocol, $from, @{$all->{$key}}{'n', 'first', 'last'});
		}
	}
	answer('M', $_, @{$sent{$_}}{'n', 'first', 'last', 'to', 'failed'}) for sort keys %sent;
}

sub inspect_queue {
	my ($user, $until) = @_;
	my ($out, $code) = ask('postqueue', '-c', $postfix, '-j');
	return answer('U', 'the queue', substr($out, 0, 200)) if $code;
	my ($looked, $n, @ids) = (0, 0);
	for (split /\n/, $out) {
		next unless /"queue_id": "([0-9A-Za-z]+)"/;
		my $id = $1;
		if (++$looked > 500 || time() > $until) {
			answer('U', 'the queue', 'it is too long to be looked at whole');
			last;
		}
		my ($envelope) = ask('postcat', '-c', $postfix, '-e', '-q', $id);
		next unless $envelope =~ /^named_attribute: sasl_username=\Q$user\E$/m;
		$n++;
		push @ids, $id if @ids < 5;
	}
	answer('Q', $n, join(' ', @ids)) if $n;
}

# Files of the account that send mail on, or answer it.
sub inspect_rules {
	my ($user) = @_;
	my ($out, $code) = ask('doveadm', '-c', $dovecot, 'user', '-f', 'home', $user);
	my %home;
	$home{$1} = 1 if !$code && $out =~ m{^(/\S.*)$}m;
	my @of = getpwnam($user);
	$home{$of[7]} = 1 if @of;
	answer('U', 'rules of the mailbox', 'its folder is not known') unless %home;
	for my $home (sort keys %home) {
		for my $path ("$home/.forward", "$home/.dovecot.sieve", glob("\Q$home\E/sieve/*.sieve"),
			      "$home/.ssh/authorized_keys") {
			next unless -f $path;
			my $text = slurp($path);
			if (!defined $text) {
				answer('U', $path, $!);
				next;
			}
			my $what = $path =~ /forward$/ ? qr/[@|]/ : $path =~ /keys$/ ? qr/^[^#\s]/m
				: qr/^\s*(?:redirect|vacation|notify|pipe|execute)\b/m;
			my @lines = $text =~ /($what)/g;
			answer('R', $path, (stat $path)[9], scalar @lines);
		}
	}
	for my $map (map { s/^(?:hash|texthash|lmdb|cdb|btree|regexp|pcre)://r } grep { m{^\w+:/} }
		     split /[\s,]+/, postconf('alias_maps', 'virtual_alias_maps')) {
		my $text = slurp($map) // next;
		answer('A', $map, $1) while $text =~ /^(\Q$user\E(?:\@\S+)?\s*:?\s.*)$/mg;
	}
}

sub inspect_doors {
	my ($user) = @_;
	my ($out, $code) = ask('doveconf', '-c', $dovecot, '-n');
	answer('U', 'Dovecot\'s configuration', substr($out, 0, 200)) if $code;
	answer('P', @$_) for passdbs($out);
	answer('V', 'auth_cache_size', $1) if $out =~ /^auth_cache_size = (.*)$/m;
	answer('N', postconf('mynetworks')) unless $alone;
	answer('V', 'smtpd_sender_login_maps', '') unless $alone || postconf('smtpd_sender_login_maps');
	my @of = getpwnam($user);
	answer('H', $of[8], $of[2]) if @of;
}

sub inspect_file {
	my ($path) = @_;
	my @of = stat $path or return answer('U', $path, $!);
	answer('W', $path, sprintf('%04o', $of[2] & 07777)) if $of[2] & 04;
}

sub scheme {
	my ($path, $user) = @words;
	my ($kept) = (slurp($path) // '') =~ /^\Q$user\E:([^:\r\n]*)/m;
	return answer('T', 'crypt') if !defined $kept || $kept =~ /^\{ARGON2|^[*!]/i;
	return answer('T', 'crypt') if $kept =~ /^(?:\{(?:SHA512-|SHA256-|BLF-|)CRYPT\})?\$(?!1\$)/i;
	answer('T', $kept =~ /^\{(?!PLAIN|CLEAR)/i || $kept =~ /^\$1\$/ ? 'cheap' : 'clear');
}

sub inspect {
	my ($user, $since, $seconds, $submission, $file) = @_;
	my $until = time() + $seconds;
	$alone = !$submission && !-e "$postfix/main.cf";
	answer('U', 'mail that was sent', "there is no $postfix/main.cf here, and no 'submission' in the register")
		if $alone;
	who();
	smtp() if $submission;
	inspect_doors($user);
	inspect_rules($user);
	inspect_file($file) if length $file;
	inspect_queue($user, $until) unless $alone;
	inspect_logs($user, $since, $until);
	print "U\tthis look\t$more more lines were not told\n" if $more;
}

my %can = (shadow => \&shadow, chpasswd => \&chpasswd, flush => \&flush, who => \&who, kick => \&kick, smtp => \&smtp,
	'smtp-cut' => \&smtp_cut, scheme => \&scheme,
	inspect => sub { inspect(@words) });
give_up(64, "there is no '$command' here") unless $can{$command};
$can{$command}->();
