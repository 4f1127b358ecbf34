#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "child.hpp"
#include "ekya/cli/run_tool.hpp"
#include "ekya/cli/service_manager.hpp"
#include "ekya/cli/suggestions.hpp"
#include "ekya/core/errors.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

struct Given {
    std::vector<std::string> arguments;
    std::string file;  ///< of settings; empty = none
    std::vector<std::pair<std::string, std::string>> environment;
    bool users_job = false;
};

/// A tool with options of all kinds, which says what it was given; in a child process.
Outcome tool(Given given) {
    const Scratch scratch;
    const auto file = (scratch / "set.toml").string();
    if (!given.file.empty()) {
        write(file, given.file);
        given.arguments.insert(given.arguments.begin(), {"--config", file});
    }
    auto outcome = in_child([&] {
        for (const auto& [name, value] : given.environment)
            ::setenv(name.c_str(), value.c_str(), 1);
        given.arguments.insert(given.arguments.begin(), "ekya-trial");
        std::vector<char*> argv;
        for (auto& argument : given.arguments) argv.push_back(argument.data());
        int number = 3;
        double fraction = 0.5;
        bool flag = false, warm = true;
        std::string word = "none", needed, password;
        std::vector<std::string> list;
        return cli::run_tool_body(
            "ekya-trial", "Try things out.", static_cast<int>(argv.size()), argv.data(),
            [&](CLI::App& app) {
                app.add_option("--number", number, "of things")
                    ->check(CLI::Range(1, 9))
                    ->capture_default_str();
                app.add_option("--fraction", fraction, "part")->capture_default_str();
                app.add_flag("--flag", flag, "a flag");
                app.add_flag("--cold{false}", warm, "an inverted flag");
                app.add_option("--two-words", word, "a [word]: .dot 'quote'")
                    ->check(cli::suggest({"none", "some"}))
                    ->capture_default_str()
                    ->group("Words");
                app.add_option("--needed", needed, ".starts with a dot")->required();
                app.add_option("--password", password, "secret");
                app.add_option("--list", list, "several")->allow_extra_args(false);
                cli::describe(app, {"nothing", "words", "ekya-trial --needed x", "Ekya"});
            },
            [&](cli::Context& context) {
                if (number == 9) throw ConfigError("--number: 9 is too many today");
                std::cout << number << ' ' << fraction << ' ' << flag << warm << ' ' << word << ' '
                          << needed;
                for (const auto& one : list) std::cout << " <" << one << '>';
                const char* by = std::getenv("EKYA_STARTED_BY");
                std::cout << ' ' << (by ? by : "-") << std::endl;
                context.say("said");
                return 0;
            },
            given.users_job);
    });
    for (auto* text : {&outcome.out, &outcome.err})
        for (auto at = text->find(file); at != std::string::npos; at = text->find(file))
            text->replace(at, file.size(), "set.toml");
    return outcome;
}

const std::string usual = " ekya-trial\n";

}  // namespace

TEST_CASE("settings: the command line counts before the environment, before the file") {
    const std::string file =
        "# of all tools\nnumber = 4\nneeded = \"f\"\n[ekya-trial]\nfraction = 0.25\n"
        "list = [\"a b\", \"c,d\"]\n[ekya-other]\nnosuch = 1\n";
    CHECK(tool({{}, file, {}}).out == "4 0.25 01 none f <a b> <c,d>" + usual);
    CHECK(tool({{}, file, {{"EKYA_TRIAL_NUMBER", "5"}}}).out ==
          "5 0.25 01 none f <a b> <c,d>" + usual);
    CHECK(tool({{"--number", "6", "--list=x"}, file, {{"EKYA_TRIAL_NUMBER", "5"}}}).out ==
          "6 0.25 01 none f <x>" + usual);
    CHECK(tool({{"--needed", "c"}, "", {{"EKYA_TRIAL_TWO_WORDS", "w"}, {"EKYA_TRIAL_LIST", "a;b"}}})
              .out == "3 0.5 01 w c <a> <b>" + usual);
    // A table of the tool counts before what is for all.
    CHECK(tool({{}, "needed = \"n\"\nnumber = 1\n[ekya-trial]\nnumber = 2\n", {}}).out ==
          "2 0.5 01 none n" + usual);
}

