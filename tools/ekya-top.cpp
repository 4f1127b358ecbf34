// ekya-top: how a store and its cameras stand, live in a terminal.
//   in: a store      out: the terminal; with --once a picture, or ekya.status/1
#include <curses.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <map>
#include <optional>

#include "ekya/cli/run_tool.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/text.hpp"
#include "ekya/status/status_reader.hpp"
#include "ekya/status/status_table.hpp"
#include "ekya/wire/status_records.hpp"

namespace {

using Lines = std::vector<ekya::StatusLine>;
using Kind = ekya::StatusLine::Kind;

struct Options {
    ekya::cli::StoreOptions store;
    ekya::cli::InputOutput io;
    bool once = false, json = false;
    double interval = 2;
    std::string order = "name";
};

const std::map<std::string, ekya::CameraOrder> orders{{"name", ekya::CameraOrder::name},
                                                      {"state", ekya::CameraOrder::state},
                                                      {"score", ekya::CameraOrder::score},
                                                      {"speed", ekya::CameraOrder::speed},
                                                      {"age", ekya::CameraOrder::age}};

void add_options(CLI::App& app, Options& o) {
    app.add_option("STORE,--store", o.store.store, "directory of the store, or of ekya-loop")
        ->take_last()
        ->capture_default_str();
    app.add_option("--interval", o.interval, "seconds between two looks at the store")
        ->check(CLI::Range(0.5, 3600.0))
        ->capture_default_str();
    app.add_option("--sort", o.order,
                   "order of the cameras: name, state (problems first), score (worst first), "
                   "speed (slowest first), age (oldest model first)")
        ->check(CLI::IsMember({"name", "state", "score", "speed", "age"}))
        ->capture_default_str();
    auto* once =
        app.add_flag("--once", o.once, "one picture of 100 columns on stdout, no terminal");
    app.add_flag("--json", o.json, "with --once: an ekya.status/1 record instead of the picture")
        ->needs(once);
    ekya::cli::add_output(app, o.io);
    ekya::cli::describe(
        app, {"the store of ekya-serve, or the directory of ekya-loop; no program is asked",
              "the terminal; keys: q ends, n s c f a sort by name, state, score, speed and age, "
              "arrows and page keys scroll, space looks at once; with --once a picture as text, "
              "or ekya.status/1 (--json). Colours only repeat what the text says; NO_COLOR turns "
              "them off",
              "ekya-top cameras", "none; see docs/monitoring.md"});
}

/// The terminal, given back as it was however the program ends. In raw mode no key sends a signal
/// that could end the program before that.
class Screen {
public:
    explicit Screen(bool colours) {
        std::setlocale(LC_ALL, "");
        screen_ = newterm(nullptr, stdout, stdin);
        if (screen_ == nullptr)
            throw ekya::ConfigError("the terminal (TERM) is not known; use --once");
        raw();
        noecho();
        nonl();
        keypad(stdscr, TRUE);
        set_escdelay(25);
        curs_set(0);
        if (colours && has_colors() && start_color() == OK) {
            use_default_colors();
            init_pair(1, COLOR_RED, -1);
            bad_ = A_BOLD | COLOR_PAIR(1);
        }
    }
    ~Screen() {
        endwin();
        delscreen(screen_);
    }
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    /// @return a key; ERR = none came within the time
    static int key(int milliseconds) {
        timeout(milliseconds);
        return getch();
    }
    /// ctrl-Z: as if the terminal had handled it.
    static void suspend() {
        endwin();
        ::kill(0, SIGTSTP);
        refresh();
    }
    void draw(const Lines& head, const Lines& body, std::size_t first, const std::string& foot) {
        erase();
        int row = 0;
        for (const auto& line : head) put(row++, line);
        if (!body.empty()) put(row++, body.front());
        const int rows = visible(head);
        for (int i = 0; i < rows && 1 + first + i < body.size(); ++i)
            put(row++, body[1 + first + static_cast<std::size_t>(i)]);
        attron(A_REVERSE);
        mvaddnstr(LINES - 1, 0, ekya::shortened(foot, columns()).c_str(), -1);
        attroff(A_REVERSE);
        refresh();
    }
    /// Lines of cameras that are shown at once.
    static int visible(const Lines& head) {
        return std::max(LINES - static_cast<int>(head.size()) - 2, 0);
    }
    static std::size_t columns() { return static_cast<std::size_t>(std::max(COLS, 1)); }

private:
    void put(int row, const ekya::StatusLine& line) const {
        if (row >= LINES - 1) return;
        const auto style = line.is_bad                 ? bad_
                           : line.kind == Kind::titles ? static_cast<chtype>(A_BOLD)
                                                       : static_cast<chtype>(A_NORMAL);
        attron(style);
        mvaddnstr(row, 0, ekya::printable(line.text).c_str(), -1);
        attroff(style);
    }
    SCREEN* screen_;
    chtype bad_ = A_BOLD;
};

bool wants_colours() {
    const char* no = std::getenv("NO_COLOR");
    return no == nullptr || *no == '\0';
}

/// What is on the screen, and what the keys have made of it.
class View {
public:
    explicit View(const Options& o) : reader_(o.store.store), order_(orders.at(o.order)) {}

