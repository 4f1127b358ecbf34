#pragma once
#include <functional>
#include <string>
#include <vector>

#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

struct PolicyOptions;

/// An option of a policy, the same on the command line of every tool: a number or a word.
struct PolicyOption {
    std::string flag;          ///< e.g. "--quantum"
    std::string help;          ///< with the policies that it is for
    std::string standard;      ///< its default, as text
    double low = 0, high = 0;  ///< range of a number
    std::function<void(PolicyOptions&, double)> set_number = {};  ///< none: it is a word
    std::vector<std::string> words = {};                          ///< that it can be
    std::function<void(PolicyOptions&, const std::string&)> set_word = {};
};

/// How a window is planned: one row of policies(). Each policy is one file, which makes its row.
struct Policy {
    std::string name;   ///< as on the command line
    std::string about;  ///< one line for people
    std::function<Plan(const ScheduleProblem&, const PolicyOptions&)> plan;
    std::vector<PolicyOption> options = {};  ///< those that it shares with others are listed once
    /// Takes a word that people write behind the name ("uniform:cheapest:0.3"). @return whether it
    /// is one of the policy's
    std::function<bool(PolicyOptions&, const std::string& word)> take_word = {};
    bool retrains = true;  ///< its plans can have retrainings
    bool replans = true;   ///< a window's rest is planned anew when something has happened; the
                           ///< baselines decide once, their plans say what follows from an end
    bool simulated_only = false;  ///< no executor runs its plans: models come from elsewhere
};

}  // namespace ekya
