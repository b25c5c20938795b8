#include "fleet/hurry.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include <string.h>

int hurry_config(const char *folder, const char *team_config, char **ret, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(8192);
	_cleanup_(freep) char *path = fs_join(folder, "ssh-hurry");

	if (team_config && (team_config[0] != '/' || strpbrk(team_config, "\"\\*?[]{}\n\r%$")))
		return err_set(e, ERR_CONFIG, "ssh_config: '%.200s': an absolute path is expected, without characters "
			       "that ssh reads as a pattern", team_config);
	if (team_config)
		(void)buf_printf(&text, "Include \"%s\"\n", team_config);
	else
		(void)buf_str(&text, "Include ~/.ssh/config\nInclude /etc/ssh/ssh_config\n");
	(void)buf_str(&text, "Host *\n\tKexAlgorithms ^curve25519-sha256,curve25519-sha256@libssh.org\n"
		      "\tConnectTimeout 10\n");
	if (text.over)
		return err_set(e, ERR_LIMIT, "ssh_config: the path is longer than 8000 characters");

	if (fs_mkdirs(folder, 0700, e) < 0 || fs_write_atomic(path, text.data, text.len, 0600, e) < 0)
		return err_wrap(e, "ssh's configuration");
	*ret = path;
	path = NULL;
	return 0;
}
