# Sourced by tests behind farm.sh: smtp-sink of Debian's Postfix, a mail server that takes everything, on loopback and
# a free port; each message that it took is a file.
# sink_begin NAME [OPTION]... sets sink_port and sink_pid, files are $scratch/NAME/m.*; sink_got NAME...; sinks_end.

sinks=()

sink_begin() {        # NAME [OPTION OF SMTP-SINK]...
	local folder=$scratch/$1 try i into
	shift
	mkdir -p "$folder"
	into=(-d "$folder/m.%H%M%S.")
	if [ "$(id -u)" = 0 ]; then           # it gives up its rights then, and wants to be locked in
		into=(-u nobody -R "$folder" -d 'm.%H%M%S.')
		chmod 755 "$scratch"
		chown nobody "$folder"
	fi
	for try in 1 2 3 4 5; do
		sink_port=$(python3 -c 'import random, socket
while True:
    s = socket.socket(); p = random.randrange(20000, 32000)
    try: s.bind(("127.0.0.1", p))
    except OSError: continue
    print(p); break')
		/usr/sbin/smtp-sink "${into[@]}" "$@" "127.0.0.1:$sink_port" 50 2>/dev/null &
		sink_pid=$!
		for ((i = 0; i < 300; i++)); do
			kill -0 "$sink_pid" 2>/dev/null || continue 2
			(exec 3<>"/dev/tcp/127.0.0.1/$sink_port") 2>/dev/null && sinks+=("$sink_pid") && return
			sleep 0.1
		done
		kill "$sink_pid"
	done
	echo "smtp-sink does not start, $try times" >&2
	return 1
}

# Who got a message, a line for each time; sorted.
sink_got() {          # NAME...
	local name
	for name in "$@"; do
		find "$scratch/$name" -name 'm.*' -exec sed -n 's/^X-Rcpt-Args: <\(.*\)>.*/\1/p' {} +
	done | sort
}

sinks_end() {
	local pid
	for pid in "${sinks[@]}"; do kill "$pid" 2>/dev/null; done
	sinks=()
}
