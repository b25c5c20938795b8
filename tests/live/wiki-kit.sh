# Sourced behind tests/cli/farm.sh: real wikis of MediaWiki, each with SQLite and PHP's own server on a free port of
# loopback; wiki_end stops them by pid. Files in $scratch/NAME.d/ switch on what stands in the way of an edit.
mediawiki=/usr/share/mediawiki
wiki_pids=

maintain() {          # NAME SCRIPT ARGUMENT...
	local name=$1 script=$2
	shift 2
	MW_CONFIG_FILE=$scratch/$name.d/LocalSettings.php WIKI_PORT=${wiki_port[$name]:-1} \
		php "$mediawiki/maintenance/$script" "$@" >>"$scratch/$name.d/log" 2>&1
}

wiki_settings() {     # FOLDER
	cat >>"$1/LocalSettings.php" <<-'SETTINGS'
		$wgServer = 'http://127.0.0.1:' . getenv( 'WIKI_PORT' );
		$wgCanonicalServer = $wgServer;
		$wgPasswordAttemptThrottle = [];
		$wgJobRunRate = 0;
		$wgMainCacheType = CACHE_DB;
		# What a script writes is true for the next request.
		# Else a page's protection may come as late as the cache.
		$wgMainWANCache = CACHE_NONE;
		$wgShowExceptionDetails = true;
		$switches = __DIR__;
		$wgCacheDirectory = "$switches/cache";
		if ( file_exists( "$switches/readonly" ) ) { $wgReadOnly = 'moving house'; }
		if ( file_exists( "$switches/captcha" ) ) {
			wfLoadExtensions( [ 'ConfirmEdit' ] );
			$wgCaptchaTriggers['edit'] = true;
			$wgCaptchaTriggers['create'] = true;
			$wgGroupPermissions['sysop']['skipcaptcha'] = false;
			$wgGroupPermissions['bot']['skipcaptcha'] = false;
			$wgGroupPermissions['user']['skipcaptcha'] = false;
			$wgGroupPermissions['autoconfirmed']['skipcaptcha'] = false;
		}
		if ( file_exists( "$switches/guards" ) ) {
			wfLoadExtensions( [ 'AbuseFilter', 'SpamBlacklist', 'TitleBlacklist' ] );
			$wgBlacklistSettings = [ 'spam' => [ 'files' => [] ] ];     # else one of the internet
			$wgGroupPermissions['sysop']['tboverride'] = false;
			$wgGroupPermissions['bot']['tboverride'] = false;
		}
		# A wiki that puts something into each text.
		$wgHooks['ParserPreSaveTransformComplete'][] = static function ( $parser, &$text ) use ( $switches ) {
			if ( file_exists( "$switches/adds" ) ) { $text .= "\n[[Category:Reports]]"; }
			return true;
		};
		if ( file_exists( "$switches/limit" ) ) {
			$wgRateLimits['edit']['user'] = [ 0, 60 ];
			$wgRateLimits['edit']['&can-bypass'] = false;
		}
		# Somebody is faster than the one who edits by the API, once.
		$wgHooks['ApiCheckCanExecute'][] = static function ( $module, $user, &$message ) use ( $switches ) {
			if ( $module->getModuleName() === 'edit' && file_exists( "$switches/race" ) ) {
				unlink( "$switches/race" );
				$title = Title::newFromText( $module->getRequest()->getVal( 'title' ) );
				$services = MediaWiki\MediaWikiServices::getInstance();
				$services->getWikiPageFactory()->newFromTitle( $title )->doUserEditContent(
					new WikitextContent( 'Somebody else was here.' ),
					User::newSystemUser( 'Somebody', [ 'steal' => true ] ), 'faster' );
			}
			return true;
		};
		# A save that takes its time to be told.
		$wgHooks['PageSaveComplete'][] = static function () use ( $switches ) {
			if ( file_exists( "$switches/slow" ) ) {
				touch( "$switches/saved" );
				for ( $n = 0; $n < 600 && file_exists( "$switches/slow" ); $n++ ) { usleep( 50000 ); }
			}
			return true;
		};
	SETTINGS
}

declare -A wiki_port

# A port that nobody has is one that PHP could take.
wiki_serve() {        # NAME
	local d=$scratch/$1.d pid
	for _ in $(seq 20); do
		wiki_port[$1]=$((20000 + RANDOM % 12000))
		MW_CONFIG_FILE=$d/LocalSettings.php WIKI_PORT=${wiki_port[$1]} PHP_CLI_SERVER_WORKERS=3 setsid \
			php -d opcache.enable_cli=1 -S 127.0.0.1:${wiki_port[$1]} -t "$mediawiki" \
			>"$d/server" 2>&1 </dev/null &
		pid=$!
		for _ in $(seq 200); do
			grep -q started "$d/server" && curl -sf -o "$d/alive" \
				"http://127.0.0.1:${wiki_port[$1]}/api.php?action=query&format=json" && break
			kill -0 $pid 2>/dev/null || break
			sleep 0.05
		done
		if kill -0 $pid 2>/dev/null && [ -s "$d/alive" ]; then
			wiki_pids="$wiki_pids $pid"
			return 0
		fi
		kill -- -$pid 2>/dev/null
		wait $pid 2>/dev/null
	done
	return 1
}

# With GUARDS, the wiki has the extensions that refuse edits; they forbid nothing yet.
wiki_start() {        # NAME BOT_PASSWORD [GUARDS]
	local d=$scratch/$1.d
	mkdir -p "$d/data" "$d/cache"
	php "$mediawiki/maintenance/install.php" --dbtype sqlite --dbpath "$d/data" --dbname wikia \
		--server http://127.0.0.1:1 --scriptpath "" --confpath "$d" \
		--pass "$(random_word)" "Wiki $1" Admin >"$d/log" 2>&1 || return 1
	wiki_settings "$d"
	maintain "$1" createBotPassword.php --appid reports \
		--grants basic,highvolume,editpage,createeditmovepage,editinterface Admin "$2" || return 1
	if [ -n "${3:-}" ]; then
		touch "$d/guards"
		maintain "$1" sql.php "$mediawiki/extensions/AbuseFilter/db_patches/sqlite/tables-generated.sql" ||
			return 1
	fi
	wiki_serve "$1"
}

wiki_end() {
	local pid
	for pid in $wiki_pids; do
		kill -- "-$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	wiki_pids=
}

random_word() { LC_ALL=C tr -dc a-v0-9 </dev/urandom | head -c 32; }

wiki_get() {          # NAME QUERY: a page as a browser asks for it
	curl -s --get "http://127.0.0.1:${wiki_port[$1]}/index.php" --data-urlencode "title=$2" "${@:3}"
}
