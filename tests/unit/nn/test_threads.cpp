#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/nn/threads.hpp"

using namespace ekya;

TEST_CASE("set_threads_of_this_thread: at least one") {
    CHECK_THROWS_AS(set_threads_of_this_thread(0), DomainError);
    CHECK_NOTHROW(set_threads_of_this_thread(1));
}

TEST_CASE("set_threads: at least one, any number of times") {
    CHECK_THROWS_AS(set_threads(0), DomainError);
    CHECK_NOTHROW(set_threads(2));
    CHECK_NOTHROW(set_threads(1));
}
