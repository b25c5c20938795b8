#pragma once
/* A Puppet environment whose Hiera reads a private git that is deployed by its own post-receive hook. */

#define FARM_KEY "app::db_password"

/* Makes remote.git, person/ (a clone), code/environments/production with hiera.yaml and site.pp (which writes
 * app.conf). */
void farm_make(const char *old);
/* Replaces what site.pp says behind the class. */
void farm_site(const char *more);