    void look() { status_ = reader_.read(); }
    void draw(Screen& screen) {
        ekya::order_cameras(status_, order_);
        head_ = ekya::heading_lines(status_, Screen::columns());
        head_.emplace_back();
        // A low terminal has room for the cameras first.
        const auto most = static_cast<std::size_t>(std::max(LINES / 3, 1));
        if (head_.size() > most) head_.resize(most);
        body_ = ekya::camera_lines(status_, Screen::columns());
        const auto shown = static_cast<std::size_t>(Screen::visible(head_));
        const auto lines = body_.size() - 1;
        first_ = std::min(first_, lines > shown ? lines - shown : 0);
        const bool all = lines <= shown;
        screen.draw(
            head_, body_, first_,
            "q quit  sort: n s c f a  " +
                (all ? ""
                     : "lines " + std::to_string(first_ + 1) + "-" +
                           std::to_string(first_ + shown) + " of " + std::to_string(lines) + "  ") +
                ekya::utc_text(status_.time));
    }
    /// @return false to end
    bool take(int key) {
        const auto page = static_cast<std::size_t>(std::max(Screen::visible(head_), 1));
        constexpr int control_c = 3, control_backslash = 28, control_z = 26;
        switch (key) {
            case 'q':
            case control_c:
            case control_backslash:
                return false;
            case control_z:
                Screen::suspend();
                break;
            case 'n':
                order_ = ekya::CameraOrder::name;
                break;
            case 's':
                order_ = ekya::CameraOrder::state;
                break;
            case 'c':
                order_ = ekya::CameraOrder::score;
                break;
            case 'f':
                order_ = ekya::CameraOrder::speed;
                break;
            case 'a':
                order_ = ekya::CameraOrder::age;
                break;
            case KEY_UP:
                first_ -= std::min<std::size_t>(first_, 1);
                break;
            case KEY_DOWN:
                ++first_;
                break;
            case KEY_PPAGE:
                first_ -= std::min(first_, page);
                break;
            case KEY_NPAGE:
                first_ += page;
                break;
            case KEY_HOME:
                first_ = 0;
                break;
            case KEY_END:
                first_ = body_.size();
                break;
            case ' ':
                look();
                break;
            default:
                break;
        }
        return true;
    }

private:
    ekya::StatusReader reader_;
    ekya::CameraOrder order_;
    ekya::StoreStatus status_;
    Lines head_, body_;
    std::size_t first_ = 0;  ///< line of cameras at the top
};

void run_live(const Options& o) {
    if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0)
        throw ekya::ConfigError("stdin and stdout are no terminal; use --once");
    constexpr int slice = 100;  // milliseconds in which a signal is seen
    View view(o);
    view.look();
    Screen screen(wants_colours());
    ekya::SystemClock clock;
    for (double next = clock.now() + o.interval;;) {
        view.draw(screen);
        for (bool changed = false; !changed;) {
            ekya::cli::Context::check_interrupted();
            const int key = Screen::key(slice);
            if (key != ERR) {
                if (!view.take(key)) return;
                changed = true;
            }
            if (clock.now() < next) continue;
            view.look();
            next = clock.now() + o.interval;
            changed = true;
        }
    }
}

void run(const Options& o, ekya::cli::Context& context) {
    if (!o.once) return run_live(o);
    auto output = context.output(o.io);
    auto status = ekya::StatusReader(o.store.store).read();
    ekya::order_cameras(status, orders.at(o.order));
    if (o.json) {
        output.write(ekya::encode(status));
    } else {
        constexpr std::size_t columns = 100;
        for (const auto& line : ekya::picture(status, columns)) output.write_line(line.text);
    }
    output.commit();
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>("ekya-top", "Show live how a store and its cameras stand.",
                                        argc, argv, add_options, run);
}
