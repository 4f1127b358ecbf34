// ekya-metrics: serve how a store stands to Prometheus.
//   in: a store      out: HTTP: /metrics, /healthz      stderr: messages
#include <optional>

#include "ekya/cli/run_tool.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/metrics/http_server.hpp"
#include "ekya/metrics/metrics_text.hpp"
#include "ekya/status/status_reader.hpp"
#include "ekya/status/status_table.hpp"

namespace {

struct Options {
    ekya::cli::StoreOptions store;
    std::string listen = "127.0.0.1:9464";
    bool insecure = false;
};

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add(app, o.store);
    app.add_option("--listen", o.listen, "address to listen on, HOST:PORT; port 0 = any free one")
        ->capture_default_str()
        ->group("HTTP");
    app.add_flag("--insecure", o.insecure,
                 "allow an address that other machines can reach: who reaches it can read the "
                 "names of cameras and how they stand")
        ->group("HTTP");
    ekya::cli::describe(
        app,
        {"the store of ekya-serve, or the directory of ekya-loop; no program is asked",
         "HTTP: /metrics in the text format of Prometheus; /healthz, code 200 if the store is "
         "run and all cameras are well, else 503 and what is wrong",
         "ekya-metrics --store cameras --listen 127.0.0.1:9464", "none; see docs/monitoring.md"});
}

/// Looks at the store whenever somebody asks, but no more than once a second.
class Gatherer {
public:
    explicit Gatherer(std::string store) : store_(std::move(store)) {}

    /// @return none if the store cannot be read; see problem()
    const ekya::StoreStatus* look() {
        if (looked_ && clock_.now() < *looked_ + 1) return status_ ? &*status_ : nullptr;
        looked_ = clock_.now();
        const double before = ekya::process_cpu_seconds();
        try {
            if (!reader_) reader_.emplace(store_);
            status_ = reader_->read();
        } catch (const std::exception& e) {
            status_.reset();
            problem_ = e.what();
        }
        cpu_ = ekya::process_cpu_seconds() - before;
        return status_ ? &*status_ : nullptr;
    }
    [[nodiscard]] const std::string& problem() const { return problem_; }
    [[nodiscard]] double cpu_seconds() const { return cpu_; }

private:
    ekya::SystemClock clock_;
    std::string store_, problem_;
    std::optional<ekya::StatusReader> reader_;
    std::optional<ekya::StoreStatus> status_;
    std::optional<double> looked_;
    double cpu_ = 0;
};

ekya::HttpAnswer health(Gatherer& gatherer) {
    const auto* status = gatherer.look();
    ekya::HttpAnswer answer{503, "text/plain; charset=utf-8", ""};
    if (!status) {
        answer.text = gatherer.problem() + "\n";
        return answer;
    }
    if (status->health == ekya::StoreStatus::Health::healthy)
        return {200, answer.type, "healthy\n"};
    for (const auto& problem : status->problems) answer.text += problem + "\n";
    for (const auto& camera : status->cameras)
        for (const auto& problem : camera.problems)
            answer.text += camera.stream + ": " + problem + "\n";
    return answer;
}

void run(const Options& o, ekya::cli::Context& context) {
    ekya::HttpServer server(ekya::ListenAddress::parse(o.listen, o.insecure));
    Gatherer gatherer(o.store.store);
    ekya::MetricsText metrics;
    server.answer("/metrics", [&] {
        const auto* status = gatherer.look();
        return ekya::HttpAnswer{200, "text/plain; version=0.0.4; charset=utf-8",
                                metrics.of(status, gatherer.cpu_seconds())};
    });
    server.answer("/healthz", [&] { return health(gatherer); });
    const auto host = o.listen.substr(0, o.listen.rfind(':'));
    context.info("http://" + host + ":" + std::to_string(server.port()) + "/metrics");
    server.run(ekya::cli::Context::interrupted);
    ekya::cli::Context::check_interrupted();
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>("ekya-metrics", "Serve how a store stands to Prometheus.",
                                        argc, argv, add_options, run);
}
