# A part of search.pl.
# --- the histories of git repositories: every object that is kept there, whether a name leads to it or not ---

# What a hostile repository, or somebody's configuration, could bring in is overruled; nothing is fetched.
sub git_words {
	my ($folder, @words) = @_;
	return ['git', '--no-pager', '--literal-pathspecs', '--no-replace-objects', '--no-optional-locks',
		"--git-dir=$folder", (map { ('-c', $_) } 'core.hooksPath=/dev/null', 'core.fsmonitor=false',
		'core.attributesFile=/dev/null', 'core.bigFileThreshold=64m', 'log.showSignature=false',
		'log.mailmap=false', 'diff.external=', 'color.ui=false', 'i18n.logOutputEncoding=UTF-8',
		'protocol.allow=never'), @words];
}

sub git_lines {
	my ($p, $separator, $each, @words) = @_;
	my $good = 1;
	my ($have, $fill) = kept_of(through(git_words($p, @words), undef, sub { $good = 0; }));
	while (1) {
		my $at = index($$have, $separator);
		if ($at >= 0) {
			$each->(substr($$have, 0, $at));
			substr($$have, 0, $at + 1, '');
		} elsif (!$fill->(length($$have) + 1)) {
			return $good && !$over;
		}
	}
}

# What is told of each object: where it stands and how it is still there, and the commit that brought it.
sub tell_objects {
	my ($p, $hits) = @_;
	my (%name, %state);
	git_lines($p, "\n", sub {
		my ($oid, $name) = $_[0] =~ /^([0-9a-f]+) ?(.*)$/s or return;
		return unless $hits->{$oid};
		$state{$oid} = 'history';
		$name{$oid} = $name if $name ne '';
	}, 'rev-list', '--all', '--objects', '--missing=allow-any')
		or gap('damaged', 'is a git repository, and not all of its commits could be looked at: what is told'
			. ' to be in no branch may be in one');
	git_lines($p, "\0", sub {
		my ($oid, $name) = $_[0] =~ /^[0-7]+ blob ([0-9a-f]+)\t(.*)$/s or return;
		($state{$oid}, $name{$oid}) = ('head', $name) if $hits->{$oid};
	}, 'ls-tree', '-r', '-z', '--full-tree', 'HEAD');
	my $asked = 0;
	for my $oid (sort keys %$hits) {
		my ($commit, $at, $who) = ('', 0, '');
		my @of = $hits->{$oid} eq 'commit' ? ('--no-walk', $oid) : ('--all', "--find-object=$oid");
		if (($hits->{$oid} eq 'commit' || ($hits->{$oid} eq 'blob' && $state{$oid})) && $asked++ < 200) {
			git_lines($p, "\n", sub { ($commit, $at, $who) = split(/ /, $_[0], 3); }, 'log',
				'--format=%H %at %an <%ae>', '--no-ext-diff', '--no-textconv', '--no-renames', @of);
		}
		tell_record('O', "$hits->{$oid} " . ($state{$oid} || 'unreachable') . " $at $commit", $oid);
		tell_record('W', $who, $oid) if $who ne '';
		tell_record('N', $name{$oid}, $oid) if defined $name{$oid};
	}
}

sub look_in_repository {
	my ($p) = @_;
	if (!is_here('git')) {
		gap('repository', 'is a git repository, and there is no git here that reads it: name a copy of it with'
			. ' --in');
		return;
	}
	my ($good, %hits) = (1);
	$unpacked = 0;
	my ($have, $fill, $part) = kept_of(through(git_words($p, 'cat-file', '--batch', '--batch-all-objects',
		'--unordered', '--buffer'), undef, sub { $good = 0; }));
	while ($fill->(1)) {
		my $end;
		while (($end = index($$have, "\n")) < 0 && length($$have) < 300) {
			last unless $fill->(length($$have) + 1);
		}
		my $line = $end < 0 ? '' : substr($$have, 0, $end + 1, '');
		my ($oid, $type, $size) = $line =~ /^([0-9a-f]+) ([a-z]+) (\d+)\n$/s;
		if (!defined $size) {
			$good = 0;
			last;
		}
		my ($left, $before) = ($size, $told_found);
		my $stream = $part->(\$left);
		$member = $oid;
		look_at_stream($stream, 1) if $type ne 'tree' && $size > 0;
		while ($left > 0) {
			last unless defined $stream->();
		}
		$hits{$oid} = $type if $told_found > $before;
		$member = '';
		last unless $left == 0 && $fill->(1);
		substr($$have, 0, 1, '');
	}
	$member = '';
	gap('repository', 'is a git repository, and git could not read all of it: `git fsck` there tells more')
		unless $good || $over;
	tell_objects($p, \%hits) if %hits && !$over;
	$member = '';
}
