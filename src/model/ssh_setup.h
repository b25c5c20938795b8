#pragma once
/*
 * How a host's sshd is set up: what it says of itself (`sshd -T`), what stands in its files under Match, and what it
 * offers everybody who connects (SSH_MSG_KEXINIT, RFC 4253, 7.1), which is what is really in force. Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The next "key value" of `sshd -T` at *s (*end is its end); false: no more. Key and value are cut out of the line by
 * NULs, keys are lower case as sshd prints them. */
bool ssh_setting_next(char **s, char **ret_key, char **ret_value);

/* One line of sshd_config, with its keyword in lower case and without quotes around the value; false: an empty line, a
 * comment, or nothing behind the keyword. Changes the line. */
bool ssh_config_line(char *line, char **ret_key, char **ret_value);

enum ssh_list { SSH_KEX, SSH_HOST_KEYS, SSH_CIPHERS_IN, SSH_CIPHERS_OUT, SSH_MACS_IN, SSH_MACS_OUT, SSH_COMPRESSION_IN,
		SSH_COMPRESSION_OUT, SSH_LANGUAGES_IN, SSH_LANGUAGES_OUT, SSH_LISTS };

struct ssh_offer { struct { const char *s; size_t len; } list[SSH_LISTS]; };   /* borrowed, names with commas */

/* The version line and the first packet of a server, as they came. 1: read; 0: more bytes are needed; -1: that is no
 * SSH server, or it sends something else first. */
int ssh_offer_read(const uint8_t *bytes, size_t len, struct ssh_offer *ret);
