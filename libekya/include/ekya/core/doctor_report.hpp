#pragma once
#include <map>
#include <string>
#include <vector>

namespace ekya {

/// One camera, as ekya-doctor saw it.
struct CameraReport {
    std::string stream;
    std::string problem;  ///< why it cannot be used; empty = it can
    int width = 0, height = 0;
    double fps = 0;
    bool live = false;
    double opened_after = 0;                   ///< seconds until its first frame
    int frames = 0;                            ///< that the teacher was asked about
    int objects = -1;                          ///< that it found in them; -1 = not asked
    int usable = 0;                            ///< of them those of the stream's classes
    std::map<std::string, int> other_classes;  ///< of them the others, by the teacher's name
    double gigabytes_per_day = 0;              ///< of crops, if all frames are like these
};

/// A GPU, as ekya-doctor saw it.
struct GpuReport {
    std::string name, uuid;
    double memory_gigabytes = 0;
    int multiprocessors = 0;
};

/// A machine, a teacher and cameras, as ekya-doctor saw them (schema ekya.doctor/1).
struct DoctorReport {
    int cores = 0;  ///< that may be used
    std::vector<GpuReport> gpus;
    std::string why_no_gpu;      ///< empty if there is one
    std::string device;          ///< what networks will run on: cpu or cuda:0
    bool bfloat16 = false;       ///< the CPU multiplies bfloat16 itself
    std::string share_holder;    ///< mps, cgroup or threads: what will hold jobs to their shares
    std::string why_not_mps;     ///< with a GPU: why its shares are not held; empty = they are
    std::string why_not_cgroup;  ///< empty = control groups are used
    std::vector<std::string> decoders;          ///< devices that FFmpeg can decode on
    std::vector<std::string> missing_decoders;  ///< "NAME: why not"
    bool clock_synchronised = false;            ///< the kernel's clock follows a time server
    double free_gigabytes = 0;                  ///< of the store's disk
    std::string teacher;                        ///< as it was given
    std::string teacher_problem;                ///< why it cannot be used; empty = it can
    std::vector<std::string> teacher_classes;   ///< empty = not known
    std::vector<CameraReport> cameras;

    /// The service can run: the teacher works and a camera does; no cameras were asked about: the
    /// machine can.
    [[nodiscard]] bool can_run() const {
        bool camera = cameras.empty();
        for (const auto& one : cameras) camera = camera || one.problem.empty();
        return camera && teacher_problem.empty();
    }
};

}  // namespace ekya
