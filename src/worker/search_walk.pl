# A part of search.pl, and the one that runs it all.
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
	$unpacked = 0;
	if ($packed) {
		look_at_packed($fh, @$packed);
	} else {
		sysseek($fh, 0, 0);
		look_at_stream(pieces_of($fh), 0);
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
			my $is_repository = -d "$p/objects" && -e "$p/HEAD" && -d "$p/refs";
			look_in_repository($p) if $is_repository;
			my $dh;
			if (!opendir($dh, $p)) {
				cannot('cannot be listed');
				next;
			}
			my @names = sort grep { $_ ne '.' && $_ ne '..' } readdir($dh);
			closedir($dh);
			@names = grep { $_ ne 'objects' } @names if $is_repository;
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
