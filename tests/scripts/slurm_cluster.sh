# shellcheck shell=bash
# A real Slurm of two boxes on this machine, for the tests: munged, slurmctld, slurmd -N box1 and slurmd -N box2, in one
# directory and on free ports. Sourced, not run.
#   cluster_start DIR    brings it up and sets SLURM_CONF
#   cluster_kill BOX     the box dies: its slurmd and everything that runs on it
#   cluster_crash BOX    the same, and nobody tells the controller
#   cluster_revive BOX   it is there again
#   cluster_stop         ends all of it; does nothing if there is none
# Each box has 4 CPUs and a GPU of 100 MPS shares, whatever this machine has. Needs Debian's slurm-wlm and munge, and root.

cluster=''

# cluster_missing: why there can be no cluster here; empty if there can.
cluster_missing() {
    local program
    for program in munged slurmctld slurmd srun scancel squeue sinfo scontrol; do
        PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null \
            || { printf '%s is not installed (Debian: slurm-wlm, munge)\n' "$program"; return; }
    done
    [[ $(id -u) -eq 0 ]] || printf 'slurmd needs root\n'
}

# free_ports N: so many TCP ports that nobody uses.
free_ports() {
    python3 -c 'import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in held: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in held))' "$1"
}

cluster_conf() {
    local control=$1 box1=$2 box2=$3 host
    host=$(hostname -s)
    cat <<END
ClusterName=ekya
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$control
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$cluster/munge/socket
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/%n
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/%n.pid
SlurmctldLogFile=$cluster/slurmctld.log
SlurmdLogFile=$cluster/%n.log
# Neither control groups nor affinity: the machine's are not ours to change.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
GresTypes=gpu,mps
SlurmdParameters=config_overrides
SlurmdTimeout=10
KillWait=5
ReturnToService=2
TreeWidth=2
NodeName=box1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$box1 CPUs=4 RealMemory=1000 Gres=gpu:1,mps:100
NodeName=box2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$box2 CPUs=4 RealMemory=1000 Gres=gpu:1,mps:100
# LLN: jobs go to the box that has least to do.
PartitionName=boxes Nodes=ALL Default=YES LLN=YES MaxTime=INFINITE State=UP
END
}

# cluster_awaits COMMAND...: at most 40 s.
cluster_awaits() {
    local i
    for ((i = 0; i < 400; ++i)); do ! "$@" >/dev/null 2>&1 || return 0; sleep 0.1; done
    return 1
}
idle_boxes() { [[ $(sinfo -h -N -t idle -o %N | sort -u | wc -l) -eq 2 ]]; }

cluster_start() {
    local ports box
    cluster=$1
    PATH="$PATH:/usr/sbin:/sbin"   # where the daemons are
    mkdir -p "$cluster"/{munge,state,box1,box2}
    chmod 755 "$cluster" "$cluster/munge"
    head -c 1024 /dev/urandom >"$cluster/munge/key"
    chmod 400 "$cluster/munge/key"
    chown -R munge: "$cluster/munge"
    setpriv --reuid=munge --regid=munge --clear-groups munged --key-file="$cluster/munge/key" --socket="$cluster/munge/socket" \
        --pid-file="$cluster/munge/pid" --log-file="$cluster/munge/log" --seed-file="$cluster/munge/seed" --num-threads=2
    read -r -a ports <<<"$(free_ports 3)"
    cluster_conf "${ports[@]}" >"$cluster/slurm.conf"
    printf 'NodeName=box[1-2] Name=gpu File=/dev/null\nNodeName=box[1-2] Name=mps Count=100 File=/dev/null\n' >"$cluster/gres.conf"
    export SLURM_CONF="$cluster/slurm.conf"
    slurmctld -f "$SLURM_CONF"
    for box in box1 box2; do slurmd -f "$SLURM_CONF" -N "$box"; done
    cluster_awaits idle_boxes
}

# jobs_on BOX: the processes that Slurm has started there, and what started them.
jobs_on() {
    local file pid parent
    while read -r file; do
        grep -qzsx "SLURM_CONF=$SLURM_CONF" "$file" || continue
        pid=${file#/proc/} pid=${pid%/environ}
        parent=$(ps -o ppid= -p "$pid" | tr -d ' ')
        [[ -n $parent ]] || continue   # it has ended
        printf '%s\n' "$pid"
        [[ $(ps -o comm= -p "$parent") != slurmstepd ]] || printf '%s\n' "$parent"
    done < <(grep -lzsx "SLURMD_NODENAME=$1" /proc/[0-9]*/environ)
}

# cluster_kill BOX: with no warning. The controller is told what it would find out by itself within a few SlurmdTimeout.
cluster_kill() {
    cluster_crash "$1"
    scontrol update "NodeName=$1" State=DOWN Reason=killed
}
cluster_crash() {
    local pid
    kill -KILL "$(<"$cluster/$1.pid")"
    for pid in $(jobs_on "$1"); do kill -KILL "$pid" 2>/dev/null || true; done
}

# cluster_revive BOX: it comes back.
cluster_revive() {
    slurmd -f "$SLURM_CONF" -N "$1"
    scontrol update "NodeName=$1" State=RESUME 2>/dev/null || true   # it may have registered already
    cluster_awaits idle_boxes
}

is_gone() { ! kill -0 "$1"; }
cluster_stop() {
    local file pid pids=()
    [[ -n $cluster ]] || return 0
    # What still waits for a job would otherwise wait on.
    if [[ -n $(timeout 5 squeue --noheader 2>/dev/null) ]]; then timeout 5 scancel --quiet --user="$(id -un)" && sleep 1; fi
    for file in "$cluster"/{box1,box2,slurmctld}.pid "$cluster/munge/pid"; do
        [[ ! -e $file ]] || pids+=("$(<"$file")")
    done
    mapfile -t -O "${#pids[@]}" pids < <(jobs_on box1; jobs_on box2)
    kill -TERM "${pids[@]}" 2>/dev/null || true
    for pid in "${pids[@]}"; do
        cluster_awaits is_gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
    done
    cluster=''
}
