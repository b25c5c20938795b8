# A part of search.pl: what stands in tars and zips and what other programs have packed.

# Bytes of a stream, kept until they are asked for: $fill->(n) sees to it that $$have has n of them.
sub kept_of {
	my ($next) = @_;
	my $have = '';
	my $fill = sub {
		my ($n) = @_;
		while (length($have) < $n) {
			my $piece = $next->();
			return 0 if !defined $piece || $piece eq '';
			$have .= $piece;
		}
		return 1;
	};
	# The next $left bytes as a stream; $$left is what was not taken of them.
	my $part = sub {
		my ($left) = @_;
		return sub {
			return '' if $$left <= 0;
			return undef unless $fill->(1);
			my $piece = substr($have, 0, $$left < length($have) ? $$left : length($have), '');
			$$left -= length($piece);
			return $piece;
		};
	};
	return (\$have, $fill, $part);
}

sub sum_of_tar {
	my ($head) = @_;
	return undef if length($head) < 512;
	my ($said) = substr($head, 148, 8) =~ /([0-7]+)/;
	my $sum = unpack('%32C*', substr($head, 0, 148) . (' ' x 8) . substr($head, 156, 356));
	return defined $said && oct($said) == $sum && $head !~ /^\0/s;
}

# What stands in something that stands in something: "inner.tar(a/b)".
sub within {
	my ($outer, $name) = @_;
	return $outer eq '' ? $name : "$outer($name)";
}

# A tar is looked into member by member, so that what is told has a name.
sub look_in_tar {
	my ($next, $depth) = @_;
	my ($have, $fill, $part) = kept_of($next);
	my ($outer, $longer, $ended) = ($member, undef, 0);
	my $broken = sub {
		$member = $outer;
		gap('damaged', 'is a tar that ends in the midst, or is none that we can read');
		return 1;
	};
	while (1) {
		$member = $outer;
		if (!$fill->(512)) {
			return $over || ($ended && $$have =~ /^\0*$/s) ? 1 : $broken->();
		}
		my $head = substr($$have, 0, 512, '');
		if ($head =~ /^\0*$/s) {
			$ended = 1;
			next;
		}
		my ($n, $size, $type, $prefix) = unpack('Z100 x24 a12 x20 a1 x188 Z155', $head);
		return $broken->() unless sum_of_tar($head);
		$prefix = '' unless substr($head, 257, 5) eq 'ustar';
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
			my $text = substr($$have, 0, $size, '');
			substr($$have, 0, $pad, '');
			($longer) = $text =~ /^([^\0]*)/s if $type eq 'L';
			$longer = $1 if $type eq 'x' && $text =~ /(?:^|\n)\d+ path=([^\n]*)\n/;
			next;
		}
		$member = within($outer, defined $longer ? $longer : $prefix ne '' ? "$prefix/$n" : $n);
		$longer = undef;
		my $stream = $part->(\$left);
		look_at_stream($stream, $depth + 1) if $size > 0;
		while ($left > 0) {
			return $broken->() unless defined $stream->();
		}
		return $broken->() unless $fill->($pad);
		substr($$have, 0, $pad, '');
		return 1 if late();
	}
}

# --- zips: the list of what is in them stands at their end ---

my %zipped = (0 => [], 8 => ['gzip', '-dc'], 12 => ['bzip2', '-dc'], 93 => ['zstd', '-dcq'], 95 => ['xz', '-dc']);

sub read_at {
	my ($fh, $at, $n) = @_;
	my $got = '';
	sysseek($fh, $at, 0) or return '';
	while (length($got) < $n) {
		last unless sysread($fh, $got, $n - length($got), length($got));
	}
	return $got;
}

