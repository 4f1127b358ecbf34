#include "onnx_trial.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <mutex>
#include <new>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>
#include <set>
#include <string>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/memory_limit.hpp"
#include "ekya/core/text.hpp"

namespace ekya {
namespace {

constexpr int usual_side = 352;  // where the model leaves it open
constexpr int out_of_memory = 3;

/// In the child. Threads of the parent are not there, so OpenCV must not wait for any.
[[noreturn]] void run_and_exit(const std::function<void()>& work, std::size_t most_bytes) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const int signal : {SIGTERM, SIGINT, SIGFPE, SIGSEGV, SIGABRT, SIGILL, SIGBUS})
        ::signal(signal, SIG_DFL);
    const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int descriptor : {0, 1, 2}) ::dup2(nowhere, descriptor);
    (void)limit_memory_growth(most_bytes);
    try {
        cv::setNumThreads(1);
        cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
        work();
    } catch (const cv::Exception& e) {
        if (e.code == cv::Error::StsNoMem) ::_exit(out_of_memory);
    } catch (const std::bad_alloc&) {
        ::_exit(out_of_memory);
    } catch (...) {
        ::_exit(0);
    }
    ::_exit(0);
}

void run_once(std::string_view model, const OnnxShape& input) {
    auto net = cv::dnn::readNetFromONNX(model.data(), model.size());
    std::vector<int> shape;
    for (std::size_t i = 0; i < input.size(); ++i)
        shape.push_back(input[i] > 0 ? static_cast<int>(input[i])
                        : i == 0     ? 1
                        : i == 1     ? 3
                                     : usual_side);
    net.setInput(cv::Mat::zeros(static_cast<int>(shape.size()), shape.data(), CV_32F));
    (void)net.forward();
}

/// @return false if it still runs after so long
bool await(pid_t child, double seconds) {
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    if (handle < 0) return true;  // an old kernel: waitpid() waits
    pollfd item{handle, POLLIN, 0};
    int found = 0;
    do found = ::poll(&item, 1, static_cast<int>(1000 * seconds));
    while (found < 0 && errno == EINTR);
    ::close(handle);
    return found != 0;
}

}  // namespace

void run_apart(const std::function<void()>& work, double most_seconds, std::size_t most_bytes) {
    const pid_t child = ::fork();
    if (child < 0) throw SystemError(std::string("cannot fork: ") + std::strerror(errno));
    if (child == 0) run_and_exit(work, most_bytes);
    const bool ended = await(child, most_seconds);
    if (!ended) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (!ended)
        throw InputError("the model does not answer within " + to_text(most_seconds) +
                         " s; it is not used");
    if (WIFSIGNALED(status))
        throw InputError(std::string("the model crashes OpenCV (") + ::strsignal(WTERMSIG(status)) +
                         "); it is not used");
    if (WEXITSTATUS(status) == out_of_memory)
        throw InputError("the model needs more than " + std::to_string(most_bytes >> 20) +
                         " MB of memory; it is not used");
}

void try_onnx(std::string_view model, const OnnxShape& input) {
    static std::mutex mutex;
    static std::set<std::pair<std::size_t, std::size_t>> passed;
    const std::pair key(model.size(), std::hash<std::string_view>()(model));
    const std::lock_guard lock(mutex);
    if (passed.contains(key)) return;
    run_apart([&] { run_once(model, input); }, limits::model_trial_seconds,
              limits::golden_model_memory);
    passed.insert(key);
}

}  // namespace ekya
