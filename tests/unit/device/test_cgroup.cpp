#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "ekya/core/errors.hpp"
#include "ekya/device/share_limit.hpp"

using namespace ekya;
namespace fs = std::filesystem;

namespace {

/// A directory that stands for a group: the files that the kernel would make are there already.
class FakeGroups {
public:
    FakeGroups() {
        root_ = fs::temp_directory_path() / ("ekya-groups-" + std::to_string(getpid()));
        fs::remove_all(root_);
        fs::create_directories(root_);
    }
    ~FakeGroups() { fs::remove_all(root_); }
    void add(const fs::path& file, const std::string& text) const {
        fs::create_directories((root_ / file).parent_path());
        std::ofstream(root_ / file) << text;
    }
    [[nodiscard]] std::string text(const fs::path& file) const {
        std::ostringstream all;
        all << std::ifstream(root_ / file).rdbuf();
        return all.str();
    }
    [[nodiscard]] const fs::path& root() const { return root_; }

private:
    fs::path root_;
};

std::string group(const std::string& id) { return "ekya-" + id + "-" + std::to_string(getpid()); }

}  // namespace

TEST_CASE("cgroup_limit, version 2: quota and period, weight, freezing, use") {
    const FakeGroups groups;
    const std::string g = group("a.train");
    for (const char* file : {"cpu.max", "cpu.weight", "cgroup.freeze", "cgroup.procs"})
        groups.add(g + "/" + file, "");
    groups.add(g + "/cpu.stat",
               "usage_usec 2500000\nuser_usec 1\nnr_throttled 3\nthrottled_usec 750000\n");
    const auto limit = cgroup_limit({2, groups.root(), {}}, "a.train", 4);
    limit->set_share(0.25);
    CHECK(groups.text(g + "/cpu.max") == "25000 25000");
    CHECK(groups.text(g + "/cpu.weight") == "2500");
    CHECK(limit->use().device == doctest::Approx(2.5 / 4));
    CHECK(limit->use().throttled == doctest::Approx(0.75));
    limit->set_paused(true);
    CHECK(groups.text(g + "/cgroup.freeze") == "1");
}

TEST_CASE(
    "cgroup_limit: a small share gets a longer period, as the kernel grants no less than a "
    "millisecond; 0 is no limit") {
    const FakeGroups groups;
    const std::string g = group("b");
    groups.add(g + "/cpu.weight", "");
    groups.add(g + "/cpu.max", "");
    const auto limit = cgroup_limit({2, groups.root(), {}}, "b", 1);
    limit->set_share(0.01);
    CHECK(groups.text(g + "/cpu.max") == "1000 100000");
    fs::resize_file(groups.root() / g / "cpu.max", 0);
    limit->set_share(0);
    CHECK(groups.text(g + "/cpu.max") == "max 25000");
}

TEST_CASE("cgroup_limit, version 1: quota, period and weight; use from the accounting controller") {
    const FakeGroups groups;
    const std::string g = group("c");
    for (const char* file : {"cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.shares", "cgroup.procs"})
        groups.add("cpu/" + g + "/" + file, "");
    groups.add("cpu/" + g + "/cpu.stat",
               "nr_periods 10\nnr_throttled 5\nthrottled_time 500000000\n");
    groups.add("acct/" + g + "/cpuacct.usage", "1250000000\n");
    groups.add("acct/" + g + "/cgroup.procs", "");
    const auto limit = cgroup_limit({1, groups.root() / "cpu", groups.root() / "acct"}, "c", 2);
    limit->set_share(0.5);
    CHECK(groups.text("cpu/" + g + "/cpu.cfs_quota_us").find("25000") != std::string::npos);
    CHECK(groups.text("cpu/" + g + "/cpu.cfs_period_us") == "25000");
    CHECK(groups.text("cpu/" + g + "/cpu.shares") == "51200");
    CHECK(limit->use().device == doctest::Approx(1.25 / 2));
    CHECK(limit->use().throttled == doctest::Approx(0.5));
}

TEST_CASE("cgroup_limit: what the kernel refuses is named") {
    const FakeGroups groups;
    const auto limit = cgroup_limit({2, groups.root(), {}}, "d", 2);
    CHECK_THROWS_WITH_AS(limit->set_share(0.5),
                         doctest::Contains("cpu.max: cannot write \"25000 25000\": No such file"),
                         SystemError);
    CHECK_THROWS_AS((void)cgroup_limit({2, "/nowhere", {}}, "d", 2), SystemError);
}

TEST_CASE("find_cgroup_place: says what is in the way") {
    const FakeGroups groups;
    groups.add("self/mountinfo", "22 1 0:20 / /proc rw - proc proc rw\n");
    groups.add("self/cgroup", "0::/\n");
    std::string why;
    CHECK_FALSE(find_cgroup_place({}, why, groups.root() / "self"));
    CHECK(why == "no control groups with a CPU limit are mounted");
    CHECK_FALSE(find_cgroup_place(groups.root(), why, groups.root() / "self"));
    CHECK(why.find("is no control group") != std::string::npos);
    // A hierarchy of version 2 that hands no CPU controller down.
    groups.add("tree/user/session/cgroup.procs", "");
    groups.add("self/mountinfo", "30 22 0:26 / " + (groups.root() / "tree").string() +
                                     " rw,nosuid - cgroup2 cgroup2 rw\n");
    groups.add("self/cgroup", "0::/user/session\n");
    CHECK_FALSE(find_cgroup_place({}, why, groups.root() / "self"));
    CHECK(why.find("tree/user/session: may not be given groups with a CPU limit") !=
          std::string::npos);
    // Without the controller nothing is moved anywhere.
    CHECK_FALSE(fs::exists(groups.root() / "tree/user/session/ekya.main"));
    groups.add("tree/user/session/cgroup.controllers", "memory pids\n");
    CHECK_FALSE(find_cgroup_place({}, why, groups.root() / "self"));
    CHECK_FALSE(fs::exists(groups.root() / "tree/user/session/ekya.main"));
    // With it processes are moved into a leaf, once.
    groups.add("tree/user/session/cgroup.controllers", "cpu memory\n");
    CHECK_FALSE(find_cgroup_place({}, why, groups.root() / "self"));
    CHECK(fs::exists(groups.root() / "tree/user/session/ekya.main"));
    groups.add("tree/user/session/ekya.main/cgroup.controllers", "cpu memory\n");
    groups.add("self/cgroup", "0::/user/session/ekya.main\n");
    CHECK_FALSE(find_cgroup_place({}, why, groups.root() / "self"));
    CHECK_FALSE(fs::exists(groups.root() / "tree/user/session/ekya.main/ekya.main"));
}