# Where the list begins, how many bytes and entries it has, and by how much all places are off (a program that unpacks
# itself stands before its zip).
sub list_of_zip {
	my ($fh) = @_;
	my $size = -s $fh;
	my $from = $size > 65557 ? $size - 65557 : 0;
	my $tail = read_at($fh, $from, $size - $from);
	my $at = rindex($tail, "PK\5\6");
	return () if $at < 0 || length($tail) - $at < 22;
	my ($n, $bytes, $begin) = unpack('x10 v V V', substr($tail, $at, 22));
	my $end = $from + $at;
	if ($n == 0xffff || $bytes == 0xffffffff || $begin == 0xffffffff) {
		my $locator = $end >= 20 ? read_at($fh, $end - 20, 20) : '';
		return () unless $locator =~ /^PK\x06\x07/s;
		my $far = unpack('x8 Q<', $locator);
		my $record = read_at($fh, $far, 56);
		return () unless $record =~ /^PK\x06\x06/s;
		($n, $bytes, $begin) = unpack('x32 Q< Q< Q<', $record);
		$end = $far;
	}
	return () if $bytes > $end || $bytes > (1 << 28) || $begin > $end;
	return ($end - $bytes, $bytes, $n, $end - $bytes - $begin);
}

sub look_at_entry {
	my ($fh, $entry, $shift) = @_;
	my ($flags, $method, $crc, $packed, $size, $at) = @$entry;
	my $words = $zipped{$method};
	if ($flags & 1 || !$words) {
		gap('packed', $flags & 1 ? 'is encrypted: not looked into'
			: "is packed in a way of zip ($method) that is not looked into");
		return;
	}
	my $local = read_at($fh, $at + $shift, 30);
	if ($local !~ /^PK\x03\x04/s) {
		gap('damaged', 'is not where the list of its zip says');
		return;
	}
	my ($name, $extra) = unpack('x26 v v', $local);
	sysseek($fh, $at + $shift + 30 + $name + $extra, 0);
	my $left = $packed;
	my $bare = sub {
		return undef if late();
		return '' if $left <= 0;
		my $n = sysread($fh, my $piece, $left < 1 << 20 ? $left : 1 << 20);
		if (!$n) {
			gap('damaged', 'is cut off');
			return undef;
		}
		$left -= $n;
		return $piece;
	};
	# gzip's own frame around what zip has without one: so the sum is looked at as well
	my @parts = $method != 8 ? ($bare)
		: ("\x1f\x8b\x08\0\0\0\0\0\0\xff", $bare, pack('VV', $crc, $size & 0xffffffff));
	my $framed = sub {
		while (@parts) {
			return shift @parts unless ref($parts[0]);
			my $piece = $parts[0]->();
			return $piece if !defined $piece || $piece ne '';
			shift @parts;
		}
		return '';
	};
	if (!@$words) {
		look_at_stream($framed, 1);
	} elsif (!is_here($words->[0])) {
		gap('packed', "is packed in a zip, and there is no program '$words->[0]' here that reads it");
	} else {
		look_through($words, 'a zip', $framed, 1);
	}
}

sub look_in_zip {
	my ($fh) = @_;
	my ($begin, $bytes, $n, $shift) = list_of_zip($fh);
	my $list = defined $begin ? read_at($fh, $begin, $bytes) : '';
	my ($at, $seen) = (0, 0);
	for (; defined $begin && substr($list, $at, 4) eq "PK\1\2" && length($list) - $at >= 46 && !$over; $seen++) {
		my ($flags, $method, $crc, $packed, $size, $name, $extra, $comment, $place) =
			unpack('x8 v v x4 V V V v v v x8 V', substr($list, $at, 46));
		$member = substr($list, $at + 46, $name);
		my $more = substr($list, $at + 46 + $name, $extra);
		while (length($more) >= 4) {
			my ($id, $len) = unpack('v v', $more);
			my $wide = substr($more, 4, $len);
			if ($id == 1) {
				for ($size, $packed, $place) {
					next unless $_ == 0xffffffff && length($wide) >= 8;
					$_ = unpack('Q<', substr($wide, 0, 8, ''));
				}
			}
			substr($more, 0, 4 + $len < length($more) ? 4 + $len : length($more), '');
		}
		look_at_entry($fh, [$flags, $method, $crc, $packed, $size, $place], $shift) if $packed > 0;
		$at += 46 + $name + $extra + $comment;
	}
	$member = '';
	gap('damaged', 'is a zip whose list of files is not whole: not all of it was looked into')
		if !$over && (!defined $begin || $seen != $n);
}

