#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include "ekya/core/errors.hpp"
#include "ekya/window/slurm_executor.hpp"
#include "subprocess.hpp"

namespace ekya {
namespace {

bool is_in_path(const std::string& program) {
    const char* const path = std::getenv("PATH");
    std::istringstream directories(path != nullptr ? path : "/usr/bin:/bin");
    for (std::string directory; std::getline(directories, directory, ':');)
        if (access((directory + "/" + program).c_str(), X_OK) == 0) return true;
    return false;
}

int rounded_up(double value) { return static_cast<int>(std::ceil(value - 1e-9)); }

}  // namespace

SlurmBoxes slurm_boxes_from(const std::string& lines, const std::string& device) {
    SlurmBoxes boxes{0, 0, true, false};
    std::istringstream text(lines);
    for (std::string line; std::getline(text, line);) {
        const int cpus = std::atoi(line.c_str());  // "4+" is at least 4
        if (cpus < 1) continue;
        boxes.box_cpus = boxes.box_cpus == 0 ? cpus : std::min(boxes.box_cpus, cpus);
        boxes.cpus += cpus;
    }
    if (device != "cpu") {
        boxes.on_cpu = lines.find("gpu:") == std::string::npos;
        boxes.has_mps = lines.find("mps:") != std::string::npos;
    }
    return boxes;
}

SlurmBoxes find_slurm_boxes(const SlurmOptions& options) {
    for (const char* program : {"srun", "scancel", "squeue", "sinfo"})
        if (!is_in_path(program))
            throw ConfigError("Slurm: " + std::string(program) +
                              " is not installed (Debian: slurm-client)");
    // What does not come back by itself is not counted.
    std::vector<std::string> command{"sinfo",        "--noheader", "--Node", "--exact",
                                     "--responding", "--format",   "%c %G"};
    if (!options.partition.empty()) command.push_back("--partition=" + options.partition);
    Question sinfo(command, environment_without("SLURM_", "SLURM_CONF"));
    if (!sinfo.await(60)) throw ConfigError("Slurm: sinfo does not answer");
    std::string answer = sinfo.answer();
    while (!answer.empty() && answer.back() == '\n') answer.pop_back();
    if (sinfo.exit_code() != 0) throw ConfigError("Slurm: " + answer);
    const SlurmBoxes boxes = slurm_boxes_from(answer, options.device);
    if (boxes.cpus == 0)
        throw ConfigError(
            "Slurm: no box responds" +
            (options.partition.empty() ? std::string() : " in partition " + options.partition) +
            (answer.empty() ? "" : ": " + answer));
    return boxes;
}

std::vector<std::string> slurm_grant(double share, const SlurmBoxes& boxes, int job_cpus) {
    const double part = share > 0 && share < 1 ? share : 1;
    std::vector<std::string> options;
    if (boxes.has_mps) options.push_back("--gres=mps:" + std::to_string(rounded_up(100 * part)));
    const int cpus =
        share > 0 && !boxes.has_mps ? rounded_up(part * boxes.box_cpus) : std::max(1, job_cpus);
    options.push_back("--cpus-per-task=" + std::to_string(std::min(cpus, boxes.box_cpus)));
    return options;
}

}  // namespace ekya
