#pragma once
/* Versions of Debian packages, in the order of deb-version(7): "1:2.3~rc1-4". Pure. */

/* Below, equal to or above zero, as a is older than, the same as or newer than b. */
int deb_version_compare(const char *a, const char *b);