TEST_CASE("settings: flags, empty texts, variables that are empty") {
    CHECK(tool({{}, "needed = \"\"\nflag = true\ncold = true\n", {}}).out ==
          "3 0.5 10 none " + usual);
    CHECK(tool({{}, "needed = \"x\"\nflag = false\ncold = false\n", {}}).out ==
          "3 0.5 01 none x" + usual);
    CHECK(tool({{"--needed=x"}, "", {{"EKYA_TRIAL_FLAG", "yes"}, {"EKYA_TRIAL_NUMBER", ""}}}).out ==
          "3 0.5 11 none x" + usual);
    CHECK(tool({{"--needed=x", "--flag=false"}, "flag = true\n", {}}).out ==
          "3 0.5 01 none x" + usual);
}

TEST_CASE("settings: what is wrong is refused with its place") {
    const auto wrong = [](const std::string& file, const std::string& message,
                          const std::vector<std::pair<std::string, std::string>>& variables = {}) {
        CAPTURE(file);
        const auto outcome = tool({{"--needed=x"}, file, variables});
        CHECK(outcome.code == 2);
        CHECK(outcome.out.empty());
        CHECK_MESSAGE(contains(outcome.err, "ekya-trial: error: " + message), outcome.err);
    };
    wrong("\nnumbr = 4\n", "set.toml:2: numbr: ekya-trial has no such option");
    wrong("number = 40\n", "set.toml:1: --number: ");
    wrong("number = \"many\"\n", "set.toml:1: ");
    wrong("number = 9\n", "set.toml:1: --number: 9 is too many today");  // found later
    wrong("number = [1, 2]\n", "set.toml:1: number: takes one value, not a list");
    wrong("number = 1979-05-27\n", "set.toml:1: number: a text, a number, true or false");
    wrong("number = 4\nnumber = 5\n", "set.toml:2: not valid TOML");
    wrong("\ntwo-words = best\n", "set.toml:2: not valid TOML");
    wrong("[stuff]\na = 1\n", "set.toml:1: stuff: is no table of a tool");
    wrong("help = true\n", "set.toml:1: help: can be given on the command line alone");
    wrong("config = \"x\"\n", "set.toml:1: config: can be given on the command line alone");
    wrong("help-man = true\n", "set.toml:1: help-man: can be given on the command line alone");
    wrong("two-words = \"\\u0000\"\n", "set.toml:1: two-words: holds a zero byte");
    wrong("", "EKYA_TRIAL_NUMBER: --number: ", {{"EKYA_TRIAL_NUMBER", "40"}});
    const auto none = tool({{"--config", "/nosuch.toml"}, "", {}});
    CHECK(none.code == 2);
    CHECK(contains(none.err, "/nosuch.toml: cannot open"));
    CHECK(tool({{"--config", "/nosuch.toml", "--help"}, "", {}}).code == 0);
    const auto unknown = tool({{"--needed=x"}, "", {{"EKYA_TRIAL_NUMBR", "4"}}});
    CHECK(unknown.code == 0);
    CHECK(contains(unknown.err, "EKYA_TRIAL_NUMBR: ekya-trial has no such option"));
}

TEST_CASE("settings: a program that a tool has started hears its starter alone") {
    const std::vector<std::pair<std::string, std::string>> variables{
        {"EKYA_TRIAL_NUMBER", "5"},
        {"EKYA_TRIAL_CONFIG", "/nosuch"},
        {"EKYA_STARTED_BY", "ekya-serve"}};
    CHECK(tool({{"--needed=x"}, "", variables}).out == "3 0.5 01 none x" + usual);
    CHECK(contains(tool({{"--needed=x"}, "", {variables[1]}}).err, "/nosuch: cannot open"));
    // The job that a user gave to ekya-run hears the user.
    CHECK(tool({{"--needed=x"}, "", {variables[0]}, true}).out == "5 0.5 01 none x -\n");
    CHECK(tool({{"--needed=x"}, "", {variables[2]}, true}).out == "3 0.5 01 none x ekya-serve\n");
}