# --- what is not read as it lies ---

sub packed {
	my ($head) = @_;
	return ['gzip', ['gzip', '-dc']] if $head =~ /^\x1f[\x8b\x9d]/s;
	return ['xz', ['xz', '-dc']] if $head =~ /^\xfd7zXZ\0/s;
	return ['zstd', ['zstd', '-dcq']] if $head =~ /^\x28\xb5\x2f\xfd/s;
	return ['bzip2', ['bzip2', '-dc']] if $head =~ /^BZh[1-9]1AY&SY/s;
	return ['lz4', ['lz4', '-dc']] if $head =~ /^\x04\x22\x4d\x18/s;
	return ['journal', ['journalctl', '-q', '--no-pager', '-a', '-o', 'export', '--file']] if $head =~ /^LPKSHHRH/s;
	return ['zip', undef] if $head =~ /^PK(?:\x03\x04|\x05\x06)/s;
	return ['7z', undef] if $head =~ /^7z\xbc\xaf\x27\x1c/s;
	return ['rar', undef] if $head =~ /^Rar!\x1a\x07/s;
	return ['lzip', undef] if $head =~ /^LZIP\x01/s;
	return ['lzop', undef] if $head =~ /^\x89LZO\0/s;
	return ['ar, as Debian\'s packages are', undef] if $head =~ /^!<arch>\n/s;
	return ['cpio', undef] if $head =~ /^07070[127]/s;
	return ['squashfs', undef] if $head =~ /^hsqs/s;
	return ['pg_dump, packed', undef] if $head =~ /^PGDMP/s;
	return ['git (a bundle)', undef] if $head =~ /^# v[23] git bundle\n/s;
	return ['git (a pack)', undef] if $head =~ /^PACK\0\0\0[\x02\x03]/s;
	return ['encrypted by openssl', undef] if $head =~ /^Salted__/s;
	return ['encrypted by age', undef] if $head =~ /^age-encryption\.org\//s;
	return ['encrypted by OpenPGP', undef]
		if $head =~ /^-----BEGIN PGP MESSAGE-----/s || $head =~ /^\x85[\x01-\x04][\x00-\xff]\x03/s;
	return undef;
}

sub is_here {
	my ($program) = @_;
	return grep { -x "$_/$program" } split(/:/, $ENV{PATH} || '');
}

