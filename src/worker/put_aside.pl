# put_aside.pl HOME NAME FILE...: moves each file (a folder, a link) into HOME/firebreak/NAME, and prints which it
# moved. It may run as root in folders of another account, which could put a link there at any moment. So each name is
# entered by itself, and we look whether it is what we have seen. Exit code 3: it is not, and nothing more is done.
use strict;
use warnings;
use Errno qw(EEXIST);
use Fcntl qw(O_RDONLY O_DIRECTORY);

my ($home, $name, @files) = @ARGV;
$| = 1;
$^F = 1000;                     # mv is handed what was opened

sub over {
	print STDERR "$_[0]\n";
	exit 3;
}

# What lies in the folder that we are in was put there by us or by root.
sub is_ours {
	my ($mode, $uid) = (stat '.')[2, 4];
	return ($uid == 0 || $uid == $>) && !($mode & 022);
}

sub enter {
	my ($one, $path) = @_;
	my @seen = lstat $one or over("'$one' of '$path': $!");
	-d _ or over("'$one' of '$path' is no folder");
	chdir $one or over("'$one' of '$path': $!");
	my @here = stat '.';
	"@here[0, 1]" eq "@seen[0, 1]" or over("'$one' of '$path' was put in another's place at this moment");
}

sub go {
	my ($path) = @_;
	my ($links, @left) = (0, grep { length } split m{/}, $path);

	chdir '/' or over("/: $!");
	while (@left) {
		my $one = shift @left;
		my $to = readlink $one;
		if (!defined $to) {
			enter($one, $path);
			next;
		}
		is_ours() or over("'$one' of '$path' is a link that others than root can make, and is not followed");
		++$links <= 40 or over("'$path' has too many links");
		unshift @left, grep { length } split m{/}, $to;
		chdir '/' if $to =~ m{^/};
	}
}

sub enter_own {
	my ($one, $path) = @_;
	mkdir $one, 0700 or $! == EEXIST or over("'$path': $!");
	!-l $one or over("'$path' is a link, and is not followed");
	enter($one, $path);
	my ($mode, $uid) = (stat '.')[2, 4];
	$uid == $> && !($mode & 077) or over("'$path' is not ours alone: take it away");
}

go($home);
enter_own('firebreak', "$home/firebreak");
enter_own($name, "$home/firebreak/$name");
sysopen(my $to, '.', O_RDONLY | O_DIRECTORY) or over("'$home/firebreak/$name': $!");
for my $file (@files) {
	my ($folder, $last) = $file =~ m{^(.*)/([^/]+)$} or over("'$file' is no path");
	(my $flat = substr $file, 1) =~ tr{/}{-};
	go($folder);
	lstat $last or next;            # who was faster has put it aside
	system('mv', '--backup=numbered', '-T', '--', "./$last", '/proc/self/fd/' . fileno($to) . "/$flat") == 0
		or !lstat($last) or exit 4;
	print "$file\n";
}
