#include "warden/ship.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/limits.h"
#include <elf.h>
#include <string.h>

static const struct machine { uint16_t number; unsigned char data; const char *name; } machines[] = {
	{ EM_X86_64, ELFDATA2LSB, "x86_64" },
	{ EM_AARCH64, ELFDATA2LSB, "aarch64" },
	{ EM_PPC64, ELFDATA2LSB, "ppc64le" },
	{ EM_RISCV, ELFDATA2LSB, "riscv64" },
	{ EM_S390, ELFDATA2MSB, "s390x" },
};

int ship_read(const char *path, struct buf *ret, const char **ret_machine, struct err *e)
{
	Elf64_Ehdr head;
	int r = fs_read(path, ret, e);

	if (r < 0)
		return err_wrap(e, "the scout, which has to be sent");
	if (ret->len < sizeof(head) || memcmp(ret->data, ELFMAG, SELFMAG) != 0 || ret->data[EI_CLASS] != ELFCLASS64)
		return err_set(e, ERR_CONFIG, "'%s' is no program that can be sent: install again", path);
	memcpy(&head, ret->data, sizeof(head));
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (head.e_ident[EI_DATA] == machines[i].data && head.e_machine == machines[i].number) {
			*ret_machine = machines[i].name;
			return 0;
		}
	return err_set(e, ERR_CONFIG, "'%s' is built for a processor (ELF machine %u) that is not known here", path,
		       head.e_machine);
}

/*
 * /dev/shm first: Debian mounts /run without the right to start programs, and memory is there when the disk is full.
 * Anybody may fill it: as many bytes as will come are written first, so a full place is passed by.
 * [ -x ] asks the kernel, which knows how the place is mounted. Each program that is started here costs a host as much
 * as all of the rest, so there are no more than these: mkdir, chmod, head, and rm when the scout did not begin.
 */
#define FOLDERS "/dev/shm /run /root /var/tmp /tmp"
#define PREFIX ".firebreak-"

void ship_line(struct buf *ret, size_t size, const char *machine, const char *token)
{
	(void)buf_printf(ret,
		"umask 077;read m </proc/sys/kernel/arch||m=$(uname -m);"
		"[ \"$m\" = %s ]||{ echo \"$m\" >&2;exit %d;};"
		"for d in " FOLDERS ";do d=$d/" PREFIX "%s;mkdir $d&&"
		"head -c %zu /dev/zero >$d/s&&chmod 700 $d/s&&[ -x $d/s ]&&break;"
		"rm -rf $d;d=;done 2>/dev/null;[ \"$d\" ]||exit %d;"
		"head -c %zu >$d/s&&$d/s;r=$?;[ ! -d $d ]||[ $r = %d ]||rm -rf $d;exit $r",
		machine, SHIP_OTHER_PROCESSOR, token, size, SHIP_NO_PLACE, size, SCOUT_STAYS);
}

/* Whoever is not root there can neither make nor change a file in a 0700 folder of root's. */
void ship_line_kept(struct buf *ret, const char *kept, size_t size, const char *machine, const char *token)
{
	(void)buf_printf(ret, "if [ -x %s ];then echo kept;exec %s;fi;echo send;", kept, kept);
	ship_line(ret, size, machine, token);
}

bool ship_is_path(const char *path)
{
	static const char folders[] = FOLDERS " ";

	for (const char *at = folders, *end; (end = strchr(at, ' ')); at = end + 1) {
		size_t n = (size_t)(end - at);

		if (strncmp(path, at, n) != 0 || !text_starts(path + n, "/" PREFIX))
			continue;
		path += n + strlen("/" PREFIX);
		n = strspn(path, "0123456789abcdef");
		return n == SHIP_TOKEN && !strcmp(path + n, "/s");
	}
	return false;
}
