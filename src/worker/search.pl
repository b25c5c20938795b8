# Looks for values in files of this machine: host_search.h says how it is asked and what it answers. It is handed to
# perl -e, so it needs nothing on the far side but perl-base, which no Debian is without.
use strict;
use warnings;
use bytes;
use Errno qw(ENOENT ENOTDIR EACCES EPERM ELOOP ENXIO);
use Fcntl qw(:DEFAULT :mode);
use File::Glob qw(:bsd_glob);
use POSIX ();

my (%is, @what, @leave, %ids, @patterns, %seen, %given);
my ($longest, $records, $files, $bytes, $more, $until, $over) = (1, 0, 0, 0, 0, 0, 0);
my ($member, $path) = ('', '');

# Nobody but root reads our memory, and there is no core of it.
my %prctl = (x86_64 => 157, aarch64 => 167, riscv64 => 167, armv7l => 172, armv6l => 172, i686 => 172, ppc64le => 171,
	s390x => 172);
my $machine = (POSIX::uname())[4];
eval { syscall($prctl{$machine}, 4, 0, 0, 0, 0) } if exists $prctl{$machine};
$SIG{PIPE} = 'IGNORE';
binmode($_) for (*STDIN, *STDOUT);

sub tell_record {
	my ($type, $rest) = @_;
	if (++$records > $given{records}) {
		$more++;
		return;
	}
	print join("\0", $type, $path, $member, $rest), "\0";
}

sub gap {
	my ($kind, $why) = @_;
	tell_record('G', "$kind $why");
}

# --- the question ---

sub read_all {
	my ($want) = @_;
	my $got = '';
	while (length($got) < $want) {
		my $n = sysread(STDIN, $got, $want - length($got), length($got));
		exit 3 unless $n;
	}
	return $got;
}

sub read_line {
	my $line = '';
	while (1) {
		my $c = read_all(1);
		return $line if $c eq "\n";
		$line .= $c;
		exit 3 if length($line) > 100;
	}
}

sub pattern_of_path {
	my ($p) = @_;
	$p = quotemeta($p);
	$p =~ s/\\\*/[^\/]*/g;
	$p =~ s/\\\?/[^\/]/g;
	return qr/^$p(?:\/|$)/s;
}

while (1) {
	my $line = read_line();
	last if $line eq 'go';
	my ($word, $number, $length) = $line =~ /^([a-z]+) (\d+) (\d+)$/ or exit 3;
	my $text = read_all($length);
	if ($word eq 'pattern') {
		$ids{$text} = $number unless exists $ids{$text};
		push @patterns, $text;
		$longest = length($text) if length($text) > $longest;
	} elsif ($word eq 'path') {
		push @what, $text;
	} elsif ($word eq 'leave') {
		push @leave, pattern_of_path($text);
	} else {
		$given{$word} = $number;
	}
}
$until = time() + $given{seconds};
my $any = join('|', map { quotemeta } @patterns);
my $re = qr/($any)/s;

# --- one stream of bytes: $next gives the next piece, '' at its end ---

sub late {
	return $over if $over;
	return 0 if time() <= $until;
	($over, $member) = (1, '');
	gap('late', 'the time for this host was over: it and what comes behind it was not looked at');
	return 1;
}