# What a program writes, as a stream. $from: a file, or a stream that it is fed with, or nothing. $failed is called when
# it does not end well.
sub through {
	my ($words, $from, $failed) = @_;
	my ($out, $back, $in, $feed, $pid, $todo, $ended) = (undef, undef, undef, undef, undef, '', 0);
	my $fed = ref($from) eq 'CODE';
	if (!pipe($out, $back) || ($fed && !pipe($in, $feed)) || !defined($pid = fork())) {
		gap('damaged', "no process for $words->[0]: $!");
		return sub { return undef };
	}
	if (!$pid) {
		$SIG{PIPE} = 'DEFAULT';
		open(STDERR, '>', '/dev/null');
		open($from, '<', '/dev/null') unless $from;
		POSIX::dup2(fileno($fed ? $in : $from), 0);
		POSIX::dup2(fileno($back), 1);
		exec { $words->[0] } @$words or POSIX::_exit(127);
	}
	close($back);
	close($in) if $fed;
	binmode($_) for grep { $_ } ($out, $feed);
	fcntl($feed, F_SETFL, O_NONBLOCK) if $fed;
	my $end = sub {
		my ($stopped) = @_;
		$ended = 1;
		kill('KILL', $pid) if $stopped;
		close($feed) if $feed;
		close($out);
		$feed = undef;
		waitpid($pid, 0);
		$failed->() if $failed && !$stopped && $?;
		return $stopped ? undef : '';
	};
	return sub {
		return '' if $ended;
		while (1) {
			return $end->(1) if late();
			if ($feed && $todo eq '') {
				$todo = $from->();
				return $end->(1) unless defined $todo;
				if ($todo eq '') {
					close($feed);
					$feed = undef;
				}
			}
			my ($can_read, $can_write) = ('', '');
			vec($can_read, fileno($out), 1) = 1;
			vec($can_write, fileno($feed), 1) = 1 if $feed;
			next unless select($can_read, $can_write, undef, 1) > 0;
			if ($feed && vec($can_write, fileno($feed), 1)) {
				my $n = syswrite($feed, $todo, 65536);
				if (defined $n) {
					substr($todo, 0, $n, '');
				} elsif (!$!{EAGAIN} && !$!{EINTR}) {
					# it has enough, or is gone: its end tells
					close($feed);
					$feed = undef;
				}
			}
			next unless vec($can_read, fileno($out), 1);
			my $n = sysread($out, my $piece, 1 << 20);
			next if !defined $n && $!{EINTR};
			return $end->(0) unless $n;
			$bytes += $n;
			if (($unpacked += $n) > $given{unpacked}) {
				gap('large', "is larger than $given{unpacked} bytes when it is unpacked: only its"
					. ' beginning was looked at');
				return $end->(1);
			}
			return $piece;
		}
	};
}

sub look_through {
	my ($words, $kind, $from, $depth) = @_;
	my $outer = $member;
	my $stream = through($words, $from, sub {
		$member = $outer;
		gap('damaged', "is of $kind, and '$words->[0]' could not read all of it");
	});
	look_at_stream($stream, $depth);
	$member = $outer;
	while (1) {
		my $rest = $stream->();
		last if !defined $rest || $rest eq '';
	}
}

# Behind another file's frame: what is not unpacked is told, and looked at as it is.
sub look_behind {
	my ($all, $kind, $words, $depth) = @_;
	if ($words && $kind ne 'journal' && $depth <= 4 && is_here($words->[0])) {
		look_through($words, $kind, $all, $depth + 1);
		return;
	}
	gap('packed', "is of $kind" . (!$words || $kind eq 'journal' ? ', within another: not looked into'
		: $depth > 4 ? ', within four others: not looked into'
		: ", and there is no program '$words->[0]' here that reads it"));
	look($all);
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
	my ($next, $depth) = @_;
	my $head = '';
	while (length($head) < 512) {
		my $piece = $next->();
		return unless defined $piece;
		last if $piece eq '';
		$head .= $piece;
	}
	return if $head eq '';
	my @again = ($head);
	my $all = sub { return @again ? shift @again : $next->(); };
	my $packed = $depth > 0 ? packed($head) : undef;
	if ($packed) {
		look_behind($all, $packed->[0], $packed->[1], $depth);
	} elsif (sum_of_tar(substr($head, 0, 512)) && $depth <= 4) {
		look_in_tar($all, $depth);
	} else {
		gap('packed', 'is a tar within four others: only looked at as it is')
			if sum_of_tar(substr($head, 0, 512));
		look($all);
	}
}

# A file that something else has to read.
sub look_at_packed {
	my ($fh, $kind, $words) = @_;
	if ($kind eq 'zip') {
		look_in_zip($fh);
	} elsif (!$words) {
		gap('packed', "is of $kind: not looked into");
	} elsif (!is_here($words->[0])) {
		gap('packed', "is of $kind, and there is no program '$words->[0]' here that reads it");
	} else {
		sysseek($fh, 0, 0);
		look_through([@$words, $kind eq 'journal' ? $path : ()], $kind, $fh, 1);
	}
}