TEST_CASE("--print-config: what --config reads again, without secrets") {
    const auto printed =
        tool({{"--print-config", "--number=7", "--cold", "--list=a\"b", "--list=c\\d\x01"},
              "",
              {{"EKYA_TRIAL_PASSWORD", "hunter2"},
               {"EKYA_TRIAL_TWO_WORDS", "rtsp://me:hunter3@cam/1"}}});
    CHECK(printed.code == 0);  // and nothing is required
    CHECK(printed.err.empty());
    CHECK_FALSE(contains(printed.out, "hunter"));
    for (const std::string line :
         {"[ekya-trial]\n", "\nnumber = 7\n", "#fraction = 0.5\n", "#flag = false\n",
          "cold = true\n", "#needed =    # required\n", "#password = \"***\"",
          "#two-words = \"***\"", "\n# Words\n", R"(list = ["a\"b", "c\\d\u0001"])"}) {
        CAPTURE(line);
        CHECK(contains(printed.out, line));
    }
    const auto again = tool({{"--print-config"}, printed.out, {}});
    CHECK(again.code == 0);
    CHECK(contains(again.out, R"(list = ["a\"b", "c\\d\u0001"])"));
    CHECK(contains(again.out, "number = 7    # set.toml:"));
    CHECK(tool({{"--needed=x"}, printed.out, {}}).out ==
          "7 0.5 00 none x <a\"b> <c\\d\x01>" + usual);
}

TEST_CASE("--quiet: only errors") {
    CHECK(tool({{"--needed=x"}, "", {}}).err == "said\n");
    const auto quiet = tool({{"--needed=x", "--quiet"}, "", {}});
    CHECK(quiet.err.empty());
    CHECK(quiet.out == "3 0.5 01 none x" + usual);
}

TEST_CASE("--help-man: the page says every option, and no text of it is a request of roff") {
    const auto page = tool({{"--help-man"}, "", {{"SOURCE_DATE_EPOCH", "86400"}}});
    CHECK(page.code == 0);
    for (const std::string text :
         {".TH EKYA\\-TRIAL 1 \"1970-01-02\"", "ekya\\-trial \\- try things out\n", "\\-\\-number",
          "In [1 \\- 9].", "Default: 3.", "\\&.starts with a dot.", "One of: none, some.",
          "Required.", "EKYA_TRIAL_LOG_LEVEL", ".SH EXAMPLES"}) {
        CAPTURE(text);
        CHECK(contains(page.out, text));
    }
    CHECK_FALSE(contains(page.out, "help\\-man"));  // for packagers
}

TEST_CASE("--help-completion: options and their words") {
    const auto bash = tool({{"--help-completion", "bash"}, "", {}}).out;
    CHECK(contains(bash, "--two-words) words='none some' ;;"));
    CHECK(contains(bash, "complete -o default -F _ekya_trial ekya-trial\n"));
    const auto zsh = tool({{"--help-completion", "zsh"}, "", {}}).out;
    CHECK(contains(
        zsh,
        R"('--two-words=[a \[word\]\: .dot '\''quote'\'']:TEXT:_values -s , TEXT none some')"));
    CHECK(contains(zsh, "'*--list=[several]:TEXT:_files'"));
    CHECK(tool({{"--help-completion", "fish"}, "", {}}).code == 2);
}

TEST_CASE("ServiceManager: says what sd_notify says, and its programs are not asked") {
    const Scratch scratch;
    const auto path = (scratch / "notify").string();
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const auto heard = [&] {
        std::array<char, 512> text{};
        const auto size = ::recv(descriptor, text.data(), text.size(), MSG_DONTWAIT);
        return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : std::string();
    };
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "60000000", 1);
    {
        cli::ServiceManager manager;
        CHECK(std::getenv("NOTIFY_SOCKET") == nullptr);
        CHECK(std::getenv("WATCHDOG_USEC") == nullptr);
        manager.ready();
        CHECK(heard() == "READY=1");
        manager.alive();
        CHECK(heard() == "WATCHDOG=1");
        manager.alive();
        CHECK(heard().empty());  // not each time
        manager.status("window 1:\n a 80 % of rtsp://me:secret@cam/1");
        CHECK(heard() == "STATUS=window 1:\\x0a a 80 % of rtsp://me:***@cam/1");
        manager.reloading();
        CHECK(heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
        manager.alive();
        CHECK(heard() == "READY=1");
    }
    CHECK(heard() == "STOPPING=1\nSTATUS=ending");
    {
        cli::ServiceManager nobody;
        nobody.ready();
    }
    CHECK(heard().empty());
    ::setenv("WATCHDOG_USEC", "60000000", 1);
    ::setenv("WATCHDOG_PID", "1", 1);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    cli::ServiceManager another_process;
    another_process.alive();
    CHECK(heard().empty());
    ::close(descriptor);
}
