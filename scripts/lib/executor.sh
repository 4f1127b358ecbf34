# shellcheck shell=bash
# Which executor runs the heavy jobs (labelling, profiling, training). Sourced behind stage.sh; needs $here.

# shellcheck source=scripts/lib/run_local.sh
source "${here:?}/lib/run_local.sh"
# shellcheck source=scripts/lib/run_slurm.sh
source "$here/lib/run_slurm.sh"

executor=local
slurm_partition=''
executor_options=()      # as given, for a script that calls another one

executor_usage() {
    cat <<END
  --executor E          where labelling, profiling and training run: local, or slurm = each of these jobs is submitted to Slurm
                        and runs on a box that has room; streams, planning and inference stay on this one. DIR and the
                        programs must lie at the same place on all boxes [$executor]
  --slurm-partition P   partition of the boxes [Slurm's default]
  --slurm-option O      further option for srun, repeatable, e.g. --slurm-option=--mem=2G
END
}

# executor_option NAME VALUE: takes it if it is one of the options above.
executor_option() {
    case $1 in
        --executor)
            [[ $2 =~ ^(local|slurm)$ ]] || usage_error "--executor: $2 is not local or slurm"
            executor=$2 ;;
        --slurm-partition) slurm_partition=$2 ;;
        --slurm-option) slurm_options+=("$2") ;;
        *) return 1 ;;
    esac
    executor_options+=("$1=$2")
}

# shellcheck disable=SC2034  # for the scripts
# start_executor DEVICE THREADS: sets run, box_cores (of one box), jobs_at_once (that have a core for each thread), on_cpu and
# jobs_on_cpu (whether networks run on the CPU here, and where jobs go).
start_executor() {
    on_cpu=false
    if [[ $1 == cpu || ( $1 == auto && ! -e /dev/nvidia0 ) ]]; then on_cpu=true; fi
    case $executor in
        local) run=run_local box_cores=$(nproc) jobs_at_once=$(nproc) jobs_on_cpu=$on_cpu ;;
        slurm)
            slurm_start "$slurm_partition" "$1" || usage_error '--executor slurm: no box can be had'
            run=run_slurm slurm_job_cpus=$2 jobs_on_cpu=$slurm_on_cpu box_cores=$slurm_box_cpus
            jobs_at_once=$((slurm_cpus > $2 ? slurm_cpus / $2 : 1)) ;;
    esac
}