sub look {
	my ($next) = @_;
	my ($kept, $line, %found) = ('', 1);
	while (1) {
		my $piece = $next->();
		last unless defined $piece;
		my $last = $piece eq '';
		$kept .= $piece;
		my $end = $last ? length($kept) : length($kept) - $longest + 1;
		last if $end <= 0 && $last;
		next if $end <= 0;
		my $from = 0;
		pos($kept) = 0;
		while ($kept =~ /$re/g) {
			my ($at, $behind) = ($-[1], $+[1]);
			last if $at >= $end;
			my $id = $ids{$1};
			$found{$id} ||= [0, $line + (substr($kept, 0, $at) =~ tr/\n//)];
			$found{$id}[0]++;
			$from = $behind;
		}
		$from = $end if $end > $from;
		$line += (substr($kept, 0, $from) =~ tr/\n//);
		substr($kept, 0, $from) = '';
		last if $last;
	}
	tell_record('F', "$_ $found{$_}[0] $found{$_}[1]") for sort { $a <=> $b } keys %found;
}

# A tar is looked into member by member, so that what is told has a name.
sub look_in_tar {
	my ($next) = @_;
	my ($have, $name, $longer) = ('', '', undef);
	my $fill = sub {
		my ($n) = @_;
		while (length($have) < $n) {
			my $piece = $next->();
			return 0 if !defined $piece || $piece eq '';
			$have .= $piece;
		}
		return 1;
	};
	my $broken = sub {
		$member = '';
		gap('damaged', 'is a tar that ends in the midst, or is none that we can read');
		return 1;
	};
	while (1) {
		return $broken->() unless $fill->(512);
		my $head = substr($have, 0, 512, '');
		return if $head =~ /^\0*$/s;
		my ($n, $size, $type, $prefix) = unpack('Z100 x24 a12 x20 a1 x188 Z155', $head);
		my $sum = unpack('%32C*', substr($head, 0, 148) . (' ' x 8) . substr($head, 156));
		my ($said) = substr($head, 148, 8) =~ /([0-7]+)/;
		return $broken->() unless defined $said && oct($said) == $sum;
		if (ord($size) & 0x80) {
			$size = unpack('Q>', substr($size, 4));
		} else {
			($size) = $size =~ /([0-7]+)/;
			$size = defined $size ? oct($size) : 0;
		}
		my $left = $size;
		my $pad = (512 - $size % 512) % 512;
		if ($type =~ /[LxgK]/ && $size <= 65536) {
			return $broken->() unless $fill->($size + $pad);
			my $text = substr($have, 0, $size, '');
			substr($have, 0, $pad, '');
			($longer) = $text =~ /^([^\0]*)/s if $type eq 'L';
			$longer = $1 if $type eq 'x' && $text =~ /(?:^|\n)\d+ path=([^\n]*)\n/;
			next;
		}
		$name = defined $longer ? $longer : $prefix ne '' ? "$prefix/$n" : $n;
		$longer = undef;
		$member = $name;
		my $first = 1;
		my $part = sub {
			return '' if $left <= 0;
			return undef unless $fill->(1);
			my $piece = substr($have, 0, $left < length($have) ? $left : length($have), '');
			$left -= length($piece);
			return $piece;
		};
		if ($size > 0) {
			$fill->($size < 512 ? $size : 512);
			my $packed = packed(substr($have, 0, 512));
			gap('packed', "is compressed or an archive ($packed->[0]) within a tar: not looked into")
				if $packed;
			look($part);
		}
		while ($left > 0) {
			return $broken->() unless defined $part->();
		}
		return $broken->() unless $fill->($pad);
		substr($have, 0, $pad, '');
		last if late();
	}
}

# --- what is not read as it lies ---

sub packed {
	my ($head) = @_;
	return ['gzip', ['gzip', '-dc']] if $head =~ /^\x1f\x8b/s;
	return ['xz', ['xz', '-dc']] if $head =~ /^\xfd7zXZ\0/s;
	return ['zstd', ['zstd', '-dcq']] if $head =~ /^\x28\xb5\x2f\xfd/s;
	return ['bzip2', ['bzip2', '-dc']] if $head =~ /^BZh[1-9]1AY&SY/s;
	return ['lz4', ['lz4', '-dc']] if $head =~ /^\x04\x22\x4d\x18/s;
	return ['journal', ['journalctl', '-q', '--no-pager', '-a', '-o', 'export', '--file']] if $head =~ /^LPKSHHRH/s;
	return ['zip', undef] if $head =~ /^PK\x03\x04/s;
	return ['7z', undef] if $head =~ /^7z\xbc\xaf\x27\x1c/s;
	return ['rar', undef] if $head =~ /^Rar!\x1a\x07/s;
	return ['encrypted by openssl', undef] if $head =~ /^Salted__/s;
	return ['encrypted by age', undef] if $head =~ /^age-encryption\.org\//s;
	return ['encrypted by OpenPGP', undef]
		if $head =~ /^-----BEGIN PGP MESSAGE-----/s || $head =~ /^\x85[\x01-\x04][\x00-\xff]\x03/s;
	return undef;
}

sub pieces_of {
	my ($fh) = @_;
	return sub {
		return undef if late();
		my $n = sysread($fh, my $piece, 1 << 20);
		if (!defined $n) {
			gap('damaged', "cannot be read to its end: $!");
			return undef;
		}
		$bytes += $n;
		return $n ? $piece : '';
	};
}

sub look_at_stream {
	my ($next) = @_;
	my $head = '';
	while (length($head) < 512) {
		my $piece = $next->();
		return unless defined $piece;
		last if $piece eq '';
		$head .= $piece;
	}
	my @again = ($head);
	my $all = sub { return @again ? shift @again : $next->(); };
	return 0 if $head eq '';
	if (length($head) >= 512 && substr($head, 257, 5) eq 'ustar') {
		look_in_tar($all);
	} else {
		look($all);
	}
}

sub look_behind {
	my ($fh, $kind, $words) = @_;
	my @words = @$words;
	if (!$words[0] || !grep { -x "$_/$words[0]" } split(/:/, $ENV{PATH} || '')) {
		gap('packed', $words[0] ? "is of $kind, and there is no program '$words[0]' here that reads it"
			: "is of $kind: not looked into");
		return;
	}
	push @words, $path if $kind eq 'journal';
	sysseek($fh, 0, 0);
	my $pid = open(my $out, '-|');
	if (!defined $pid) {
		gap('damaged', "no process for $words[0]: $!");
		return;
	}
	if (!$pid) {
		close(STDERR);
		open(STDERR, '>', '/dev/null');
		POSIX::dup2(fileno($fh), 0);
		exec { $words[0] } @words or POSIX::_exit(127);
	}
	binmode($out);
	my $n = 0;
	my $next = pieces_of($out);
	my $bounded = sub {
		my $piece = $next->();
		$n += length($piece) if defined $piece;
		if ($n > $given{unpacked}) {
			gap('large', "is larger than $given{unpacked} bytes when it is unpacked: only its beginning was"
				. ' looked at');
			return undef;
		}
		return $piece;
	};
	look_at_stream($bounded);
	kill('KILL', $pid) if $over || $n > $given{unpacked};
	my $good = close($out);
	$member = '';
	gap('damaged', "is of $kind, and '$words[0]' could not read all of it")
		unless $good || $over || $n > $given{unpacked};
}

# --- files and folders ---

sub cannot {
	my ($what) = @_;
	return if $!{ENOENT} || $!{ENOTDIR} || $!{ENXIO} || $!{ELOOP};
	gap($!{EACCES} || $!{EPERM} ? 'denied' : 'damaged', "$what: $!");
}

sub look_at_file {
	my $fh;
	if (!sysopen($fh, $path, O_RDONLY | O_NONBLOCK | O_NOCTTY)) {
		cannot('cannot be read');
		return;
	}
	binmode($fh);
	return unless -f $fh;
	$files++;
	my $n = sysread($fh, my $head, 512);
	if (!defined $n) {
		cannot('cannot be read');
		return;
	}
	return unless $n;
	my $packed = packed($head);
	if ($packed) {
		look_behind($fh, $packed->[0], $packed->[1] || ['']);
	} else {
		sysseek($fh, 0, 0);
		look_at_stream(pieces_of($fh));
	}
	$member = '';
	close($fh);
}

sub is_left {
	my ($p) = @_;
	for (@leave) {
		return 1 if $p =~ $_;
	}
	return 0;
}

sub walk {
	my @todo = @_;
	while (@todo) {
		my ($p, $named) = @{shift @todo};
		return if $over;
		$path = $p;
		next if $seen{$p}++ || is_left($p);
		my @st = $named ? stat($p) : lstat($p);
		if (!@st) {
			cannot('cannot be looked at');
			next;
		}
		if (S_ISREG($st[2])) {
			look_at_file();
		} elsif (S_ISDIR($st[2])) {
			if (-e "$p/objects/pack" && -e "$p/HEAD" && -e "$p/refs") {
				gap('repository', 'is a git repository: its history was not looked at here, name a copy'
					. ' of it with --in');
				next;
			}
			my $dh;
			if (!opendir($dh, $p)) {
				cannot('cannot be listed');
				next;
			}
			my @names = sort grep { $_ ne '.' && $_ ne '..' } readdir($dh);
			closedir($dh);
			unshift @todo, map { [$p eq '/' ? "/$_" : "$p/$_", 0] } @names;
			if (@todo > $given{waiting}) {
				gap('large', "has too many files: $given{waiting} are kept in mind at once");
				return;
			}
		}
	}
}

for my $word (@what) {
	my @named = $word =~ /[*?]/ ? bsd_glob($word, GLOB_NOSORT | GLOB_QUOTE | GLOB_ERR) : ($word);
	walk(map { [$_, 1] } sort @named);
	last if $over;
}
($path, $member) = ('', '');
$records = 0;
tell_record('S', "$files $bytes $more");
