// A worker of the tests, and, by the name fake-tool, the program that it runs.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include "ekya/device/worker.hpp"

namespace {

bool in_worker = false;

/// fake-tool say WORD... | exit N | die | busy | wait FILE
int fake_tool(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    std::cout << (in_worker ? "forked" : "executed") << '\n';
    if (what == "exit") return std::atoi(argv[2]);
    if (what == "die") raise(SIGKILL);
    for (volatile unsigned turns = 0; what == "busy";) turns = turns + 1;
    if (what == "wait") {
        std::cout << "waits" << std::endl;
        while (!std::filesystem::exists(argv[2])) usleep(10'000);
    }
    if (what != "say") return 0;
    for (int i = 0; i < argc; ++i) std::cout << argv[i] << '\n';
    for (const char* name : {"EKYA_CORES", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}) {
        const char* const value = std::getenv(name);
        std::cout << name << '=' << (value != nullptr ? value : "none") << '\n';
    }
    std::cout << std::filesystem::current_path().string() << '\n'
              << "group " << (getpgrp() == getpid()) << '\n'
              << "stdin " << std::cin.peek() << '\n';
    std::cerr << "a message\n";
    int open = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        (void)entry;
        ++open;
    }
    std::cout << "descriptors " << open << '\n';
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (std::filesystem::path(argv[0]).filename() == "fake-tool") return fake_tool(argc, argv);
    if (argc != 3) return 2;
    in_worker = true;
    ekya::serve_jobs(std::atoi(argv[2]), {{"fake-tool", fake_tool}});
    return 0;
}
