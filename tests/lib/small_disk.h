#pragma once
/* A small disk over `folder`, which this process and its later children see and nobody else: a tmpfs in a mount
 * namespace of its own. Also without root, by a user namespace in which user and group stay what they are. `options`
 * are tmpfs's: "size=512k,mode=0700". 0, or -1 and a line on standard error. */
int small_disk_make(const char *folder, const char *options);
