# Sourced by tests: a real sshd on loopback and a free port, or on another address of ours; it is ended by its pid.
# far_begin FOLDER [ADDRESS]; afterwards `ssh -F FOLDER/config far` works, with the home that the test has. far_end.
far_begin() {
	local folder=$1 address=${2:-127.0.0.1} i
	mkdir -p "$folder"
	far_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])')
	ssh-keygen -q -t ed25519 -N '' -f "$folder/host"
	ssh-keygen -q -t ed25519 -N '' -f "$folder/client"
	cp "$folder/client.pub" "$folder/authorized"
	echo "[$address]:$far_port $(cut -d' ' -f1,2 "$folder/host.pub")" >"$folder/known"
	printf '%s\n' "Port $far_port" "ListenAddress $address" "HostKey $folder/host" 'PidFile none' 'UsePAM no' \
		'StrictModes no' "AuthorizedKeysFile $folder/authorized" 'PasswordAuthentication no' \
		'PermitRootLogin yes' "SetEnv HOME=$HOME" >"$folder/sshd_config"
	printf '%s\n' 'Host far' "HostName $address" "Port $far_port" "IdentityFile $folder/client" \
		'IdentitiesOnly yes' 'IdentityAgent none' "UserKnownHostsFile $folder/known" \
		'StrictHostKeyChecking yes' >"$folder/config"
	[ "$(id -u)" != 0 ] || mkdir -p -m 755 /run/sshd
	/usr/sbin/sshd -D -e -f "$folder/sshd_config" 2>"$folder/log" &
	far_pid=$!
	for ((i = 0; i < 150; i++)); do
		ssh-keyscan -T 1 -p "$far_port" "$address" 2>/dev/null | grep -q ed25519 && return 0
		sleep 0.1
	done
	cat "$folder/log" >&2
	return 1
}

far_end() {
	kill "$far_pid" 2>/dev/null
	wait "$far_pid" 2>/dev/null
}
